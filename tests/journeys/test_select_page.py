"""The Select page in a real browser: every way to choose, the server's rows the browser's, kept, compared and placed."""

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

from eudscore.corpus.roles import assign_roles
from eudscore.records import Band, JsonDict, Roles
from eudscore.selection.overlap import overlap
from eudscore.selection.placing import centre_by_rule, placed_band
from eudscore.selection.request import Per, SelectionRequest, Strategy
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.choosing import Subset, select
from eudscore.workflow.mapping import lay_out
from eudscore.workflow.preparing import prepare
from eudscore.workflow.probing import probe_places
from eudscore.workflow.ranking import rank_corpus
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score
from eudscore.workflow.steadiness import steadiness
from eudscore.workflow.stored import latest_scores

pytestmark = pytest.mark.browser

ROWS = 480
FIRST = 77  # 16 % of them
MINUTE = 60_000
CLASSES = ("billing", "login", "praise", "shipping")
WORDS = ("delivery", "coupon", "return", "cancel", "error", "item", "charge", "refund", "invoice", "screen")
ASKED = ScoreRequest((Entropy.INFORMATION, Entropy.SEMANTIC, Entropy.PREDICTIVE))


def keep_supported(workspace: Workspace, name: str, seed: int) -> CorpusRef:
    """A data set of uneven classes with vectors and a map of its own; each fourth row is short and of a wrong label.

    Some texts are there twice, some would be run by a spreadsheet, three are empty.
    """
    rng = np.random.default_rng(seed)
    topic = rng.choice(len(CLASSES), ROWS, p=[0.4, 0.3, 0.2, 0.1])
    vectors = (np.eye(6)[topic] + rng.normal(0, 0.25, (ROWS, 6))).astype(np.float32)
    wrong = np.arange(ROWS) % 4 == 0
    label = np.where(wrong, (topic + 1) % len(CLASSES), topic)
    lengths = np.where(wrong, 2, rng.integers(6, 16, ROWS)).tolist()
    texts = [f"{CLASSES[topic[row]]} {' '.join(rng.choice(WORDS, length))} {row}" for row, length in enumerate(lengths)]
    for row in range(0, ROWS, 24):
        texts[row] = f"=HYPERLINK({texts[row]})"
    for row in range(5, ROWS, 40):
        texts[row + 1], label[row + 1], vectors[row + 1] = f"{texts[row]}.", label[row], vectors[row] + 0.01
    texts[1:4] = [""] * 3
    columns = {
        "text": texts, "label": [CLASSES[one] for one in label], "desk": [f"desk {row % 8}" for row in range(ROWS)],
        "vector": pa.array(vectors.tolist(), pa.list_(pa.float32())),
        "x": vectors[:, 0] - vectors[:, 1], "y": vectors[:, 2] - vectors[:, 3],
    }  # fmt: skip
    roles = Roles("text", "label", group="desk", vectors=("vector",), coordinates=("x", "y"))
    return workspace.keep_corpus(assign_roles(pa.table(columns), name=name, source=f"{name}.csv", roles=roles))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("select"))


@pytest.fixture(scope="module")
def fresh(workspace: Workspace) -> CorpusRef:
    """Scored and laid out, but never ranked."""
    ref = keep_supported(workspace, "fresh", 0)
    score(workspace, ref, ASKED)
    lay_out(workspace, ref, ASKED)
    return ref


@pytest.fixture(scope="module")
def ranked(workspace: Workspace) -> CorpusRef:
    """Ranked by the default selector while it was prepared, and by cluster."""
    ref = keep_supported(workspace, "ranked", 1)
    prepare(workspace, ref, ASKED)
    by_cluster = SelectionRequest(1.0, strategy=Strategy.COVERAGE, per=Per.CLUSTER)
    rank_corpus(workspace, ref, latest_scores(workspace, ref), by_cluster)
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


