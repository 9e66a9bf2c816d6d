"""Texts to token ids, once and compactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eudscore.errors import Interrupted
from eudscore.models.text import Text
from eudscore.records import Ints

CHUNK = 4096  # texts tokenised between two looks at `should_stop`


@dataclass(frozen=True, eq=False)
class Tokens:
    """Token ids of some texts, special tokens included.

    Attributes:
        ids: one array a text.
        lengths: (n,) tokens of each.
        truncated: how many texts were cut.
        types: of pairs, which of the two each token is of, where the model wants to know; else None.
    """

    ids: Sequence[NDArray[np.int32]]
    lengths: Ints
    truncated: int
    types: Sequence[NDArray[np.int32]] | None = None

    def batch(self, rows: Ints) -> tuple[list[Any], list[Any] | None]:
        """Ids and types of some texts."""
        return [self.ids[row] for row in rows], None if self.types is None else [self.types[row] for row in rows]


def tokenise(
    tokenizer: Any,
    texts: Sequence[Text],
    *,
    max_tokens: int,
    should_stop: Callable[[], bool] | None = None,
) -> Tokens:
    """Tokenise texts or pairs, cut to `max_tokens`; of a pair the longer one is cut first.

    Raises:
        Interrupted: `should_stop` said so.
    """
    paired = bool(len(texts)) and not isinstance(texts[0], str)
    typed = paired and "token_type_ids" in tokenizer.model_input_names
    ids: list[NDArray[np.int32]] = []
    types: list[NDArray[np.int32]] = []
    truncated = 0
    for start in range(0, len(texts), CHUNK):
        if should_stop is not None and should_stop():
            raise Interrupted("Stopped while the texts were read.")
        chunk = texts[start : start + CHUNK]
        sides = zip(*chunk, strict=True) if paired else [chunk]
        pieces = tokenizer(
            *([_encodable(str(text)) for text in side] for side in sides),
            truncation=True, max_length=max_tokens, return_overflowing_tokens=True,
            return_attention_mask=False, return_token_type_ids=typed,
        )  # fmt: skip
        source = np.asarray(pieces["overflow_to_sample_mapping"])
        first = np.unique(source, return_index=True)[1]
        truncated += int((np.bincount(source, minlength=len(chunk)) > 1).sum())
        ids += [np.asarray(pieces["input_ids"][position], dtype=np.int32) for position in first]
        if typed:
            types += [np.asarray(pieces["token_type_ids"][position], dtype=np.int32) for position in first]
    return Tokens(ids, np.array([len(row) for row in ids], dtype=np.int64), truncated, types if typed else None)


def _encodable(text: str) -> str:
    """A lone surrogate has no token, and the tokenizer refuses it."""
    return text.encode("utf-8", "replace").decode()


def most_tokens(tokenizer: Any, config: Any, asked: int) -> int:
    """What a text is cut to: as asked, but no more than the model can read."""
    positions = getattr(config, "max_position_embeddings", None) or asked
    return min(asked, int(positions), int(tokenizer.model_max_length))
