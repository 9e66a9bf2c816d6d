"""Which texts say the same: exactly, or nearly."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.entropy.hashes import Hashes, hash_texts
from eudscore.entropy.words import blocks_of
from eudscore.geometry.neighbours import MISSING, NeighbourGraph
from eudscore.records import Corpus, Ints

NEAR = 0.95
_ROWS = 65_536  # normalised in one go
_EXAMPLES = 5
# What `normalised` changes in ASCII besides capitals: white space that is not one blank between two words.
_LOOSE = r"[\t-\r\x1c-\x1f]|  |^ | $"


def duplicate_groups(texts: Sequence[str], graph: NeighbourGraph | None, *, threshold: float = NEAR) -> Ints:
    """Group of each text; texts are in one group if a chain of duplicates links them.

    Two texts are duplicates if they are the same after NFKC, case folding and joining of white space, or
    if one is among the nearest of the other with a cosine of at least `threshold`. Empty texts are one group.

    Args:
        texts: n texts.
        graph: their neighbours; None = exact duplicates only.
        threshold: cosine in (0, 1].

    Returns:
        (n,) int64: the lowest row of the group, so a text without duplicates carries its own row.

    Source: Abbas et al., SemDeDup (2023), for the cosine; groups instead of deletions are our own.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(texts)
    first: dict[str, int] = {}
    same = np.array([first.setdefault(normalised(text), row) for row, text in enumerate(texts)], dtype=np.int64)
    left, right = [np.arange(n)], [same]
    if graph is not None:
        near = (graph.indices != MISSING) & (graph.similarities >= threshold)
        left.append(np.nonzero(near)[0])
        right.append(graph.indices[near])
    edges = np.concatenate(left), np.concatenate(right)
    links = coo_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(n, n))
    _, component = connected_components(links, directed=False)
    lowest = np.unique(component, return_index=True)[1]
    return np.asarray(lowest[component], dtype=np.int64)


def normalised(text: str) -> str:
    """The text as duplicates are compared: NFKC, case folded, white space joined."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True, eq=False)
class Overlap:
    """Texts that stand in two corpora: a model trained on the one has seen them when it is tested on the other.

    Attributes:
        rows: (k,) rows of the second corpus, ascending, whose normalised text is in the first as well.
        first: (k,) the lowest row of the first corpus with that text.
        examples: the first few different texts, as they stand in the second.
    """

    rows: Ints
    first: Ints
    examples: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many rows of the second corpus are in the first."""
        return len(self.rows)


def shared_texts(a: Corpus, b: Corpus) -> Overlap:
    """The rows of b whose text, as `normalised`, is also in a; empty texts are not counted.

    Found by 64-bit hashes, then compared letter by letter. A million texts take some seconds.

    Args:
        a: e.g. what is trained on.
        b: e.g. what is tested on.
    """
    there, known = np.unique(_hashes(a.text_column), return_index=True)
    asked = _hashes(b.text_column)
    rows = np.flatnonzero(np.isin(asked, there)).astype(np.int64)
    first = known[np.searchsorted(there, asked[rows])].astype(np.int64)
    same = [
        bool(one) and one == other
        for left, right in zip(_portions(b, rows), _portions(a, first), strict=True)
        for one, other in zip(left, right, strict=True)
    ]
    kept = np.array(same, dtype=np.bool_)
    rows, first = rows[kept], first[kept]
    examples = rows[np.sort(np.unique(first, return_index=True)[1])[:_EXAMPLES]]
    return Overlap(rows, first, tuple(b.texts(examples)))


def _portions(corpus: Corpus, rows: Ints) -> Iterator[list[str]]:
    """The normalised texts of some rows, a portion at a time."""
    for start in range(0, len(rows), _ROWS):
        yield [normalised(text) for text in corpus.texts(rows[start : start + _ROWS])]


def _hashes(texts: pa.ChunkedArray) -> Hashes:
    """(n,) a hash of each text as `normalised`."""
    found = [np.zeros(0, dtype=np.uint64)]
    for chunk in texts.chunks:
        for start in range(0, len(chunk), _ROWS):
            found += map(hash_texts, blocks_of(normalised_texts(chunk.slice(start, _ROWS))))
    return np.concatenate(found)


def normalised_texts(texts: pa.Array) -> pa.Array:
    """What `normalised` makes of each text (n,); null reads as empty. Only what is beyond ASCII is done one by one."""
    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    plain = pc.and_(pc.string_is_ascii(texts), pc.invert(pc.match_substring_regex(texts, _LOOSE)))
    others = pa.array([normalised(text) for text in texts.filter(pc.invert(plain)).to_pylist()], pa.large_string())
    # Not `ascii_lower`: of a slice that was cast to large strings it returns other bytes (pyarrow 26).
    return pc.replace_with_mask(pc.utf8_lower(texts), pc.invert(plain), others)
