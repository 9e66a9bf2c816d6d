"""The Select page: what a selection does, what is held back, saved selections, and the work of workers."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from streamlit.testing.v1 import AppTest

from eudscore.corpus.roles import with_roles
from eudscore.jobs.folder import RunFolder
from eudscore.records import Card, JsonDict, Roles, RunState
from eudscore.selection.overlap import overlap
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy
from eudscore.store.arrays import save_array
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.ui import choosing
from eudscore.workflow.choosing import select
from eudscore.workflow.effects import effect_on
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.reviewing import withheld_csv
from eudscore.workflow.scoring import score
from eudscore.workflow.stored import latest_scores
from tests.pages.conftest import ROWS, sent_to, small_corpus

OpenPage = Callable[..., AppTest]


def html_of(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def saved_recipe(workspace: Workspace, ref: CorpusRef, name: str, request: SelectionRequest) -> JsonDict:
    recipe = select(workspace, latest_scores(workspace, ref), request).recipe
    workspace.keep_selection(ref, name, recipe)
    return recipe


def rows_of(app: AppTest, key: str) -> set[int]:
    return {line["row"] for line in sent_to(app, key)["rows"]}


def finish(folder: str, state: RunState, result: JsonDict | None = None, message: str = "") -> RunFolder:
    run = RunFolder(Path(folder))
    run.write_status(replace(run.read_status(), state=state, result=result or {}, message=message))
    return run


def test_the_figures_are_those_of_the_rows_it_shows(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    app = open_page("select", data=str(scored))
    rows = np.array(sorted(rows_of(app, "kept_rows")))
    scores = latest_scores(workspace, scored)
    effect = effect_on(workspace, scores, rows, layout=None)
    shown = html_of(app)
    assert f"<dd>{len(rows)}</dd>" in shown
    assert f"{np.mean(scores.tokens[rows]):.3g}" in shown
    assert f"{effect.columns['information_entropy'].after:.3g}"[:4] in shown
    assert "Coverage" not in shown  # there are no neighbours


def test_without_labels_and_without_a_map_it_stands(open_page: OpenPage, workspace: Workspace) -> None:
    ref = workspace.keep_corpus(with_roles(small_corpus(), Roles("text")))
    score(workspace, ref, ScoreRequest((Entropy.INFORMATION,)))
    app = open_page("select", data=str(ref))
    assert not app.exception
    assert not app.error
    assert len(rows_of(app, "kept_rows")) == 10
    app.button_group(key="tool").set_value("Place the interval").run()
    assert "at least 20 labelled rows of two classes, and there are 0" in app.error[0].value


def test_topics_are_listed_where_the_map_has_names(
    open_page: OpenPage, unscored: CorpusRef, workspace: Workspace
) -> None:
    score(workspace, unscored, ScoreRequest((Entropy.INFORMATION,)))
    xy = np.random.default_rng(0).normal(size=(ROWS, 2)).astype(np.float32)
    regions = [{"label": f"<b>place {x}</b>", "x": x, "y": 0.0, "rows": 30, "level": 0} for x in (-1.0, 1.0)]
    card = Card("layout", "a map", parameters={"method": "PCA"})
    workspace.keep_layout(unscored.id, card, xy, {"regions": regions})
    app = open_page("select", data=str(unscored))
    assert "Topics on the map" in html_of(app)
    assert "&lt;b&gt;place 1.0&lt;/b&gt;" in html_of(app)
    assert "<b>place" not in html_of(app)


def test_a_saved_selection_is_opened_as_it_was_saved(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    recipe = saved_recipe(workspace, scored, "seven", SelectionRequest(7, "igse", Strategy.TOP, seed=3))
    app = open_page("select", data=str(scored))
    app.button(key="open_saved_seven").click().run()
    assert not app.exception
    assert not app.error
    scores = latest_scores(workspace, scored)
    assert rows_of(app, "kept_rows") == set(select(workspace, scores, SelectionRequest(1), recipe=recipe).rows.tolist())
    assert "is shown as it was saved" in html_of(app)
    app.button(key="close_opened").click().run()
    assert "is shown as it was saved" not in html_of(app)
    assert len(rows_of(app, "kept_rows")) == 7  # the settings stay where the recipe put them


def test_shares_that_a_recipe_names_in_part_and_in_any_order_are_shown_in_that_of_the_classes(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    shares = {"tech": 2.0, "billing": 1.0}
    asked = SelectionRequest(9, by="information_entropy", balance=Balance.CUSTOM, shares=shares)
    saved_recipe(workspace, scored, "by hand", asked)
    app = open_page("select", data=str(scored))
    app.button(key="open_saved_by hand").click().run()
    assert not app.exception
    assert sent_to(app, "select-1")["shares"] == [1, 0, 2]
    assert len(rows_of(app, "kept_rows")) == 9


def test_a_recipe_by_cluster_is_opened_where_the_clusters_are_not_there_yet(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    vectors = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)
    card = Card("vectors", "of somebody", dtype="float32")
    workspace.keep("vectors", scored.id, card.key, {"cards": [card.to_json()]}, {"vectors": vectors})
    scores = latest_scores(workspace, scored)
    asked = SelectionRequest(9, by="information_entropy", per=Per.CLUSTER, balance=Balance.CUSTOM, shares={"3": 1.0})
    recipe = select(workspace, scores, asked, on_progress=lambda *_: None).recipe
    clusters = workspace.root / "clusters"
    clusters.rename(workspace.root / "elsewhere")
    workspace.keep_selection(scored, "by cluster", recipe)
    app = open_page("select", data=str(scored))
    app.button(key="open_saved_by cluster").click().run()
    assert not app.exception
    assert not app.error
    (folder,) = started
    finish(folder, RunState.DONE)
    (workspace.root / "elsewhere").rename(clusters)
    app.run()
    assert len(rows_of(app, "kept_rows")) == recipe["chosen"]["rows"]
    shares = sent_to(app, "select-1")["shares"]
    assert shares[3] == 1
    assert sum(shares) == 1


def test_a_selection_is_removed_after_one_more_question(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    saved_recipe(workspace, scored, "seven", SelectionRequest(7, "igse"))
    app = open_page("select", data=str(scored))
    app.button(key="remove_saved_seven").click().run()
    assert not app.exception
    assert workspace.selections(scored) == {}
    assert "Nothing is saved yet" in html_of(app)


def test_a_button_is_of_the_selection_beside_it_though_another_tab_changed_the_list(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    saved_recipe(workspace, scored, "seven", SelectionRequest(7, "igse"))
    app = open_page("select", data=str(scored))
    saved_recipe(workspace, scored, "eight", SelectionRequest(8, "igse"))
    app.button(key="open_saved_seven").click().run()
    assert len(rows_of(app, "kept_rows")) == 7
    saved_recipe(workspace, scored, "nine", SelectionRequest(9, "igse"))
    app.button(key="remove_saved_seven").click().run()
    assert not app.exception
    assert set(workspace.selections(scored)) == {"eight", "nine"}


def test_a_pasted_recipe_replays_to_the_same_rows(open_page: OpenPage, scored: CorpusRef, workspace: Workspace) -> None:
    scores = latest_scores(workspace, scored)
    subset = select(workspace, scores, SelectionRequest(9, "igse", Strategy.BOTTOM, seed=5))
    app = open_page("select", data=str(scored))
    app.text_area(key="recipe_text").set_value(json.dumps(subset.recipe))
    app.button(key="replay").click().run()
    assert not app.error
    assert rows_of(app, "kept_rows") == set(subset.rows.tolist())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There is no recipe to replay"),
        ("{", "it is not JSON"),
        ("[1]", "it is not a JSON object"),
        ("{}", "This is not a selection recipe"),
        ('{"kind": "selection", "version": 99}', "The recipe is of version 99"),
    ],
)
def test_what_is_no_recipe_is_one_sentence(open_page: OpenPage, scored: CorpusRef, text: str, sentence: str) -> None:
    app = open_page("select", data=str(scored))
    app.text_area(key="recipe_text").set_value(text)
    app.button(key="replay").click().run()
    assert not app.exception
    assert sentence in app.error[0].value


def test_a_recipe_of_other_texts_is_refused_in_the_same_words(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace
) -> None:
    recipe = select(workspace, latest_scores(workspace, scored), SelectionRequest(9, "igse")).recipe
    app = open_page("select", data=str(scored))
    app.text_area(key="recipe_text").set_value(json.dumps({**recipe, "corpus": "0" * 16}))
    app.button(key="replay").click().run()
    assert "The recipe was written for other texts" in app.error[0].value
    app.text_area(key="recipe_text").set_value(json.dumps({**recipe, "cards": {"igse": "1" * 16}}))
    app.button(key="replay").click().run()
    assert "written for other scores" in app.error[0].value


def test_two_selections_are_compared(open_page: OpenPage, scored: CorpusRef, workspace: Workspace) -> None:
    app = open_page("select", data=str(scored))
    app.button_group(key="tool").set_value("Compare two").run()
    assert "nothing to compare with yet" in html_of(app)
    recipe = saved_recipe(workspace, scored, "top", SelectionRequest(15, "igse", Strategy.TOP))
    app.run()
    assert not app.exception
    scores = latest_scores(workspace, scored)
    top = select(workspace, scores, SelectionRequest(1), recipe=recipe).rows
    now = select(workspace, scores, SelectionRequest(1), recipe=app.session_state["chosen_recipe"]).rows
    found = overlap(now, top, ROWS)
    shown = html_of(app)
    assert f"<dd>{len(found.both)}</dd>" in shown
    assert f"<dd>{found.jaccard:.2f}</dd>" in shown
    assert rows_of(app, "compare_rows") == set(found.first_only.tolist())
    app.button_group(key="compare_side").set_value("Only in the second").run()
    assert rows_of(app, "compare_rows") == set(found.second_only.tolist())


def test_stability_is_measured_by_a_worker_and_then_shown(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    app = open_page("select", data=str(scored))
    app.button_group(key="tool").set_value("Stability").run()
    assert "The selection is made 12 times" in html_of(app)  # itself, 5 seeds, 5 times other rows, one other entropy
    app.button(key="steadiness_go").click().run()
    (folder,) = started
    assert RunFolder(Path(folder)).read_spec()["kind"] == "steadiness"
    shares = np.linspace(0, 1, ROWS).astype(np.float32)
    save_array(Path(folder) / "shares.npy", shares)
    kinds = [{"kind": "seeds", "runs": 5, "stability": 0.25}, {"kind": "rows", "runs": 5, "stability": 0.5}]
    finish(folder, RunState.DONE, {"stability": 0.375, "kinds": kinds, "runs": 11, "always": 1, "at_times": 58})
    app.run()
    assert not app.exception
    assert "<dd>0.38</dd>" in html_of(app)
    flipping = [line["row"] for line in sent_to(app, "flipping_rows")["rows"]]
    assert len(flipping) == 58
    assert set(flipping[:2]) == {29, 30}


def test_the_place_is_probed_by_a_worker_and_then_taken(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32)
    workspace.keep("vectors", scored.id, "a" * 16, {"cards": [Card("vectors", "v").to_json()]}, {"vectors": vectors})
    app = open_page("select", data=str(scored))
    app.button_group(key="tool").set_value("Place the interval").run()
    assert not app.error
    assert "judged by 9 labelled rows" in html_of(app)
    app.button(key="probe_go").click().run()
    (folder,) = started
    centres = [{"centre": at, "band": [0.7, 1.0], "accuracy": 0.5 + at / 4} for at in (0, 0.25, 0.5, 0.75, 1.0)]
    found = {
        "sentence": "Put it high.", "band": [0.7, 1.0], "random": 0.5, "centres": centres, "error": 0.1, "dev": 9,
        "labels": 30,
    }  # fmt: skip
    finish(folder, RunState.DONE, found)
    app.run()
    assert "Put it high." in html_of(app)
    app.button(key="place_probe").click().run()
    assert not app.exception
    assert app.session_state["chosen_recipe"]["band"] == [0.7, 1.0]


def test_the_rule_places_the_interval(open_page: OpenPage, scored: CorpusRef) -> None:
    app = open_page("select", data=str(scored))
    app.button_group(key="tool").set_value("Place the interval").run()
    app.button(key="place_rule").click().run()
    assert not app.exception
    assert app.session_state["chosen_recipe"]["band"] == pytest.approx([0.375, 0.625])


@pytest.mark.parametrize("tool", ["Stability", "Place the interval"])
def test_a_run_that_failed_is_told_and_can_be_tried_again(
    tool: str, open_page: OpenPage, scored: CorpusRef, workspace: Workspace, started: list[str]
) -> None:
    vectors = np.ones((ROWS, 4), dtype=np.float32)
    workspace.keep("vectors", scored.id, "a" * 16, {"cards": [Card("vectors", "v").to_json()]}, {"vectors": vectors})
    app = open_page("select", data=str(scored))
    app.button_group(key="tool").set_value(tool).run()
    go = "steadiness_go" if tool == "Stability" else "probe_go"
    app.button(key=go).click().run()
    finish(started[0], RunState.FAILED, message="The disk is full: make room.")
    app.run()
    assert "failed. The disk is full" in app.error[0].value
    app.button(key=go).click().run()
    assert len(started) == 2


def test_on_a_read_only_server_nothing_can_be_changed(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved_recipe(workspace, scored, "seven", SelectionRequest(7, "igse"))
    monkeypatch.setenv("EUDSCORE_READ_ONLY", "1")
    app = open_page("select", data=str(scored))
    assert app.button(key="save_selection").disabled
    assert app.button(key="remove_saved_seven").disabled
    assert not app.button(key="open_saved_seven").disabled
    app.button_group(key="tool").set_value("Stability").run()
    assert app.button(key="steadiness_go").disabled
    assert not app.exception


def held_back(subset: choosing.Subset) -> choosing.Subset:
    withheld = {"outlier": np.array([1, 2]), "suspected mislabel": np.array([3])}
    rows = np.setdiff1d(subset.rows, [1, 2, 3])
    return replace(subset, selection=replace(subset.selection, withheld=withheld, rows=rows))


def test_what_is_held_back_is_listed_with_its_reason_and_kept(
    open_page: OpenPage, scored: CorpusRef, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "select", lambda *args, **more: held_back(select(*args, **more)))
    app = open_page("select", data=str(scored))
    assert not app.exception
    assert "3 to review" in html_of(app)
    assert rows_of(app, "kept_rows").isdisjoint({1, 2, 3})
    app.button_group(key="texts_side").set_value("Dropped").run()
    assert rows_of(app, "dropped_rows").isdisjoint({1, 2, 3})
    app.button_group(key="texts_side").set_value("Review these").run()
    assert rows_of(app, "withheld_rows") == {1, 2}
    app.selectbox(key="review_reason").set_value("suspected mislabel").run()
    assert rows_of(app, "withheld_rows") == {3}
    app.text_input(key="selection_name").set_value("mine").run()
    app.button(key="save_selection").click().run()
    kept = {reason: rows.tolist() for reason, rows in workspace.review(scored, "mine").items()}
    assert kept == {"outlier": [1, 2], "suspected mislabel": [3]}


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(workspace: Workspace) -> None:
    corpus = small_corpus()
    texts = corpus.table.column("text").to_pylist()
    texts[1] = "=HYPERLINK(1)"
    table = corpus.table.set_column(0, "text", pa.array(texts))
    ref = workspace.keep_corpus(replace(corpus, table=table))
    subset = held_back(
        select(workspace, score(workspace, ref, ScoreRequest((Entropy.INFORMATION,))), SelectionRequest(9))
    )
    found = pa_csv.read_csv(pa.BufferReader(withheld_csv(subset)))
    assert found.column("row").to_pylist() == [1, 2, 3]
    assert found.column("reason").to_pylist() == ["outlier", "outlier", "suspected mislabel"]
    assert found.column("text").to_pylist()[0] == "'=HYPERLINK(1)"
