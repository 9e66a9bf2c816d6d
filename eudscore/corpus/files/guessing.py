"""Which encoding a text is in that is not UTF-8 and has no mark: said only where one fits clearly better.

`charset_normalizer` measures how messy a text would be in each encoding. Its measure cannot tell Western from
Central European, nor anything from a few words, so two more are asked: letters of two scripts in one word,
and whether one language has all the letters.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NAMES = {
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1253": "Windows-1253",
    "koi8_r": "KOI8-R",
    "cp932": "Shift JIS",
    "euc_jp": "EUC-JP",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "cp949": "EUC-KR",
}
_ASIAN = {"cp932", "euc_jp", "gb18030", "big5", "cp949"}
_OTHER_SCRIPTS = {"cp1251", "cp1253", "koi8_r"}
# Letters beyond a to z, from the main exemplar sets of Unicode CLDR.
_WESTERN = (
    "àâæçéèêëîïôœùûüÿ", "äöüß", "áéíóúüñ", "áâãàçéêíóôõúü", "àèéìîòóùú", "åäöéà", "æøåéèòô", "áéèêëïíóöúü",
    "áðéíóúýþæö", "àçéèíïóòúü",
)  # fmt: skip
_CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž", "äçëăâîöü")
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_PLAIN_SEQUENCE = re.compile(rb"[\xc2\xc3][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_TELLING_BYTE = re.compile(rb"[\x80-\xff]")
_LINE_END = re.compile(rb"[\r\n]|\Z")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{2,}")
_HIGH = bytes(range(0x80, 0x100))
_MOSTLY = 0.5
_CHANCE = 0.05
_SAMPLE = 1 << 15
_MARGIN = 0.1
_LANGUAGE_MARGIN = 0.2
_CLEARLY = 0.1
_RARELY = 0.03
_OFTEN = 0.3
_FEWEST = 10
_MIXED_SCRIPT = re.compile(r"[A-Za-z](?=[^\W\d_a-zA-Z])|[^\W\d_a-zA-Z](?=[A-Za-z])")
_FOREIGN_LETTER = re.compile(r"[^\W\d_a-zA-Z]")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Sequences:
    """How many bytes above 127 there are, how many of them form UTF-8, and how often in a way no accident would."""

    high: int
    in_utf8: int
    plain: int

    @property
    def mostly_utf8(self) -> bool:
        """Whether it is UTF-8 with some bytes that do not fit."""
        return self.in_utf8 > _MOSTLY * self.high

    @property
    def some_utf8(self) -> bool:
        """Whether text of one byte a letter would not look like this by accident."""
        return self.plain > 0 or self.in_utf8 > _CHANCE * self.high


def sequences_of(blocks: Iterable[bytes]) -> Sequences:
    """Count the UTF-8 among bytes that are not all UTF-8."""
    high = in_utf8 = plain = 0
    for block in blocks:
        high += len(block) - len(block.translate(None, _HIGH))
        runs = b" ".join(_HIGH_RUN.findall(block))  # of a file that is mostly ASCII little is left
        in_utf8 += sum(map(len, _SEQUENCE.findall(runs)))
        plain += len(_PLAIN_SEQUENCE.findall(runs))
    return Sequences(high, in_utf8, plain)


def sample_of(blocks: Iterable[bytes]) -> bytes:
    """The first lines that hold more than ASCII, whole: a cut could halve a letter."""
    lines: list[bytes] = []
    for piece in _whole_lines(blocks):
        for line in _telling_lines(piece):
            lines.append(_cut(line))
            if sum(map(len, lines)) > _SAMPLE:
                return b"\n".join(lines)
    return b"\n".join(lines)


def _telling_lines(piece: bytes) -> Iterator[bytes]:
    end = 0
    while found := _TELLING_BYTE.search(piece, end):
        start = max(end, piece.rfind(b"\n", end, found.start()) + 1, piece.rfind(b"\r", end, found.start()) + 1)
        closed = _LINE_END.search(piece, found.end())
        end = closed.start() if closed else len(piece)
        yield piece[start:end]


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    begun = b""
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if end or len(begun) > _SAMPLE:
            yield begun + block[:end]
            begun = block[end:]
        else:
            begun += block
    yield begun


def guess_encoding(sample: bytes, found: Sequences) -> str | None:
    """The one encoding of `NAMES` that fits clearly best, or None.

    Args:
        sample: whole lines.
        found: what of the file would be UTF-8; letters of one byte do not look like this by accident.
    """
    from charset_normalizer import from_bytes

    candidates = [encoding for encoding in NAMES if encoding in _ASIAN or not found.some_utf8]
    matches = from_bytes(sample, cp_isolation=candidates, enable_fallback=False, preemptive_behaviour=False)
    # Those that give the same text are named beside it.
    fits = {same.encoding: match for match in matches for same in (match, *match.submatch)}
    texts = {encoding: sample.decode(encoding) for encoding in NAMES if encoding in fits}
    texts = {encoding: text for encoding, text in texts.items() if not _is_unlikely(text, encoding)}
    if not texts:
        return None
    best = min((fits[encoding] for encoding in texts), key=lambda fit: (fit.chaos, -fit.coherence))
    near = [
        encoding
        for encoding in texts
        if fits[encoding].chaos < best.chaos + _MARGIN and fits[encoding].coherence > best.coherence - _LANGUAGE_MARGIN
    ]
    if len({texts[encoding] for encoding in near}) == 1:
        return near[0]  # in the order of NAMES
    return _latin(texts["cp1252"], texts["cp1250"]) if set(near) == {"cp1252", "cp1250"} else None


def _latin(western: str, central: str) -> str | None:
    """Western or Central European, by the language that has the most of the letters."""
    foreign = len(_FOREIGN_LETTER.findall(central))
    if foreign < _RARELY * len(_LETTER.findall(central)):
        return "cp1252"  # no Central European language has so few
    lead = _covered(western, _WESTERN) - _covered(central, _CENTRAL)
    if lead <= -_CLEARLY:
        return "cp1250"
    # Both fit where é and č may be é and è, which is far more common; but not on a letter or two.
    return "cp1252" if lead >= _CLEARLY or (lead >= 0 and foreign >= _FEWEST) else None


def _covered(text: str, alphabets: tuple[str, ...]) -> float:
    letters = _FOREIGN_LETTER.findall(text.lower())
    if not letters:
        return 0.0
    return max(sum(letter in alphabet for letter in letters) for alphabet in alphabets) / len(letters)


def _is_unlikely(text: str, encoding: str) -> bool:
    """Whether words mix the letters of two scripts, or too few letters of its own are there to tell by."""
    if encoding not in _ASIAN | _OTHER_SCRIPTS:
        return False
    letters = len(_FOREIGN_LETTER.findall(text))
    beside_latin = len(_MIXED_SCRIPT.findall(text))
    if encoding in _ASIAN:  # which put no space around a Latin word
        return letters < _FEWEST or beside_latin > _OFTEN * letters
    return beside_latin > _CHANCE * letters or letters < _RARELY * len(_LETTER.findall(text))


def _cut(line: bytes) -> bytes:
    """A long line up to a space or a comma, which are no half of any letter."""
    if len(line) <= _SAMPLE:
        return line
    end = max(line.rfind(b" ", 0, _SAMPLE), line.rfind(b",", 0, _SAMPLE))
    return line[:end] if end > 0 else line
