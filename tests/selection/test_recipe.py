"""A request becomes rows, steps and a recipe that replays to the same rows."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.errors import RequestError
from eudscore.records import Balance, Band, SelectionRequest, Strategy
from eudscore.selection.band import in_band
from eudscore.selection.quantiles import mid_ranks
from eudscore.selection.recipe import (
    Provenance,
    check_provenance,
    digest_of,
    request_from_recipe,
    select,
)
from eudscore.selection.strategies import SelectionInputs

HERE = Provenance("c" * 16, "l" * 16, "k" * 16)

requests = st.builds(
    SelectionRequest,
    budget=st.one_of(st.floats(0.01, 1), st.integers(1, 300)),
    strategy=st.sampled_from(Strategy),
    band=st.one_of(st.none(), st.floats(0, 0.5).map(lambda lo: Band(lo, lo + 0.4))),
    balance=st.sampled_from(Balance),
    seed=st.integers(0, 10**9),
)


def pool(n: int = 200) -> SelectionInputs:
    """Scores with some nan, three classes and some unlabelled, ten empty texts."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=n).astype(np.float32)
    values[:10] = np.nan
    return SelectionInputs(values, rng.integers(-1, 3, n), np.arange(n) >= 10)


@given(requests)
def test_a_recipe_replays_to_identical_rows_through_json(request_: SelectionRequest) -> None:
    first = select(pool(), request_, HERE)
    again = select(pool(), request_from_recipe(json.loads(json.dumps(first.recipe))), HERE)
    np.testing.assert_array_equal(first.rows, again.rows)
    assert first.recipe == again.recipe
    assert first.recipe["chosen"] == {"rows": len(first.rows), "digest": digest_of(first.rows)}


@given(requests)
def test_steps_only_ever_lose_rows_and_end_with_what_was_chosen(request_: SelectionRequest) -> None:
    selection = select(pool(), request_, HERE)
    counts = [left for _, left in selection.steps]
    assert counts[:2] == [200, 190]
    assert counts == sorted(counts, reverse=True)
    assert selection.steps[-1] == ("budget", len(selection.rows))


def test_steps_are_named_by_what_the_strategy_looks_at() -> None:
    names = {
        strategy: [name for name, _ in select(pool(), SelectionRequest(0.1, strategy=strategy), HERE).steps]
        for strategy in Strategy
    }
    assert names[Strategy.BAND] == ["all rows", "with text", "scored", "in band", "budget"]
    assert names[Strategy.TOP] == names[Strategy.BOTTOM] == ["all rows", "with text", "scored", "budget"]
    assert names[Strategy.RANDOM] == ["all rows", "with text", "budget"]


def test_the_band_used_is_written_down_even_when_none_was_asked_for() -> None:
    recipe = select(pool(), SelectionRequest(0.2), HERE).recipe
    assert recipe["band"] == pytest.approx([0.35, 0.65])
    assert select(pool(), SelectionRequest(0.2, strategy=Strategy.TOP, band=Band(0, 1)), HERE).recipe["band"] is None


def test_without_a_band_the_budget_is_met_even_among_equal_scores() -> None:
    values = np.repeat(np.float32([1, 2]), 50)
    inputs = SelectionInputs(values, None, np.ones(100, dtype=np.bool_))
    assert len(select(inputs, SelectionRequest(10), HERE).rows) == 10


def test_a_band_that_was_asked_for_is_kept_and_the_steps_say_what_it_held() -> None:
    selection = select(pool(), SelectionRequest(100, band=Band(0.4, 0.5)), HERE)
    held = int(in_band(mid_ranks(pool().values), Band(0.4, 0.5)).sum())
    assert selection.steps[-2:] == (("in band", held), ("budget", held))
    assert held < 100


def test_names_given_as_plain_text_mean_the_same_as_the_enums() -> None:
    as_text = SelectionRequest(0.1, strategy="top", balance="none")  # type: ignore[arg-type]
    as_enum = SelectionRequest(0.1, strategy=Strategy.TOP, balance=Balance.NONE)
    np.testing.assert_array_equal(select(pool(), as_text, HERE).rows, select(pool(), as_enum, HERE).rows)


def everything_like(**changed: np.ndarray) -> SelectionInputs:
    base = {"values": pool().values, "labels": None, "eligible": pool().eligible}
    return SelectionInputs(**{**base, **changed})


@pytest.mark.parametrize(
    ("inputs", "request_", "sentence"),
    [
        (
            pool(),
            SelectionRequest(0.1, band=Band(0.5, 0.5001)),
            "The band 0.5:0.5001 of igse holds none of the 190",
        ),
        (pool(), SelectionRequest(0.1, band=Band(0.6, 0.2)), "The band 0.6:0.2 is not 0 <= LO < HI <= 1."),
        (pool(), SelectionRequest(0), "The budget 0 is less than one row."),
        (
            everything_like(values=np.full(200, np.nan, np.float32)),
            SelectionRequest(5),
            "No row has a value of igse (its card says why): select by",
        ),
        (
            everything_like(eligible=np.zeros(200, np.bool_)),
            SelectionRequest(5),
            "No row has a text to choose.",
        ),
        (pool(0), SelectionRequest(5), "There are no rows to choose from."),
    ],
)
def test_what_leaves_nothing_gets_a_sentence(
    inputs: SelectionInputs, request_: SelectionRequest, sentence: str
) -> None:
    with pytest.raises(RequestError) as caught:
        select(inputs, request_, HERE)
    assert str(caught.value).startswith(sentence)


def recipe_with(**changed: object) -> dict:
    return {**select(pool(), SelectionRequest(0.2), HERE).recipe, **changed}


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (recipe_with(version=2), "The recipe is of version 2, this eudscore reads up to 1. Update eudscore"),
        (recipe_with(kind="study"), "This is not a selection recipe."),
        ({}, "This is not a selection recipe."),
        (recipe_with(strategy="best"), "There is no strategy 'best'."),
        (recipe_with(band=[0.3]), "The recipe cannot be read at"),
        (recipe_with(band=[0.7, 0.3]), "The band 0.7:0.3 is not"),
        (recipe_with(budget="0%"), "The budget 0% is not a share"),
        (recipe_with(seed="x"), "The recipe cannot be read at"),
        ({"version": 1, "kind": "selection"}, "The recipe cannot be read at 'band'."),
    ],
)
def test_a_recipe_that_cannot_be_used_is_refused_by_name(recipe: dict, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        request_from_recipe(recipe)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(("part", "what"), [("corpus", "texts"), ("card", "scores"), ("labels", "labels")])
def test_a_recipe_for_other_data_says_what_differs(part: str, what: str) -> None:
    recipe = recipe_with()
    check_provenance(recipe, HERE)
    with pytest.raises(RequestError, match=f"written for other {what}"):
        check_provenance({**recipe, part: "0" * 16}, HERE)


def test_labels_do_not_matter_to_a_recipe_without_balance() -> None:
    check_provenance(recipe_with(balance="none", labels="0" * 16), HERE)
