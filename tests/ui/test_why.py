"""The inspector: what stands in it, that nothing of the data is read as markup, and that it draws."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from eudscore.entropy.verdict import Evidence, Kind
from eudscore.records import Card, Corpus
from eudscore.scorers.likeliest import likeliest
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.ui.why import chips_of, mark_of, neighbour_table, probability_bars, score_bars
from eudscore.workflow.explanation import ClassShare, Explanation, Neighbour, ScorePlace
from tests.pages.conftest import ROWS, small_corpus

EMPTY = 7
HOSTILE = '<img src=x onerror="alert(1)">&'


def test_each_class_has_its_probability_and_the_label_is_named_in_words() -> None:
    drawn = probability_bars([ClassShare("sport", 0.875, False), ClassShare("law", 0.02, True)])
    assert re.findall(r'<dt title="[^"]*">([^<]*)</dt>', drawn) == ["sport", "law (label)"]
    assert re.findall(r"width:([\d.]+)%", drawn) == ["87.5", "2.0"]
    assert "88%" in drawn
    assert "2%" in drawn


def test_scores_are_in_reading_order_with_their_place() -> None:
    scores = [ScorePlace("semantic_entropy", 1.25, "nats", 0.5), ScorePlace("igse", math.nan, "rank", math.nan)]
    drawn = score_bars(scores)
    assert re.findall(r'<dt title="[^"]*">([^<]*)</dt>', drawn) == ["IGSE", "Semantic entropy"]
    assert re.findall(r"width:([\d.]+)%", drawn) == ["50.0"]  # what has no value has no bar
    assert "1.25 nats · 50%" in drawn


@pytest.mark.parametrize(
    ("agrees", "sign", "word"),
    [
        (True, "\N{EQUALS SIGN}", "agrees"),
        (False, "\N{NOT EQUAL TO}", "conflicts"),
        (None, "\N{MIDDLE DOT}", "no label to compare"),
    ],
)
def test_agreeing_is_told_by_a_sign_and_a_word(agrees: bool | None, sign: str, word: str) -> None:
    neighbour = Neighbour(1234, 0.666, "law", agrees, True, False)
    assert mark_of(neighbour) == (sign, word)
    drawn = neighbour_table([neighbour], ["a  long\ntext " * 40])
    assert f'aria-label="{word}">{sign}<' in drawn
    assert "row 1,234 · duplicate" in drawn
    assert "0.66" in drawn  # cut, as in the sentence
    assert len(drawn) < 600  # the text is cut


def test_nothing_of_the_data_is_markup() -> None:
    neighbour = Neighbour(1, math.nan, HOSTILE, False, False, False)
    for drawn in (
        neighbour_table([neighbour], [HOSTILE]),
        probability_bars([ClassShare(HOSTILE, 0.5, True)]),
        score_bars([ScorePlace(HOSTILE, 1.0, HOSTILE, 0.5)]),
    ):
        assert "<img" not in drawn
        assert "&lt;img" in drawn.lower()


def test_chips_say_what_it_looks_like() -> None:
    kinds = (Kind.MISLABELLED, Kind.DUPLICATE)
    found = Explanation(1200, "law", (), (), (), (), Evidence(), None, None, kinds)
    assert chips_of(found) == ["mislabelled", "duplicate", "label law"]


def without_text(corpus: Corpus, row: int) -> Corpus:
    texts = corpus.table["text"].to_pylist()
    texts[row] = " "
    return replace(corpus, table=corpus.table.set_column(0, "text", pa.array(texts)))


@pytest.fixture
def ref(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CorpusRef:
    monkeypatch.setenv("EUDSCORE_WORKSPACE", str(tmp_path / "ws"))
    st.cache_resource.clear()
    workspace, corpus = Workspace(tmp_path / "ws"), without_text(small_corpus(), EMPTY)
    ref = workspace.keep_corpus(corpus)
    probs = np.full((ROWS, 3), 0.03)
    probs[np.arange(ROWS), corpus.labels] = 0.94
    probs[4] = [0.96, 0.02, 0.02]  # its label is `sport`
    gap = 1 - probs[np.arange(ROWS), corpus.labels]
    values = {"predictive_entropy": probs[:, 1].astype(np.float32), "predictive_label_gap": gap.astype(np.float32)}
    cards = [Card(name, "by hand", parameters={"labels": corpus.labels_id}) for name in values]
    workspace.keep_family(ref.id, "1" * 16, cards, {**values, **likeliest(probs)})
    near = np.stack([np.array([row for row in range(0, ROWS, 3) if row != own][:19]) for own in range(ROWS)])
    workspace.keep_graph(ref.id, Card("neighbours", "by hand"), near, np.full(near.shape, 0.5, dtype=np.float32))
    return ref


def page() -> None:
    import streamlit as st

    from eudscore.ui import state, why

    opened = state.opened()
    assert opened is not None
    why.panel(opened, int(st.query_params["row"]))


def test_the_panel_draws_the_verdict_and_its_grounds(ref: CorpusRef) -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params["data"], app.query_params["row"] = str(ref), "4"
    app.run()
    assert not app.exception
    drawn = "\n".join(element.proto.body for element in app.get("html"))
    assert "Looks mislabelled: the classifier gives its label <code>sport</code> 2 %" in drawn
    assert "all of its 19 nearest texts are <code>billing</code>" in drawn
    for heading in ("Class probabilities", "Nearest texts", "Scores"):
        assert f">{heading}<" in drawn
    assert drawn.count("conflicts") >= 10


def test_a_row_without_text_says_so_and_shows_no_empty_scores(ref: CorpusRef) -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params["data"], app.query_params["row"] = str(ref), str(EMPTY)
    app.run()
    assert not app.exception
    drawn = "\n".join(element.proto.body for element in app.get("html"))
    assert "This row has no text." in drawn
    assert len(app.get("html")) == 2  # chips and sentence
    assert len(app.text) == 0
    assert "label " in drawn
    assert "nothing stands out" not in drawn


def test_a_row_that_is_not_there_is_a_sentence(ref: CorpusRef) -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params["data"], app.query_params["row"] = str(ref), str(ROWS)
    app.run()
    assert not app.exception
    assert "There is no row 60" in app.error[0].value
