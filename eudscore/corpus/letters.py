"""Letters that a search takes for the same, as character classes that Arrow (RE2) and Python read alike.

Capitals, accents (U+0300 to U+036F) and the forms of compatibility (full width, bold, ligatures) do not count. Each
character is folded by itself, so that a match is always made of whole characters and has a place in the text.

Source: Unicode Standard Annex 15 (NFKD) and Unicode Standard, section 3.13 (full case folding).
"""

import re
from functools import lru_cache
from unicodedata import category, normalize

_MARKS = "[\u0300-\u036f]*"
_BLANKS = "[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
# Everything that case folding or NFKD changes, the syllables of Hangul apart, which come out as they are.
_CHANGEABLE = (
    range(0x3400), range(0xA640, 0xAC00), range(0xF900, 0x10000), range(0x10000, 0x20000), range(0x2F800, 0x2FA20),
)  # fmt: skip
_LONGEST_CLUSTER = 6  # letters whose ways to be written with ligatures are all tried; they grow as Fibonacci's numbers


def fold(text: str) -> str:
    """A text as a search compares it, character by character."""
    return "".join(map(_folded, text))


@lru_cache(maxsize=65_536)
def _folded(character: str) -> str:
    plain = _bare(_bare(character).casefold())
    if " " in plain:  # an accent that stands alone (´) is no blank
        return " " if character.isspace() else character
    # What does not stand for letters alone (½, ⑫, ℃) stays one sign.
    return plain if len(plain) < 2 or plain.isalpha() else character


def _bare(text: str) -> str:
    parts = normalize("NFKD", text)
    return normalize("NFC", "".join(part for part in parts if not "\u0300" <= part <= "\u036f"))


def pattern(words: str) -> str:
    """A regular expression for a folded text, wherever it stands; blanks stand for any white space."""
    return _BLANKS.join("".join(map(_alternatives, _clusters(word))) for word in words.split())


def is_word_character(character: str) -> bool:
    """Whether a letter, digit, mark or underscore: what a whole word must not continue with."""
    return character == "_" or category(character)[0] in "LNM"


@lru_cache(maxsize=1)
def word_class() -> str:
    """The inside of a character class of all word characters."""
    ranges: list[list[int]] = []
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000 and is_word_character(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


@lru_cache(maxsize=1)
def _written() -> dict[str, str]:
    """Folded text -> all characters that stand for it, itself apart."""
    found: dict[str, list[str]] = {}
    for codes in _CHANGEABLE:
        for character in map(chr, codes):
            plain = _folded(character)
            if plain and plain != character:
                found.setdefault(plain, []).append(character)
    return {plain: "".join(characters) for plain, characters in found.items()}


@lru_cache(maxsize=1)
def _ligature_lengths() -> tuple[int, ...]:
    return tuple(sorted({len(plain) for plain in _written() if len(plain) > 1}))


def _clusters(word: str) -> list[str]:
    """A folded word in the smallest pieces that no ligature reaches beyond."""
    pieces, start = [], 0
    while start < len(word):
        place, end = start, start + 1
        while place < end < start + _LONGEST_CLUSTER:
            lengths = (length for length in _ligature_lengths() if word[place : place + length] in _written())
            end = max(end, *(min(place + length, len(word)) for length in lengths), start + 1)
            place += 1
        pieces.append(word[start:end])
        start = end
    return pieces


def _alternatives(cluster: str) -> str:
    """Every way to write a cluster: letter by letter, or with ligatures."""
    ways = _ways(cluster)
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def _ways(letters: str) -> list[str]:
    if not letters:
        return [""]
    written = _written()
    first = letters[0]
    variants = written.get(first, "")
    one = f"[{re.escape(first)}{variants}]" if variants else re.escape(first)
    ways = [f"{one}{_MARKS}{rest}" for rest in _ways(letters[1:])]
    for length in _ligature_lengths():
        whole = letters[:length]
        if len(whole) == length and whole in written:
            ways += [f"[{written[whole]}]{_MARKS}{rest}" for rest in _ways(letters[length:])]
    return ways