def table(visit: Visit, card: str) -> list[int]:
    """The rows that a table lists."""
    return [int(row.replace(",", "")) for row in visit.page.locator(f"{card} .listing td.number").all_inner_texts()]


def taken(visit: Visit, button: str, within: Locator | None = None) -> bytes:
    """What a button downloads: one of those for the whole selection, or of another part of the page."""
    part = within or visit.page.locator(".st-key-subset-actions")
    with visit.page.expect_download(timeout=MINUTE) as download:
        part.get_by_role("button", name=button).click()
    visit.settle()
    return Path(download.value.path()).read_bytes()


def replay(workspace: Workspace, ref: CorpusRef, recipe: JsonDict) -> Subset:
    return select(workspace, latest_scores(workspace, ref), SelectionRequest(1), recipe=recipe)


def agreed(visit: Visit, workspace: Workspace, ref: CorpusRef, **asked: object) -> Subset:
    """The subset once the server was told what is asked; its rows are as many as the browser's, of the same classes."""
    for _ in range(40):
        visit.settle(400)
        recipe = json.loads(taken(visit, "Recipe"))
        if all(fits(recipe[name], value) for name, value in asked.items()):
            break
    assert all(fits(recipe[name], value) for name, value in asked.items()), recipe
    subset = replay(workspace, ref, recipe)
    expect(tile(visit, "Rows kept")).to_have_text(f"{len(subset):,}")
    expect(visit.page.locator(".budget-head .rows b")).to_have_text(f"{len(subset):,}")
    kinds, names = subset.corpus.labels, list(CLASSES)
    if recipe["per"] == "cluster":
        kinds = np.asarray(workspace.array("clusters", ref.id, clusters_key(workspace, ref), "clusters"))
        names = [f"cluster {number}" for number in range(int(kinds.max()) + 1)]
    of = kinds[subset.rows]
    bars = visit.page.locator(".bars-box:not([hidden]) li").all()
    assert len(bars) == min(12, len(names)) or recipe["balance"] == "custom"
    for bar in bars:
        share = float(bar.locator(".part").text_content().rstrip("%")) / 100
        number = names.index(bar.locator(".name").inner_text())
        assert share == pytest.approx(np.count_nonzero(of == number) / np.count_nonzero(of >= 0), abs=0.00051)
    return subset


def fits(value: object, wanted: object) -> bool:
    """Whether a value is the wanted one; of a mapping only what is named must be."""
    return wanted.items() <= value.items() if isinstance(wanted, dict) and value else value == wanted


def clusters_key(workspace: Workspace, ref: CorpusRef) -> str:
    (folder,) = (workspace.root / "clusters" / ref.id).glob("[!.]*")
    return folder.name


def entry(visit: Visit, name: str) -> Locator:
    """A saved selection in the list."""
    return visit.page.locator("[class*='st-key-saved-']").filter(has=visit.page.get_by_text(name, exact=True))


def choose_strategy(visit: Visit, name: str) -> None:
    visit.page.locator(".strategy select").select_option(name)


def choose_tool(visit: Visit, name: str) -> None:
    visit.page.locator(".st-key-card-more").get_by_role("radio", name=name).click()
    visit.settle()


