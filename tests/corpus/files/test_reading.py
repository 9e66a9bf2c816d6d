import pyarrow as pa
import pytest

from eudscore.corpus.files.reading import checked, column_names, refuse_cells_as_names
from eudscore.errors import InputError


def test_a_table_without_a_column_twice_and_with_rows_is_fine() -> None:
    table = pa.table({"a": [1], "b": [2]})
    assert checked(table, "a.csv") is table


def test_columns_without_a_name_are_named_by_their_place() -> None:
    assert column_names([" text ", None, "", "  "]) == ["text", "column 2", "column 3", "column 4"]


@pytest.mark.parametrize(
    ("titles", "repeated", "rows", "is_row"),
    [
        (["text"], [0], 10, False),
        (["text"], [1], 1_000, False),
        (["good"], [6], 1_000, True),
        (["x" * 201], [0], 9, True),
    ],
)
def test_a_first_line_that_recurs_or_is_long_is_a_row(
    titles: list[str | None], repeated: list[int], rows: int, is_row: bool
) -> None:
    if is_row:
        with pytest.raises(InputError, match=r"^a\.csv begins with a row instead of the names of its columns"):
            refuse_cells_as_names(titles, repeated, rows, "a.csv")
    else:
        refuse_cells_as_names(titles, repeated, rows, "a.csv")
