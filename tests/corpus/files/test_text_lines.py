from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files import text_lines
from eudscore.corpus.files.encoding import TextFile
from eudscore.corpus.files.text_lines import read_lines


@given(st.lists(st.sampled_from(["a", "", " ", "b c", "\x0c", "\u2028"])), st.integers(1, 4))
def test_row_numbers_are_line_numbers_and_only_the_blank_end_goes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], piece: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "a.txt"
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    last = max((n for n, line in enumerate(lines, 1) if line.strip()), default=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_lines, "_PIECE_ROWS", piece)
        table = read_lines(TextFile(path, blank=not last)).table
    assert table.to_pydict() == ({"text": lines[:last]} if last else {})


def test_a_carriage_return_alone_ends_no_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\rb\r\nc\r\r\nd")
    assert read_lines(TextFile(tmp_path / "a.txt")).table.to_pydict() == {"text": ["a\rb", "c\r", "d"]}


def test_blank_lines_at_the_end_are_told(tmp_path: Path) -> None:
    for end, notes in (("", ()), ("\n", ()), ("\n\n", ("A blank line at its end is no row.",)),
                       ("\n \n\n\n", ("3 blank lines at its end are no rows.",))):  # fmt: skip
        (tmp_path / "a.txt").write_text(f"a\n\nb{end}", encoding="utf-8", newline="")
        read = read_lines(TextFile(tmp_path / "a.txt"))
        assert (read.table.to_pydict(), read.notes) == ({"text": ["a", "", "b"]}, notes)
