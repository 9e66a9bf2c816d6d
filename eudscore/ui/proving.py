"""Is the part enough? The study that answers it: what it compares, how many trainings that is, and its button."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from eudscore.errors import EudscoreError, RequestError
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.ui import costing, fit_form, state, theme
from eudscore.ui.fit_form import check_model
from eudscore.ui.quoting import counted, note
from eudscore.ui.state import Opened
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.study_plan import (
    BY_CLASS,
    BY_LENGTH,
    CONTROLS,
    DRAWS,
    Regime,
    StudyRequest,
    looked_over,
    planned,
    study_request,
)
from eudscore.workflow.study_submitting import submit_study
from eudscore.workflow.submitting import TestSet

SHOWN = "study_which"
"""The study that the page shows."""

_SEEDS = 5
_LEAST_SEEDS = 2  # one pair shows nothing
_MOST = 50  # of seeds and of draws, on the page
BUDGETS, _FOLLOWED = "study_budgets", "study_budgets_of"
_REGIMES = {Regime.EPOCHS.value: "Fixed epochs", Regime.STEPS.value: "Fixed steps"}
_WHAT_REGIMES_ARE = (
    "Fixed epochs: the same passes over what each has, so that fewer rows train sooner. Fixed steps: as many updates "
    "for each as all rows get, so that only the rows differ."
)
_HELD_OUT_SEED = 0  # the test set is one for all pairs


_CONTROLS = " ".join(
    f"{name.replace('_', ' ')}: {what.format(arm='the selection')}." for name, what in CONTROLS.items()
)


def form(
    opened: Opened, selection: SelectionRequest, share: float, rows: int, test_set: Callable[[int], TestSet]
) -> None:  # fmt: skip
    """Ask what a study needs, say what it holds, and begin it.

    Args:
        opened: the data set.
        selection: the arm that is asked about.
        share: of the rows that it takes.
        rows: that may be trained on.
        test_set: makes what the study is tested on, from a seed.
    """
    budgets = _budgets(share)
    others = _strategies(selection.strategy)
    seeds, draws = _counts()
    regime = st.radio(
        "Held equal", list(_REGIMES), key="study_regime", format_func=_REGIMES.__getitem__, horizontal=True,
        help=_WHAT_REGIMES_ARE,
    )  # fmt: skip
    request = None
    try:
        asked = request_of(
            selection, budgets=budgets, strategies=others, seeds=seeds, draws=draws, regime=regime,
            options=fit_form.options(),
        )  # fmt: skip
        beforehand(asked, rows, len(opened.corpus.classes))
        request = asked
    except EudscoreError as error:
        theme.error_box(str(error))
    else:
        with state.sentences():
            costing.of_study(opened, request, test_set)
    if st.button(
        "Prove it", key="study_go", type="primary", icon=":material/experiment:", width="stretch",
        disabled=state.read_only() or request is None,
    ) and request is not None:  # fmt: skip
        with state.sentences():
            check_model(request.options)
            run = submit_study(state.workspace(), opened.ref, test_set(_HELD_OUT_SEED), request)
            st.session_state[SHOWN] = run.path.name
            st.rerun()


def request_of(
    selection: SelectionRequest, *, budgets: Sequence[str], strategies: Sequence[str], seeds: int, draws: int,
    regime: str, options: FitOptions,
) -> StudyRequest:  # fmt: skip
    """The study of a selection, and of other strategies beside it.

    Args:
        selection: the first arm, named by its strategy; its budget does not count.
        budgets: shares, as people write them.
        strategies: names of further arms.
        seeds: pairs.
        draws: random subsets a seed.
        regime: a name of `Regime`.
        options: of every training.

    Raises:
        RequestError: an option is out of its range, or there is nothing to compare.
    """
    found = study_request(
        budgets=budgets, strategies=strategies, seeds=seeds, draws=draws, regime=regime, options=options
    )
    others = {name: arm for name, arm in found.arms.items() if name != selection.strategy}
    if selection.strategy is Strategy.RANDOM:
        if not others:
            raise RequestError(
                "This selection is a random one, which is what a study compares with: choose another selection, or a "
                "strategy beside it."
            )
        return found
    return replace(found, arms={selection.strategy.value: replace(selection, budget=1.0), **others})


def beforehand(request: StudyRequest, rows: int, classes: int) -> None:
    """What is said before a study begins: how many trainings it holds, and where an arm cannot follow.

    Raises:
        RequestError: nothing can be learnt from one of its budgets.
    """
    few = looked_over(request, rows, classes) if rows else []  # without a labelled row the study says so itself
    for line in [trainings(request), *few]:
        note(line)
    first = next(iter(request.arms.values()))
    if first.band is not None and max(request.budgets) > first.band.hi - first.band.lo:
        held = 100 * (first.band.hi - first.band.lo)
        note(f"The interval of the selection holds about {held:.3g} % of the rows: more than that it does not give.")


def trainings(request: StudyRequest) -> str:
    """How many trainings a study holds, and how they come about."""
    random = counted(request.draws, "random subset", "random subsets")
    several = {BY_LENGTH: f" ({request.draws} subsets)"} if request.draws > 1 else {}
    names = (*request.arms, BY_CLASS, *request.controls)
    arms = ", ".join(name.replace("_", " ") + several.get(name, "") for name in names)
    budgets = len(request.budgets)
    at = "" if budgets == 1 else f" at each of {budgets} budgets"
    return (
        f"{counted(len(planned(request)), 'training', 'trainings')}: for each of {request.seeds} seeds {random}, "
        f"{arms}{at}, and all rows once."
    )


def _budgets(share: float) -> list[str]:
    """The budgets of the study; they follow the selection until they are changed by hand."""
    start = f"{100 * share:.3g} %" if 0 < share < 1 else "16 %"
    held = st.session_state
    if BUDGETS not in held or held.get(_FOLLOWED) not in (None, start):
        held[BUDGETS] = start
    held[_FOLLOWED] = start
    written = st.text_input("Budgets", key=BUDGETS, help="Shares of the rows, with commas between them: 5 %, 16 %")
    return [one.strip() for one in written.split(",") if one.strip()]


def _strategies(own: Strategy) -> list[str]:
    there = [*(one.value for one in Strategy if one not in (own, Strategy.RANDOM)), *CONTROLS]
    kept = [name for name in st.session_state.get("study_strategies", []) if name in there]
    if kept != st.session_state.get("study_strategies", []):
        st.session_state["study_strategies"] = kept
    return st.multiselect(
        f"Strategies beside {own.value}", there, key="study_strategies", placeholder="none",
        help=f"random, random by class, and all rows are always compared. {_CONTROLS}",
    )  # fmt: skip


def _counts() -> tuple[int, int]:
    st.session_state.setdefault("study_seeds", _SEEDS)
    st.session_state.setdefault("study_draws", DRAWS)
    left, right = st.columns(2)
    seeds = left.number_input("Seeds", _LEAST_SEEDS, _MOST, key="study_seeds", help="Pairs of trainings")
    draws = right.number_input("Random subsets a seed", 1, _MOST, key="study_draws", help="Their mean is one value")
    return int(seeds), int(draws)
