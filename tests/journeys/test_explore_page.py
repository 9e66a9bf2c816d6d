"""The Explore page in a real browser: one selection in all views, confirmed by the server, and back again."""

import json
import math
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from browser import ROOT, Visit, running_with, serving, visiting
from playwright.sync_api import expect
from synthetic import CLASSES, FAMILY, keep_synthetic

from eudscore.selection.codes import LAST, axis_of, codes_of
from eudscore.store.workspace import CorpusRef, Workspace

pytestmark = pytest.mark.browser

ROWS = 5_000
NO_WEBGL = ("--disable-3d-apis",)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("explore")


@pytest.fixture(scope="module")
def ref(root) -> CorpusRef:
    workspace = Workspace(root)
    keep_synthetic(workspace, "unlabelled", 40, classes=())
    return keep_synthetic(workspace, "small", ROWS)


@pytest.fixture(scope="module")
def address(chromium, root, ref) -> Iterator[str]:
    with serving(ROOT / "app.py", root) as found:
        yield found


@pytest.fixture
def visit(chromium, address: str) -> Iterator[Visit]:
    with visiting(chromium, address) as opened:
        yield opened


def show(visit: Visit, ref: CorpusRef, view: dict | None = None) -> None:
    asked = "" if view is None else f"&view={json.dumps(view)}"
    visit.open(f"/explore?data={ref}{asked}")
    visit.page.locator(".map:not(.covered) canvas").first.wait_for()
    visit.page.locator(".listing tbody tr").first.wait_for()
    visit.settle()


def shown(visit: Visit) -> int:
    """The rows that the browser says are picked."""
    return int(visit.page.locator(".picked b").inner_text().replace(",", "").replace("≈", ""))


def confirmed(visit: Visit, rows: int) -> None:
    """Wait until the server counts so many rows, and the browser the same."""
    card = visit.page.locator(".st-key-card-texts")
    card.get_by_text(re.compile(rf"^{rows:,} of {ROWS:,} rows") if rows else "No row is picked").first.wait_for()
    expect(visit.page.locator(".picked b")).to_have_text(f"{rows:,}")
    visit.settle()
    assert shown(visit) == rows


def address_of(visit: Visit) -> dict:
    asked = parse_qs(urlsplit(visit.page.url).query)
    return json.loads(asked["view"][0]) if "view" in asked else {}


def lasso(visit: Visit, *, radius: float = 70, at: tuple[float, float] = (0.5, 0.5), key: str | None = None) -> None:
    """Draw a circle on the map."""
    visit.page.get_by_role("button", name="Lasso").click()
    box = visit.page.locator(".stage").bounding_box()
    assert box is not None
    x, y = box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"]
    mouse = visit.page.mouse
    if key:
        visit.page.keyboard.down(key)
    mouse.move(x + radius, y)
    mouse.down()
    for step in range(1, 30):
        angle = 2 * math.pi * step / 30
        mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
    mouse.up()
    if key:
        visit.page.keyboard.up(key)


def test_a_brush_by_keys_is_counted_here_and_on_the_server_and_stands_in_the_address(visit, ref, root, picture):
    show(visit, ref)
    lower = visit.page.get_by_role("slider", name="Lower end of Semantic entropy")
    lower.focus()
    for _ in range(3):
        lower.press("PageUp")
    values = np.asarray(Workspace(root).column(ref.id, FAMILY, "semantic_entropy"))
    codes = codes_of(values, axis_of(values))
    first = 3 * 10 * round(LAST / 100)
    confirmed(visit, int(((codes >= first) & (codes <= LAST)).sum()))
    assert address_of(visit) == {"where": {"bands": {"semantic_entropy": [first, LAST]}}}
    lower.press("Delete")
    confirmed(visit, ROWS)
    visit.page.wait_for_function("!location.search.includes('view')")
    visit.page.screenshot(path=picture)
    visit.assert_clean()


def test_a_lasso_picks_adds_and_cuts_and_the_server_agrees(visit, ref, picture):
    show(visit, ref)
    lasso(visit)
    one = shown(visit)
    assert 0 < one < ROWS
    confirmed(visit, one)
    lasso(visit, at=(0.3, 0.4), radius=40, key="Shift")
    more = shown(visit)
    assert more >= one
    confirmed(visit, more)
    lasso(visit, at=(0.5, 0.5), radius=90, key="Alt")
    less = shown(visit)
    assert less < more
    confirmed(visit, less)
    assert visit.page.locator(".outlines g path").count() == 3
    visit.page.screenshot(path=picture)
    visit.page.get_by_role("button", name="Invert").click()
    confirmed(visit, ROWS - less)
    visit.page.get_by_role("button", name="None", exact=True).click()
    confirmed(visit, 0)
    visit.page.get_by_role("button", name="All", exact=True).click()
    confirmed(visit, ROWS)
    visit.assert_clean()


def test_undo_and_redo_lead_through_what_was_picked(visit, ref):
    show(visit, ref)
    assert visit.page.get_by_role("button", name="Undo").get_attribute("aria-disabled") == "true"
    lasso(visit)
    one = shown(visit)
    visit.page.get_by_role("button", name="Invert").click()
    confirmed(visit, ROWS - one)
    visit.page.get_by_role("button", name="Undo").click()
    confirmed(visit, one)
    visit.page.keyboard.press("Control+z")
    confirmed(visit, ROWS)
    visit.page.keyboard.press("Control+Shift+z")
    confirmed(visit, one)
    visit.page.get_by_role("button", name="Redo").click()
    confirmed(visit, ROWS - one)
    visit.assert_clean()


