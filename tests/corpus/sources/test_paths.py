import os
from pathlib import Path

import pytest

from eudscore.corpus.sources.paths import about_failure, is_there, listed, local_path, read_path, shown
from eudscore.errors import InputError

POINTER = """version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
"""


def test_a_link_keeps_its_own_name_because_the_ending_is_there(tmp_path: Path) -> None:
    (tmp_path / "0a1b2c").write_text("text\none text\n")
    (tmp_path / "data.csv").symlink_to(tmp_path / "0a1b2c")
    assert local_path(tmp_path / "data.csv").name == "data.csv"
    assert read_path(local_path(tmp_path / "data.csv")).table.to_pydict() == {"text": ["one text"]}


def test_a_link_into_nothing_says_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "data.csv").symlink_to("gone.csv")
    with pytest.raises(InputError) as refused:
        local_path(tmp_path / "data.csv")
    assert str(refused.value) == "'data.csv' is a link to 'gone.csv', which is not there: give the file itself."


def test_links_in_a_ring_get_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("b.csv")
    (tmp_path / "b.csv").symlink_to("a.csv")
    with pytest.raises(InputError, match=r"^'.*a\.csv' (is a link|cannot be opened)|^'a\.csv' is a link to"):
        local_path(tmp_path / "a.csv")


def test_a_folder_is_found_by_any_of_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for source in (".", "./", tmp_path, f"{tmp_path}/", tmp_path / "x" / ".."):
        assert local_path(source) == tmp_path.resolve()


def test_a_pointer_of_git_lfs_is_not_taken_for_the_file(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(POINTER)
    with pytest.raises(InputError) as refused:
        read_path(tmp_path / "data.csv")
    assert str(refused.value) == (
        "data.csv is a Git LFS pointer and not the file itself: fetch the file with `git lfs pull`, or download it."
    )


def test_a_file_that_vanished_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_path(tmp_path / "data.csv")
    assert str(refused.value) == "data.csv is gone since it was found: put it back, or check who removes it."


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(28, "No space left on device"), "There is not enough space for a temporary copy of a.csv"),
        (PermissionError(13, "Permission denied"), "a.csv cannot be opened (permission denied): check who may read it"),
        (OSError(5, "Input/output error"), "a.csv cannot be opened (input/output error)"),
    ],
)
def test_each_failure_of_the_disk_has_its_sentence(error: OSError, expected: str) -> None:
    assert about_failure(error, "a.csv").startswith(expected)


@pytest.mark.parametrize("source", ["", "x" * 5000, "a\0b", "~nobody-of-that-name/x"])
def test_a_name_that_no_path_can_have_leads_to_nothing(source: str) -> None:
    assert is_there(source) is (source == "")


def test_few_names_are_listed_and_many_are_counted() -> None:
    assert listed(["a"]) == "'a'"
    assert listed(["a", "b"]) == "'a' or 'b'"
    assert listed([str(n) for n in range(100)]).endswith("'18' or 81 more")
    assert shown(os.fsdecode(b"\xff.csv")) == "?.csv"
