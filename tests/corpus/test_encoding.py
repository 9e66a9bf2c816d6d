import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.encoding import as_utf8
from eudscore.errors import InputError

any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff"))


@given(any_text, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_every_marked_encoding_gives_the_same_utf8(text: str, encoding: str) -> None:
    assert as_utf8(text.encode(encoding), "a.txt") == text.encode()


@given(st.binary(max_size=60))
def test_any_bytes_become_valid_utf8_or_one_sentence(content: bytes) -> None:
    sentence = ""
    try:
        as_utf8(content, "a.txt").decode()
    except InputError as error:
        sentence = str(error)
    assert not sentence or sentence.startswith("a.txt is not UTF-")


def test_the_position_is_that_of_the_byte_that_does_not_fit() -> None:
    with pytest.raises(
        InputError, match=r"^a\.txt is not UTF-8 text \(byte 0xE9 at position 123\): save it as UTF-8\.$"
    ):
        as_utf8(b"x" * 123 + b"\xe9", "a.txt")
