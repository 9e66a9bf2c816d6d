"""The button that launches the fine-tune, and what it needs to know."""

from functools import partial
from typing import Any

import streamlit as st

from eudscore.errors import InputError
from eudscore.records import JsonDict
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.selection.strategies import STRATEGIES, Need
from eudscore.store.scores import Scores
from eudscore.ui import state, theme
from eudscore.ui.choosing import CHOSEN
from eudscore.ui.state import Opened
from eudscore.ui.views import BUDGET
from eudscore.ui.wording import ARMS, column_label, preferred
from eudscore.workflow.choosing import Subset, select
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.submitting import TestSet, held_out, submit_training

_DEMO_TEST, _HOLD_OUT, _FILE = "The demo's test set", "Hold out 20 % of the rows", "A file"


def form(opened: Opened) -> None:
    """Choose selection, test set and model, then launch."""
    scores = state.scores_of(opened.ref)
    with theme.card("Fine-tune", "in a process of its own", key="launch"):
        if not scores.columns:
            st.caption("Score this data set first: the selection is made from its scores.")
            return
        recipe = _recipe(opened)
        _say(scores, recipe)
        test = _test_source(opened)
        model = st.text_input(
            "Model",
            value="builtin",
            key="train_model",
            help="builtin (all-MiniLM-L6-v2), a folder, or a Hub id",
        )
        left, right = st.columns(2)
        epochs = left.number_input("Epochs", 1.0, 50.0, 3.0, 1.0, key="train_epochs", format="%g")
        seed = right.number_input("Seed", 0, 10_000, 0, key="train_seed")
        baselines = st.multiselect(
            "Compare with",
            ["random", "full"],
            ["random", "full"],
            key="train_baselines",
            format_func=ARMS.__getitem__,
        )
        if st.button(
            "Launch the fine-tune", key="train_go", type="primary", icon=":material/model_training:",
            disabled=state.read_only(), width="stretch",
        ):  # fmt: skip
            options = FitOptions(model.strip() or "builtin", epochs=float(epochs), seed=int(seed))
            with state.sentences():
                subset = _subset(scores, recipe)
                submit_training(
                    state.workspace(), opened.ref, subset, _test_set(opened, test, options.seed), options,
                    baselines=baselines,
                )  # fmt: skip
                st.rerun()


def _recipe(opened: Opened) -> JsonDict | None:
    """The saved selection that is chosen, or the one last shown on the Select page."""
    saved = state.workspace().selections(opened.ref)
    current = st.session_state.get(CHOSEN)
    options: dict[str, JsonDict | None] = {}
    if current is not None and current["corpus"] == opened.ref.id:
        options["As on the Select page"] = current
    options |= saved
    if not options:
        options[f"{BUDGET:.0%} of the rows, the default interval"] = None
    name = st.selectbox("Selection", list(options), key="train_selection")
    return options[name]


def _subset(scores: Scores, recipe: JsonDict | None) -> Subset:
    if recipe is not None:
        return select(state.workspace(), scores, SelectionRequest(1), recipe=recipe)
    return select(state.workspace(), scores, SelectionRequest(BUDGET, preferred(list(scores.columns), ranks=True)))


def _say(scores: Scores, recipe: JsonDict | None) -> None:
    if recipe is None:
        return
    band = recipe["band"]
    interval = f" in {band[0]:.0%} to {band[1]:.0%}" if band else ""
    rows = recipe["chosen"]["rows"]
    strategy = recipe.get("strategy", "")
    valued = strategy in list(Strategy) and Need.VALUES in STRATEGIES[Strategy(strategy)].needs
    by = f" of {column_label(recipe['by'])}" if valued else ""
    st.caption(f"{rows:,} of {len(scores):,} rows, strategy {strategy}{by}{interval}")


def _test_source(opened: Opened) -> Any:
    """What the runs are tested on: a choice, or a file."""
    demo = opened.corpus.source == "demo"
    choices = [_DEMO_TEST, _HOLD_OUT, _FILE] if demo else [_HOLD_OUT, _FILE]
    choice = st.radio("Tested on", choices, key="train_test", horizontal=True)
    if choice == _HOLD_OUT:
        st.caption("Held-out rows are trained on by no run, so the selection loses those of them it has.")
    if choice == _FILE:
        return st.file_uploader("Test set with labels", key="train_test_file", label_visibility="collapsed")
    return choice


def _test_set(opened: Opened, chosen: Any, seed: int) -> TestSet:
    from eudscore.corpus.read import read_like, read_source, read_upload

    workspace = state.workspace()
    if chosen == _HOLD_OUT:
        return held_out(workspace, opened.ref, seed=seed)
    if chosen == _DEMO_TEST:
        return TestSet(ref=workspace.keep_corpus(read_source("demo", split="test"), listed=False))
    if chosen is None:
        raise InputError("No test set was given: upload a labelled file, or hold out a part of the rows.")
    test = read_like(partial(read_upload, chosen.name, chosen), opened.corpus.roles)
    return TestSet(ref=workspace.keep_corpus(test, listed=False))
