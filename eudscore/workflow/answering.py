"""What the process that stays does for the app's server: read a text token by token, encode a query.

A stored card names its model but not the folder it lay in; that is looked for among the requests of the workspace.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eudscore.entropy.hashes import digest_of
from eudscore.errors import EudscoreError, InputError, ModelError, WorkspaceError
from eudscore.jobs.resident import WARM
from eudscore.jobs.state import list_runs
from eudscore.records import Card, Corpus, Ints, JsonDict
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.requests import BUILTIN

if TYPE_CHECKING:
    from eudscore.models.encoder import Encoder
    from eudscore.models.loading import ResolvedModel
    from eudscore.models.reading import TextReading, TokenReader

READ, ENCODE = "read", "encode"
MOST_TOKENS = 1000  # of a text that are told
_COMMIT = 40  # hexadecimal digits of a revision on the Hub; that of a folder has 16


def answer(kind: str, about: JsonDict) -> JsonDict:
    """Answer a question of the app's server.

    Args:
        kind: `READ`, `ENCODE`, or `WARM` to load what another kind needs.
        about: `workspace`, and what the kind asks for.

    Raises:
        EudscoreError: the sentence to show.
    """
    if kind == WARM:
        kind, about, warm = str(about["kind"]), about["about"], True
    else:
        warm = False
    workspace = Workspace(Path(about["workspace"]))
    if kind == READ:
        place = _Place(workspace, CorpusRef.parse(about["ref"]), about["family"])
        return place.warm() if warm else place.read(int(about["row"]))
    if kind == ENCODE:
        encoder = _encoder_of(workspace, about["corpus"], about["vectors"])
        return {} if warm else {"vector": _encoded(encoder, about["query"])}
    raise EudscoreError(f"There is no question of the kind {kind!r}: restart the app, it was updated.")


class _Place:
    """A corpus and the family of generative columns whose readings are told."""

    def __init__(self, workspace: Workspace, ref: CorpusRef, family: str) -> None:
        self.workspace = workspace
        self.corpus = workspace.corpus(ref)
        card = (workspace.family(ref.id, family) or {}).get("generative_entropy")
        if card is None:
            raise WorkspaceError("The generative entropy of this data set is not stored any more: score it again.")
        self.card = card

    def warm(self) -> JsonDict:
        """Load the model of the first row."""
        self._reader(0)
        return {}

    def read(self, row: int) -> JsonDict:
        """The reading of a row as plain values; see `readings.Reading`."""
        text = self.corpus.texts([row])[0]
        prompt = self._prompt(row)
        reader = self._reader(row)
        reading = reader.read(text if text.strip() else "", prompt=prompt)
        scored = np.isfinite(reading.entropy)
        return {
            "tokens": list(_told(reader, reading)),
            "read": len(reading.spans),
            "scored": int(scored.sum()),
            "entropy": _mean(reading.entropy[scored]),
            "surprisal": _mean(reading.surprisal[scored]),
            "model": self.card.model,
            "prompt": self.card.parameters.get("prompt"),
            "truncated": reading.truncated,
        }

    def _prompt(self, row: int) -> str | None:
        column = self.card.parameters.get("prompt")
        if column is None:
            return None
        if column not in self.corpus.table.column_names or (
            _content(self.corpus, column) != self.card.parameters["prompt_id"]
        ):
            raise InputError(
                f"The texts were scored after the prompts of another column {column!r} than this data set holds: "
                "score generative entropy again."
            )
        return self.corpus.texts([row], column=column)[0]

    def _reader(self, row: int) -> "TokenReader":
        settings = self.card.parameters.get("adaptation")
        model = _language_model(self.workspace, self.card) if settings is None else self._adapted(settings, row)
        device = "cpu" if self.card.outcome.get("device") == "cpu" else "auto"
        return _token_reader(model, device, self.card.dtype, self.card.max_tokens or 1024)

    def _adapted(self, settings: JsonDict, row: int) -> "ResolvedModel":
        """The model that was adapted to the half that the row is not in."""
        from eudscore.models.loading import resolve_model

        for key in self.workspace.adapted_keys(self.corpus.id):
            content = self.workspace.content("adapted", self.corpus.id, key) or {}
            found = Card.from_json(content["cards"][0])
            if (found.model, found.revision) == (self.card.model, self.card.revision) and (
                dict(found.parameters) == settings
            ):
                half = _halves(self.corpus, int(found.seed or 0))[row]
                return resolve_model(str(self.workspace.adapted(self.corpus.id, key) / f"half-{half}"))
        raise ModelError(
            "The language models that were adapted to this data set are not stored any more: score generative "
            "entropy again with the adaptation."
        )


def _told(reader: "TokenReader", reading: "TextReading") -> Iterator[JsonDict]:
    for place, (start, end) in enumerate(reading.spans[:MOST_TOKENS].tolist()):
        has = math.isfinite(reading.entropy[place])
        others = zip(reader.words_of(reading.likeliest[place]), reading.probabilities[place].tolist(), strict=True)
        yield {
            "start": start,
            "end": end,
            "surprisal": float(reading.surprisal[place]) if has else None,
            "entropy": float(reading.entropy[place]) if has else None,
            "alternatives": [list(pair) for pair in others] if has else [],
        }


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean(dtype=np.float64)) if len(values) else None


def _encoder_of(workspace: Workspace, corpus_id: str, key: str) -> "Encoder":
    """The encoder that made stored vectors."""
    content = workspace.content("vectors", corpus_id, key)
    if content is None:
        raise WorkspaceError("The sentence vectors of this data set are not stored any more: score it again.")
    card = Card.from_json(content["cards"][0])
    model = _encoder_model(workspace, card)
    device = "cpu" if card.outcome.get("device") == "cpu" else "auto"
    return _encoder(model, device, card.dtype, card.max_tokens or 256)


def _encoded(encoder: "Encoder", query: str) -> list[float] | None:
    """(d,) the unit vector of a query; None where the encoder finds nothing in it."""
    (batch,) = encoder.encode([query])
    return None if batch.empty[0] or np.isnan(batch.vectors[0]).any() else [float(x) for x in batch.vectors[0]]


@lru_cache(maxsize=2)  # of adapted models there are two
def _token_reader(model: "ResolvedModel", device: str, dtype: str, max_tokens: int) -> "TokenReader":
    from eudscore.models.reading import TokenReader

    return TokenReader(model, device=device, max_tokens=max_tokens, dtype=dtype)


@lru_cache(maxsize=2)
def _encoder(model: "ResolvedModel", device: str, dtype: str, max_tokens: int) -> "Encoder":
    from eudscore.models.encoder import Encoder

    return Encoder(model, device=device, max_tokens=max_tokens, dtype=dtype)


@lru_cache(maxsize=8)  # a corpus is opened once in a process
def _content(corpus: Corpus, column: str) -> str:
    """The hash that the card of a prompt holds of its column."""
    return digest_of(corpus.texts(column=column))


@lru_cache(maxsize=2)
def _halves(corpus: Corpus, seed: int) -> Ints:
    from eudscore.workflow.adapting import halves

    return halves(corpus.texts(), seed=seed)


def _language_model(workspace: Workspace, card: Card) -> "ResolvedModel":
    from eudscore.models.loading import resolve_language_model

    return _found(workspace, card, "lm", resolve_language_model, "language model", "generative entropy")


def _encoder_model(workspace: Workspace, card: Card) -> "ResolvedModel":
    from eudscore.models.loading import resolve_model

    return _found(workspace, card, "encoder", resolve_model, "encoder", "the data set")


def _found(
    workspace: Workspace, card: Card, option: str, resolve: "Callable[[str], ResolvedModel]", what: str, scored: str
) -> "ResolvedModel":
    """The very model of a card: the built-in one, one of the Hub, or in a folder that a request named."""
    from eudscore.models.loading import ResolvedModel

    name, revision = str(card.model), str(card.revision)
    if len(revision) == _COMMIT:
        return ResolvedModel(name, revision, name, name)
    for asked in (BUILTIN, *_folders_asked(workspace, option)):
        try:
            model = resolve(asked)
        except ModelError:  # it is gone, or was never finished; another place may have it
            continue
        if (model.name, model.revision) == (name, revision):
            return model
    raise ModelError(
        f"The {what} {name!r} that these texts were scored with is not where it was, or has changed: score {scored} "
        "again with it on the Score page, which also notes its folder."
    )


def _folders_asked(workspace: Workspace, option: str) -> list[str]:
    """The folders that the requests of a workspace name for a model, the latest first, each once."""
    asked: dict[str, None] = {}
    for run, _ in list_runs(workspace.runs):
        try:
            named = run.read_spec().get("request", {}).get(option)
        except WorkspaceError:  # a damaged run names nothing
            continue
        if isinstance(named, str) and Path(named).expanduser().is_dir():
            asked[named] = None
    return list(asked)
