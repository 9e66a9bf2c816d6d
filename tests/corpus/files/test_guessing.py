import pytest

from eudscore.corpus.files.guessing import NAMES, guess_encoding, sample_of, sequences_of

FRENCH = "Le film était très réussi, à la fois drôle et émouvant. Où êtes-vous allés ?"


def guess(content: bytes) -> str | None:
    return guess_encoding(sample_of([content]), sequences_of([content]))


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_the_sample_holds_whole_lines_with_more_than_ascii(size: int) -> None:
    content = ("plain\n" * 50 + FRENCH + "\r\n" + "plain\n" + "déjà vu").encode("cp1252")
    blocks = [content[start : start + size] for start in range(0, len(content), size)]
    assert sample_of(blocks).decode("cp1252").splitlines() == [FRENCH, "déjà vu"]


def test_a_line_without_end_is_cut_between_words() -> None:
    sample = sample_of([("très long " * 10_000).encode("cp1252")])
    assert len(sample) <= 1 << 15
    assert sample.decode("cp1252").split(" ")[-1] in ("très", "long")


def test_utf8_with_a_few_bad_bytes_is_known_as_such() -> None:
    found = sequences_of([FRENCH.encode() + b"\xe9"])
    assert found.mostly_utf8
    assert found.some_utf8


def test_one_utf8_letter_among_others_forbids_every_encoding_of_one_byte() -> None:
    content = (FRENCH * 9).encode("cp1252") + "é".encode()
    assert not sequences_of([content]).mostly_utf8
    assert guess(content) is None


def test_what_no_encoding_fits_is_not_guessed() -> None:
    assert guess(bytes(range(0x80, 0x100)) * 3) is None


@pytest.mark.parametrize("encoding", sorted(NAMES))
def test_an_encoding_has_a_name_and_is_known_to_python(encoding: str) -> None:
    assert "a,b\n".encode(encoding) == b"a,b\n"
