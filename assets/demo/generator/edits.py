"""Near-duplicates: a message sent a second time with a light edit."""

import re
from collections.abc import Callable
from random import Random

_TOKEN = re.compile(r"[a-z0-9]+")
_ALIKE = 0.65
_TRIES = 30
# Begins with a greeting, or with the dash of a list.
_GREETED = re.compile(r"(?i)(hi|hello|dear|hey|good|morning|greetings|to whom|second|[-*])")
_PAIRS = (
    ("parcel", "package"), ("package", "parcel"), ("please", "kindly"), ("very", "really"), ("website", "site"),
    ("email", "mail"), ("could", "can"), ("ordered", "bought"), ("wrong", "incorrect"), ("since", "ever since"),
    ("only", "just"), ("nothing", "not a thing"), ("today", "this morning"), ("two", "2"), ("three", "3"),
    ("arrived", "turned up"), ("big", "large"), ("ring", "call"), ("maybe", "perhaps"), ("want", "would like"),
    ("and", "&"), ("told", "informed"), ("almost", "nearly"), ("nearly", "almost"), ("bought", "ordered"),
)  # fmt: skip
_BEFORE = (
    "Hi, ",
    "Hello, ",
    "Hi again, ",
    "Second try: ",
    "Hello? ",
    "Resending this. ",
    "Dear all, ",
    "As above: ",
)
_AFTER = (
    " Thanks!",
    " Thanks.",
    " Please reply.",
    " Thank you!",
    " Anyone?",
    " Many thanks.",
    " ???",
    " Cheers.",
)


_TRIES = 50


def tokens(text: str) -> frozenset[str]:
    """The distinct words of a text in small letters, without marks."""
    return frozenset(_TOKEN.findall(text.lower()))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared words over all words of two sets; 1 for two empty ones."""
    shared = len(one & other)
    either = len(one) + len(other) - shared
    return shared / either if either else 1.0


def resend(text: str, rng: Random) -> str | None:
    """The text after one to three light edits, or None for one that cannot be edited lightly.

    The edited text has other words than the first one; at least 65 % of the words of both are shared.
    """
    edits: list[Callable[[str, Random], str]] = [_new_number, _other_word, _slip, _greet, _thank, _small]
    for _ in range(_TRIES):
        edited = text
        for edit in rng.sample(edits, rng.choice((1, 2, 2, 3))):
            edited = edit(edited, rng)
        other_words = _TOKEN.findall(edited.lower()) != _TOKEN.findall(text.lower())
        if other_words and jaccard(tokens(edited), tokens(text)) >= _ALIKE:
            return edited
    return None


def _new_number(text: str, rng: Random) -> str:
    return re.sub(
        r"\d{6,}",
        lambda match: str(rng.randrange(10 ** (len(match.group()) - 1) * 2, 10 ** len(match.group()))),
        text,
    )


def _other_word(text: str, rng: Random) -> str:
    there = [pair for pair in _PAIRS if re.search(rf"\b{pair[0]}\b(?!')", text)]
    if not there:
        return text
    old, new = rng.choice(there)
    return re.sub(rf"\b{old}\b(?!')", new, text, count=1)


def _slip(text: str, rng: Random) -> str:
    words = list(re.finditer(r"\b[a-z]{5,}\b", text))
    if not words:
        return text
    match = rng.choice(words)
    at = rng.randrange(match.start() + 1, match.end() - 1)
    return text[:at] + text[at + 1 :]


def _greet(text: str, rng: Random) -> str:
    return text if _GREETED.match(text) else rng.choice(_BEFORE) + text


def _thank(text: str, rng: Random) -> str:
    return text if "\n" in text or text[-1] not in ".?!" else text + rng.choice(_AFTER)


def _small(text: str, rng: Random) -> str:
    return text.lower() if rng.random() < 0.3 else text
