"""A request becomes rows, steps and a recipe that replays to the same rows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from materials import InMemory
from scored import scored, with_values

from eudscore.errors import RequestError
from eudscore.records import Band
from eudscore.selection.band import in_band
from eudscore.selection.order import draw_order
from eudscore.selection.quantiles import mid_ranks
from eudscore.selection.ranking import Ranking
from eudscore.selection.recipe import (
    Provenance,
    check_provenance,
    digest_of,
    rank_limit,
    ranked,
    request_from_recipe,
    resolved,
    select,
)
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy, Tokens
from eudscore.selection.strategies import VERSION

HERE = Provenance("c" * 16, "l" * 16, {"igse": "k" * 16}, ("a", "b", "c"))
LIVE = [Strategy.BAND, Strategy.RANDOM, Strategy.STRATIFIED, Strategy.TOP, Strategy.BOTTOM, Strategy.LONGEST]


@st.composite
def requests(draw: st.DrawFn) -> SelectionRequest:
    strategy = draw(st.sampled_from(LIVE))
    bands = st.floats(0, 0.5).map(lambda lo: Band(lo, lo + 0.4))
    balance = draw(st.sampled_from(Balance))
    per = draw(st.sampled_from(Per))
    shares = {"a": 1.0, "c": 2.5} if per is Per.CLASS and strategy is not Strategy.STRATIFIED else {"0": 1.0, "2": 3.0}
    return SelectionRequest(
        budget=draw(st.one_of(st.floats(0.01, 1), st.integers(1, 300), st.integers(1, 9000).map(Tokens))),
        strategy=strategy,
        band=draw(st.one_of(st.none(), bands)) if strategy is Strategy.BAND else None,
        balance=balance,
        seed=draw(st.integers(0, 10**9)),
        per=per,
        shares=shares if balance is Balance.CUSTOM else None,
        at_least_one=draw(st.booleans()),
        group_cap=draw(st.one_of(st.none(), st.integers(1, 3))),
        bands={"other": draw(bands)} if draw(st.booleans()) else {},
    )


@given(requests())
@settings(max_examples=60)
def test_a_recipe_replays_to_identical_rows_through_json(request_: SelectionRequest) -> None:
    first = select(scored(), request_, HERE)
    again = select(scored(), request_from_recipe(json.loads(json.dumps(first.recipe))), HERE)
    np.testing.assert_array_equal(first.rows, again.rows)
    assert first.recipe == again.recipe
    assert first.recipe["chosen"] == {"rows": len(first.rows), "digest": digest_of(first.rows)}


@given(requests())
@settings(max_examples=60)
def test_steps_only_ever_lose_rows_and_end_with_what_was_chosen(request_: SelectionRequest) -> None:
    selection = select(scored(), request_, HERE)
    counts = [left for _, left in selection.steps]
    assert counts[:2] == [200, 190]
    assert counts == sorted(counts, reverse=True)
    assert selection.steps[-1] == ("budget", len(selection.rows))
    assert len(set(selection.rows.tolist())) == len(selection.rows)


@given(requests())
@settings(max_examples=40)
def test_every_row_that_is_chosen_may_be(request_: SelectionRequest) -> None:
    made = scored()
    rows = select(made, request_, HERE).rows
    asked = resolved(made, request_, HERE)
    assert made.eligible[rows].all()
    for column, band in {"igse": asked.band, **asked.bands}.items():
        if band is not None:
            assert in_band(mid_ranks(made.columns[column]), band)[rows].all()
    if asked.group_cap is not None:
        assert np.bincount(made.groups[rows]).max() <= asked.group_cap
    if asked.shares is not None and asked.per is Per.CLASS:
        assert set(made.labels[rows].tolist()) <= {0, 2}
    if isinstance(asked.budget, Tokens):
        assert made.tokens[rows].sum() <= asked.budget.count or len(rows) == 1


@given(requests(), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_the_file_does_not_matter(request_: SelectionRequest, random) -> None:
    made = scored()
    order = np.array(random.sample(range(200), 200))
    rows = select(made, request_, HERE).rows
    moved = select(made.permuted(order), request_, HERE).rows
    np.testing.assert_array_equal(order[moved], rows)


@given(requests(), st.integers(1, 200), st.integers(1, 200))
@settings(max_examples=40)
def test_a_smaller_budget_is_a_prefix_of_a_larger_one(request_: SelectionRequest, small: int, large: int) -> None:
    made = scored()
    # The default band follows the budget: only a band that stays is nested.
    band = Band(0.1, 0.8) if request_.strategy is Strategy.BAND else None
    few, many = (select(made, replace(request_, budget=k, band=band), HERE).rows for k in sorted((small, large)))
    np.testing.assert_array_equal(few, many[: len(few)])


def test_what_a_budget_comes_to_is_told_where_it_is_not_what_was_asked_for() -> None:
    made = scored()
    asked = SelectionRequest(150, strategy=Strategy.RANDOM, balance=Balance.CUSTOM, shares={"a": 1})
    selection = select(made, asked, HERE)
    there = int(((made.labels == 0) & made.eligible).sum())
    assert selection.notes == (f"150 rows were asked for, and {there} are all that the choice leaves.",)
    assert select(made, SelectionRequest(50, strategy=Strategy.RANDOM), HERE).notes == ()
    (note,) = select(made, SelectionRequest(Tokens(1), strategy=Strategy.RANDOM, seed=2), HERE).notes or ("",)
    assert note.startswith("The first row alone has ") or made.tokens.min() == 1


def test_without_labels_and_above_three_tenths_nothing_is_promised() -> None:
    made = scored(classes=0)
    few, many = (select(made, SelectionRequest(k, strategy=Strategy.COVERAGE), HERE).notes for k in (0.2, 0.4))
    assert len(few) == 1
    assert many == (*few, "Without labels and above 30% no strategy is known to beat a random choice by cluster: "
                    "choose `stratified`.")  # fmt: skip


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seed": "a"}, "The seed is 'a': give a whole number."),
        ({"seed": 1.5}, "The seed is 1.5: give a whole number."),
        ({"group_cap": 1.5}, "The cap on near-duplicates is 1.5: give a whole number."),
        ({"band": (0.2,)}, "The band (0.2,) is not two numbers."),
        ({"band": ("a", "b")}, "The band ('a', 'b') is not two numbers."),
        ({"bands": {"other": 3}}, "The band 3 is not two numbers."),
    ],
)
def test_options_of_the_wrong_kind_get_a_sentence(options: dict, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        select(scored(), SelectionRequest(5, **options), HERE)
    assert str(caught.value).startswith(sentence)


def test_a_band_may_be_given_as_a_pair_or_as_text() -> None:
    plain = select(scored(), SelectionRequest(20, band=Band(0.2, 0.6), bands={"other": Band(0, 0.9)}), HERE)
    as_pair = SelectionRequest(20, band=(0.2, 0.6), bands={"other": "0:0.9"})  # type: ignore[arg-type, dict-item]
    np.testing.assert_array_equal(select(scored(), as_pair, HERE).rows, plain.rows)


def test_a_budget_in_tokens_takes_what_fits_and_at_least_one_row() -> None:
    made = scored()
    request = SelectionRequest(Tokens(500), strategy=Strategy.RANDOM)
    rows = select(made, request, HERE).rows
    everything = select(made, replace(request, budget=1.0), HERE).rows
    np.testing.assert_array_equal(rows, everything[: len(rows)])
    assert made.tokens[rows].sum() <= 500 < made.tokens[everything[: len(rows) + 1]].sum()
    assert len(select(made, replace(request, budget=Tokens(1)), HERE).rows) == 1


def test_balanced_gives_each_class_the_same() -> None:
    made = scored(400)
    rows = select(made, SelectionRequest(90, strategy=Strategy.RANDOM, balance=Balance.BALANCED), HERE).rows
    assert np.bincount(made.labels[rows], minlength=3).tolist() == [30, 30, 30]


def test_given_shares_are_kept() -> None:
    made = scored(400)
    request = SelectionRequest(80, strategy=Strategy.RANDOM, balance=Balance.CUSTOM, shares={"a": 3, "c": 1})
    assert np.bincount(made.labels[select(made, request, HERE).rows], minlength=3).tolist() == [60, 0, 20]


def test_a_class_without_rows_gives_its_share_to_nobody_unlabelled() -> None:
    made = scored(400)
    here = replace(HERE, classes=("a", "b", "c", "d", "e"))
    rows = select(made, SelectionRequest(90, strategy=Strategy.RANDOM, balance=Balance.BALANCED), here).rows
    assert np.bincount(made.labels[rows], minlength=3).tolist() == [30, 30, 30]


def test_an_empty_ranking_gets_a_sentence() -> None:
    empty = Ranking(np.zeros(0, dtype=np.int64))
    with pytest.raises(RequestError, match="The strategy 'random' has ranked no row"):
        select(scored(), SelectionRequest(5, strategy=Strategy.RANDOM), HERE, ranking=empty)
    withheld = Ranking(np.zeros(0, dtype=np.int64), {"outlier": np.arange(200)})
    with pytest.raises(RequestError, match="The strategy 'coverage' withholds every row"):
        select(scored(), SelectionRequest(5, strategy=Strategy.COVERAGE), HERE, ranking=withheld)


def test_a_ranking_that_was_kept_gives_the_same_rows() -> None:
    made = scored()
    request = SelectionRequest(0.3, strategy=Strategy.TOP)
    kept = ranked(made, request)
    np.testing.assert_array_equal(select(made, request, HERE, ranking=kept).rows, select(made, request, HERE).rows)


def test_a_ranking_that_is_worth_its_time_goes_to_the_next_tenth() -> None:
    assert rank_limit(SelectionRequest(5, strategy=Strategy.KCENTER), 1000) == 100
    assert rank_limit(SelectionRequest(0.16, strategy=Strategy.KCENTER), 1000) == 200
    assert rank_limit(SelectionRequest(1.0, strategy=Strategy.KCENTER), 1000) == 1000
    assert rank_limit(SelectionRequest(5, strategy=Strategy.FACILITY), 1000) == 1000


def test_steps_are_named_by_what_the_strategy_looks_at() -> None:
    def names(strategy: Strategy, **more: object) -> list[str]:
        request = SelectionRequest(0.1, strategy=strategy, **more)  # type: ignore[arg-type]
        return [name for name, _ in select(scored(), request, HERE).steps]

    assert names(Strategy.BAND) == ["all rows", "with text", "scored", "in band", "budget"]
    assert names(Strategy.TOP) == names(Strategy.BOTTOM) == ["all rows", "with text", "scored", "budget"]
    assert names(Strategy.RANDOM) == ["all rows", "with text", "budget"]
    assert names(Strategy.RANDOM, group_cap=1) == ["all rows", "with text", "within the cap", "budget"]


def test_the_band_used_is_written_down_even_when_none_was_asked_for() -> None:
    recipe = select(scored(), SelectionRequest(0.2), HERE).recipe
    assert recipe["band"] == pytest.approx([0.35, 0.65])
    assert select(scored(), SelectionRequest(0.2, strategy=Strategy.TOP), HERE).recipe["band"] is None


def test_without_a_band_the_budget_is_met_even_among_equal_scores() -> None:
    values = np.repeat(np.float32([1, 2]), 50)
    made = with_values(values)
    assert len(select(made, SelectionRequest(10), HERE).rows) == 10


def test_a_band_that_was_asked_for_is_kept_and_the_steps_say_what_it_held() -> None:
    selection = select(scored(), SelectionRequest(100, band=Band(0.4, 0.5)), HERE)
    held = int(in_band(mid_ranks(scored().columns["igse"]), Band(0.4, 0.5)).sum())
    assert selection.steps[-2:] == (("in band", held), ("budget", held))
    assert held < 100


def test_the_draw_follows_the_rule() -> None:
    made = scored()
    rows = select(made, SelectionRequest(50, strategy=Strategy.RANDOM, balance=Balance.NONE, seed=3), HERE).rows
    order = draw_order(made.keys, made.labels, 3)
    np.testing.assert_array_equal(rows, order[made.eligible[order]][:50])


def test_names_given_as_plain_text_mean_the_same_as_the_enums() -> None:
    as_text = SelectionRequest(0.1, strategy="top", balance="none")  # type: ignore[arg-type]
    as_enum = SelectionRequest(0.1, strategy=Strategy.TOP, balance=Balance.NONE)
    np.testing.assert_array_equal(select(scored(), as_text, HERE).rows, select(scored(), as_enum, HERE).rows)


def nothing_but(**changed: object) -> InMemory:
    return replace(scored(), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "request_", "sentence"),
    [
        (
            scored(),
            SelectionRequest(0.1, band=Band(0.5, 0.5001)),
            "The band 0.5:0.5001 of igse holds none of",
        ),
        (scored(), SelectionRequest(0.1, band=Band(0.6, 0.2)), "The band 0.6:0.2 is not 0 <= LO < HI <= 1."),
        (scored(), SelectionRequest(0), "The budget 0 is less than one row."),
        (scored(), SelectionRequest(Tokens(0)), "A budget of 0 tokens is less than one token."),
        (
            scored(),
            SelectionRequest(5, strategy=Strategy.TOP, band=Band(0, 1)),
            "The strategy 'top' has no band: leave the band out",
        ),
        (scored(), SelectionRequest(5, group_cap=0), "A cap of 0 near-duplicates leaves nothing"),
        (scored(), SelectionRequest(5, shares={"a": 1}), "Shares and the balance 'custom' belong together"),
        (scored(), SelectionRequest(5, balance=Balance.CUSTOM), "Shares and the balance 'custom' belong together"),
        (
            scored(),
            SelectionRequest(5, balance=Balance.CUSTOM, shares={"z": 1}),
            "There is no class 'z' to give a share to",
        ),
        (
            scored(),
            SelectionRequest(5, bands={"other": Band(0, 0.00001)}),
            "No row is in all 2 intervals.",
        ),
        (
            nothing_but(columns={"igse": np.full(200, np.nan, np.float32)}),
            SelectionRequest(5),
            "No row has a value of igse (its card says why): select by",
        ),
        (nothing_but(eligible=np.zeros(200, np.bool_)), SelectionRequest(5), "No row has a text to choose."),
        (scored(0), SelectionRequest(5), "There are no rows to choose from."),
    ],
)
def test_what_leaves_nothing_gets_a_sentence(made: InMemory, request_: SelectionRequest, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        select(made, request_, HERE)
    assert str(caught.value).startswith(sentence)


def recipe_with(**changed: object) -> dict:
    return {**select(scored(), SelectionRequest(0.2), HERE).recipe, **changed}


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (recipe_with(version=3), "The recipe is of version 3, this eudscore reads version 2. Update eudscore"),
        (recipe_with(version=1), "The recipe is of version 1, this eudscore reads version 2. Select anew."),
        (
            recipe_with(strategies=0),
            "The recipe was written with version 0 of the strategies, this eudscore has",
        ),
        (recipe_with(kind="study"), "This is not a selection recipe."),
        ({}, "This is not a selection recipe."),
        (recipe_with(strategy="best"), "There is no strategy 'best'."),
        (recipe_with(band=[0.3]), "The recipe cannot be read at"),
        (recipe_with(band=[0.7, 0.3]), "The band 0.7:0.3 is not"),
        (recipe_with(budget="0%"), "The budget 0% is not a share"),
        (recipe_with(budget={"tokens": 0}), "A budget of 0 tokens"),
        (recipe_with(budget={"words": 3}), "The recipe cannot be read at"),
        (recipe_with(seed="x"), "The recipe cannot be read at"),
        (recipe_with(bands=[1]), "The recipe cannot be read at"),
        (recipe_with(group_cap="x"), "The recipe cannot be read at"),
        (recipe_with(group_cap="2"), "The recipe cannot be read at '2', where int is expected."),
        (recipe_with(group_cap=True), "The recipe cannot be read at True, where int is expected."),
        (recipe_with(seed=1.5), "The recipe cannot be read at 1.5, where int is expected."),
        (recipe_with(by=["igse"]), "The recipe cannot be read at ['igse'], where str is expected."),
        (recipe_with(at_least_one="no"), "The recipe cannot be read at 'no', where bool is expected."),
        ({"version": 2, "kind": "selection", "strategies": VERSION}, "The recipe cannot be read at 'budget'."),
    ],
)
def test_a_recipe_that_cannot_be_used_is_refused_by_name(recipe: dict, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        request_from_recipe(recipe)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"corpus": "0" * 16}, "texts"),
        ({"cards": {"igse": "0" * 16}}, r"scores \(igse\)"),
        ({"cards": {}}, r"scores \(igse\)"),
        ({"cards": None}, r"scores \(igse\)"),
        ({"labels": "0" * 16}, "labels"),
    ],
)
def test_a_recipe_for_other_data_says_what_differs(changed: dict, what: str) -> None:
    recipe = recipe_with()
    check_provenance(recipe, HERE)
    with pytest.raises(RequestError, match=f"written for other {what}"):
        check_provenance({**recipe, **changed}, HERE)


def test_a_recipe_that_read_a_score_that_is_not_here_names_it() -> None:
    recipe = recipe_with()
    read = {**recipe["cards"], "predictive_entropy": "0" * 16}
    with pytest.raises(RequestError, match="with 'predictive_entropy', which is not among these scores"):
        check_provenance({**recipe, "cards": read}, HERE)


def test_labels_do_not_matter_to_a_recipe_that_does_not_read_them() -> None:
    check_provenance(recipe_with(balance="none", labels="0" * 16), HERE)
    check_provenance(recipe_with(per="cluster", labels="0" * 16), HERE)
