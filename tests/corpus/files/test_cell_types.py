import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.files import spool
from eudscore.corpus.files.cell_types import CellTypes, with_types

whole = st.integers(-(10**18) + 1, 10**18 - 1).map(str)
decimal = st.decimals(-(10**9), 10**9, places=3).map(str)
cells = st.lists(st.one_of(st.none(), whole, decimal, st.sampled_from(["007", "+1", "1.", ".5", "1,5", "nan", " 1"])))


def found(pieces: list[list[str | None]]) -> pa.DataType | None:
    types = CellTypes([True])
    for piece in pieces:
        types.see([pa.array(piece, pa.string())])
    return types.found()[0]


def is_whole(cell: str) -> bool:
    try:
        return str(int(cell)) == cell
    except ValueError:
        return False


@given(cells, cells)
def test_whole_numbers_are_what_python_writes_back_the_same(first: list[str | None], second: list[str | None]) -> None:
    filled = [cell for cell in first + second if cell is not None]
    assert (found([first, second]) == pa.int64()) == (bool(filled) and all(map(is_whole, filled)))


@given(cells, cells)
def test_pieces_change_nothing(first: list[str | None], second: list[str | None]) -> None:
    assert found([first, second]) == found([first + second]) == found([second, first])


@pytest.mark.parametrize("in_memory", [0, 1 << 20])
def test_only_the_columns_of_numbers_are_cast(monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", in_memory)
    table = pa.table({"text": ["1", None], "n": ["2", None], "part": ["0.5", "-1e3"]})
    cast = with_types(table, [None, pa.int64(), pa.float64()])
    assert cast.to_pydict() == {"text": ["1", None], "n": [2, None], "part": [0.5, -1000.0]}
