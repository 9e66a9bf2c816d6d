"""Sentences that quote names and texts of the data: shown letter by letter, never read as Markdown.

Markdown in a text, a column or a file name would be drawn, and a picture in it would be fetched from outside.
"""

import re
from html import escape

import streamlit as st

_CODE = re.compile(r"`([^`]+)`")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#|~$<>&]|:(?=\w)|^[-+])")


def note(sentence: str) -> None:
    """A muted sentence; what stands between backticks is set as a name."""
    named = _CODE.sub(r"<code>\1</code>", escape(sentence))
    st.html(f'<p class="eud-note">{named}</p>')


def literal(words: str) -> str:
    """Words for a place where Streamlit reads Markdown (a label, a spinner), so that they come out as they are."""
    return _MARKUP.sub(r"\\\1", words)


def counted(number: int, singular: str, plural: str) -> str:
    """`1 row repeats`, `2 rows repeat`: a figure with the form of its noun and verb."""
    return f"{number:,} {singular if number == 1 else plural}"


def in_utf16(text: str, at: int) -> int:
    """A place in a text as browsers count it: what lies beyond the first 65,536 characters of Unicode counts twice."""
    return len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
