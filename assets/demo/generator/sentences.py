"""Putting pieces of a message together the way people do: joints, capitals, closings."""

import re
from random import Random

# Only words that are no names lose their capital in the middle of a run-on sentence.
_COMMON = {
    "It", "The", "My", "There", "What", "When", "Can", "Could", "Is", "Please", "How", "No", "We",
    "Any", "And", "If", "That", "This", "They", "You", "Your", "Where", "Will", "Why", "Still",
    "So", "Nobody", "Do", "Does", "Who", "Has", "Would", "Not", "Now", "Until", "Nothing", "One",
    "Everything", "A", "Which",
}  # fmt: skip


def tidy(text: str) -> str:
    """A piece of a message as a sentence: a capital first, one mark last."""
    text = re.sub(r"([?!])[.,]", r"\1", text)
    text = re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)
    text = text[:1].upper() + text[1:]
    text = re.sub(r"(?<=[a-z0-9][.?!] )[a-z]", lambda match: match.group().upper(), text)
    return text if text[-1] in ".?!)\"'" else f"{text}."


def join(pieces: list[str], *, run_on: bool, rng: Random) -> str:
    """One paragraph; a run-on writer puts commas, dashes or nothing where others put a full stop."""
    text = pieces[0]
    for piece in pieces[1:]:
        first = piece.split(" ", 1)[0]
        if run_on and text.endswith(".") and first in _COMMON and rng.random() < 0.6:
            joints = (", ", ", ", " - ", "... ") if "?" in piece else (", ", ", ", " - ", " and ", "... ")
            text = text[:-1] + rng.choice(joints) + piece[0].lower() + piece[1:]
        else:
            text = f"{text} {piece}"
    return text.replace(" and and ", " and ").replace(" and so ", ", so ")


def letter(greeting: str, paragraphs: list[str], ending: str, rng: Random) -> str:
    """A letter: greeting, body and ending, on lines of their own or not."""
    style = rng.random()
    if style < 0.45:
        gap = rng.choice(("\n\n", "\n"))
        return gap.join(part for part in (greeting, *paragraphs, ending) if part)
    body = " ".join(paragraphs)
    if style < 0.7:
        return "\n".join(part for part in (f"{greeting} {body}".strip(), ending) if part)
    return " ".join(part for part in (greeting, body, ending.replace(",\n", ", ").replace("\n", ", ")) if part)


def ending(closing: str, slots: dict[str, str], rng: Random) -> str:
    """Closing and name: `Thanks, Marion`, `Kind regards` over a full name, a bare initial, or no name."""
    name, full = slots["name"], slots["full"]
    signs = (name, name, full, f"{name[0]}. {slots['last']}", name[0], f"{name} ({slots['city']})")
    sign = rng.choice(signs)
    return rng.choice((f"{closing},\n{sign}", f"{closing}\n{sign}", f"{closing}, {sign}", f"{closing}.", sign))


def referring_back(question: str, sequel: str, goods: set[str]) -> str:
    """The sequel of a question, with `it` for the thing the question has named already."""
    for good in goods:
        if f" the {good}" in question:
            sequel = re.sub(rf"^(Is|Does|Can) the {good}\b", r"\1 it", sequel)
    return sequel


def lower_first(text: str) -> str:
    """The text without its capital, if the first word is one that needs none."""
    return text[0].lower() + text[1:] if text.split(" ", 1)[0] in _COMMON else text
