"""What a study is to train."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.errors import RequestError
from eudscore.selection.request import Balance, SelectionRequest, Strategy
from eudscore.study.results import FULL, RANDOM
from eudscore.workflow.lessons import train_spec
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.study_plan import (
    BY_CLASS,
    Planned,
    Regime,
    StudyRequest,
    all_arms,
    choice_of,
    looked_over,
    options_of,
    planned,
    study_request,
    updates_of,
)


@given(
    st.lists(st.sampled_from([0.05, 0.16, 0.3]), min_size=1, unique=True),
    st.lists(st.sampled_from(["coverage", "band", "longest", "random", "full"]), unique=True),
    st.integers(1, 6),
    st.integers(1, 4),
)
def test_random_and_full_are_always_there_and_every_training_has_a_name_of_its_own(
    budgets: list[float], strategies: list[str], seeds: int, draws: int
) -> None:
    request = study_request(budgets=budgets, strategies=strategies, seeds=seeds, draws=draws)
    found = planned(request)
    own = set(strategies) - {RANDOM, FULL}
    assert len(found) == seeds * (len(budgets) * (len(own) + draws + 1) + 1)
    assert len({one.name for one in found}) == len(found)
    assert {one.strategy for one in found} == own | {RANDOM, BY_CLASS, FULL}
    assert [one.seed for one in found] == sorted(one.seed for one in found), "pairs are finished first"
    assert StudyRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


def test_every_random_subset_is_another_one_and_what_is_ranked_stays_the_same() -> None:
    request = study_request(strategies=["coverage", "band"], seeds=3, draws=3)
    seeds: dict[str, list[int]] = {}
    for one in planned(request):
        if one.strategy != FULL:
            seeds.setdefault(one.strategy, []).append(choice_of(request, one).seed)
    assert sorted(seeds[RANDOM]) == list(range(9))
    assert set(seeds["coverage"]) == {0}
    assert len(set(seeds["band"])) == len(set(seeds[BY_CLASS])) == 3


def test_random_takes_no_heed_of_classes_and_the_other_one_does() -> None:
    arms = all_arms(study_request())
    assert (arms[RANDOM].strategy, arms[RANDOM].balance) == (Strategy.RANDOM, Balance.NONE)
    assert (arms[BY_CLASS].strategy, arms[BY_CLASS].balance) == (Strategy.RANDOM, Balance.PROPORTIONAL)


def test_arms_share_the_seed_of_a_pair_and_equal_updates_are_those_of_all_rows() -> None:
    request = study_request(regime="steps", options=FitOptions(epochs=2, device="cpu"))
    small, full = Planned("coverage", 0.16, 4), Planned(FULL, None, 4)
    assert options_of(request, small, rows=550) == FitOptions(steps=70, seed=4, device="cpu")  # 2 epochs of 35 batches
    assert options_of(request, full, rows=550) == FitOptions(epochs=2, seed=4, device="cpu")
    same_epochs = study_request(regime="epochs", options=FitOptions(epochs=2, device="cpu"))
    assert options_of(same_epochs, small, rows=550) == FitOptions(epochs=2, seed=4, device="cpu")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"budgets": []}, "A study needs a budget"),
        ({"budgets": ["100%"]}, "share of the rows below 1, here is '100%'"),
        ({"budgets": [100]}, "share of the rows below 1, here is 100"),
        ({"budgets": ["40 tokens"]}, "share of the rows below 1"),
        ({"seeds": 0}, "seeds is 0: choose a whole number from 1 to 100"),
        ({"draws": 101}, "draws is 101"),
        ({"strategies": ["best"]}, "There is no strategy 'best'"),
        ({"regime": "hours"}, "There is no regime 'hours': choose epochs or steps"),
        ({"options": FitOptions(steps=10)}, "A study counts in epochs of all data"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        study_request(**options)  # type: ignore[arg-type]


def test_budgets_are_sorted_and_counted_once() -> None:
    assert study_request(budgets=["30%", 0.05, "5%"]).budgets == (0.05, 0.3)
    assert study_request().regime is Regime.EPOCHS
    assert study_request(strategies=["random"]).arms == {}
    assert all_arms(StudyRequest(arms={"mine": SelectionRequest(1.0)}))["mine"] == SelectionRequest(1.0)


@given(
    st.lists(st.sampled_from([0.002, 0.01, 0.05, 0.16, 0.5]), min_size=1, unique=True),
    st.integers(1, 3_000), st.integers(2, 100),
)  # fmt: skip
def test_a_budget_of_fewer_rows_than_classes_is_told_and_one_of_a_single_row_refused(
    budgets: list[float], rows: int, classes: int
) -> None:
    request = study_request(budgets=budgets)
    counts = [max(1, int(budget * rows + 0.5)) for budget in request.budgets]
    if min(counts) < 2:
        with pytest.raises(RequestError, match="from which nothing can be learnt"):
            looked_over(request, rows, classes)
        return
    told = looked_over(request, rows, classes)
    assert [f"rows are {count:,}, fewer than the {classes} classes" for count in counts if count < classes] == [
        line[line.index("rows are") : line.index(" classes:") + 8] for line in told
    ]


def test_controls_are_named_like_strategies_and_come_after_them() -> None:
    request = study_request(budgets=[0.1], strategies=["longest", "rs2", "random_by_length"], seeds=1, draws=2)
    assert list(request.arms) == ["longest"]
    assert [(one.strategy, one.draw) for one in planned(request)] == [
        ("longest", 0), (RANDOM, 0), (RANDOM, 1), (BY_CLASS, 0), ("rs2", 0), ("random_by_length", 0),
        ("random_by_length", 1), (FULL, 0),
    ]  # fmt: skip
    assert StudyRequest.from_json(json.loads(json.dumps(request.to_json()))) == request
    options = {one.strategy: options_of(request, one, rows=300) for one in planned(request)}
    assert (options["rs2"].epochs, options["rs2"].steps) == (None, 6)  # 3 epochs of the 2 batches of 30 rows
    assert options["random_by_length"] == options["longest"]


@given(st.integers(2, 5_000), st.sampled_from([0.05, 0.16, 0.5]), st.integers(1, 64), st.sampled_from(Regime))
def test_updates_are_those_that_the_trainer_makes(rows: int, budget: float, batch_size: int, regime: Regime) -> None:
    options = FitOptions(epochs=1.5, batch_size=batch_size)
    request = study_request(budgets=[budget], regime=regime, options=options)
    for one in planned(request):
        count = rows if one.strategy == FULL else max(1, int(budget * rows + 0.5))
        spec = train_spec(options_of(request, one, rows=rows), ("a", "b"))
        assert spec.total_steps(count) == updates_of(request, one, rows=rows)


def test_with_equal_updates_rs2_would_be_all_rows() -> None:
    with pytest.raises(RequestError, match="rs2 is a training on all rows"):
        study_request(strategies=["coverage", "rs2"], regime="steps")


def test_a_study_without_controls_is_written_as_it_always_was() -> None:
    """A folder that an earlier eudscore began goes on."""
    assert "controls" not in study_request().to_json()
