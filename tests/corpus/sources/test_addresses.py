import pytest

from eudscore.corpus.sources.addresses import as_uri, file_address, name_in, redacted
from eudscore.errors import InputError


@pytest.mark.parametrize(
    ("page", "file"),
    [
        ("https://github.com/o/r/blob/main/data/a.csv", "https://github.com/o/r/raw/main/data/a.csv"),
        ("https://github.com/o/r/blob/main/a%20b.csv?plain=1#L3", "https://github.com/o/r/raw/main/a%20b.csv"),
        ("https://gist.github.com/user/0a1b2c", "https://gist.github.com/user/0a1b2c/raw"),
        ("https://gitlab.com/g/s/p/-/blob/main/a.csv", "https://gitlab.com/g/s/p/-/raw/main/a.csv"),
        (
            "https://huggingface.co/datasets/o/n/blob/main/data/a.parquet",
            "https://huggingface.co/datasets/o/n/resolve/main/data/a.parquet",
        ),
        ("https://huggingface.co/datasets/o/n", "hf://datasets/o/n"),
        ("https://hf.co/datasets/o/n/", "hf://datasets/o/n"),
        ("https://huggingface.co/datasets/o/n/viewer/default/train?p=1", "hf://datasets/o/n"),
        ("https://huggingface.co/datasets/o/n/tree/main/data", "hf://datasets/o/n@main/data"),
        ("https://huggingface.co/datasets/o/n/tree/main", "hf://datasets/o/n@main"),
        (
            "https://huggingface.co/datasets/o/n/tree/refs%2Fconvert%2Fparquet/default",
            "hf://datasets/o/n@refs%2Fconvert%2Fparquet/default",
        ),
    ],
)
def test_a_page_that_shows_a_file_stands_for_the_file_and_is_told(page: str, file: str) -> None:
    meant, notes = file_address(page)
    assert meant == file
    assert len(notes) == 1
    assert f"read {file} in its place." in notes[0]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/blob/main/a.csv",
        "https://raw.githubusercontent.com/o/r/main/a.csv",
        "https://huggingface.co/datasets/o/n/resolve/main/a.csv",
        "https://github.com/o/r/releases/download/v1/a.csv",
    ],
)
def test_other_addresses_are_what_they_are(address: str) -> None:
    assert file_address(address) == (address, ())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("HTTP://Example.org:8080/a b.csv", "http://example.org:8080/a%20b.csv"),
        ("https://example.org/größe.csv?q=ü", "https://example.org/gr%C3%B6%C3%9Fe.csv?q=%C3%BC"),
        ("https://example.org/a%20b.csv#top", "https://example.org/a%20b.csv"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("https://example.org", "https://example.org/"),
    ],
)
def test_what_may_not_be_sent_is_percent_encoded(address: str, expected: str) -> None:
    assert as_uri(address) == expected


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://", "names no host"),
        ("https:///a.csv", "names no host"),
        ("https://user:secret@example.org/a.csv", "carries a user name or a password"),
        ("https://example.org:port/a", "is no address that can be read"),
        ("https://[::1/a", "is no address that can be read"),
        ("https://" + "x" * 70 + ".org/a", "is no address that can be read"),
    ],
)
def test_an_address_that_cannot_be_asked_gets_one_sentence(address: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as refused:
        as_uri(address)
    assert "secret" not in str(refused.value)
    assert str(refused.value).startswith(redacted(address)[:12])
    assert "/a'" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://e.org/x/a%20b.csv?y=/z.csv", "a b.csv"),
        ("https://e.org/", ""),
        ("https://e.org", ""),
        ("https://e.org/x/", "x"),
        ("https://e.org/gr%C3%B6%C3%9Fe.csv", "größe.csv"),
    ],
)
def test_the_name_is_the_last_part_of_the_path(address: str, name: str) -> None:
    assert name_in(address) == name


def test_secrets_are_neither_kept_nor_shown() -> None:
    assert redacted("https://user:secret@e.org/a.csv") == "https://e.org/a.csv"
    shown = redacted("https://e.org/a.csv?X-Amz-Signature=abc&part=2&access_token=abc")
    assert "abc" not in shown
    assert "part=2" in shown
    assert redacted("https://e.org/a.csv?id=5&v=a%20b") == "https://e.org/a.csv?id=5&v=a%20b"
