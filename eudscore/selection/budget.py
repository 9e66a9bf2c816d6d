"""Budgets and bands as people write them, and what they come to in rows."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eudscore.errors import RequestError
from eudscore.records import Band
from eudscore.selection.request import Budget, Tokens

_WRITTEN = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(%?)\s*")
_TOKENS = re.compile(r"\s*([\d,_]*\d)\s*tokens?\s*", re.IGNORECASE)
_BUDGET_HINT = "Give a share such as 16%, a number of rows such as 1600, or tokens such as '40000 tokens'."
_BAND_HINT = "Give LO:HI on the quantile scale, such as 0.2:0.6 or 20%:60%."


def parse_budget(budget: object) -> Budget:
    """A budget as a share of all rows (float in (0, 1]), a number of rows (int, at least 1), or tokens.

    As text: `16%` is a share, `1600` and `1` are numbers of rows, `0.16` and `1.0` are shares again,
    `40000 tokens` are tokens. As a number: a float is a share, an int a number of rows.

    Raises:
        RequestError: it is none of them, or out of its range.
    """
    if isinstance(budget, str):
        return _parse_written_budget(budget)
    if isinstance(budget, Tokens):
        return _checked_tokens(budget.count)
    if isinstance(budget, int | np.integer) and not isinstance(budget, bool):
        return _checked_rows(int(budget), str(budget))
    if isinstance(budget, float | np.floating):
        return _checked_share(float(budget), str(budget))
    raise RequestError(f"The budget {budget!r} is neither a number nor text. {_BUDGET_HINT}")


def budget_to_json(budget: Budget) -> Any:
    """A budget as a recipe holds it."""
    return {"tokens": budget.count} if isinstance(budget, Tokens) else budget


def budget_from_json(content: Any) -> Budget:
    """The budget that `budget_to_json` wrote, checked."""
    return parse_budget(Tokens(int(content["tokens"])) if isinstance(content, Mapping) else content)


def rows_of(budget: float | int, n: int) -> int:
    """How many of n rows a budget is: a share is rounded half up; at least 1 and at most n.

    Raises:
        RequestError: the budget is out of its range, or there are no rows.
    """
    if n < 1:
        raise RequestError("There are no rows to choose from. Read a data set with at least one row.")
    checked = parse_budget(budget)
    if isinstance(checked, Tokens):
        raise RequestError("A budget in tokens is no number of rows.")
    wanted = checked if isinstance(checked, int) else max(1, math.floor(checked * n + 0.5))
    return min(wanted, n)


def parse_band(text: str) -> Band:
    """A band from `LO:HI`, each end a quantile in [0, 1] or a percentage.

    Raises:
        RequestError: it is not two numbers, or not 0 <= LO < HI <= 1.
    """
    ends = [_WRITTEN.fullmatch(end) for end in text.split(":")]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        raise RequestError(f"The band {text!r} is not two numbers with a colon between them. {_BAND_HINT}")
    return checked_band(Band(_number(ends[0]), _number(ends[1])))


def parse_bands(written: Sequence[str]) -> dict[str, Band]:
    """Column -> interval, from `COL=LO:HI`.

    Raises:
        RequestError: a part is missing, or a column is given twice.
    """
    return {column: parse_band(ends) for column, ends in _named(written, "LO:HI").items()}


def parse_shares(written: Sequence[str]) -> dict[str, float] | None:
    """Name -> weight, from `NAME=W`; None where none is given.

    Raises:
        RequestError: a part is missing or no number, or a name is given twice.
    """
    found: dict[str, float] = {}
    for name, weight in _named(written, "W").items():
        try:
            found[name] = float(weight)
        except ValueError:
            raise RequestError(f"The share {name}={weight} is no number. Give NAME=W, such as sports=2.") from None
    return found or None


def _named(written: Sequence[str], what: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in written:
        name, mark, rest = one.rpartition("=")
        if not mark or not name:
            raise RequestError(f"{one!r} is not NAME={what}. Write the name, an equals sign, and {what}.")
        if name in found:
            raise RequestError(f"{name!r} is given twice. Give it once.")
        found[name] = rest
    return found


def checked_band(band: Band) -> Band:
    """The band itself.

    Raises:
        RequestError: it is not 0 <= lo < hi <= 1.
    """
    if not 0 <= band.lo < band.hi <= 1:
        there = f"{band.lo:g}:{band.hi:g}"
        raise RequestError(f"The band {there} is not 0 <= LO < HI <= 1. {_BAND_HINT}")
    return band


def any_band(band: object) -> Band:
    """A band from a `Band`, a pair of quantiles, or text such as `0.2:0.6`.

    Raises:
        RequestError: it is none of them, or not 0 <= LO < HI <= 1.
    """
    if isinstance(band, Band):
        return checked_band(band)
    if isinstance(band, str):
        return parse_band(band)
    numbers = list(band) if isinstance(band, tuple | list) else []
    if len(numbers) != 2 or not all(isinstance(end, int | float) for end in numbers):
        raise RequestError(f"The band {band!r} is not two numbers. {_BAND_HINT}")
    return checked_band(Band(float(numbers[0]), float(numbers[1])))


def whole_number(value: object, what: str) -> int:
    """A whole number as Python or numpy has it.

    Raises:
        RequestError: it is none.
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    raise RequestError(f"The {what} is {value!r}: give a whole number.")


def _parse_written_budget(text: str) -> Budget:
    if (tokens := _TOKENS.fullmatch(text)) is not None:
        return _checked_tokens(int(re.sub("[,_]", "", tokens[1])))
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise RequestError(f"The budget {text!r} is not a number. {_BUDGET_HINT}")
    if match[2] or "." in match[1]:
        return _checked_share(_number(match), text.strip())
    return _checked_rows(int(match[1]), text.strip())


def _number(match: re.Match[str]) -> float:
    return float(match[1]) / (100 if match[2] else 1)


def _checked_share(share: float, shown: str) -> float:
    if not 0 < share <= 1:
        raise RequestError(f"The budget {shown} is not a share above 0 and up to 100%. {_BUDGET_HINT}")
    return share


def _checked_tokens(count: int) -> Tokens:
    if count < 1:
        raise RequestError(f"A budget of {count} tokens is less than one token. {_BUDGET_HINT}")
    return Tokens(count)


def _checked_rows(rows: int, shown: str) -> int:
    if rows < 1:
        raise RequestError(f"The budget {shown} is less than one row. {_BUDGET_HINT}")
    return rows
