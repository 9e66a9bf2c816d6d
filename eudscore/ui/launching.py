"""What is launched here: one fine-tune with its baselines, or the study that shows whether the part is enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from eudscore.errors import InputError
from eudscore.records import Corpus, JsonDict
from eudscore.selection.recipe import request_from_recipe
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.selection.strategies import STRATEGIES, Need
from eudscore.store.scores import Scores
from eudscore.ui import copying, costing, fit_form, proving, state, theme
from eudscore.ui.choosing import CHOSEN
from eudscore.ui.copying import Copied
from eudscore.ui.quoting import note
from eudscore.ui.state import Opened
from eudscore.ui.views import BUDGET, begun_strategy
from eudscore.ui.wording import ARMS, column_label, preferred
from eudscore.workflow.choosing import Subset, select
from eudscore.workflow.lessons import check_pairs, no_labels
from eudscore.workflow.submitting import HELD_OUT, TestSet, held_out, submit_training

_DEMO_TEST, _HOLD_OUT, _FILE, _COPIED = "The demo's test set", "Hold out 20 % of the rows", "A file", copying.AS_COPIED
_BASELINES = ("random", "full")


@dataclass(frozen=True, eq=False)
class Chosen:
    """The selection that is to be trained on.

    Attributes:
        request: what chooses its rows.
        recipe: what replays it; None where it was never made.
    """

    request: SelectionRequest
    recipe: JsonDict | None = None

    def subset(self, scores: Scores) -> Subset:
        """Its rows.

        Raises:
            EudscoreError: they cannot be chosen now.
        """
        return select(state.workspace(), scores, self.request, recipe=self.recipe)

    def share(self, rows: int) -> float:
        """How much of a data set it is, in (0, 1]."""
        if isinstance(self.request.budget, float):
            return self.request.budget
        return self.recipe["chosen"]["rows"] / max(1, rows) if self.recipe else BUDGET


def form(opened: Opened) -> None:
    """Choose selection, test set and model; then launch, or prove."""
    scores = state.scores_of(opened.ref)
    with theme.card("Train", "in a process of its own", key="launch"):
        if not scores.columns:
            st.caption("Score this data set first: the selection is made from its scores.")
            return
        copied = copying.copied(opened.ref)
        if copied is not None:
            _say_copied(copied)
        chosen = _selection(opened, scores, copied)
        test = _test_source(opened, copied)
        fit_form.model_and_epochs()
        fit_form.more()
        once, prove = st.tabs([copying.ONCE, copying.PROVE], key=copying.TABS, on_change="rerun")
        with once:
            _once(opened, scores, chosen, test, copied)
        with prove:
            test_set = partial(_test_set, opened, test)
            rows = _trained_on(opened.corpus, test)
            proving.form(opened, chosen.request, chosen.share(len(scores)), rows, test_set)


def _say_copied(copied: Copied) -> None:
    with st.container(key="copied", horizontal=True, vertical_alignment="center"):
        note(f"Filled in from `{copied.job}`. Change what you like, and launch.")
        st.button("Start afresh", key="copy_forget", type="tertiary", icon=":material/close:", on_click=copying.forget)


def _once(opened: Opened, scores: Scores, chosen: Chosen, test: Any, copied: Copied | None) -> None:
    """One training on the selection, and one of each baseline."""
    baselines = st.multiselect(
        "Compare with", _BASELINES, default=None if copied else _BASELINES, key="train_baselines",
        format_func=ARMS.__getitem__, placeholder="nothing",
    )  # fmt: skip
    with state.sentences():
        counts = _counts(chosen, _trained_on(opened.corpus, test), baselines)
        costing.of_training(opened, counts, fit_form.options(), partial(_test_set, opened, test))
    if st.button(
        "Launch the fine-tune", key="train_go", type="primary", icon=":material/model_training:",
        disabled=state.read_only(), width="stretch",
    ):  # fmt: skip
        with state.sentences():
            subset, options = chosen.subset(scores), fit_form.options()
            fit_form.check_model(options)
            submit_training(
                state.workspace(), opened.ref, subset, _test_set(opened, test, options.seed), options,
                baselines=baselines,
            )  # fmt: skip
            st.rerun()


def _trained_on(corpus: Corpus, test: Any) -> int:
    """How many rows may be trained on: those with a text and a label that do not test."""
    labelled = int(((corpus.labels >= 0) & corpus.has_text).sum())
    return round((1 - HELD_OUT) * labelled) if test == _HOLD_OUT else labelled


def _counts(chosen: Chosen, rows: int, baselines: Sequence[str]) -> list[int]:
    """How many rows each training of the launch has, as far as it is known before the rows are chosen."""
    own = max(1, round(chosen.share(rows) * rows))
    return [own, *({"random": own, "full": rows}[name] for name in baselines)]


def _selection(opened: Opened, scores: Scores, copied: Copied | None) -> Chosen:
    """The selection of the copied run, the one last shown on the Select page, or one that is saved."""
    options: dict[str, Chosen] = {}
    if copied is not None and copied.recipe is not None:
        options[copying.AS_COPIED] = _of_recipe(copied.recipe)
    if copied is not None and copied.study is not None:
        for request in list(copied.study.arms.values())[:1]:
            options[copying.AS_COPIED] = Chosen(
                SelectionRequest(**{**vars(request), "budget": copied.study.budgets[0]})
            )
    current = st.session_state.get(CHOSEN)
    if current is not None and current["corpus"] == opened.ref.id:
        options["As on the Select page"] = _of_recipe(current)
    options |= {name: _of_recipe(recipe) for name, recipe in state.workspace().selections(opened.ref).items()}
    if not options:
        strategy = begun_strategy(opened, scores)
        usual = SelectionRequest(BUDGET, preferred(list(scores.columns), ranks=True), strategy)
        what = "the default selector" if strategy is Strategy.COVERAGE else "the default interval"
        options[f"{BUDGET:.0%} of the rows, {what}"] = Chosen(usual)
    name = st.selectbox("Selection", list(options), key="train_selection")
    _say(scores, options[name])
    return options[name]


def _of_recipe(recipe: JsonDict) -> Chosen:
    return Chosen(request_from_recipe(recipe), recipe)


def _say(scores: Scores, chosen: Chosen) -> None:
    recipe = chosen.recipe
    if recipe is None:
        return
    band = recipe["band"]
    interval = f" in {band[0]:.0%} to {band[1]:.0%}" if band else ""
    rows = recipe["chosen"]["rows"]
    strategy = recipe.get("strategy", "")
    valued = strategy in list(Strategy) and Need.VALUES in STRATEGIES[Strategy(strategy)].needs
    by = f" of {column_label(recipe['by'])}" if valued else ""
    st.caption(f"{rows:,} of {len(scores):,} rows, strategy {strategy}{by}{interval}")


def _test_source(opened: Opened, copied: Copied | None) -> Any:
    """What the runs are tested on: a choice, or a file."""
    demo = opened.corpus.source == "demo"
    choices = [*([_COPIED] if copied else []), *([_DEMO_TEST] if demo else []), _HOLD_OUT, _FILE]
    choice = st.radio(
        "Tested on", choices, key="train_test", horizontal=True,
        help="Held-out rows are trained on by no run, so the selection loses those of them it has.",
    )  # fmt: skip
    if choice == _FILE:
        return st.file_uploader("Test set with labels", key="train_test_file", label_visibility="collapsed")
    return choice


def _test_set(opened: Opened, chosen: Any, seed: int) -> TestSet:
    from eudscore.corpus.read import read_like, read_source, read_upload

    workspace, copied = state.workspace(), copying.copied(opened.ref)
    if chosen == _COPIED and copied is not None:
        return copied.test
    if chosen == _HOLD_OUT:
        return held_out(workspace, opened.ref, seed=seed)
    if chosen == _DEMO_TEST:
        return TestSet(ref=workspace.keep_corpus(read_source("demo", split="test"), listed=False))
    if chosen is None:
        raise InputError("No test set was given: upload a labelled file, or hold out a part of the rows.")
    test = read_like(partial(read_upload, chosen.name, chosen), opened.corpus.roles)
    if test.roles.label is None:
        raise InputError(no_labels(test))
    check_pairs(opened.corpus, test)
    return TestSet(ref=workspace.keep_corpus(test, listed=False))
