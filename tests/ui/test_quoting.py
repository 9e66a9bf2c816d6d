"""What quotes the data comes out letter by letter, whatever it means in Markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.ui.quoting import counted, literal


@given(st.text("ab ![]()*_`:#<>$~|\\.-", max_size=30))
def test_nothing_is_lost_and_no_mark_stands_unescaped(words: str) -> None:
    shown = literal(words)
    assert re.sub(r"\\([\\`*_{}\[\]()#|~$<>&:+-])", r"\1", shown) == words
    assert not re.search(r"(?<!\\)(?:\\\\)*[\[`*_<$]", shown)


@pytest.mark.parametrize("words", ["Read it: 1.5 of 3.", "a.csv has no column 'x', only 'a'."])
def test_plain_sentences_stay_as_they_are(words: str) -> None:
    assert literal(words) == words


def test_one_is_counted_in_the_singular() -> None:
    assert [counted(n, "row", "rows") for n in (1, 2_000)] == ["1 row", "2,000 rows"]
