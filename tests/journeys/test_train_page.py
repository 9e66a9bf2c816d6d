"""From a saved selection to the verdict: the study is launched on the page, watched, left, and read."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from browser import ROOT, Visit, serving, visiting
from playwright.sync_api import Browser, expect
from test_accessible import found_wrong

from eudscore import locations
from eudscore.corpus.read import read_source
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.study.results import read_cells
from eudscore.workflow.choosing import select
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score
from eudscore.workflow.stored import latest_scores

pytestmark = pytest.mark.browser

ROWS = 240
MINUTE = 60_000
TRAININGS = 2 * (1 + 1 + 1) + 2  # seeds x (random, random by class, the selection), and all rows


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proving")


@pytest.fixture(scope="module")
def ref(root: Path, tmp_path_factory: pytest.TempPathFactory) -> CorpusRef:
    """A slice of the demo, scored, with a selection that somebody saved."""
    path = tmp_path_factory.mktemp("file") / "messages.parquet"
    columns = ["text", "label_name"]
    pq.write_table(pq.read_table(locations.assets() / "demo" / "train.parquet", columns=columns).slice(0, ROWS), path)
    workspace = Workspace(root)
    found = workspace.keep_corpus(read_source(str(path)))
    score(workspace, found, ScoreRequest((Entropy.INFORMATION,)))
    asked = SelectionRequest(0.4, "information_entropy", Strategy.BAND)
    workspace.keep_selection(found, "the middle", select(workspace, latest_scores(workspace, found), asked).recipe)
    return found


@pytest.fixture(scope="module")
def address(chromium: Browser, root: Path, ref: CorpusRef) -> Iterator[str]:
    with serving(ROOT / "app.py", root) as found:
        yield found


@pytest.fixture(scope="module")
def proved(chromium: Browser, address: str, ref: CorpusRef, tiny_encoder: Path) -> Iterator[Visit]:
    """The page after its study was launched, left, and found again."""
    with visiting(chromium, address) as visit:
        _launch(visit, ref, tiny_encoder)
        _watch(visit)
        visit.page.reload()  # closing the tab does not stop the work, and whoever comes back sees it
        expect(visit.page.locator(".eud-verdict")).to_be_visible(timeout=2 * MINUTE)
        expect(visit.page.get_by_text(f"{TRAININGS} trainings done")).to_have_count(0, timeout=2 * MINUTE)
        expect(visit.page.locator(".st-key-card-study-live")).to_have_count(0, timeout=2 * MINUTE)
        visit.settle()
        yield visit


def picture(visit: Visit, name: str) -> None:
    folder = ROOT / "test-artifacts"
    folder.mkdir(exist_ok=True)
    visit.page.screenshot(path=folder / f"train-{name}.png", full_page=True)


def _launch(visit: Visit, ref: CorpusRef, model: Path) -> None:
    page = visit.page
    visit.open(f"/train?data={ref}")
    expect(page.get_by_text(re.compile(rf"^\d+ of {ROWS} rows, strategy band of Information entropy"))).to_be_visible()
    page.get_by_label("Model", exact=True).fill(str(model))
    page.keyboard.press("Tab")
    page.get_by_label("Epochs", exact=True).fill("2")
    page.keyboard.press("Tab")
    page.get_by_role("tab", name="Prove it").click()
    page.get_by_label("Seeds", exact=True).fill("2")
    page.keyboard.press("Tab")
    page.get_by_label("Random subsets a seed", exact=True).fill("1")
    page.keyboard.press("Tab")
    expect(page.get_by_text(f"{TRAININGS} trainings: for each of 2 seeds 1 random subset")).to_be_visible()
    picture(visit, "1-asked")
    page.get_by_role("button", name="Prove it").click()
    expect(page.locator(".st-key-card-study-live")).to_be_visible()
    expect(page.locator(".st-key-card-queue")).to_be_visible()


def _watch(visit: Visit) -> None:
    """While trainings follow one another the pictures stay the same ones, and where they are."""
    page = visit.page
    expect(page.get_by_text(re.compile(rf"Training \d of {TRAININGS}: ")).first).to_be_visible(timeout=2 * MINUTE)
    pictures = page.locator(".st-key-card-study-live canvas")
    expect(pictures).to_have_count(2)
    pictures.evaluate_all(
        "(all) => { window.kept = all; window.top0 = all.map((one) => one.getBoundingClientRect().top) }"
    )
    before = page.locator(".st-key-study-meters").inner_text()
    picture(visit, "2-live")
    expect(page.locator(".st-key-study-meters")).not_to_have_text(before, timeout=MINUTE, use_inner_text=True)
    same = page.evaluate(
        "() => !document.querySelector('.st-key-card-study-live') || window.kept.every((one) => one.isConnected)"
    )
    assert same, "the pictures were put up anew"
    moved = page.evaluate(
        "() => window.kept.map((one, at) => one.isConnected ? one.getBoundingClientRect().top - window.top0[at] : 0)"
    )
    assert moved == [0, 0], "the page jumped"


def test_the_study_ends_in_one_verdict_one_chart_and_one_table(proved: Visit, root: Path) -> None:
    page = proved.page
    said = page.locator(".eud-verdict").inner_text().replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("At 40 % ")
    expect(page.locator(".st-key-card-study .js-plotly-plot")).to_have_count(1)
    names = page.locator(".eud-study tbody th").all_inner_texts()
    assert [name.replace("\N{NO-BREAK SPACE}", " ") for name in names] == [
        "random 40 %", "band 40 %", "random by class 40 %", "all rows",
    ]  # fmt: skip
    (folder,) = [path.parent for path in (root / "runs").glob("*/study.json")]
    cells = read_cells(json.loads((folder / "results.json").read_text()))
    assert sum(cell.metric == "accuracy" for cell in cells) == TRAININGS
    picture(proved, "3-verdict")
    assert proved.wrong == []


def test_another_metric_has_another_verdict(proved: Visit) -> None:
    page = proved.page
    page.get_by_role("radio", name="NLL").or_(page.get_by_role("button", name="NLL")).first.click()
    expect(page.locator(".eud-verdict")).to_contain_text("nats")
    proved.settle()
    assert proved.wrong == []


def test_results_and_table_can_be_taken_away(proved: Visit) -> None:
    page = proved.page
    with page.expect_download() as given:
        page.get_by_role("link", name="results.json").click()
    assert len(read_cells(json.loads(Path(given.value.path()).read_text()))) > TRAININGS
    with page.expect_download() as given:
        page.get_by_role("link", name="Table (CSV)").click()
    lines = list(csv.DictReader(Path(given.value.path()).read_text().splitlines()))
    assert [line["strategy"] for line in lines] == ["random", "band", "random_by_class", "full"]


def test_a_copy_of_the_study_fills_the_form(proved: Visit, tiny_encoder: Path) -> None:
    page = proved.page
    page.get_by_role("button", name="Edit a copy").click()
    proved.settle()
    expect(page.get_by_label("Seeds", exact=True)).to_have_value("2")
    expect(page.get_by_label("Model", exact=True)).to_have_value(str(tiny_encoder))
    expect(page.get_by_role("tab", name="Prove it")).to_have_attribute("aria-selected", "true")
    assert proved.wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_verdict_fits_every_window(
    chromium: Browser, address: str, proved: Visit, ref: CorpusRef, scheme: str
) -> None:
    with visiting(chromium, address, scheme=scheme) as visit:
        visit.open(f"/train?data={ref}")
        expect(visit.page.locator(".eud-verdict")).to_be_visible()
        expect(visit.page.locator(".st-key-card-study .js-plotly-plot")).to_be_visible()
        for width in visit.in_sizes((1440, 900), (1024, 768)):
            main = visit.page.locator('[data-testid="stMainBlockContainer"]')
            assert main.evaluate("one => one.scrollWidth <= one.clientWidth")
            verdict = visit.page.locator(".eud-verdict")
            assert verdict.evaluate("one => one.getBoundingClientRect().bottom <= innerHeight")
            picture(visit, f"4-{width}-{scheme}")
        assert found_wrong(visit.page) == []
        assert visit.wrong == []
