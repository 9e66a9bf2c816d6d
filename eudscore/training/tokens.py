"""Texts to token ids, once and compactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.errors import Interrupted
from eudscore.records import Ints

CHUNK = 4096  # texts tokenised between two looks at `should_stop`


@dataclass(frozen=True, eq=False)
class Tokens:
    """Token ids of some texts, special tokens included.

    Attributes:
        ids: one array a text.
        lengths: (n,) tokens of each.
        truncated: how many texts were cut.
    """

    ids: Sequence[NDArray[np.int32]]
    lengths: Ints
    truncated: int


def tokenise(
    tokenizer: Any,
    texts: Sequence[str],
    *,
    max_tokens: int,
    should_stop: Callable[[], bool] | None = None,
) -> Tokens:
    """Tokenise texts, cut to `max_tokens`.

    Raises:
        Interrupted: `should_stop` said so.
    """
    ids: list[NDArray[np.int32]] = []
    truncated = 0
    for start in range(0, len(texts), CHUNK):
        if should_stop is not None and should_stop():
            raise Interrupted("Stopped while the texts were read; nothing was trained or predicted.")
        # A lone surrogate has no token, and the tokenizer refuses it.
        chunk = [text.encode("utf-8", "replace").decode() for text in texts[start : start + CHUNK]]
        pieces = tokenizer(
            chunk, truncation=True, max_length=max_tokens, return_overflowing_tokens=True,
            return_attention_mask=False, return_token_type_ids=False,
        )  # fmt: skip
        source = np.asarray(pieces["overflow_to_sample_mapping"])
        first = np.unique(source, return_index=True)[1]
        truncated += int((np.bincount(source, minlength=len(chunk)) > 1).sum())
        ids += [np.asarray(pieces["input_ids"][position], dtype=np.int32) for position in first]
    return Tokens(ids, np.array([len(row) for row in ids], dtype=np.int64), truncated)


def most_tokens(tokenizer: Any, config: Any, asked: int) -> int:
    """What a text is cut to: as asked, but no more than the model can read."""
    positions = getattr(config, "max_position_embeddings", None) or asked
    return min(asked, int(positions), int(tokenizer.model_max_length))
