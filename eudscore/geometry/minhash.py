"""Near-duplicates among texts without vectors: MinHash signatures, bands, and an exact look at what they bring up.

Broder, On the Resemblance and Containment of Documents, 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets,
ch. 3; the bytes kept of each signature: Li & König, b-Bit Minwise Hashing, 2010.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from eudscore.entropy.hashes import Hashes, mix
from eudscore.entropy.words import blocks_of
from eudscore.geometry.shingles import Shingles, shingles_of
from eudscore.records import Bools, Ints

NEAR = 0.8
BANDS = 20
ROWS_OF_BAND = 6
_SIGNATURE = BANDS * ROWS_OF_BAND
_WINDOW = 16  # each text of a band's bucket is compared with so many that follow, and with the first
_PAIRS = 1 << 13  # compared exactly at once: their number takes the upper bits of a key
_FREE = 64 - (_PAIRS.bit_length() + 1)  # bits of a shingle beside the number of its text, or of its pair
_SHINGLES = 1 << 21  # of the texts of these pairs
_LOOKED_AT = 256  # texts of a group with which another one is compared
_SPARE = 3.0  # standard errors below the threshold at which a pair is still looked at

Progress = Callable[[str, int, int], None]
_Marks = NDArray[np.uint8]
_Keys = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class NearDuplicates:
    """Which texts say nearly the same.

    Attributes:
        groups: (n,) the lowest row of each text's group; a text that is like no other carries its own row.
    """

    groups: Ints

    @property
    def beyond_first(self) -> int:
        """Rows that are not the first of their group."""
        return int((self.groups != np.arange(len(self.groups))).sum())


@dataclass(frozen=True, eq=False)
class _Signed:
    """Signatures of the m texts that are compared in one way (by words, or by characters).

    Attributes:
        rows: (m,) their rows, ascending.
        keys: (BANDS, m) a hash of each band of the signature.
        marks: (m, 120) a byte of each minimum, to estimate from.
        whole: (m,) a hash of all shingles: equal for equal texts.
        sizes: (m,) how many shingles, those that recur counted again.
    """

    rows: Ints
    keys: _Keys
    marks: _Marks
    whole: Hashes
    sizes: Ints


def near_duplicates(
    texts: pa.ChunkedArray, *, threshold: float = NEAR, on_progress: Progress | None = None
) -> NearDuplicates:
    """Group texts whose shingles have a Jaccard similarity of at least `threshold`; a chain of pairs is one group.

    A text is the set of its runs of three words, or, where it has few words, of five characters (`shingles`).
    Pairs come up where one of 20 bands of 6 minima is the same: of two texts with similarity s that happens with
    probability 1 - (1 - s^6)^20, which is 0.998 at 0.8, 0.27 at 0.5 and 0.015 at 0.3. Those whose estimate is three
    standard errors below the threshold are left (0.001 of the pairs at it), of the others the similarity is counted
    exactly (on 49-bit hashes), so that what is grouped is as alike as asked: at 0.8, 996 pairs in 1,000 are found. In
    a bucket of more than 17 texts each is compared with the first and the next 16 only. A text without a word is
    like no other.

    Holds about 270 bytes a text beside the texts.

    Args:
        texts: (n,) strings; null reads as empty.
        threshold: in [0.5, 1]; below 0.8 fewer of the pairs come up, as the formula says.
        on_progress: called with what is being done, how much of it, and of how much; what it raises ends the work.

    Raises:
        ValueError: threshold is out of its range.
    """
    if not 0.5 <= threshold <= 1:
        raise ValueError(f"a threshold of {threshold} is not in [0.5, 1]")
    advance = on_progress or (lambda _stage, _done, _total: None)
    parents = np.arange(len(texts), dtype=np.int64)
    for way, signed in enumerate(_sign(texts, advance)):
        _unite(parents, *_twins(signed))
        _link(parents, texts, signed, way, threshold, advance)
    return NearDuplicates(parents)


def near_rows(there: pa.ChunkedArray, asked: pa.ChunkedArray, *, threshold: float = NEAR) -> Ints:
    """The rows of some texts that say nearly the same as one of others; found as by `near_duplicates`.

    Of a group in which that chain of pairs holds more than 256 of the others, these 256 are looked at.

    Args:
        there: (n,) strings, e.g. what is trained on.
        asked: (m,) strings, e.g. what is tested on.
        threshold: of the Jaccard similarity.

    Returns:
        Rows of `asked`, ascending.
    """
    texts = [one.cast(pa.large_string()) for one in (there, asked)]
    together = pa.chunked_array([chunk for one in texts for chunk in one.chunks], type=pa.large_string())
    groups = near_duplicates(together, threshold=threshold).groups
    ours, theirs = groups[: len(there)], groups[len(there) :]
    chained = np.flatnonzero(np.isin(theirs, ours))
    order = np.argsort(ours, kind="stable")
    begins, ends = (np.searchsorted(ours[order], theirs[chained], side=side) for side in ("left", "right"))
    counts = np.minimum(ends - begins, _LOOKED_AT)
    which = np.repeat(np.arange(len(chained)), counts)
    right = order[begins[which] + np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)]
    left = len(there) + chained[which]
    near = np.zeros(len(chained), dtype=np.bool_)
    for start in range(0, len(which), _PAIRS):
        part = slice(start, start + _PAIRS)
        for way in range(2):  # by words, by characters
            near[which[part][jaccard(together, left[part], right[part], way=way) >= threshold]] = True
    return chained[near]


def _sign(texts: pa.ChunkedArray, advance: Progress) -> list[_Signed]:
    """Signatures of the texts that are compared by words, and of those compared by characters."""
    n, row = len(texts), 0
    drafts = [_Draft(n), _Draft(n)]
    for block in blocks_of(texts):
        for draft, shingles in zip(drafts, shingles_of(block), strict=True):
            draft.add(row, shingles)
        row += len(block.ends) - 1
        advance("Hashing texts", row, n)
    return [draft.signed() for draft in drafts]


class _Draft:
    """Room for the signatures of up to n texts; what is not written takes no memory."""

    def __init__(self, n: int) -> None:
        self._rows = np.empty(n, dtype=np.int64)
        self._keys = np.empty((BANDS, n), dtype=np.uint32)
        self._marks = np.empty((n, _SIGNATURE), dtype=np.uint8)
        self._whole = np.empty(n, dtype=np.uint64)
        self._sizes = np.empty(n, dtype=np.int64)
        self._m = 0

    def add(self, first: int, shingles: Shingles) -> None:
        """Sign the texts of a block that have shingles; the first text of the block is row `first`."""
        rows = np.flatnonzero(shingles.counts)
        if not len(rows):
            return
        counts = shingles.counts[rows]
        starts = np.cumsum(counts) - counts
        minima = _minima(shingles.hashes, starts)
        here = slice(self._m, self._m + len(rows))
        self._rows[here] = first + rows
        self._sizes[here] = counts
        self._whole[here] = np.add.reduceat(shingles.hashes, starts)
        self._marks[here] = (minima >> np.uint32(8)).astype(np.uint8).T  # the upper bits of a minimum are mostly 0
        for band in range(BANDS):
            self._keys[band, here] = _key(minima[band * ROWS_OF_BAND : (band + 1) * ROWS_OF_BAND])
        self._m += len(rows)

    def signed(self) -> _Signed:
        """What was added."""
        m = self._m
        return _Signed(self._rows[:m], self._keys[:, :m], self._marks[:m], self._whole[:m], self._sizes[:m])


def _minima(hashes: Hashes, starts: Ints) -> _Keys:
    """(120, m) the lowest value of each permutation over the shingles of each text.

    `(x ^ s) * a` with odd a is one-to-one on 32 bits; x is mixed before, so that it serves as a permutation.
    """
    draw = np.random.default_rng(0xB40DE2)
    masks = draw.integers(0, 2**32, _SIGNATURE, dtype=np.uint32)
    factors = draw.integers(0, 2**32, _SIGNATURE, dtype=np.uint32) | np.uint32(1)
    short = (hashes >> np.uint64(32)).astype(np.uint32)
    room = np.empty_like(short)
    minima = np.empty((_SIGNATURE, len(starts)), dtype=np.uint32)
    for k in range(_SIGNATURE):
        np.bitwise_xor(short, masks[k], out=room)
        np.multiply(room, factors[k], out=room)
        np.minimum.reduceat(room, starts, out=minima[k])
    return minima


def _key(minima: _Keys) -> _Keys:
    """(m,) a hash of the minima (6, m) of one band."""
    joined = np.zeros(minima.shape[1], dtype=np.uint64)
    for values in minima:
        joined = mix(joined * np.uint64(0x9E3779B97F4A7C15) + values)
    return (joined >> np.uint64(32)).astype(np.uint32)


def _twins(signed: _Signed) -> tuple[Ints, Ints]:
    """Each text and the first that has the very same shingles."""
    _, first, which = np.unique(signed.whole, return_index=True, return_inverse=True)
    return signed.rows[first[which]], signed.rows


def _link(
    parents: Ints, texts: pa.ChunkedArray, signed: _Signed, way: int, threshold: float, advance: Progress
) -> None:
    """Unite the rows of similar texts, band by band; twins are represented by the first of them."""
    one_of_each = np.sort(np.unique(signed.whole, return_index=True)[1]).astype(np.int64)
    keys = signed.keys[:, one_of_each]
    settled = np.zeros(keys.shape, dtype=np.bool_)  # whether all pairs of a text's bucket were compared
    lowest = threshold - _SPARE * np.sqrt(max(threshold * (1 - threshold), 0.01) / _SIGNATURE)
    for band in range(BANDS):
        advance(("Comparing texts by words", "Comparing short texts by characters")[way], band, BANDS)
        for left, right in _pairs(keys[band], settled[band]):
            a, b = one_of_each[left], one_of_each[right]
            hopeful = parents[signed.rows[a]] != parents[signed.rows[b]]
            hopeful &= ~((keys[:band, left] == keys[:band, right]) & settled[:band, left]).any(axis=0)
            a, b = a[hopeful], b[hopeful]
            likely = _estimates(signed.marks, a, b) >= lowest
            a, b = a[likely], b[likely]
            alike = _exactly(texts, signed, way, a, b) >= threshold
            _unite(parents, signed.rows[a[alike]], signed.rows[b[alike]])


def _pairs(keys: _Keys, settled: Bools) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of places with the same key: neighbours and each with the first; then with those up to 16 further on.

    Notes in `settled` the places of which every pair is among them.
    """
    if len(keys) < 2:
        return
    order = np.argsort(keys, kind="stable").astype(np.int64)
    ordered = keys[order]
    begins = np.append(True, ordered[1:] != ordered[:-1])
    bucket = np.flatnonzero(begins)
    sizes = np.diff(np.append(bucket, len(order)))
    settled[order] = np.repeat(sizes <= _WINDOW + 1, sizes)
    several = np.repeat(sizes > 1, sizes)
    order, first = order[several], np.repeat(order[bucket], sizes)[several]
    number = np.repeat(np.arange(len(bucket)), sizes)[several]
    same = number[1:] == number[:-1]
    far = first != order
    yield (
        np.concatenate([order[:-1][same], first[far]]),
        np.concatenate([order[1:][same], order[far]]),
    )
    for step in range(2, _WINDOW + 1):
        same = number[step:] == number[:-step]
        if not same.any():
            return
        yield order[:-step][same], order[step:][same]


