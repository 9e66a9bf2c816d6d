"""The Select page in a real browser: whatever is set, the server keeps what the browser shows; saved and compared."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from browser import ROOT, Visit, serving, visiting
from playwright.sync_api import Locator, expect
from synthetic import keep_doubtful

from eudscore.records import Band, Ints
from eudscore.selection.overlap import overlap
from eudscore.selection.placing import centre_by_rule, placed_band
from eudscore.selection.request import Per, SelectionRequest, Strategy
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.ui.sides import highest
from eudscore.workflow.choosing import Subset, select
from eudscore.workflow.mapping import lay_out
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.preparing import prepare
from eudscore.workflow.probing import probe_places
from eudscore.workflow.ranking import rank_corpus
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score
from eudscore.workflow.steadiness import steadiness
from eudscore.workflow.stored import latest_scores

pytestmark = pytest.mark.browser

ROWS = 480
FIRST, MORE = 77, 101  # 16 % and 21 % of them
MINUTE = 60_000
BARS = "all => all.map((one) => ['.name', '.part'].map((of) => one.querySelector(of).textContent))"
LATE = """() => {
  const late = (go) => new Promise((done) => setTimeout(() => done(go()), 1000));
  const { send } = WebSocket.prototype, ask = window.fetch;
  WebSocket.prototype.send = function (word) { late(() => send.call(this, word)); };
  window.fetch = (...asked) => late(() => ask(...asked));
}"""
AT_ONCE = """(slider, link) => {
  slider.dispatchEvent(new KeyboardEvent("keydown", { key: "PageUp", bubbles: true, composed: true }));
  link.click();
}"""
ASKED = ScoreRequest((Entropy.INFORMATION, Entropy.SEMANTIC, Entropy.PREDICTIVE))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("select"))


@pytest.fixture(scope="module")
def fresh(workspace: Workspace) -> CorpusRef:
    """Scored and laid out, but never ranked."""
    ref = keep_doubtful(workspace, "fresh", ROWS)
    score(workspace, ref, ASKED)
    lay_out(workspace, ref, ASKED)
    return ref


@pytest.fixture(scope="module")
def ranked(workspace: Workspace) -> CorpusRef:
    """Ranked by the default selector while it was prepared, and with clusters."""
    ref = keep_doubtful(workspace, "ranked", ROWS, seed=2)
    prepare(workspace, ref, ASKED)
    rank_corpus(workspace, ref, latest_scores(workspace, ref), SelectionRequest(1, per=Per.CLUSTER))
    return ref


@pytest.fixture(scope="module")
def address(chromium, workspace: Workspace, fresh: CorpusRef, ranked: CorpusRef) -> Iterator[str]:
    with serving(ROOT / "app.py", workspace.root) as found:
        yield found


@pytest.fixture
def visit(chromium, address: str) -> Iterator[Visit]:
    with visiting(chromium, address) as opened:
        yield opened


def show(visit: Visit, ref: CorpusRef) -> None:
    visit.open(f"/select?data={ref}")
    stands(visit)


def stands(visit: Visit) -> None:
    visit.page.locator(".band:not(.covered) .rows b").wait_for(timeout=MINUTE)
    visit.page.locator(".map:not(.covered) canvas").first.wait_for(timeout=MINUTE)
    tile(visit, "Rows kept").wait_for(timeout=MINUTE)
    visit.settle()


def tile(visit: Visit, name: str) -> Locator:
    """A figure as the server shows it."""
    return visit.page.locator(".eud-tile", has_text=name).locator("dd")


def listed(visit: Visit, card: str, subset: Subset, rows: Ints, by: str = "igse") -> None:
    """Wait until the table of a card lists these rows, the highest score first, or a hundred of them."""
    first = highest(np.asarray(subset.scores.columns[by]), rows, 100)
    expect(visit.page.locator(f"{card} .listing td.number")).to_have_text([str(row) for row in first])


def taken(visit: Visit, link: str, within: Locator | None = None) -> bytes:
    """What a link brings: one of those for the whole selection, or of another part of the page."""
    part = within or visit.page.locator(".st-key-subset-actions")
    visit.settle(400)
    with visit.page.expect_download(timeout=MINUTE) as download:
        part.get_by_role("link", name=link).click()
    return Path(download.value.path()).read_bytes()


def agreed(visit: Visit, workspace: Workspace, ref: CorpusRef, **asked: object) -> Subset:
    """The subset once the server was told what is asked; its rows are as many as the browser's, of the same classes."""
    for _ in range(60):
        recipe = json.loads(taken(visit, "Recipe"))
        if fits(recipe, asked):
            break
    assert fits(recipe, asked), recipe
    scores = latest_scores(workspace, ref)
    subset = select(workspace, scores, SelectionRequest(1), recipe=recipe)
    for count in (tile(visit, "Rows kept"), visit.page.locator(".budget-head .rows b")):
        expect(count).to_have_text(str(len(subset)))
    kinds, names = subset.corpus.labels, list(subset.corpus.classes)
    if recipe["per"] == "cluster":
        kinds = StoredMaterials(workspace, ref, scores).clusters
        names = [f"cluster {number}" for number in range(int(kinds.max()) + 1)]
    counts = np.bincount(kinds[subset.rows], minlength=len(names))
    shown = dict(visit.page.locator(".bars-box:not([hidden]) li").evaluate_all(BARS))  # at once: they may change places
    assert len(shown) == (len(names) if recipe["balance"] == "custom" else min(12, len(names)))
    for name, share in shown.items():
        assert float(share.rstrip("%")) == pytest.approx(100 * counts[names.index(name)] / counts.sum(), abs=0.051)
    return subset