def test_coverage_is_ranked_by_a_worker_and_what_it_withholds_is_told_and_taken_away(
    visit, workspace, fresh, picture
):  # fmt: skip
    show(visit, fresh)
    assert visit.page.locator(".strategy select").input_value() == "band"  # as nothing was ranked
    choose_strategy(visit, "coverage")
    visit.page.locator(".st-key-ranking-progress").wait_for()
    tile(visit, "Withheld for review").wait_for(timeout=3 * MINUTE)
    stands(visit)
    wanted = select(workspace, latest_scores(workspace, fresh), SelectionRequest(FIRST, strategy=Strategy.COVERAGE))
    assert agreed(visit, workspace, fresh, strategy="coverage").rows.tolist() == wanted.rows.tolist()
    subset = pq.read_table(pa.BufferReader(taken(visit, "Subset (Parquet)")))
    assert subset.column("row").to_pylist() == wanted.rows.tolist()
    withheld = wanted.selection.withheld
    assert list(withheld) == ["suspected mislabel", "near-duplicate"]
    count = sum(map(len, withheld.values()))
    expect(tile(visit, "Withheld for review")).to_have_text(str(count))
    assert sorted(table(visit, ".st-key-card-texts")) == sorted(wanted.rows.tolist())

    visit.page.locator(".st-key-card-texts").get_by_role("radio", name="Review these").click()
    visit.page.locator(".st-key-review").wait_for()
    visit.settle()
    for reason, rows in withheld.items():
        visit.page.locator(".st-key-review_reason input").click()
        visit.page.get_by_role("option", name=f"{reason} · {len(rows)}").click()
        shown = "all of them" if len(rows) <= 100 else f"100 of {len(rows)}"
        visit.page.locator(".st-key-card-texts").get_by_text(f"first, {shown}.").wait_for()
        visit.settle()
        listed = table(visit, ".st-key-card-texts")
        assert set(listed) <= set(rows.tolist())
        assert len(listed) == min(100, len(rows))
    visit.page.screenshot(path=picture)
    cells = pa_csv.read_csv(pa.BufferReader(taken(visit, "All with their reasons (CSV)", visit.page.locator(".st-key-review"))))
    assert cells.column("row").to_pylist() == [row for rows in withheld.values() for row in rows.tolist()]
    assert cells.column("reason").to_pylist() == [reason for reason, rows in withheld.items() for _ in rows]
    begun = [text[:12] for text in cells.column("text").to_pylist() if "HYPERLINK" in text]
    assert set(begun) == {"'=HYPERLINK("}
    visit.assert_clean()


