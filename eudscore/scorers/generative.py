"""Generative entropy: how open a language model finds each next word of a text, and how it takes what comes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy.typicality import bits_per_byte, context_gain, typicality
from eudscore.models.causal import CausalModel, GenerativeBatch
from eudscore.models.device import pick_device, pick_dtype
from eudscore.models.loading import ResolvedModel
from eudscore.models.text import clean
from eudscore.records import Card, Corpus, Flag, Floats, Ints, JsonDict, ScoredBatch
from eudscore.scorers.stretches import stretches

Doubles = NDArray[np.float64]

FEW_TOKENS = 5
MAX_TOKENS = 1024
_CHARACTERS_A_TOKEN = 16


@dataclass(frozen=True)
class Prompt:
    """The column that is read before each text without being scored, and the hash of what it holds."""

    column: str
    content: str


@dataclass(frozen=True, eq=False)
class Adaptation:
    """Two models, each adapted on one half of the corpus, that score the half they have not seen.

    Attributes:
        models: the model that scores half 0, and the one that scores half 1.
        half_of: (n,) the half of each row.
        settings: how they were adapted, for the cards.
        outcome: what it did to bits per byte, for the cards.
    """

    models: tuple[ResolvedModel, ResolvedModel]
    half_of: Ints
    settings: JsonDict
    outcome: JsonDict


@dataclass(frozen=True)
class GenerativeScorer:
    """Entropy, surprisal and typicality of each text under a causal language model, from one forward pass.

    Attributes:
        model: the language model.
        device: auto, cpu or cuda.
        dtype: auto, float32, bfloat16 or float16.
        max_tokens: of a text and its prompt.
        prompt: what the texts are conditioned on; then `generative_log_ifd` comes along, from a second pass.
        adaptation: models adapted to this corpus that score in place of `model`.
    """

    model: ResolvedModel
    device: str = "auto"
    dtype: str = "auto"
    max_tokens: int = MAX_TOKENS
    prompt: Prompt | None = None
    adaptation: Adaptation | None = None
    _loaded: dict[str, CausalModel] = field(default_factory=dict, repr=False, compare=False)

    @property
    def cards(self) -> Mapping[str, Card]:
        """One card a column; all of them depend on the same things."""
        device = pick_device(self.device)
        parameters: JsonDict = {"long_texts": "windows that overlap by half, each token scored once"}
        if self.prompt is not None:
            parameters |= {"prompt": self.prompt.column, "prompt_id": self.prompt.content}
        if self.adaptation is not None:
            parameters["adaptation"] = self.adaptation.settings
        shared: dict[str, Any] = {
            "model": self.model.name, "revision": self.model.revision, "dtype": pick_dtype(self.dtype, device),
            "max_tokens": self.max_tokens, "parameters": parameters, "version": 2,
        }  # fmt: skip
        cards = [Card(column, definition, **{**shared, **more}) for column, definition, more in _COLUMNS]
        if self.prompt is not None:
            definition = "nll(text | prompt) - nll(text), both of the tokens that were read after the prompt"
            cards.append(Card("generative_log_ifd", definition, **{**shared, "direction": _HARDER}))
        return {card.column: card for card in cards}

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ScoredBatch]:
        """Score rows in batches of like length; rows of the same batches may come along."""
        if self.adaptation is None:
            yield from self._score_with(self.model, corpus, np.arange(len(corpus)), rows)
            return
        for half, model in enumerate(self.adaptation.models):
            domain = np.flatnonzero(self.adaptation.half_of == half)
            yield from self._score_with(model, corpus, domain, rows)

    def loaded(self, model: ResolvedModel) -> CausalModel:
        """The model, loaded once."""
        if model.location not in self._loaded:
            self._loaded.clear()  # of two adapted models one is in memory
            self._loaded[model.location] = CausalModel(
                model, device=self.device, max_tokens=self.max_tokens, dtype=self.dtype
            )
        return self._loaded[model.location]

    def _score_with(self, model: ResolvedModel, corpus: Corpus, domain: Ints, rows: Ints) -> Iterator[ScoredBatch]:
        for stretch, wanted in stretches(domain, rows):
            network = self.loaded(model)
            # White space alone has tokens, but there is nothing in it to score.
            texts = [text if text.strip() else "" for text in clean(corpus.texts(stretch))]
            prompts = None if self.prompt is None else corpus.texts(stretch, column=self.prompt.column)
            words: dict[str, float] = {}
            for found in _surprisal_of_words(network, texts):
                words |= found
                yield _NOTHING_YET
            unprompted = np.full(len(stretch), np.nan)
            if prompts is not None and network.tokenizer.bos_token_id is not None:
                for batch in network.measure(texts, prompts=prompts, shown=False, wanted=wanted):
                    unprompted[batch.positions] = _per_token(batch, batch.surprisal)
                    yield _NOTHING_YET
            for batch in network.measure(texts, prompts=prompts, wanted=wanted):
                values = _values(batch, _alone(batch, texts, words))
                if prompts is not None:
                    log_ifd = _per_token(batch, batch.surprisal) - unprompted[batch.positions]
                    values["generative_log_ifd"] = log_ifd.astype(np.float32)
                keep = wanted[batch.positions]  # of the others there may be no unprompted value now
                kept = {name: column[keep] for name, column in values.items()}
                yield ScoredBatch(stretch[batch.positions[keep]], kept, _flags(batch)[keep], self._outcome(network))

    def _outcome(self, network: CausalModel) -> JsonDict:
        return {
            "device": network.device,
            "max_tokens": network.max_tokens,
            "context": network.context,
            "logits": "blockwise" if network.fused else "whole (the model has a layer of its own after its head)",
            **({"batches_halved": network.halved} if network.halved else {}),
            **({} if self.adaptation is None else self.adaptation.outcome),
        }


_HARDER = "higher = harder to foresee"
_COLUMNS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("generative_entropy", "mean entropy of the next-token distribution", {}),
    ("generative_nll", "mean of -log p(token that came)", {"direction": _HARDER}),
    ("generative_perplexity", "exp(generative_nll)", {"unit": "tokens", "direction": _HARDER}),
    (
        "generative_bits_per_byte",
        "sum of -log2 p(token that came) over the bytes of the text: comparable between models",
        {"unit": "bits per byte", "direction": _HARDER},
    ),
    (
        "generative_gap",
        "mean of surprisal - entropy: 0 for what the model would write, high = garbled or of another kind, "
        "low = boilerplate",
        {"direction": "higher = more surprising than the model expects"},
    ),
    (
        "generative_varentropy",
        "mean variance of the surprisal under the next-token distribution",
        {"unit": "nats^2", "direction": "higher = the model expects surprises"},
    ),
    (
        "generative_typicality",
        "sum(surprisal - entropy) / sqrt(sum varentropy): 0 = as the model itself would write",
        {"unit": "z", "direction": "higher = more surprising than the model expects"},
    ),
    (
        "generative_context_gain",
        "nats a token saved by what came before, against each word read by itself: about 0 for words in no order",
        {"direction": "higher = words belong together"},
    ),
)


# Told between two batches, so that whoever watches can stop the work.
_NOTHING_YET = ScoredBatch(np.zeros(0, dtype=np.int64), {}, np.zeros(0, dtype=np.uint8))


def _per_token(batch: GenerativeBatch, total: Floats) -> Doubles:
    return np.asarray(total, dtype=np.float64) / np.where(batch.scored > 0, batch.scored, np.nan)


def _surprisal_of_words(network: CausalModel, texts: list[str]) -> Iterator[dict[str, float]]:
    """Nats of every word of some texts, each read by itself, batch by batch.

    Nothing where the model has no token of a beginning, and so no prediction for the first token of a word.
    """
    if network.tokenizer.bos_token_id is None:
        return
    longest = _CHARACTERS_A_TOKEN * network.max_tokens  # hardly more of a text is read
    words = sorted({word for text in texts for word in text[:longest].split()})
    for batch in network.measure([f" {word}" for word in words]):
        yield {words[position]: float(nats) for position, nats in zip(batch.positions, batch.surprisal, strict=True)}


def _alone(batch: GenerativeBatch, texts: list[str], words: Mapping[str, float]) -> Doubles:
    """(b,) sum of the surprisals of the words that were read of each text; nan where a word was read in part."""
    sums = np.full(len(batch.positions), np.nan)
    for place in np.flatnonzero(batch.whole_words):
        read = texts[batch.positions[place]].encode()[: batch.size[place]].decode()
        sums[place] = sum(words.get(word, np.nan) for word in read.split())
    return sums


def _values(batch: GenerativeBatch, alone: Doubles) -> dict[str, Floats]:
    nll = _per_token(batch, batch.surprisal)
    nothing = np.where(batch.scored > 0, 0.0, np.nan)
    values = {
        "generative_entropy": _per_token(batch, batch.entropy),
        "generative_nll": nll,
        "generative_perplexity": np.exp(nll),
        "generative_bits_per_byte": bits_per_byte(batch.surprisal, batch.size) + nothing,
        "generative_gap": _per_token(batch, batch.surprisal - batch.entropy),
        "generative_varentropy": _per_token(batch, batch.varentropy),
        "generative_typicality": typicality(batch.entropy, batch.surprisal, batch.varentropy) + nothing,
        "generative_context_gain": context_gain(batch.surprisal, alone, batch.scored),
    }
    return {name: column.astype(np.float32) for name, column in values.items()}


def _flags(batch: GenerativeBatch) -> NDArray[np.uint8]:
    flags = np.where(batch.tokens == 0, Flag.EMPTY, 0)
    flags |= np.where((batch.tokens > 0) & (batch.scored < FEW_TOKENS), Flag.SHORT, 0)
    flags |= np.where(batch.truncated, Flag.TRUNCATED, 0)
    return flags.astype(np.uint8)
