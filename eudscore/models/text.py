"""What a tokenizer can read: any string a file can hold, and the few it cannot."""

from collections.abc import Sequence

Text = str | tuple[str, str]
"""A text, or two that are read together."""


def clean(texts: Sequence[str]) -> list[str]:
    """Lone surrogates, which no UTF-8 encoder takes, become question marks; all else stays as it is."""
    return [text.encode("utf-8", "replace").decode() for text in texts]