def test_budget_quotas_cap_and_a_further_interval_are_on_the_server_what_they_are_here(
    visit, workspace, ranked, picture
):  # fmt: skip
    show(visit, ranked)
    page, balance = visit.page, visit.page.locator(".classes header select")
    assert len(agreed(visit, workspace, ranked, strategy="coverage", balance="root")) == FIRST
    page.get_by_role("slider", name="Budget", exact=True).press("PageUp")
    assert len(agreed(visit, workspace, ranked, budget=round(0.21 * ROWS))) == round(0.21 * ROWS)
    field = page.get_by_label("Budget, as a share")
    field.fill("900 tokens")
    field.press("Enter")
    tokens = agreed(visit, workspace, ranked, budget={"tokens": 900})
    assert 850 < latest_scores(workspace, ranked).tokens[tokens.rows].sum() <= 900
    field.fill("60")
    field.press("Enter")
    for kind in ("proportional", "balanced", "none"):
        balance.select_option(kind)
        agreed(visit, workspace, ranked, budget=60, balance=kind)
    balance.select_option("custom")
    share = page.get_by_label("Share of shipping in per cent")
    share.fill("40")
    share.press("Enter")
    expect(page.locator(".bars-box:not([hidden]) li", has_text="shipping")).to_have_attribute(
        "title", re.compile(r"^40% of the subset")
    )
    agreed(visit, workspace, ranked, balance="custom", shares={"shipping": 40})
    page.get_by_label("one each at least").uncheck()
    agreed(visit, workspace, ranked, at_least_one=False, balance="custom")
    page.locator(".quotas select").first.select_option("cluster")
    agreed(visit, workspace, ranked, per="cluster", balance="proportional")
    balance.select_option("custom")
    page.get_by_label("Share of cluster 0 in per cent").fill("50")
    page.get_by_label("Share of cluster 0 in per cent").press("Enter")
    agreed(visit, workspace, ranked, per="cluster", balance="custom", shares={"0": 50})
    page.screenshot(path=picture)

    choose_strategy(visit, "band")
    page.locator(".quotas select").first.select_option("class")
    field.fill("50%")
    field.press("Enter")
    page.get_by_label("Most near-duplicates").select_option("1")
    capped = agreed(visit, workspace, ranked, strategy="band", per="class", group_cap=1, budget=ROWS // 2)
    assert dict(capped.selection.steps)["within the cap"] < dict(capped.selection.steps)["in band"]
    page.get_by_label("Add a further score").select_option("semantic_entropy")
    further = page.get_by_role("slider", name="Upper end of the interval of Semantic entropy")
    for _ in range(6):
        further.press("PageDown")
    narrowed = agreed(visit, workspace, ranked, bands={"semantic_entropy": [0, 0.4]})
    assert len(narrowed) < len(capped)
    page.get_by_role("button", name="Remove the interval of Semantic entropy").click()
    agreed(visit, workspace, ranked, bands={})
    visit.assert_clean()


def test_a_selection_is_saved_opened_after_a_reload_replayed_from_its_file_and_removed(
    visit, workspace, fresh, ranked
):  # fmt: skip
    show(visit, ranked)
    page, said = visit.page, visit.page.locator(".st-key-opened-recipe")
    page.get_by_role("slider", name="Budget", exact=True).press("PageUp")
    kept = agreed(visit, workspace, ranked, budget=round(0.21 * ROWS))
    page.get_by_placeholder("name of the selection").fill("fifth of it")
    page.get_by_role("button", name="Save", exact=True).click()
    entry(visit, "fifth of it").wait_for()
    assert workspace.selections(ranked)["fifth of it"] == kept.recipe
    assert set(workspace.review(ranked, "fifth of it")) == {"suspected mislabel", "near-duplicate"}

    page.reload(wait_until="domcontentloaded")
    stands(visit)
    expect(tile(visit, "Rows kept")).to_have_text(str(FIRST))
    entry(visit, "fifth of it").get_by_role("button", name="Open").click()
    said.get_by_text("is shown as it was saved").wait_for()
    assert agreed(visit, workspace, ranked, budget=round(0.21 * ROWS)).rows.tolist() == kept.rows.tolist()
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
    assert agreed(visit, workspace, ranked, budget=round(0.21 * ROWS)).rows.tolist() == kept.rows.tolist()
    entry(visit, "fifth of it").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Yes, remove it").click()
    page.get_by_text("Nothing is saved yet").wait_for()
    assert workspace.selections(ranked) == {}
    visit.assert_clean()


def upload(visit: Visit, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/json", "buffer": content}
    visit.page.locator(".st-key-recipe_file input[type=file]").set_input_files(file)
    visit.page.locator(".st-key-recipe_file").get_by_text(name).wait_for()
    visit.page.get_by_role("button", name="Replay").click()
    visit.settle()


def test_two_are_compared(visit, workspace, ranked):
    scores = latest_scores(workspace, ranked)
    saved = select(workspace, scores, SelectionRequest(100, band=Band(0.2, 0.7)))
    workspace.keep_selection(ranked, "an interval", saved.recipe)
    show(visit, ranked)
    shown = agreed(visit, workspace, ranked, strategy="coverage")
    choose_tool(visit, "Compare two")
    more = visit.page.locator(".st-key-card-more")
    more.get_by_text("Jaccard index").wait_for()
    found = overlap(shown.rows, saved.rows, ROWS, pool=ROWS - 3)
    expect(tile(visit, "Rows in common")).to_have_text(str(len(found.both)))
    expect(tile(visit, "Jaccard index")).to_have_text(f"{found.jaccard:.2f}")
    sides = {"Only in the second": found.second_only, "In both": found.both, "Only in the first": found.first_only}
    for side, rows in sides.items():
        more.get_by_role("radio", name=side).click()
        more.get_by_text(re.compile(r"first, all of them\.")).wait_for()
        visit.settle(400)
        assert sorted(table(visit, ".st-key-card-more")) == sorted(rows.tolist())
    assert more.locator(".eud-shift th", has_text="Second").count() > 0
    workspace.drop_selection(ranked, "an interval")
    visit.assert_clean()


def test_stability_is_measured_and_the_interval_placed_by_rule_and_by_a_probe(
    visit, workspace, ranked, tmp_path, picture
):  # fmt: skip
    show(visit, ranked)
    page, more = visit.page, visit.page.locator(".st-key-card-more")
    choose_tool(visit, "Place the interval")
    more.get_by_text("This strategy has no interval.").wait_for()
    choose_strategy(visit, "band")
    page.locator(".band footer select").first.select_option("information_entropy")
    asked = agreed(visit, workspace, ranked, strategy="band", by="information_entropy")
    by_rule = placed_band(centre_by_rule(len(asked) / ROWS, trained=False), len(asked) / ROWS)
    more.get_by_role("button", name="Place by rule").click()
    placed = agreed(visit, workspace, ranked, band=[by_rule.lo, by_rule.hi], by="information_entropy", strategy="band")

    choose_tool(visit, "Stability")
    more.get_by_role("button", name="Measure the stability").click()
    page.locator(".st-key-steadiness-progress").wait_for()
    choose_tool(visit, "Place the interval")  # it goes on meanwhile, and the probe beside it
    more.get_by_text("labelled rows that none of them holds").wait_for()
    more.get_by_role("button", name="Probe five places").click()
    put = more.get_by_role("button", name="Put it there")
    put.wait_for(timeout=3 * MINUTE)
    scores = latest_scores(workspace, ranked)
    request = SelectionRequest(len(placed), "information_entropy", band=by_rule)
    probed = probe_places(workspace, ranked, scores, request)
    more.get_by_text(probed["sentence"]).wait_for()
    page.screenshot(path=picture)
    choose_tool(visit, "Stability")
    measured = steadiness(workspace, ranked, scores, request, tmp_path)
    expect(tile(visit, "Stability over")).to_have_text(f"{measured['stability']:.2f}", timeout=2 * MINUTE)
    expect(tile(visit, "Rows in at times")).to_have_text(str(measured["at_times"]))
    choose_tool(visit, "Place the interval")
    put.click()
    agreed(visit, workspace, ranked, band=probed["band"], by="information_entropy", budget=len(placed))
    visit.assert_clean()


def test_a_server_that_only_shows_lets_choose_and_take_away_but_changes_nothing(
    chromium, workspace, ranked, monkeypatch
):  # fmt: skip
    workspace.keep_selection(ranked, "kept", select(
        workspace, latest_scores(workspace, ranked), SelectionRequest(30, strategy=Strategy.COVERAGE)).recipe)  # fmt: skip
    there = {path for path in workspace.root.rglob("*") if path.name != "server.log"}
    monkeypatch.setenv("EUDSCORE_READ_ONLY", "1")
    with serving(ROOT / "app.py", workspace.root) as address, visiting(chromium, address) as visit:
        show(visit, ranked)
        page = visit.page
        page.get_by_role("slider", name="Budget", exact=True).press("PageDown")
        agreed(visit, workspace, ranked, budget=round(0.115 * ROWS))
        entry(visit, "kept").get_by_role("button", name="Open").click()
        page.get_by_text("is shown as it was saved").wait_for()
        assert len(agreed(visit, workspace, ranked, budget=30)) == 30
        assert page.get_by_role("button", name="Save", exact=True).is_disabled()
        assert entry(visit, "kept").get_by_role("button", name="Remove").is_disabled()
        choose_tool(visit, "Stability")
        expect(page.get_by_role("button", name="Measure the stability")).to_be_disabled()
        choose_strategy(visit, "facility")
        page.get_by_text("This strategy has not ranked the rows yet, and this server only shows what is there.").wait_for()
        visit.assert_clean()
    assert {path for path in workspace.root.rglob("*") if path.name != "server.log"} == there
    workspace.drop_selection(ranked, "kept")
