"""A text token by token as the app shows it; the process that stays does the reading."""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from eudscore.errors import RequestError
from eudscore.jobs.resident import resident
from eudscore.records import JsonDict
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.answering import READ
from eudscore.workflow.stored import family_of

_SLACK = 0.05  # nats: what other company in a batch does to a mean in bfloat16 stays below


@dataclass(frozen=True)
class Token:
    """One token of a text.

    Attributes:
        start: where it begins in the text, in characters.
        end: where it ends; the tokens of one character that takes several share its place.
        surprisal: nats; nan where the token has no prediction, because nothing stands before it.
        entropy: nats of the distribution in its place; likewise.
        alternatives: the likeliest tokens there and their probabilities, the likeliest first.
    """

    start: int
    end: int
    surprisal: float
    entropy: float
    alternatives: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Reading:
    """A text as a language model reads it.

    Attributes:
        tokens: the first tokens of the text, at most 1,000.
        read: how many tokens were read of it.
        scored: how many of them have a prediction.
        entropy: mean over these, nats; nan where there are none.
        surprisal: likewise.
        model: the language model.
        notes: what is to be known about this reading, a sentence each.
    """

    tokens: tuple[Token, ...]
    read: int
    scored: int
    entropy: float
    surprisal: float
    model: str
    notes: tuple[str, ...]


def reading_family(workspace: Workspace, ref: CorpusRef) -> str | None:
    """The key of the generative columns that are shown for a corpus, None where it was not scored so."""
    return family_of(workspace, ref).get("generative_entropy")


def readings(workspace: Workspace, ref: CorpusRef, row: int) -> Reading:
    """The text of a row token by token, under the language model that its generative entropy was scored with.

    The first answer takes seconds, because the model is loaded; one that was given is kept.

    Raises:
        RequestError: there is no such row, or generative entropy was not scored.
        ModelError: the model cannot be loaded any more.
        EudscoreError: the process that reads broke or took too long.
    """
    family = reading_family(workspace, ref)
    if family is None:
        raise RequestError(
            "A text can be read token by token once its generative entropy was scored: score it on the Score page."
        )
    if not 0 <= row < len(workspace.corpus(ref)):
        raise RequestError(f"There is no row {row}: the data set has {len(workspace.corpus(ref)):,} rows.")
    return _read(workspace.root, ref, row, family)


def warm_reading(workspace: Workspace, ref: CorpusRef) -> None:
    """Have the language model of a corpus loaded in the background; free where it is loaded or not needed."""
    family = reading_family(workspace, ref)
    if family is not None:
        resident().warm(READ, {"workspace": str(workspace.root), "ref": str(ref), "family": family})


@lru_cache(maxsize=64)
def _read(root: Path, ref: CorpusRef, row: int, family: str) -> Reading:
    about = {"workspace": str(root), "ref": str(ref), "family": family, "row": row}
    found = resident().ask(READ, about)
    stored = float(Workspace(root).column(ref.id, family, "generative_entropy")[row])
    tokens = tuple(
        Token(
            token["start"], token["end"], _number(token["surprisal"]), _number(token["entropy"]),
            tuple((word, share) for word, share in token["alternatives"]),
        )
        for token in found["tokens"]
    )  # fmt: skip
    entropy = _number(found["entropy"])
    notes = tuple(_notes(found, len(tokens), entropy, stored))
    return Reading(
        tokens, found["read"], found["scored"], entropy, _number(found["surprisal"]), str(found["model"]), notes
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _notes(found: JsonDict, shown: int, entropy: float, stored: float) -> list[str]:
    notes = []
    if found["prompt"] is not None:
        notes.append(f"Read after the `{found['prompt']}` of the row, which is not shown.")
    if found["truncated"]:
        notes.append("The model reads no more of a text this long (or of its prompt): the rest is not scored.")
    if shown < found["read"]:
        notes.append(f"The first {shown:,} of {found['read']:,} tokens that were read are shown.")
    if abs(entropy - stored) > _SLACK or math.isnan(entropy) != math.isnan(stored):
        notes.append(
            f"The stored entropy of this text is {stored:.3f} nats, and this reading comes to {entropy:.3f}: it was "
            "scored on another machine or by another version."
        )
    return notes