def test_the_browser_leads_back_and_forward_through_what_was_picked(visit, ref):
    show(visit, ref)
    visit.page.get_by_role("button", name="billing", exact=True).click()
    visit.page.wait_for_function("location.search.includes('view')")
    one = shown(visit)
    confirmed(visit, one)
    visit.page.wait_for_timeout(1700)
    visit.page.get_by_role("button", name="Invert").click()
    confirmed(visit, ROWS - one)
    visit.page.wait_for_timeout(1700)
    visit.page.go_back()
    confirmed(visit, one)
    visit.page.go_back()
    confirmed(visit, ROWS)
    visit.page.go_forward()
    confirmed(visit, one)
    visit.assert_clean()


def test_a_class_is_picked_by_its_bar_and_let_go_again(visit, ref, root):
    labels = Workspace(root).corpus(ref).labels
    show(visit, ref)
    visit.page.get_by_role("button", name="billing", exact=True).click()
    confirmed(visit, int((labels == CLASSES.index("billing")).sum()))
    visit.page.get_by_role("button", name="login", exact=True).click(modifiers=["Shift"])
    confirmed(visit, int(np.isin(labels, [CLASSES.index("billing"), CLASSES.index("login")]).sum()))
    visit.page.get_by_role("button", name="Without: Class billing, login").click()
    confirmed(visit, ROWS)
    visit.assert_clean()


def test_words_are_found_marked_and_refined_by_a_brush(visit, ref, root, picture):
    texts = Workspace(root).corpus(ref).texts()
    show(visit, ref)
    visit.page.get_by_role("searchbox", name="Search the texts").fill("refund -coupon")
    visit.page.keyboard.press("Enter")
    held = sum("refund" in text and "coupon" not in text for text in texts)
    confirmed(visit, held)
    assert visit.page.locator(".listing mark").first.inner_text() == "refund"
    visit.page.screenshot(path=picture)
    visit.page.get_by_role("searchbox").fill('"')
    visit.page.keyboard.press("Enter")
    visit.page.locator(".query .hint").get_by_text(re.compile(r"\.$")).wait_for()
    assert shown(visit) == held
    assert [wrong for wrong in visit.wrong if "400" not in wrong] == []  # the refusal of the query, and nothing else


def test_a_link_reproduces_the_view(chromium, address, visit, ref):
    show(visit, ref)
    lasso(visit)
    visit.page.get_by_role("tab", name="Two scores").click()
    visit.page.get_by_role("combobox", name="Colour").select_option("semantic_entropy")
    picked = shown(visit)
    confirmed(visit, picked)
    visit.page.wait_for_function("location.search.includes('joint') && location.search.includes('semantic_entropy')")
    visit.settle(400)
    with visiting(chromium, address) as other:
        other.page.goto(visit.page.url)
        other.page.locator(".listing tbody tr").first.wait_for()
        confirmed(other, picked)
        assert other.page.get_by_role("tab", name="Two scores").get_attribute("aria-selected") == "true"
        assert other.page.get_by_role("combobox", name="Colour").input_value() == "semantic_entropy"
        assert other.page.locator(".outlines g path").count() == 1
        other.assert_clean()


def test_an_address_that_makes_no_sense_is_told_and_everything_is_shown(visit, ref):
    for view in (
        "nonsense",
        '{"where":{"bands":{"moods":[0,1]}}}',
        '{"where":{"marks":[{"op":"add","area":[0,0,1,1,2,2]}]}}',
    ):
        visit.open(f"/explore?data={ref}&view={view}")
        visit.page.locator(".st-key-card-texts").get_by_text(f"{ROWS:,} of {ROWS:,} rows").wait_for()
        assert visit.page.get_by_role("alert").count() >= 1
    visit.assert_clean()


def test_a_row_of_the_table_is_pinned_and_explained_and_a_point_after_it_too(visit, ref):
    show(visit, ref)
    line = visit.page.locator(".listing tbody tr").first
    row = line.locator("td").first.inner_text()
    line.click()
    visit.page.locator(".st-key-card-why").get_by_text(f"row {row}").first.wait_for()
    visit.page.locator(".ring:not([hidden])").wait_for(state="attached")
    assert line.get_attribute("aria-selected") == "true"
    canvas = visit.page.get_by_role("application")
    canvas.focus()
    canvas.press("Enter")
    visit.page.wait_for_function("() => location.search.includes('row')")
    visit.settle(400)
    other = address_of(visit)["row"]
    visit.page.locator(".st-key-card-why").get_by_text(f"row {other:,}").first.wait_for()
    visit.assert_clean()


def test_without_labels_the_classes_say_so(visit, root, ref):
    other = next(entry.ref for entry in Workspace(root).corpora() if entry.name == "unlabelled")
    show(visit, other)
    visit.page.get_by_text("These rows carry no labels").wait_for()
    visit.assert_clean()


def test_without_webgl_the_same_page_draws_and_picks(chromium, address, ref, picture):
    with running_with(chromium.browser_type, *NO_WEBGL) as plain, visiting(plain, address) as visit:
        show(visit, ref)
        visit.page.get_by_text("drawn without WebGL, pixel by pixel").wait_for()
        lasso(visit)
        picked = shown(visit)
        assert 0 < picked < ROWS
        confirmed(visit, picked)
        visit.page.screenshot(path=picture)
        visit.assert_clean()
