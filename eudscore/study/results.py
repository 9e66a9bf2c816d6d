"""What a study measured: one record for each strategy, budget, seed and metric."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from eudscore.errors import InputError
from eudscore.records import JsonDict

RANDOM, FULL = "random", "full"
"""The two strategies that every study holds: a random subset of the same size, and all rows."""


@dataclass(frozen=True)
class Cell:
    """One metric of one training, a record of `study/results.json`.

    Attributes:
        strategy: what chose the rows.
        budget: share of the rows in (0, 1]; None for `full`, and for it alone.
        seed: shared by the strategies, so that their trainings are pairs.
        metric: name of it.
        value: of the metric on the test set.
        n_train: rows it was trained on.
        steps: updates.
        seconds: of the training, without scoring and selection.
    """

    strategy: str
    budget: float | None
    seed: int
    metric: str
    value: float
    n_train: int
    steps: int
    seconds: float

    def to_json(self) -> JsonDict:
        """Plain JSON values, in the order of the contract."""
        return asdict(self)


def read_cells(records: Any) -> list[Cell]:
    """Cells of what stands in `study/results.json`.

    Args:
        records: the parsed JSON, a list of objects.

    Raises:
        InputError: it is no such list, or a record is not whole.
    """
    if not isinstance(records, list):
        raise InputError(
            f"The results of a study are a list of records, here is {_kind(records)}. Give its results.json."
        )
    return [_read(record, number) for number, record in enumerate(records, 1)]


def by_seed(cells: Iterable[Cell], strategy: str, budget: float | None, metric: str) -> dict[int, float]:
    """Seed -> value; several trainings of a seed, such as three random subsets, are one value, their mean.

    Args:
        cells: of a study.
        strategy: which.
        budget: of the strategy; ignored for `full`.
        metric: which.
    """
    found: dict[int, list[float]] = {}
    for cell in of_arm(cells, strategy, budget):
        if cell.metric == metric:
            found.setdefault(cell.seed, []).append(cell.value)
    return {seed: math.fsum(values) / len(values) for seed, values in sorted(found.items())}


def of_arm(cells: Iterable[Cell], strategy: str, budget: float | None) -> list[Cell]:
    """The cells of a strategy at a budget; of `full` all of them."""
    at = None if strategy == FULL else budget
    return [cell for cell in cells if cell.strategy == strategy and cell.budget == at]


def budgets_of(cells: Iterable[Cell]) -> list[float]:
    """The shares that were tried, ascending."""
    return sorted({cell.budget for cell in cells if cell.budget is not None})


def strategies_of(cells: Iterable[Cell], budget: float) -> list[str]:
    """The strategies that were tried at a share, as they come, `random` first; without `full`."""
    names = dict.fromkeys(cell.strategy for cell in cells if cell.budget == budget)
    return sorted(names, key=lambda name: name != RANDOM)


def metrics_of(cells: Sequence[Cell]) -> list[str]:
    """The metrics that were measured, as they come."""
    return list(dict.fromkeys(cell.metric for cell in cells))


_HUGE = 1e300
_FIELDS = tuple(field.name for field in fields(Cell))


def _read(record: Any, number: int) -> Cell:
    where = f"Record {number} of the results"
    if not isinstance(record, dict):
        raise InputError(f"{where} is {_kind(record)}, not an object. Run the study again.")
    if set(record) != set(_FIELDS):
        missing, more = (", ".join(map(repr, names)) for names in (
            [name for name in _FIELDS if name not in record], [name for name in record if name not in _FIELDS],
        ))  # fmt: skip
        wrong = f"lacks {missing}" if missing else f"holds {more}, which is no part of it"
        raise InputError(f"{where} {wrong}. Its fields are {', '.join(_FIELDS)}.")
    for name, fault in _faults(record):
        raise InputError(f"{where} has {name} {record[name]!r}: it must be {fault}.")
    budget = record["budget"]
    numbers = {name: float(record[name]) for name in ("value", "seconds")}
    return Cell(**{**record, **numbers, "budget": None if budget is None else float(budget)})


def _faults(record: JsonDict) -> Iterable[tuple[str, str]]:
    """Names of fields that are wrong, and what they must be."""
    for name in ("strategy", "metric"):
        if not isinstance(record[name], str) or not record[name]:
            yield name, "a name"
    for name, least in (("seed", None), ("n_train", 1), ("steps", 0)):
        value = record[name]
        if not isinstance(value, int) or isinstance(value, bool) or (least is not None and value < least):
            yield name, "a whole number" + ("" if least is None else f" from {least} on")
    if not _is_number(record["value"]):
        yield "value", "a finite number"
    if not _is_number(record["seconds"]) or record["seconds"] < 0:
        yield "seconds", "a number from 0 on"
    budget = record["budget"]
    if record["strategy"] == FULL:
        if budget is not None:
            yield "budget", f"null for {FULL!r}"
    elif not _is_number(budget) or not 0 < budget <= 1:
        yield "budget", f"a share above 0 and at most 1 (null for {FULL!r} alone)"


def _is_number(value: Any) -> bool:
    # Not `math.isfinite`: JSON may hold a whole number that is too large for a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and -_HUGE < value < _HUGE


def _kind(value: Any) -> str:
    return {dict: "an object", str: "a text", type(None): "nothing", list: "a list"}.get(type(value), "a single value")
