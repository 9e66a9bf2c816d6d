"""The whole path as a new user walks it: an empty workspace, a file, a map, a budget, a finished fine-tune."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from browser import ROOT, Visit, serving, visiting
from playwright.sync_api import Browser, expect

from eudscore import locations

pytestmark = pytest.mark.browser

ROWS = 240
MINUTE = 60_000


@pytest.fixture(scope="module")
def address(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(ROOT / "app.py", tmp_path_factory.mktemp("journey")) as found:
        yield found


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Visit]:
    with visiting(chromium, address) as opened:
        yield opened


@pytest.fixture(scope="module")
def slice_of_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "support messages.csv"
    table = pq.read_table(locations.assets() / "demo" / "train.parquet", columns=["text", "label_name"])
    pyarrow.csv.write_csv(table.slice(0, ROWS), path)
    return path


def picture(visit: Visit, name: str) -> None:
    folder = ROOT / "test-artifacts"
    folder.mkdir(exist_ok=True)
    visit.page.screenshot(path=folder / f"journey-{name}.png")


def nothing_went_wrong(visit: Visit) -> None:
    assert visit.wrong == []
    assert visit.page.locator('[data-testid="stException"]').count() == 0
    assert visit.page.locator('[data-testid="stAlertContentError"]').count() == 0


def test_from_an_empty_workspace_to_a_finished_fine_tune(visit: Visit, slice_of_demo: Path) -> None:
    page = visit.page
    visit.open("/")
    expect(page.get_by_role("button", name="Open the demo")).to_be_visible()
    picture(visit, "1-empty")

    page.locator('input[type="file"]').set_input_files(slice_of_demo)
    expect(page.get_by_role("heading", name="support messages")).to_be_visible(timeout=MINUTE)
    expect(page.get_by_text(f"{ROWS} rows").first).to_be_visible()
    expect(page.get_by_text("10 classes").first).to_be_visible()
    visit.settle()
    picture(visit, "2-data")
    nothing_went_wrong(visit)

    page.get_by_role("button", name="Score and map").click()
    expect(page.get_by_text("UMAP of sentence vectors")).to_be_visible(timeout=3 * MINUTE)
    expect(page.locator(".eud-chip", has_text=re.compile(r"\d scores"))).to_have_text("26 scores", timeout=MINUTE)
    visit.settle()
    picture(visit, "3-explore")
    nothing_went_wrong(visit)

    page.get_by_role("button", name="Select a subset").click()
    kept = page.locator(".eud-tile", has_text="Rows kept").locator("dd")
    expect(kept).to_have_text("38", timeout=MINUTE)  # 16 % of 240
    budget = page.get_by_role("slider", name="Budget")
    budget.focus()
    for _ in range(6):
        page.keyboard.press("PageUp")
    expect(kept).not_to_have_text("38")
    visit.settle()
    shown = page.locator(".rows b").inner_text()
    expect(kept).to_have_text(shown)
    picture(visit, "4-select")
    nothing_went_wrong(visit)

    page.get_by_role("button", name="Fine-tune on it").click()
    expect(page.get_by_text(re.compile(rf"^{shown} of {ROWS} rows, strategy [a-z]+"))).to_be_visible(timeout=MINUTE)
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("1")
    epochs.press("Enter")
    visit.settle()
    page.get_by_role("button", name="Launch the fine-tune").click()
    expect(page.get_by_text(re.compile("step [0-9]+ of")).first).to_be_visible(timeout=MINUTE)
    page.reload()  # closing the tab does not stop the work, and whoever comes back sees it
    expect(page.get_by_text("The selection is")).to_be_visible(timeout=4 * MINUTE)
    expect(page.get_by_text(re.compile("test accuracy [0-9.]+% "))).to_have_count(3, timeout=4 * MINUTE)
    visit.settle()
    picture(visit, "5-train")
    nothing_went_wrong(visit)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["data", "score", "explore", "select", "train"])
def test_every_page_opens_by_its_address_and_fits_the_window(
    chromium: Browser, address: str, name: str, scheme: str
) -> None:
    with visiting(chromium, address, scheme=scheme) as visit:
        visit.open(f"/{name}")
        expect(visit.page.locator(".eud-title")).to_be_visible(timeout=MINUTE)
        assert f"/{name}" in visit.page.url
        for width in visit.in_sizes((1440, 900), (1024, 768)):
            main = visit.page.locator('[data-testid="stMainBlockContainer"]')
            assert main.evaluate("one => one.scrollWidth <= one.clientWidth")
            picture(visit, f"{name}-{width}-{scheme}")
        nothing_went_wrong(visit)
