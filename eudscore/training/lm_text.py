"""What a small language model is trained on: a byte-level vocabulary and windows of tokens, epoch by epoch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from eudscore.errors import InputError
from eudscore.records import Ints

BEGINNING = "<|endoftext|>"
BEGINNING_ID = 0
# Many data sets are lower-cased at source: a model that never saw such text would take it all for odd.
LOWERED = 0.1


def read_texts(path: Path) -> list[str]:
    """The column `text` of a Parquet file, without empty texts.

    Raises:
        InputError: there is no such file, or it holds no texts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        column = pq.read_table(path, columns=["text"]).column("text")
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{path} cannot be read ({error}): give a Parquet file with a column 'text'.") from error
    texts = [text for text in column.to_pylist() if text and text.strip()]
    if not texts:
        raise InputError(f"{path} holds no texts: give a Parquet file with a column 'text'.")
    return texts


def new_tokenizer(texts: Sequence[str], *, size: int, window: int) -> Any:
    """Train a byte-level BPE tokenizer; the same texts give the same one.

    Args:
        texts: to count pairs of bytes in.
        size: of the vocabulary, bytes and the mark of the beginning included.
        window: tokens the model will read at once.

    Returns:
        A `PreTrainedTokenizerFast` that any `AutoTokenizer` loads.

    Source: Sennrich et al. (2016), over bytes as in Radford et al. (2019).
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=[BEGINNING], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=BEGINNING, eos_token=BEGINNING, pad_token=BEGINNING,
        model_max_length=window,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class TokenisedTexts:
    """Texts as token ids, as they are and in lower case, each beginning with the mark of a beginning."""

    plain: tuple[Ints, ...]
    lowered: tuple[Ints, ...]

    @classmethod
    def of(cls, tokenizer: Any, texts: Sequence[str]) -> "TokenisedTexts":
        """Tokenise texts once for all epochs."""

        def ids(variants: Sequence[str]) -> tuple[Ints, ...]:
            rows = tokenizer(list(variants), add_special_tokens=False, verbose=False)["input_ids"]
            return tuple(np.array([BEGINNING_ID, *row], dtype=np.int64) for row in rows)

        return cls(ids(texts), ids([text.lower() for text in texts]))

    def epoch(self, number: int, *, seed: int, window: int) -> Ints:
        """All texts in an order of their own, cut into windows that each begin with the mark of a beginning.

        Returns:
            (w, window) token ids; what does not fill the last window is left for another epoch.
        """
        draw = np.random.default_rng([seed, number])
        order = draw.permutation(len(self.plain))
        lowered = draw.random(len(self.plain)) < LOWERED
        windows = cut([(self.lowered if lowered[row] else self.plain)[row] for row in order], window, BEGINNING_ID)
        return np.asarray(windows[draw.permutation(len(windows))], dtype=np.int64)


def cut(rows: Sequence[Ints], window: int, beginning: int) -> Ints:
    """Texts one after the other, cut into windows that each begin with the mark of a beginning.

    Returns:
        (w, window) token ids; what does not fill the last window is left out.
    """
    stream = np.concatenate(rows)
    usable = len(stream) // (window - 1) * (window - 1)
    return np.insert(stream[:usable].reshape(-1, window - 1), 0, beginning, axis=1)


def batches(texts: TokenisedTexts, *, seed: int, window: int, size: int, start: int = 0) -> Iterator[Ints]:
    """(size, window) token ids without end; batch `start` is the same whether those before it were read or not."""
    done = 0
    for number in count():
        windows = texts.epoch(number, seed=seed, window=window)
        whole = len(windows) // size
        if whole == 0:
            raise InputError(
                f"The texts fill {len(windows)} windows of {window} tokens, fewer than one batch of {size}: give more."
            )
        for batch in range(max(0, start - done), whole):
            yield windows[batch * size : (batch + 1) * size]
        done += whole