def _estimates(marks: _Marks, a: Ints, b: Ints) -> NDArray[np.float64]:
    """(p,) Jaccard similarities estimated from the bytes of the signatures, of which 1 in 256 agrees by chance."""
    found = np.empty(len(a))
    for start in range(0, len(a), _PAIRS):
        here = slice(start, start + _PAIRS)
        found[here] = (marks[a[here]] == marks[b[here]]).mean(axis=1)
    return (found - 1 / 256) / (1 - 1 / 256)


def _exactly(texts: pa.ChunkedArray, signed: _Signed, way: int, a: Ints, b: Ints) -> NDArray[np.float64]:
    """(p,) Jaccard similarities of pairs of signed texts, a portion at a time."""
    order = np.argsort(a, kind="stable")  # the same texts are then read in one go
    work = np.cumsum((signed.sizes[a] + signed.sizes[b])[order])
    found, start = np.zeros(len(a)), 0
    while start < len(a):
        enough = np.searchsorted(work, (work[start - 1] if start else 0) + _SHINGLES, side="right")
        stop = min(max(int(enough), start + 1), start + _PAIRS)
        here = order[start:stop]
        found[here] = jaccard(texts, signed.rows[a[here]], signed.rows[b[here]], way=way)
        start = stop
    return found


def jaccard(texts: pa.ChunkedArray, left: Ints, right: Ints, *, way: int = 0) -> NDArray[np.float64]:
    """(p,) the Jaccard similarity of the shingles of the texts of two lists of rows; 0 where there are none.

    Args:
        texts: (n,) strings.
        left: (p,) rows, at most 8,192.
        right: (p,) rows.
        way: 0 by words, 1 by characters.
    """
    rows, which = np.unique(np.concatenate([left, right]), return_inverse=True)
    sets, sizes = _sets(texts.take(pa.array(rows)), way)
    a, b = which[: len(left)], which[len(left) :]
    begins = np.cumsum(sizes) - sizes
    both = []
    for side in (a, b):
        counts = sizes[side]
        places = np.arange(int(counts.sum())) + np.repeat(begins[side] - (np.cumsum(counts) - counts), counts)
        pair = np.repeat(np.arange(len(side), dtype=np.uint64), counts)
        both.append((pair << np.uint64(_FREE)) | sets[places])
    keys = np.sort(np.concatenate(both))
    shared = np.bincount((keys[1:][keys[1:] == keys[:-1]] >> np.uint64(_FREE)).astype(np.int64), minlength=len(left))
    return np.asarray(shared / np.maximum(1, sizes[a] + sizes[b] - shared), dtype=np.float64)


