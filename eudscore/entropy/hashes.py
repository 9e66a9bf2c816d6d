"""64-bit hashes of texts and of stretches of them, many at once, by arithmetic on their bytes."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from eudscore.entropy.words import Bytes, Texts, blocks_of
from eudscore.records import Ints

Hashes = NDArray[np.uint64]

_BASE = 0xD6E8FEB86659FD93  # odd, so that it has an inverse modulo 2^64
_BITS = 64
LARGEST = 1 << 24  # bytes hashed at once; the powers take 16 bytes for each
_USUAL = 1 << 21  # bytes of a block of texts
_VALUES = np.random.default_rng(0x5EED).integers(0, 2**64, 256, dtype=np.uint64)  # of each byte


def digest_of(texts: Iterable[str]) -> str:
    """First 16 hex digits of the SHA-256 over some texts in their order: what a card says of a column it stands on."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]


def hash_texts(texts: Texts) -> Hashes:
    """(n,) one hash for each text; different texts meet with a chance of about 1 in 2^64.

    Rabin and Karp's fingerprint modulo 2^64 with random values for the bytes: a stranger who knows them can make
    two texts meet, so a reader that must not be fooled compares the texts as well.
    """
    if len(texts.content) > LARGEST:
        return np.array([_of_bytes(texts, row) for row in range(len(texts.ends) - 1)], dtype=np.uint64)
    return hash_stretches(texts.content, texts.ends[:-1], texts.ends[1:])


def hash_column(column: pa.ChunkedArray) -> Hashes:
    """(n,) one hash for each text of a column, block by block; null reads as empty."""
    return np.concatenate([np.zeros(0, dtype=np.uint64), *map(hash_texts, blocks_of(column))])


def hash_stretches(content: Bytes, starts: Ints, stops: Ints) -> Hashes:
    """(m,) the hash of `content[starts[i]:stops[i]]`, whatever the place it stands at.

    Args:
        content: (b,) bytes, at most 16 MiB.
        starts: (m,) in any order; stretches may overlap.
        stops: (m,) not below `starts`.

    Raises:
        ValueError: content is longer.

    Source: Karp & Rabin, Efficient Randomized Pattern-Matching Algorithms, 1987, over prefix sums.
    """
    if len(content) > LARGEST:
        raise ValueError(f"{len(content):,} bytes are more than the {LARGEST:,} that are hashed at once")
    powers, inverses = _powers(max(_USUAL, 1 << len(content).bit_length()))
    sums = np.empty(len(content) + 1, dtype=np.uint64)
    sums[0] = 0
    weighed = np.take(_VALUES, content)
    weighed *= powers[: len(content)]
    np.cumsum(weighed, out=sums[1:])
    found = np.take(sums, stops) - np.take(sums, starts)
    found *= np.take(inverses, starts)
    return mix(found)


def mix(keys: Hashes) -> Hashes:
    """Spread every bit over all 64, in place.

    Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014 (`mix64`).
    """
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        keys ^= keys >> np.uint64(shift)
        keys *= np.uint64(factor)
    keys ^= keys >> np.uint64(31)
    return keys


def _of_bytes(texts: Texts, row: int) -> int:
    text = texts.content[texts.ends[row] : texts.ends[row + 1]]
    return int.from_bytes(hashlib.blake2b(text.tobytes(), digest_size=8).digest())


@lru_cache(maxsize=2)
def _powers(length: int) -> tuple[Hashes, Hashes]:
    """The powers 0 to length - 1 of the base and of its inverse, modulo 2^64."""
    bases = (_BASE, pow(_BASE, -1, 1 << _BITS))
    found = []
    for base in bases:
        powers = np.full(length, base, dtype=np.uint64)
        powers[0] = 1
        found.append(np.multiply.accumulate(powers))
    return found[0], found[1]
