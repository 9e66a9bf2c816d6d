"""A request as plain JSON values, for recipes and for workers."""

from collections.abc import Mapping
from typing import Any, TypeVar

from eudscore.errors import RequestError
from eudscore.records import Band, JsonDict
from eudscore.selection.budget import budget_from_json, budget_to_json, checked_band
from eudscore.selection.request import SelectionRequest
from eudscore.selection.strategies import balance_named, per_named, strategy_named

T = TypeVar("T")


def request_to_json(request: SelectionRequest) -> JsonDict:
    """Plain JSON values."""
    return {
        "budget": budget_to_json(request.budget),
        "by": request.by,
        "strategy": request.strategy.value,
        "band": [request.band.lo, request.band.hi] if request.band else None,
        "bands": {name: [band.lo, band.hi] for name, band in request.bands.items()},
        "balance": request.balance.value,
        "per": request.per.value,
        "shares": None if request.shares is None else dict(request.shares),
        "at_least_one": request.at_least_one,
        "group_cap": request.group_cap,
        "seed": request.seed,
    }


def request_from_json(content: Mapping[str, Any]) -> SelectionRequest:
    """The inverse of `request_to_json`.

    Raises:
        RequestError: something is missing, or out of its range.
    """
    try:
        return SelectionRequest(
            budget=budget_from_json(content["budget"]),
            by=_exactly(str, content["by"]),
            strategy=strategy_named(content["strategy"]),
            band=None if content["band"] is None else _band(content["band"]),
            balance=balance_named(content["balance"]),
            seed=_exactly(int, content["seed"]),
            per=per_named(content["per"]),
            shares=None if content["shares"] is None else dict(content["shares"]),
            at_least_one=_exactly(bool, content["at_least_one"]),
            group_cap=None if content["group_cap"] is None else _exactly(int, content["group_cap"]),
            bands={str(name): _band(ends) for name, ends in content["bands"].items()},
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise RequestError(
            f"The recipe cannot be read at {error}. Give the file as `eudscore select --recipe` wrote it."
        ) from error


def _exactly(kind: type[T], value: Any) -> T:
    """The value, which a hand or another program may have written as something that only looks like it."""
    if type(value) is not kind:
        raise TypeError(f"{value!r}, where {kind.__name__} is expected")
    return value


def _band(ends: Any) -> Band:
    return checked_band(Band(float(ends[0]), float(ends[1])))
