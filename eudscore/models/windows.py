"""A text as the windows of tokens a language model reads it in; each token is scored once.

Source: Hugging Face, Perplexity of fixed-length models: windows that overlap, the overlap as context only.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """Token ids, of which those from `first` on are scored."""

    ids: tuple[int, ...]
    first: int


def windows_of(context: Sequence[int], ids: Sequence[int], size: int) -> list[Window]:
    """Windows over context and text; each but the first repeats half a window as context.

    Args:
        context: tokens in front of the text that are read but not scored, such as a prompt.
        ids: tokens of the text. Without any context the first of them has no prediction and is not scored.
        size: tokens in a window, at least 2.

    Returns:
        Windows whose scored parts are, one after the other, the tokens of the text; none for an empty text.
    """
    whole = tuple(context) + tuple(ids)
    done = max(1, len(context))
    windows = []
    end = min(size, len(whole))
    while done < len(whole):
        start = max(0, end - size)
        if end > done:
            windows.append(Window(whole[start:end], done - start))
            done = end
        end = min(end + max(1, size // 2), len(whole))
    return windows
