"""What travels between the page and the component."""

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from eudscore.records import Balance, Band
from eudscore.ui import explorer
from eudscore.ui.explorer import ExplorerColumn, ExplorerState, ExplorerView, MapRegion

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
    "revision": 4,
}  # fmt: skip


def test_before_anything_is_done_the_state_is_the_views_own():
    state = explorer.initial_state(VIEW)
    assert state == ExplorerState("igse", 160, 0.375, 0.625, True, Balance.PROPORTIONAL, "igse")
    assert explorer.initial_state(replace(VIEW, band=Band(0.1, 0.9))).band == Band(0.1, 0.9)


def test_the_view_travels_as_little_json():
    sent = json.dumps(explorer._data(VIEW))
    assert len(sent) < 3000
    assert json.loads(sent)["lo"] is None


def test_the_same_view_is_sent_as_the_same_json():
    assert json.dumps(explorer._data(VIEW)) == json.dumps(explorer._data(replace(VIEW)))


def test_what_the_browser_says_becomes_the_state():
    state = explorer._state(TOLD, VIEW)
    assert state == ExplorerState("igse", 12, 0.25, 0.5, False, Balance.NONE, "class", 3, 4)


@pytest.mark.parametrize(
    ("said", "field", "expected"),
    [({"k": 99999}, "k", 1000), ({"k": -4}, "k", 0), ({"row": 5000}, "row", None), ({"row": -1}, "row", None)],
)
def test_numbers_out_of_range_are_brought_back(said, field, expected):
    assert getattr(explorer._state(TOLD | said, VIEW), field) == expected


@pytest.mark.parametrize(
    "said",
    [{"by": "gone"}, {"k": "many"}, {"lo": None}, {"balance": "fair"}, {"hi": float("nan")}, {"lo": 0.9}, {"k": None}],
)
def test_nonsense_from_the_browser_is_as_if_nothing_was_said(said):
    assert explorer._state(TOLD | said, VIEW) == explorer.initial_state(VIEW)


def test_a_missing_field_is_as_if_nothing_was_said():
    assert explorer._state({"by": "igse"}, VIEW) == explorer.initial_state(VIEW)


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
