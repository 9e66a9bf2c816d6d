"""Search by words: which texts hold them, and where in a text they stand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eudscore.corpus.letters import fold, is_word_character, pattern, word_class
from eudscore.errors import RequestError
from eudscore.records import Bools

HELP = (
    'Every word must occur, also inside a longer one. "Words in quotes" must be whole and stand side by side. '
    "-word leaves out texts that hold it. Capitals and accents do not count."
)
LONGEST = 1000  # characters of a query
MOST = 32  # words of a query
_ROWS = 65_536  # looked through at once
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
_QUOTES = str.maketrans("“”„«»", '"""""')


@dataclass(frozen=True)
class Term:
    """A word or phrase of a query, folded.

    Attributes:
        words: at least one character that is no blank.
        whole: whether it must stand there as whole words.
        excluded: whether texts that hold it are left out.
    """

    words: str
    whole: bool = False
    excluded: bool = False

    @cached_property
    def everywhere(self) -> str:
        """The expression for RE2, which cannot look around: it takes the characters beside a whole word along."""
        return self._between(rf"(?:\A|[^{word_class()}])", rf"(?:\z|[^{word_class()}])")

    @cached_property
    def here(self) -> "re.Pattern[str]":
        """The same for Python, which matches the words alone."""
        return re.compile(self._between(f"(?<![{word_class()}])", f"(?![{word_class()}])"))

    def _between(self, begin: str, end: str) -> str:
        """The words, with what must stand beside a whole one: only at a letter or digit a word could go on."""
        before = begin if self.whole and is_word_character(self.words[0]) else ""
        after = end if self.whole and is_word_character(self.words[-1]) else ""
        return f"{before}{pattern(self.words)}{after}"


def terms_of(query: str) -> tuple[Term, ...]:
    """The terms of a query.

    Raises:
        RequestError: there are none, or more than anyone types.
    """
    if len(query) > LONGEST:
        raise RequestError(
            f"The search has {len(query):,} characters, and up to {LONGEST:,} are read: make it shorter."
        )
    if any("\ud800" <= character <= "\udfff" for character in query):
        raise RequestError("The search holds half a character (a lone surrogate): no text has one, leave it out.")
    found = dict.fromkeys(_terms(query.translate(_QUOTES)))
    if not found:
        raise RequestError('There is nothing to search for: type a word, or a phrase in "quotes".')
    if len(found) > MOST:
        raise RequestError(f"The search has {len(found)} words, and up to {MOST} are looked for: leave some out.")
    return tuple(found)


def _terms(query: str) -> list[Term]:
    found = []
    for minus, quoted, bare in _TERM.findall(query):
        words = " ".join(fold(quoted or bare).split())
        if words:
            found.append(Term(words, whole=bool(quoted), excluded=bool(minus)))
    return found


def holding(texts: pa.ChunkedArray, terms: Sequence[Term]) -> Bools:
    """(n,) which texts hold all the terms and none of those that are excluded; null reads as empty.

    Args:
        texts: (n,) strings.
        terms: at least one.

    Raises:
        RequestError: a phrase is too long.
    """
    found = [
        _holding(chunk.slice(start, _ROWS), terms)
        for chunk in texts.chunks
        for start in range(0, len(chunk), _ROWS)
    ]  # fmt: skip
    return np.concatenate([np.zeros(0, dtype=np.bool_), *found])


def _holding(texts: pa.Array, terms: Sequence[Term]) -> Bools:
    kept = np.ones(len(texts), dtype=np.bool_)
    for term in sorted(terms, key=lambda term: term.excluded):  # what must be there leaves fewer texts
        right = _hit(texts, term) != term.excluded
        kept[kept] = right
        texts = texts if right.all() else texts.filter(pa.array(right))
    return kept


def _hit(texts: pa.Array, term: Term) -> Bools:
    try:
        hit = pc.fill_null(pc.match_substring_regex(texts, term.everywhere), False)
    except pa.ArrowInvalid as error:  # RE2 bounds the memory of an expression
        raise RequestError(
            f"The phrase {term.words[:40]!r} is too long to look for in all its spellings: search for a part of it."
        ) from error
    return np.asarray(hit.to_numpy(zero_copy_only=False), dtype=np.bool_)


def places(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where the terms stand in a text that was found, in characters, ascending; what touches is one place."""
    spans = sorted(
        match.span() for term in terms if not term.excluded for match in term.here.finditer(text)
    )  # fmt: skip
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
