"""What hands do to sentences: slips of the finger, misspellings, haste, a second language, anger."""

import re
from random import Random

from .people import Habits

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_MISSPELT = {
    "address": "adress", "received": "recieved", "receive": "recieve", "definitely": "definately",
    "until": "untill", "tomorrow": "tommorow", "separate": "seperate", "because": "becuase",
    "their": "thier", "which": "wich", "really": "realy", "weird": "wierd", "again": "agian",
    "believe": "beleive", "different": "diffrent", "finally": "finaly", "immediately": "immediatly",
    "discount": "dicount", "package": "pakage", "delivery": "delievery", "cancelled": "canceled",
    "account": "acount", "password": "pasword", "subscription": "subsciption", "voucher": "vaucher",
    "apparently": "apparantly", "thought": "tought", "you're": "your", "it's": "its", "too": "to",
    "friend": "freind", "necessary": "neccessary", "happened": "happend", "beginning": "begining",
    "arrived": "arived", "business": "buisness", "neighbour": "neighbor", "membership": "membershp",
}  # fmt: skip
_HURRIED = {
    "please": "pls", "you": "u", "your": "ur", "thanks": "thx", "because": "cos", "are": "r",
    "tomorrow": "tmrw", "about": "abt", "though": "tho", "something": "smth", "with": "w/", "and": "&",
    "people": "ppl", "message": "msg", "number": "nr", "someone": "some1",
}  # fmt: skip
_FOREIGN = (
    (re.compile(r"\b(has|have|had)n't\b"), r"\1 not"),
    (re.compile(r"\bI've\b"), "I have"),
    (re.compile(r"\bI'm\b"), "I am"),
    (re.compile(r"\bI'd like\b"), "I would like"),
    (re.compile(r"\b([Dd]id|[Dd]oes|[Ii]s|[Ww]as|[Dd]o)n't\b"), r"\1 not"),
    (re.compile(r"\bfor (two|three|almost|over|nine|ten|twelve|eleven|eight) "), r"since \1 "),
    (re.compile(r"\b[Ii]t's been (?=(a|an|over|almost|two|three|six|eight|nine|ten|eleven|twelve)\b)"), "now it is "),
    (re.compile(r"\bIt's\b"), "It is"),
)
_LOUD = {
    "not", "never", "still", "again", "nothing", "twice", "now", "no", "weeks", "nobody", "broken", "today",
    "wrong", "three", "every", "paid", "days", "already", "anything", "my", "full", "two", "please", "cancel",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z']+")
_FIXED = re.compile(r"\S*\d\S*|\b[A-Z]{3,}\b")


def mistype(text: str, habits: Habits, rng: Random) -> str:
    """The text as this person's hands leave it; words with digits are left alone."""
    fixed = [match.span() for match in _FIXED.finditer(text)]

    def typed(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in fixed):
            return match.group()
        return _typed_word(match.group(), habits, rng)

    text = _WORD.sub(typed, text)
    return re.sub(r"(\w)([?!])", r"\1 \2", text) if habits.gap_before_marks else text


def _typed_word(word: str, habits: Habits, rng: Random) -> str:
    if habits.misspells and rng.random() < 0.5:
        word = _like(word, _MISSPELT[word.lower()]) if word.lower() in _MISSPELT else word
    if habits.no_apostrophes and "'" in word:
        word = word.replace("'", "")
    if habits.small_i and rng.random() < 0.9 and word in ("I", "I'm", "I've", "I'd", "I'll"):
        word = word.lower()
    if len(word) > 3 and rng.random() < habits.slip_rate:
        word = _slip(word, rng)
    return word


def _slip(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    match rng.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case 2:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case _:
            return word[:at] + _neighbour(word[at], rng) + word[at + 1 :]


def _neighbour(letter: str, rng: Random) -> str:
    for row in _ROWS:
        if (at := row.find(letter.lower())) >= 0:
            return rng.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
    return letter


def hurry(text: str, rng: Random) -> str:
    """The text as thumbs write it: small letters, some words cut short."""
    style = rng.random()
    if style < 0.75:
        text = text.lower()
    if style < 0.35:
        chosen = set(rng.sample(sorted(_HURRIED), 6))
        text = _WORD.sub(lambda m: _HURRIED[m.group()] if m.group() in chosen else m.group(), text)
    return text


def foreign(text: str, rng: Random) -> str:
    """The text by someone whose first language has no use for some of our articles."""
    for pattern, other in _FOREIGN:
        text = pattern.sub(other, text)
    return re.sub(r" (the|a|an) (?=[a-z])", lambda m: " " if rng.random() < 0.3 else m.group(), text)


def shout(text: str, rng: Random) -> str:
    """The text of an angry person: some words, or all of them, in capitals, and marks in plenty."""
    if rng.random() < 0.06:
        return text.upper()
    rate = rng.choice((0.0, 0.0, 0.15, 0.4))
    text = _WORD.sub(
        lambda m: m.group().upper() if m.group().lower() in _LOUD and rng.random() < rate else m.group(), text
    )
    marks = rng.choice(("!", "!", "!!", "!!!", "."))
    text = re.sub(r"\.$", marks, text)
    return text.replace("?", rng.choice(("??", "???", "?!"))) if rng.random() < 0.25 else text


def _like(model: str, word: str) -> str:
    if model.isupper():
        return word.upper()
    return word.capitalize() if model[0].isupper() else word
