"""Pseudo-log-likelihood of texts under a masked language model: each token is hidden once and asked for.

Sources: Salazar, Liang, Nguyen & Kirchhoff, Masked Language Model Scoring (2020), for hiding one token at a time;
Kauf & Ivanova, A Better Way to Do Masked Language Model Scoring (2023), for hiding the later pieces of its word as
well (PLL-word-l2r): a piece that is given the rest of its word is too easy.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eudscore.errors import ModelError
from eudscore.models.device import logits_at_once
from eudscore.models.loading import ResolvedModel
from eudscore.models.parallel import side_by_side
from eudscore.models.trained import ROUNDING, load_trained
from eudscore.records import Bools, Floats, Ints

if TYPE_CHECKING:
    import torch

MAX_TOKENS = 128
FAST_SHARE = 0.15  # of the tokens of a text, hidden all at once where it has to be fast
_PURPOSE = "a masked language model"


@dataclass(frozen=True, eq=False)
class MaskedBatch:
    """Positions into the texts given and, per text, the sum over its scored tokens.

    Attributes:
        positions: (b,) positions into the texts.
        scored: (b,) number of tokens that were asked for; 0 = nothing to score.
        surprisal: (b,) sum of -log p(token | what is not hidden) in nats.
        truncated: (b,) whether the text was cut.
    """

    positions: Ints
    scored: Ints
    surprisal: Floats
    truncated: Bools


@dataclass(frozen=True, eq=False)
class _Copy:
    """A text with some tokens hidden.

    Attributes:
        ids: (t,) tokens, special ones included.
        asked: (k,) positions of the hidden tokens that are asked for.
        came: (k,) the tokens that stand there.
    """

    ids: Ints
    asked: Ints
    came: Ints


@dataclass(frozen=True, eq=False)
class _Reading:
    """One text as it is read.

    Attributes:
        ids: (t,) tokens, special ones included.
        words: (t,) number of the word a token belongs to, ascending; -1 for a special token.
        draw: decides which tokens are hidden where not all are; of the text alone.
    """

    ids: Ints
    words: Ints
    draw: int

    def copies(self, mask: int, *, fast: bool) -> list[_Copy]:
        """The copies that are read in place of the text, with `mask` for what is hidden."""
        scored = np.flatnonzero(self.words >= 0)
        if len(scored) == 0:
            return []
        later = np.arange(len(self.ids)) >= scored[:, None]
        hidden = later & (self.words == self.words[scored][:, None])  # (n, t)
        asked = scored[:, None]
        if fast:
            count = max(1, round(FAST_SHARE * len(scored)))
            chosen = np.sort(np.random.default_rng(self.draw).choice(len(scored), count, replace=False))
            hidden, asked = hidden[chosen].any(axis=0, keepdims=True), scored[chosen][None]
        return [
            _Copy(np.where(blank, mask, self.ids), places, self.ids[places])
            for blank, places in zip(hidden, asked, strict=True)
        ]


class MaskedModel:
    """A loaded masked language model; `measure` may be called any number of times.

    Attributes:
        device: cpu or cuda.
        dtype: of weights and products; log probabilities are float32, sums over a text float64.
        max_tokens: what a text is cut at.
        fast: whether one copy of a text is read, with `FAST_SHARE` of its tokens hidden, in place of one a token.
        fused: whether only the logits of hidden tokens are made; else the model has something of its own around
            its output layer, and its whole logits are taken.
        halved: how often a batch had to be halved for lack of memory.
    """

    def __init__(
        self, model: ResolvedModel, *, device: str = "auto", max_tokens: int = MAX_TOKENS, dtype: str = "auto",
        fast: bool = False,
    ) -> None:  # fmt: skip
        """Load it.

        Raises:
            ModelError: it cannot be loaded, has no trained head, or its tokenizer no token for a blank.
            RequestError: there is no such device or precision.
        """
        from transformers import AutoModelForMaskedLM

        self.model = model
        self._trained = load_trained(
            AutoModelForMaskedLM, model, _PURPOSE, device=device, dtype=dtype, max_tokens=max_tokens
        )
        self.device, self.dtype = self._trained.device, self._trained.dtype
        self.max_tokens = self._trained.max_tokens
        self.fast = fast
        self.halved = 0
        if self._trained.tokenizer.mask_token_id is None:
            raise ModelError(
                f"{model.name!r} cannot be used as {_PURPOSE}: its tokenizer has no mask token to put in place of a "
                "word. Choose a model like BERT or RoBERTa."
            )
        self._mask = int(self._trained.tokenizer.mask_token_id)
        positions, stretch = logits_at_once(self.device)
        self._answers = positions * stretch // int(self._trained.network.config.vocab_size)  # places at once
        self._local = threading.local()
        self.fused = self._hooked()

    def measure(self, texts: Sequence[str], *, wanted: Bools | None = None) -> Iterator[MaskedBatch]:
        """Score texts in batches of like length; a text of n tokens costs n forward passes of its length.

        Args:
            texts: any strings.
            wanted: (n,) texts that are asked for, all without it; others may come along.

        Yields:
            Batches in no particular order.

        Raises:
            ModelError: a single text is too large for the memory of the device.
        """
        encodings, truncated = self._trained.read(texts)
        readings = [_reading(encoding, text) for encoding, text in zip(encodings, texts, strict=True)]
        lengths = np.array([len(reading.ids) for reading in readings], dtype=np.int64)
        cost = lengths if self.fast else lengths * [(reading.words >= 0).sum() for reading in readings]
        batches = self._trained.batches(lengths, cost, wanted)

        def measure_batch(rows: Ints) -> MaskedBatch:
            copies = [readings[row].copies(self._mask, fast=self.fast) for row in rows]
            scored = np.array([sum(len(copy.asked) for copy in own) for own in copies], dtype=np.int64)
            flat = [copy for own in copies for copy in own]
            values = [self._surprisals(piece) for piece in self._pieces(flat)]
            owner = np.repeat(np.arange(len(rows)), scored)
            # float64: a sum over a hundred tokens must not depend on the order of the additions
            sums = np.bincount(owner, np.concatenate([*values, np.zeros(0)]), minlength=len(rows))
            return MaskedBatch(rows, scored, sums.astype(np.float32), truncated[rows])

        yield from side_by_side(measure_batch, batches, self.device, on_halved=self._count_halved)

    def _count_halved(self, _size: int) -> None:
        self.halved += 1

    def _pieces(self, copies: Sequence[_Copy]) -> Iterator[Sequence[_Copy]]:
        """As many copies at once as fit, by their tokens and by their logits."""
        if not copies:
            return
        longest = max(len(copy.ids) for copy in copies)
        answers = max(len(copy.asked) for copy in copies) if self.fused else longest
        size = max(1, min(self._trained.budget // longest, self._answers // answers))
        for start in range(0, len(copies), size):
            yield copies[start : start + size]

    def _surprisals(self, copies: Sequence[_Copy]) -> Floats:
        """(sum of k,) -log p of what is asked for, copy by copy, in nats."""
        import torch

        rows = np.repeat(np.arange(len(copies)), [len(copy.asked) for copy in copies])
        columns = np.concatenate([copy.asked for copy in copies])
        came = torch.from_numpy(np.concatenate([copy.came for copy in copies])).to(self.device)
        with torch.inference_mode():
            logits = self._logits([copy.ids for copy in copies], rows, columns).float()
            target = logits.gather(1, came[:, None])[:, 0]
            return np.asarray((logits.logsumexp(dim=1) - target).cpu().numpy())

    def _logits(self, tokens: Sequence[Any], rows: Ints, columns: Ints) -> "torch.Tensor":
        """(k, v) logits of some places in a batch of token lists."""
        if not self.fused:
            return self._trained.logits(tokens)[rows, columns]
        with self._asking(rows, columns):
            return self._trained.logits(tokens)[0]

    @contextmanager
    def _asking(self, rows: Ints, columns: Ints) -> Iterator[None]:
        """In this thread, the output layer sees these places only."""
        self._local.places = rows, columns
        try:
            yield
        finally:
            del self._local.places

    def _only_asked(self, _layer: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """A hook before the output layer: (b, t, d) hidden states to the (1, k, d) that are asked for."""
        places = getattr(self._local, "places", None)
        return None if places is None else (inputs[0][places][None], *inputs[1:])

    def _hooked(self) -> bool:
        """Hook into the output layer, if that leaves the logits as they are: tried on two texts."""
        import torch

        layer = self._trained.network.get_output_embeddings()
        ids = self._trained.probe(5)
        rows, columns = np.array([0, 1, 1]), np.array([1, 0, len(ids)])
        probe = [[*ids, self._mask], [self._mask, *ids]]
        with torch.inference_mode():
            whole = self._trained.logits(probe)[rows, columns].float()
            if layer is None:
                return False
            hook = layer.register_forward_pre_hook(self._only_asked)
            with self._asking(rows, columns):
                try:
                    asked = self._trained.logits(probe).float()
                except (RuntimeError, IndexError):  # what follows the layer needs every place
                    asked = whole
        tolerance = ROUNDING[self.dtype] * max(1.0, whole.abs().max().item())
        if asked.shape == (1, *whole.shape) and (asked[0] - whole).abs().max().item() < tolerance:
            return True
        hook.remove()
        return False


def _reading(encoding: Any, text: str) -> _Reading:
    """What the tokenizer made of a text."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return _Reading(np.array(encoding.ids, dtype=np.int64), _words(encoding, text), int.from_bytes(digest, "big"))


def _words(encoding: Any, text: str) -> Ints:
    """(t,) number of the word of each token, -1 for the special ones.

    Some tokenizers take a whole text for one word, so white space between two tokens parts them as well.
    """
    ours = np.array(encoding.special_tokens_mask) == 0
    blank = np.array([True, *(character.isspace() for character in text), True])  # also before and after the text
    ended = np.cumsum(blank[1:] & ~blank[:-1])  # words that are over at each character
    theirs = np.array([-1 if word is None else word for word in encoding.word_ids], dtype=np.int64)[ours]
    starts = np.array([start for start, _ in encoding.offsets], dtype=np.int64)[ours]
    parted = (np.diff(theirs) != 0) | (np.diff(ended[starts]) != 0)
    words = np.full(len(ours), -1, dtype=np.int64)
    words[ours] = np.concatenate([[0], np.cumsum(parted)])[: len(starts)]
    return words
