"""What travels between the page and the component."""

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from eudscore.records import Band
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy, Tokens
from eudscore.selection.strategies import STRATEGIES
from eudscore.ui import explorer
from eudscore.ui.explorer import ExplorerColumn, ExplorerRanking, ExplorerState, ExplorerView, MapRegion, Way
from eudscore.ui.explorer_state import told_state

VIEW = ExplorerView(
    n=1000,
    columns=(ExplorerColumn("igse", "IGSE", "", "/v", "/q"),),
    order_url="/o",
    row_url="/r/",
    by="igse",
    budget=160,
    classes=("a", "b"),
    regions=(MapRegion("here", 1.0, 2.0),),
)
TOLD = {
    "by": "igse", "k": 12, "lo": 0.25, "hi": 0.5, "auto": False, "balance": "none", "color": "class", "row": 3,
    "revision": 4, "strategy": "band", "tokens": None, "kept": 11, "way": "inside", "per": "class", "shares": None,
    "at_least_one": True, "group_cap": None, "bands": {},
}  # fmt: skip


def test_before_anything_is_done_the_state_is_the_views_own():
    state = explorer.initial_state(VIEW)
    assert state == ExplorerState("igse", 160, 0.375, 0.625, True, Balance.PROPORTIONAL, "igse")
    assert explorer.initial_state(replace(VIEW, band=Band(0.1, 0.9))).band == Band(0.1, 0.9)


def test_the_view_travels_as_little_json():
    sent = json.dumps(explorer._data(VIEW))
    assert len(sent) < 12_000
    assert json.loads(sent)["lo"] is None


def test_the_same_view_is_sent_as_the_same_json():
    assert json.dumps(explorer._data(VIEW)) == json.dumps(explorer._data(replace(VIEW)))


def test_what_the_browser_says_becomes_the_state():
    state = told_state(TOLD, VIEW)
    assert state == ExplorerState("igse", 12, 0.25, 0.5, False, Balance.NONE, "class", 3, 4, kept=11)


def test_a_request_is_all_that_the_browser_shows():
    said = {
        "strategy": "band", "tokens": 4000, "way": "budget", "per": "cluster", "balance": "custom",
        "shares": [2, 0, 1.5], "at_least_one": False, "group_cap": 2, "bands": {"igse": [0.1, 0.7]},
    }  # fmt: skip
    state = told_state(TOLD | said, replace(VIEW, clusters=("x", "y", "z")))
    assert (state.way, state.per) == (Way.BUDGET, Per.CLUSTER)
    assert state.request(5) == SelectionRequest(
        Tokens(4000), "igse", Strategy.BAND, Band(0.25, 0.5), Balance.CUSTOM, 5, Per.CLUSTER,
        {"0": 2.0, "1": 0.0, "2": 1.5}, False, 2, {"igse": Band(0.1, 0.7)},
    )  # fmt: skip


def test_only_the_strategy_of_the_interval_asks_for_one():
    request = told_state(TOLD | {"strategy": "top"}, VIEW).request(0)
    assert (request.strategy, request.band, request.budget) == (Strategy.TOP, None, 12)


def test_shares_are_named_after_the_classes():
    assert told_state(TOLD | {"balance": "custom", "shares": [1, 3]}, VIEW).shares == {"a": 1.0, "b": 3.0}
    assert told_state(TOLD | {"shares": [1, 3]}, VIEW).shares is None


def test_every_strategy_is_in_the_chooser_with_what_is_to_be_known_of_it():
    shown = {one.name: one for one in explorer.strategy_list()}
    assert shown.keys() == {strategy.value for strategy in STRATEGIES}
    assert all(one.label and one.loses and one.cost and one.source for one in shown.values())
    assert [one.name for one in shown.values() if one.banded] == ["band"]


def test_a_ranking_travels_with_its_note():
    view = replace(VIEW, ranking=ExplorerRanking("coverage", None, None, "Ranking 3 of 9."), strategy=Strategy.COVERAGE)
    sent = json.loads(json.dumps(explorer._data(view)))
    assert sent["strategy"] == "coverage"
    assert sent["ranking"]["note"] == "Ranking 3 of 9."


@pytest.mark.parametrize(
    ("said", "field", "expected"),
    [({"k": 99999}, "k", 1000), ({"k": -4}, "k", 0), ({"row": 5000}, "row", None), ({"row": -1}, "row", None)],
)
def test_numbers_out_of_range_are_brought_back(said, field, expected):
    assert getattr(told_state(TOLD | said, VIEW), field) == expected


@pytest.mark.parametrize(
    "said",
    [
        {"by": "gone"},
        {"k": "many"},
        {"lo": None},
        {"balance": "fair"},
        {"hi": float("nan")},
        {"lo": 0.9},
        {"k": None},
        {"strategy": "magic"},
        {"way": "sideways"},
        {"per": "row"},
        {"tokens": "many"},
        {"balance": "custom", "shares": [1]},
        {"balance": "custom", "shares": [1, -1]},
        {"balance": "custom"},
        {"bands": {"gone": [0, 1]}},
        {"bands": {"igse": [0.5]}},
        {"bands": [1]},
        {"at_least_one": "yes"},
        {"group_cap": "few"},
        {"k": float("inf")},
    ],
)
def test_nonsense_from_the_browser_is_as_if_nothing_was_said(said):
    assert told_state(TOLD | said, VIEW) == explorer.initial_state(VIEW)


def test_a_missing_field_is_as_if_nothing_was_said():
    assert told_state({"by": "igse"}, VIEW) == explorer.initial_state(VIEW)


def test_a_page_gets_the_state_the_browser_left():
    def page():
        import streamlit as st

        from eudscore.ui.explorer import ExplorerColumn, ExplorerView, explorer

        column = ExplorerColumn("igse", "IGSE", "", "/v", "/q")
        view = ExplorerView(n=10, columns=[column], order_url="/o", row_url="/r/", by="igse", budget=2)
        st.session_state["seen"] = explorer(key="map", view=view)

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.session_state["seen"].k == 2
    app.session_state["map"] = {"choice": TOLD | {"k": 7}}
    app.run()
    assert (app.session_state["seen"].k, app.session_state["seen"].revision) == (7, 4)