def fits(value, wanted) -> bool:
    """Whether a value is the wanted one; of a mapping only what is named must be."""
    parts = isinstance(wanted, dict) and wanted and isinstance(value, dict)
    return all(fits(value.get(name), one) for name, one in wanted.items()) if parts else value == wanted


def entry(visit: Visit, name: str) -> Locator:
    """A saved selection in the list."""
    return visit.page.locator("[class*='st-key-saved-']").filter(has=visit.page.get_by_text(name, exact=True))


def enter(field: Locator, text: str) -> None:
    field.fill(text)
    field.press("Enter")


def upload(visit: Visit, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/json", "buffer": content}
    visit.page.locator(".st-key-recipe_file input[type=file]").set_input_files(file)
    visit.page.locator(".st-key-recipe_file").get_by_text(name).wait_for()
    visit.page.get_by_role("button", name="Replay").click()
    visit.settle()


def choose_tool(visit: Visit, name: str) -> None:
    visit.page.locator(".st-key-card-more").get_by_role("radio", name=name).click()
    visit.settle()


def test_coverage_is_ranked_by_a_worker_and_tells_what_it_withholds(visit, workspace, fresh, picture):
    show(visit, fresh)
    assert visit.page.locator(".strategy select").input_value() == "band"  # as nothing was ranked
    visit.page.locator(".strategy select").select_option("coverage")
    visit.page.locator(".st-key-ranking-progress").wait_for()
    tile(visit, "Withheld for review").wait_for(timeout=3 * MINUTE)
    stands(visit)
    wanted = select(workspace, latest_scores(workspace, fresh), SelectionRequest(FIRST, strategy=Strategy.COVERAGE))
    assert agreed(visit, workspace, fresh, strategy="coverage").rows.tolist() == wanted.rows.tolist()
    file = pq.read_table(pa.BufferReader(taken(visit, "Subset (Parquet)")))
    assert file.column("row").to_pylist() == wanted.rows.tolist()
    withheld = wanted.selection.withheld
    assert {"suspected mislabel", "near-duplicate"} <= set(withheld)
    expect(tile(visit, "Withheld for review")).to_have_text(str(sum(map(len, withheld.values()))))
    listed(visit, ".st-key-card-texts", wanted, wanted.rows)
    visit.page.locator(".st-key-card-texts").get_by_role("radio", name="Review these").click()
    visit.page.locator(".st-key-review").wait_for()
    for reason, rows in withheld.items():
        chooser = visit.page.locator(".st-key-review_reason").get_by_role("button", name="Open")
        chooser.scroll_into_view_if_needed()  # a page that still scrolls closes what is open
        visit.settle()
        chooser.click()
        visit.page.get_by_role("option", name=f"{reason} · {len(rows)}").click()
        by = "igse" if reason in ("near-duplicate", "outlier") else "predictive_label_gap"
        listed(visit, ".st-key-card-texts", wanted, rows, by)
    visit.page.screenshot(path=picture)
    file = taken(visit, "All with their reasons (CSV)", visit.page.locator(".st-key-review"))
    cells = pa_csv.read_csv(pa.BufferReader(file))
    assert cells.column("row").to_pylist() == [row for rows in withheld.values() for row in rows.tolist()]
    assert cells.column("reason").to_pylist() == [reason for reason, rows in withheld.items() for _ in rows]
    assert {text[:3] for text in cells.column("text").to_pylist() if "HYPERLINK" in text} == {"'=H"}
    visit.assert_clean()


def test_budget_quotas_cap_and_intervals_are_the_same_here_and_on_the_server(visit, workspace, ranked, picture):
    show(visit, ranked)
    page, balance = visit.page, visit.page.locator(".classes header select")
    assert len(agreed(visit, workspace, ranked, strategy="coverage", balance="root")) == FIRST
    page.get_by_role("slider", name="Budget", exact=True).press("PageUp")
    assert len(agreed(visit, workspace, ranked, budget=MORE)) == MORE
    field = page.get_by_label("Budget, as a share")
    enter(field, "900 tokens")
    bought = agreed(visit, workspace, ranked, budget={"tokens": 900})
    assert 850 < bought.scores.tokens[bought.rows].sum() <= 900
    field.fill("60")
    paid = page.locator(".paid").inner_text()
    balance.select_option("proportional")
    expect(page.locator(".paid")).not_to_have_text(paid)
    field.press("Enter")  # what is being typed stays, whatever is drawn meanwhile
    for kind in ("proportional", "balanced", "none"):
        balance.select_option(kind)
        agreed(visit, workspace, ranked, budget=60, balance=kind)
    balance.select_option("custom")
    enter(page.get_by_label("Share of shipping in per cent"), "40")
    agreed(visit, workspace, ranked, balance="custom", shares={"shipping": 40})
    page.get_by_label("one each at least").uncheck()
    agreed(visit, workspace, ranked, at_least_one=False, balance="custom")
    page.locator(".quotas select").first.select_option("cluster")
    agreed(visit, workspace, ranked, per="cluster", balance="proportional")
    balance.select_option("custom")
    enter(page.get_by_label("Share of cluster 0 in per cent"), "50")
    agreed(visit, workspace, ranked, per="cluster", balance="custom", shares={"0": 50})
    page.screenshot(path=picture)
    quotas, bars = (page.locator(one).bounding_box() for one in (".quotas select >> nth=-1", ".bars-box:not([hidden])"))
    assert quotas["y"] + quotas["height"] <= bars["y"]  # though the choosers need two lines
    page.locator(".strategy select").select_option("band")
    page.locator(".quotas select").first.select_option("class")
    enter(field, "50%")
    page.get_by_label("Most near-duplicates").select_option("1")
    capped = agreed(visit, workspace, ranked, strategy="band", per="class", group_cap=1, budget=ROWS // 2)
    assert dict(capped.selection.steps)["within the cap"] < dict(capped.selection.steps)["in band"]
    page.get_by_label("Add a further score").select_option("semantic_entropy")
    further = page.get_by_role("slider", name="Upper end of the interval of Semantic entropy")
    for _ in range(6):
        further.press("PageDown")
    assert len(agreed(visit, workspace, ranked, bands={"semantic_entropy": [0, 0.4]})) < len(capped)
    page.get_by_role("button", name="Remove the interval of Semantic entropy").click()
    agreed(visit, workspace, ranked, bands={})
    visit.assert_clean()


def test_a_selection_is_saved_opened_replayed_from_a_file_and_removed(visit, workspace, fresh, ranked):
    show(visit, ranked)
    page, said = visit.page, visit.page.locator(".st-key-opened-recipe")
    page.get_by_role("slider", name="Budget", exact=True).press("PageUp")
    kept = agreed(visit, workspace, ranked, budget=MORE)
    page.get_by_placeholder("name of the selection").fill("fifth of it")
    page.get_by_role("button", name="Save", exact=True).click()
    entry(visit, "fifth of it").wait_for()
    assert workspace.selections(ranked)["fifth of it"] == kept.recipe
    assert set(workspace.review(ranked, "fifth of it")) == set(kept.selection.withheld)
    page.reload(wait_until="domcontentloaded")
    stands(visit)
    entry(visit, "fifth of it").get_by_role("button", name="Open").click()
    said.get_by_text("is shown as it was saved").wait_for()
    assert agreed(visit, workspace, ranked, budget=MORE).rows.tolist() == kept.rows.tolist()
    file = taken(visit, "Recipe", entry(visit, "fifth of it"))
    page.get_by_role("slider", name="Budget", exact=True).press("ArrowRight")
    said.wait_for(state="detached")
    assert len(agreed(visit, workspace, ranked, budget=103)) == 103
    other = select(workspace, latest_scores(workspace, fresh), SelectionRequest(9)).recipe
    upload(visit, "other.json", json.dumps(other).encode())
    page.get_by_text("The recipe was written for other texts").wait_for()
    assert len(agreed(visit, workspace, ranked, budget=103)) == 103
    upload(visit, "mine.json", file)
    said.get_by_text("mine.json").wait_for()
    assert agreed(visit, workspace, ranked, budget=MORE).rows.tolist() == kept.rows.tolist()
    entry(visit, "fifth of it").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Yes, remove it").click()
    page.get_by_text("Nothing is saved yet").wait_for()
    assert workspace.selections(ranked) == {}
    visit.assert_clean()


def test_two_are_compared(visit, workspace, ranked):
    saved = select(workspace, latest_scores(workspace, ranked), SelectionRequest(100, band=Band(0.2, 0.7)))
    workspace.keep_selection(ranked, "an interval", saved.recipe)
    show(visit, ranked)
    shown = agreed(visit, workspace, ranked, strategy="coverage")
    choose_tool(visit, "Compare two")
    more = visit.page.locator(".st-key-card-more")
    found = overlap(shown.rows, saved.rows, ROWS, pool=ROWS - 3)
    expect(tile(visit, "Jaccard index")).to_have_text(f"{found.jaccard:.2f}")
    sides = {"Only in the second": found.second_only, "In both": found.both, "Only in the first": found.first_only}
    for side, rows in sides.items():
        more.get_by_role("radio", name=side).click()
        listed(visit, ".st-key-card-more", saved, rows)
    assert more.locator(".eud-shift th", has_text="Second").count() > 0
    workspace.drop_selection(ranked, "an interval")
    visit.assert_clean()


def test_stability_is_measured_and_the_interval_is_placed(visit, workspace, ranked, tmp_path, picture):
    show(visit, ranked)
    page, more = visit.page, visit.page.locator(".st-key-card-more")
    choose_tool(visit, "Place the interval")
    page.locator(".strategy select").select_option("band")
    page.locator(".band footer select").first.select_option("information_entropy")
    enter(page.get_by_label("Budget, as a share"), str(ROWS // 10))
    agreed(visit, workspace, ranked, strategy="band", by="information_entropy", budget=ROWS // 10)
    by_rule = placed_band(centre_by_rule(0.1, trained=False), 0.1)
    more.get_by_role("button", name="Place by rule").click()
    agreed(visit, workspace, ranked, band=[by_rule.lo, by_rule.hi], by="information_entropy", budget=ROWS // 10)
    choose_tool(visit, "Stability")
    more.get_by_role("button", name="Measure the stability").click()
    page.locator(".st-key-steadiness-progress").wait_for()
    choose_tool(visit, "Place the interval")  # it goes on meanwhile, and the probe beside it
    more.get_by_role("button", name="Probe five places").click()
    scores = latest_scores(workspace, ranked)
    request = SelectionRequest(ROWS // 10, "information_entropy", band=by_rule)
    probed = probe_places(workspace, ranked, scores, request)
    assert probed["band"] not in (None, [by_rule.lo, by_rule.hi])  # the mislabelled fourth has the lowest entropy
    more.get_by_text(probed["sentence"]).wait_for(timeout=3 * MINUTE)
    page.screenshot(path=picture)
    choose_tool(visit, "Stability")
    measured = steadiness(workspace, ranked, scores, request, tmp_path)
    expect(tile(visit, "Stability over")).to_have_text(f"{measured['stability']:.2f}", timeout=2 * MINUTE)
    expect(tile(visit, "Rows in at times")).to_have_text(str(measured["at_times"]))
    choose_tool(visit, "Place the interval")
    more.get_by_role("button", name="Put it there").click()
    agreed(visit, workspace, ranked, band=probed["band"], by="information_entropy", budget=ROWS // 10)
    visit.assert_clean()


def _files_of(root: Path) -> set[Path]:
    """All but the log of the test's own server, and the notes of the foreman, which ends when it has nothing to do."""
    return {path for path in root.rglob("*") if path.name != "server.log" and path.parent.name != "queue"}


def test_a_server_that_only_shows_lets_choose_and_changes_nothing(chromium, workspace, ranked, monkeypatch):
    kept = select(workspace, latest_scores(workspace, ranked), SelectionRequest(30, strategy=Strategy.COVERAGE))
    workspace.keep_selection(ranked, "kept", kept.recipe)
    there = _files_of(workspace.root)
    monkeypatch.setenv("EUDSCORE_READ_ONLY", "1")
    with serving(ROOT / "app.py", workspace.root) as address, visiting(chromium, address) as visit:
        page = visit.page
        show(visit, ranked)
        page.get_by_role("slider", name="Budget", exact=True).press("PageDown")
        agreed(visit, workspace, ranked, budget=round(0.115 * ROWS))
        entry(visit, "kept").get_by_role("button", name="Open").click()
        page.get_by_text("is shown as it was saved").wait_for()
        assert len(agreed(visit, workspace, ranked, budget=30)) == 30
        assert page.get_by_role("button", name="Save", exact=True).is_disabled()
        assert entry(visit, "kept").get_by_role("button", name="Remove").is_disabled()
        choose_tool(visit, "Stability")
        expect(page.get_by_role("button", name="Measure the stability")).to_be_disabled()
        page.locator(".strategy select").select_option("facility")
        page.get_by_text("has not ranked the rows yet, and this server only shows what is there").wait_for()
        visit.assert_clean()
    assert _files_of(workspace.root) == there
    workspace.drop_selection(ranked, "kept")


@pytest.mark.parametrize("link", ["Recipe", "Subset (Parquet)"])
def test_a_press_before_a_slow_server_has_answered_brings_what_was_asked_for_last(visit, ranked, link):
    """Whatever leaves the browser is a second on its way."""
    show(visit, ranked)
    visit.page.evaluate(LATE)
    slider = visit.page.get_by_role("slider", name="Budget", exact=True)
    offered = visit.page.locator(".st-key-subset-actions").get_by_role("link", name=link)
    with visit.page.expect_download(timeout=MINUTE) as download:
        slider.evaluate(AT_ONCE, offered.element_handle())
    content = Path(download.value.path()).read_bytes()
    recipe = json.loads(content) if link == "Recipe" else None
    rows = recipe["chosen"]["rows"] if recipe else pq.read_table(pa.BufferReader(content)).num_rows
    assert rows == MORE
    visit.assert_clean()


@pytest.mark.parametrize(("chooser", "value", "wanted"), [
    (re.compile("^Interval of"), "predictive_entropy", {"by": "predictive_entropy"}),
    (re.compile("^Most near"), "1", {"group_cap": 1}),
])  # fmt: skip
def test_a_press_while_the_browser_fetches_what_was_chosen_brings_what_was_chosen(
    visit, ranked, chooser, value, wanted
):
    show(visit, ranked)
    visit.page.locator(".strategy select").select_option("band")
    visit.settle()
    visit.page.evaluate(LATE)
    with visit.page.expect_download(timeout=MINUTE) as download:
        visit.page.get_by_label(chooser).select_option(value)
        visit.page.locator(".st-key-subset-actions").get_by_role("link", name="Recipe").click()
    assert fits(json.loads(Path(download.value.path()).read_bytes()), wanted)
    visit.assert_clean()


def test_a_link_says_why_no_file_comes(visit, ranked):
    show(visit, ranked)
    link = visit.page.locator(".st-key-subset-actions").get_by_role("link", name="Recipe")
    visit.page.route("**/eudscore/file/**", lambda one: one.abort())
    link.click()
    expect(visit.page.get_by_role("alert").filter(has_text="The server does not answer")).to_be_visible()
    visit.page.unroute("**/eudscore/file/**")
    assert json.loads(taken(visit, "Recipe"))["chosen"]["rows"] == FIRST
    expect(visit.page.get_by_text("The server does not answer")).to_have_count(0)
