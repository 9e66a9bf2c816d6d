"""What a file held and how it was read, and the checks that every table passes."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from eudscore.errors import InputError

_LONGEST_NAME = 200
_REPEATED = 0.005


@dataclass(frozen=True, eq=False)
class Reading:
    """What a file held, and how it was read.

    Attributes:
        table: row i of the file is row i of it.
        notes: a sentence for everything that was found out and not given (encoding, delimiter, what was unpacked).
    """

    table: pa.Table
    notes: tuple[str, ...] = ()


def checked(table: pa.Table, name: str) -> pa.Table:
    """The table itself, if it has rows and its columns differ in name.

    Raises:
        InputError: it has not.
    """
    names = table.column_names
    if len(set(names)) < len(names):
        twice = min(column for column in set(names) if names.count(column) > 1)
        raise InputError(f"{name} has more than one column {twice!r}: give each column its own name.")
    if not table.num_rows:
        there = "only the names of columns" if table.num_columns else "nothing but blank space"
        raise InputError(f"{name} holds no rows, {there}: give a file with texts.")
    return table


def repeats(title: str, cells: pa.Array) -> int:
    """In how many cells (n,) of its column a name stands again."""
    return int(pc.sum(pc.equal(cells, title)).as_py() or 0)


def refuse_cells_as_names(titles: list[str | None], repeated: list[int], rows: int, name: str) -> None:
    """A class name in place of a column name recurs below; a text is longer than any name.

    Args:
        titles: (c,) cells of the first line.
        repeated: (c,) in how many of the cells below each recurs.
        rows: how many rows are below.
        name: what the file is called.

    Raises:
        InputError: the first line is a row.
    """
    for title, count in zip(titles, repeated, strict=True):
        if title and (len(title) > _LONGEST_NAME or count > _REPEATED * rows):
            raise InputError(
                f"{name} begins with a row instead of the names of its columns ({short(title)!r} reads like a "
                "cell): put a first line such as text,label before it."
            )


def column_names(titles: list[str | None]) -> list[str]:
    """Names of columns as they are used: without space around, and by their place where they have none."""
    return [(title or "").strip() or f"column {n}" for n, title in enumerate(titles, 1)]


def blank_end(lines: int) -> list[str]:
    """The sentence about blank lines at the end of a file, which are no rows."""
    if not lines:
        return []
    return ["A blank line at its end is no row." if lines == 1 else f"{lines:,} blank lines at its end are no rows."]


def short(text: str) -> str:
    """Its first 40 characters at most."""
    return text if len(text) <= 40 else f"{text[:39]}…"


def reason(error: Exception) -> str:
    """An error of a library in a few words, to stand in brackets."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(words.split())[:120].rstrip(".")
