"""The hand-written material: reading the phrase files and making one choice of what they allow."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parent / "phrases"
INTENTS = (
    "billing_error",
    "cancel_order",
    "change_address",
    "damaged_item",
    "delivery_delay",
    "login_problem",
    "product_question",
    "refund_status",
    "subscription_change",
    "voucher_problem",
)
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(?:([aA]):)?(\w+)\}")


@dataclass(frozen=True)
class Situation:
    """One way an intent comes about; all its phrases fit one another."""

    happened: tuple[str, ...]
    details: tuple[str, ...]
    requests: tuple[str, ...]
    openers: tuple[str, ...]


@dataclass(frozen=True)
class Intent:
    """All that was written for one intent."""

    situations: tuple[Situation, ...]
    short: tuple[str, ...]
    whole: tuple[str, ...]


@dataclass(frozen=True)
class Mixed:
    """A message that several intents fit."""

    intents: tuple[str, ...]
    text: str


def read_intent(name: str) -> Intent:
    """The phrases of `phrases/<name>.txt`; the head of `delivery_delay.txt` explains the marks."""
    sections = _sections(FOLDER / f"{name}.txt")
    situations = tuple(
        Situation(*(_marked(lines, mark) for mark in ("! ", "+ ", "? ", "?? ")))
        for section, lines in sections.items()
        if section not in ("short", "whole")
    )
    return Intent(situations, _marked(sections["short"], "- "), _marked(sections["whole"], "* "))


def read_voices() -> dict[str, tuple[str, ...]]:
    """Greetings, moods, closings and the like, by section."""
    return {section: tuple(lines) for section, lines in _sections(FOLDER / "voices.txt").items()}


def read_mixed() -> tuple[Mixed, ...]:
    """Messages between two or more intents."""
    pairs = (line.split(" :: ", 1) for line in _lines(FOLDER / "ambiguous.txt"))
    return tuple(Mixed(tuple(intents.split("|")), text) for intents, text in pairs)


def read_off_topic() -> tuple[str, ...]:
    """Messages that no intent fits."""
    return tuple(_lines(FOLDER / "off_topic.txt"))


def read_details() -> dict[str, list[str]]:
    """Goods, names, places and the like, by kind."""
    details: dict[str, list[str]] = json.loads((FOLDER / "details.json").read_text(encoding="utf-8"))
    return details


def every_phrase() -> list[str]:
    """All lines of all phrase files, as they are written."""
    return [line for path in sorted(FOLDER.glob("*.txt")) for line in _lines(path)]


def expand(phrase: str, slots: Mapping[str, str], rng: Random) -> str:
    """One reading of a phrase: `[a|b]` becomes a or b, `{slot}` its value, `{a:slot}` with its article."""
    while found := _CHOICE.search(phrase):
        chosen = rng.choice(found.group(1).split("|"))
        phrase = phrase[: found.start()] + chosen + phrase[found.end() :]
    text = _SLOT.sub(lambda match: _filled(match.group(1), match.group(2), slots), phrase)
    return re.sub(r"\s+([.,?!])", r"\1", re.sub(r" +", " ", text)).strip()


def _filled(article: str | None, slot: str, slots: Mapping[str, str]) -> str:
    value = slots[slot.lower()]
    if article:
        word = "an" if value[0] in "aeiou" else "a"
        value = f"{word.capitalize() if article == 'A' else word} {value}"
    return value[0].upper() + value[1:] if slot[0].isupper() else value


def _marked(lines: list[str], mark: str) -> tuple[str, ...]:
    return tuple(line.removeprefix(mark) for line in lines if line.startswith(mark))


def _sections(path: Path) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for line in _lines(path):
        if line.startswith("== "):
            sections[line[3:]] = []
        else:
            sections[next(reversed(sections))].append(line)
    return sections


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("# ")]