def _sets(texts: pa.ChunkedArray, way: int) -> tuple[Hashes, Ints]:
    """The distinct shingles of each text, ascending, one text after the other; and how many."""
    keys, first = [], 0
    for block in blocks_of(texts):
        shingles = shingles_of(block)[way]
        number = np.repeat(np.arange(first, first + len(shingles.counts), dtype=np.uint64), shingles.counts)
        keys.append((number << np.uint64(_FREE)) | (shingles.hashes >> np.uint64(64 - _FREE)))
        first += len(shingles.counts)
    ordered = np.sort(np.concatenate([np.zeros(0, dtype=np.uint64), *keys]))
    distinct = ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
    sizes = np.bincount((distinct >> np.uint64(_FREE)).astype(np.int64), minlength=first)
    return distinct & np.uint64((1 << _FREE) - 1), sizes.astype(np.int64)


def _unite(parents: Ints, a: Ints, b: Ints) -> None:
    """Give the groups of a[i] and b[i] one name, the lowest row of both, in place; names are their own names."""
    while True:
        low, high = np.minimum(parents[a], parents[b]), np.maximum(parents[a], parents[b])
        apart: Bools = low != high
        if not apart.any():
            return
        np.minimum.at(parents, high[apart], low[apart])
        while True:
            above = parents[parents]
            if np.array_equal(above, parents):
                break
            parents[:] = above
