"""Which words tell the texts of one group from those of others: class-based TF-IDF over words that read well."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from eudscore.records import Floats

_NOT_WORDS = re.compile(r"<[^>]*>|https?://\S+|www\.\S+|&#?\w+;|\\[nt]|\S+@\S+|#\d+;")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")  # Chinese and Japanese: no blanks
_SHORTEST = 3  # letters of a word; of the unspaced, pairs are taken
_LEFT_OUT = frozenset([
    "amp", "quot", "nbsp", "apos", "href", "http", "https", "www", "com", "html", "htm", "span", "div", "font",
    "don", "doesn", "didn", "isn", "aren", "wasn", "weren", "wouldn", "couldn", "shouldn", "hasn", "haven", "hadn",
    "said", "says", "did", "does", "doing", "got", "gets", "getting", "just", "like",
])  # fmt: skip
"""Remains of markup and of words before an apostrophe, and verbs that scikit-learn's stop words lack."""

_LONGEST = 20_000  # characters of a text that are read
_LIFT = 1.5  # how much more frequent than in all texts a word must be to mark a group
_COMMON = 0.03  # share of the texts from which a word can be one that tells nothing
_TENTH, _EVEN = 0.1, 0.4  # such a word is, in all but a tenth of the groups, at least so frequent as on average
_HELD = 0.06  # share of the texts of a group that hold a word of its label, at least
_PHRASE = 3  # texts in which two words stand side by side for them to be a phrase
_FEWEST = 3  # groups from which evenness means anything
_LOOKED_AT = 40  # words of the highest weights
_SECOND = 0.4  # a second word weighs at least this share of the first


def words_of(text: str) -> list[str]:
    """The words of a text that can stand in a label: no numerals, markup, addresses or English stop words.

    Chinese and Japanese are read as overlapping pairs of characters.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    found = []
    for match in _WORD.findall(_NOT_WORDS.sub(" ", text[:_LONGEST].lower())):
        unspaced = _UNSPACED.findall(match)
        found += [run[at : at + 2] for run in unspaced for at in range(len(run) - 1)]
        word = _UNSPACED.sub("", match).replace("\u2019", "'").split("'")[0]
        if len(word) >= _SHORTEST and word not in ENGLISH_STOP_WORDS and word not in _LEFT_OUT:
            found.append(word)
    return found


def share_of_words(groups: Sequence[Sequence[str]]) -> tuple[Any, list[str]]:
    """Share of the texts of each group that hold each word.

    Words that stand in only one text, and those that are common in all groups alike (stop words of whatever
    language), are left out.

    Args:
        groups: g lists of texts.

    Returns:
        (g, w) float32 `csr_array`, and the w words.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    texts = [text for group in groups for text in group]
    owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    vectorizer = CountVectorizer(analyzer=words_of, binary=True, dtype=np.float32, min_df=2)
    try:
        held = vectorizer.fit_transform(texts)
    except ValueError:  # no word at all, or none in two texts
        return _summed(np.zeros(0, int), np.zeros((0, 0)), len(groups)), []
    shares = _summed(owner, held, len(groups))
    telling = np.flatnonzero(~_says_nothing(shares))
    names = vectorizer.get_feature_names_out()
    return shares[:, telling], names[telling].tolist()


def _summed(owner: Any, held: Any, groups: int) -> Any:
    from scipy.sparse import csr_array

    sizes = np.bincount(owner, minlength=groups)
    weights = (1 / np.maximum(sizes, 1))[owner].astype(np.float32)
    return csr_array(csr_array((weights, (owner, np.arange(len(owner)))), shape=(groups, len(owner))) @ csr_array(held))


def _says_nothing(shares: Any) -> Any:
    """(w,) which words are common and as common everywhere."""
    mean = np.asarray(shares.mean(axis=0)).ravel()
    found = np.zeros(len(mean), dtype=np.bool_)
    if shares.shape[0] < _FEWEST:
        return found
    common = np.flatnonzero(mean >= _COMMON)
    seldom = np.quantile(shares[:, common].toarray(), _TENTH, axis=0)
    found[common] = seldom >= _EVEN * mean[common]
    return found


def weights_of(shares: Floats) -> Floats:
    """(g, w) class-based TF-IDF of each word in each group; 0 where it is no more frequent than elsewhere.

    Source: Grootendorst, BERTopic, arXiv 2203.05794, eq. 2, with shares of texts for counts of words, so that a
    long text counts no more than a short one.
    """
    total = shares.sum(axis=0)
    rarity = np.log1p(shares.sum() / len(shares) / np.maximum(total, 1e-12))
    marks = shares >= _HELD
    if len(shares) > 1:
        marks &= shares >= _LIFT * total / len(shares)
    return np.where(marks, shares * rarity, 0)


def best_words(weights: Floats, words: Sequence[str], taken: frozenset[str]) -> list[str]:
    """One or two words of the highest weight, no forms of one another or of words that are taken."""
    chosen: list[str] = []
    least = 0.0
    for at in np.argsort(-weights, kind="stable")[:_LOOKED_AT].tolist():
        if weights[at] <= least or len(chosen) == 2:
            break
        if not any(are_forms(words[at], other) for other in [*chosen, *taken]):
            least = max(least, _SECOND * float(weights[at]))
            chosen.append(words[at])
    return chosen


def are_forms(one: str, other: str) -> bool:
    """Whether two words are likely forms of one (card, cards), or pairs of characters that overlap."""
    if _UNSPACED.match(one) or _UNSPACED.match(other):
        return bool(set(one) & set(other))
    short, long = sorted((one, other), key=len)
    common = len(short) - 1 if len(short) > 4 else len(short)
    return long.startswith(short[:common]) and len(long) - len(short) <= 3


def joined(words: list[str], texts: Sequence[str]) -> str:
    """The words as they stand side by side in some of the texts, else with a comma between them."""
    if len(words) < 2:
        return "".join(words)
    phrase = max((" ".join(words), " ".join(words[::-1])), key=lambda phrase: _times(phrase, texts))
    return phrase if _times(phrase, texts) >= _PHRASE else ", ".join(words)


def _times(phrase: str, texts: Sequence[str]) -> int:
    return sum(phrase in text[:_LONGEST].lower() for text in texts)
