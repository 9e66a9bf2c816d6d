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

from eudscore.records import Card
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
def rich(root) -> CorpusRef:
    """A data set with vectors, the first one more and more unlike the later ones, and with names on its map."""
    workspace = Workspace(root)
    ref = keep_synthetic(workspace, "rich", 400)
    turns = np.array([0, *np.linspace(0.3, 1.4, 399)])
    vectors = np.stack([np.cos(turns), np.sin(turns)], axis=1).astype(np.float32)
    card = Card("vectors", "synthetic", dtype="float32")
    workspace.keep("vectors", ref.id, card.key, {"cards": [card.to_json()]}, {"vectors": vectors})
    xy = np.random.default_rng(0).uniform(-1, 1, (400, 2)).astype(np.float32)
    corners = [(x, y) for x in (-0.98, 0.1, 0.98) for y in (-0.98, 0.1, 0.98)]
    names = [{"label": f"region called {x} {y}", "x": x, "y": y, "rows": 9, "level": 0} for x, y in corners]
    fine = {"label": "fine one", "x": 0.5, "y": 0.5, "rows": 2, "level": 1}
    workspace.keep_layout(ref.id, Card("layout", "named"), xy, {"regions": [*names, fine]})
    return ref


@pytest.fixture(scope="module")
def address(chromium, root, ref, rich) -> Iterator[str]:
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


QUICKLY = """
(canvas, [times, shift]) => {
  for (let i = 0; i < times; i += 1) {
    const keys = { key: shift ? "Z" : "z", ctrlKey: true, shiftKey: shift };
    canvas.dispatchEvent(new KeyboardEvent("keydown", { ...keys, bubbles: true, composed: true, cancelable: true }));
  }
}
"""


def test_three_steps_undone_faster_than_one_settles_are_redone_to_the_same(visit, ref):
    show(visit, ref)
    lasso(visit, radius=110)
    one = shown(visit)
    visit.page.get_by_role("button", name="billing", exact=True).click()
    expect(visit.page.locator(".chips li")).to_have_count(2)
    visit.page.get_by_role("button", name="Invert").click()
    expect(visit.page.locator(".chips li")).to_have_text([re.compile("not .*billing.*outline.*")])
    last = shown(visit)
    confirmed(visit, last)
    canvas = visit.page.get_by_role("application")
    canvas.evaluate(QUICKLY, [3, False])
    confirmed(visit, ROWS)
    canvas.evaluate(QUICKLY, [3, True])
    confirmed(visit, last)
    canvas.evaluate(QUICKLY, [3, False])
    confirmed(visit, ROWS)
    canvas.evaluate(QUICKLY, [1, True])  # none of the steps between was lost
    confirmed(visit, one)
    canvas.evaluate(QUICKLY, [2, True])
    confirmed(visit, last)
    assert visit.page.get_by_role("button", name="Redo").get_attribute("aria-disabled") == "true"
    visit.assert_clean()


def test_undo_by_key_is_heard_all_over_the_page_but_not_while_one_types_or_elsewhere(visit, ref):
    show(visit, ref)
    lasso(visit)
    one = shown(visit)
    confirmed(visit, one)
    field = visit.page.get_by_role("searchbox", name="Search the texts")
    field.fill("refund")
    field.press("Control+z")
    confirmed(visit, one)
    visit.page.locator(".listing tbody tr").first.focus()
    visit.page.keyboard.press("Control+z")
    confirmed(visit, ROWS)
    visit.page.evaluate("document.activeElement.blur()")
    visit.page.keyboard.press("Control+y")
    confirmed(visit, one)
    stopped = """() => !document.body.dispatchEvent(
      new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true, cancelable: true }))"""
    assert visit.page.evaluate(stopped)
    visit.page.get_by_role("link", name="Data").first.click()
    visit.page.locator(".exploring").wait_for(state="detached")
    visit.settle()
    assert not visit.page.evaluate(stopped)
    visit.assert_clean()


@pytest.mark.parametrize("tool", ["Lasso", "Box"])
def test_escape_gives_up_what_is_being_drawn(visit, ref, tool):
    show(visit, ref)
    visit.page.get_by_role("button", name=tool).click()
    box = visit.page.locator(".stage").bounding_box()
    assert box is not None
    x, y, mouse = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, visit.page.mouse
    mouse.move(x - 60, y - 60)
    mouse.down()
    mouse.move(x + 60, y - 60)
    mouse.move(x + 60, y + 60)
    drawing = visit.page.locator(".outlines path.drawing")
    expect(drawing).to_have_attribute("d", re.compile("^M"))
    visit.page.keyboard.press("Escape")
    expect(drawing).not_to_have_attribute("d", re.compile("."))
    mouse.move(x - 60, y + 60)  # nor does the map follow
    mouse.up()
    visit.page.wait_for_timeout(400)
    confirmed(visit, ROWS)
    assert address_of(visit) == {}
    assert visit.page.locator(".ring:not([hidden])").count() == 0
    lasso(visit)
    assert 0 < shown(visit) < ROWS
    visit.assert_clean()


def test_several_outlines_are_numbered_as_they_were_drawn(visit, ref, picture):
    show(visit, ref)
    lasso(visit)
    chips = visit.page.locator(".chips li span")
    expect(chips).to_have_text(["outline on the map"])
    assert visit.page.locator(".outlines text").all_text_contents() == [""]
    lasso(visit, at=(0.3, 0.4), radius=40, key="Shift")
    lasso(visit, at=(0.5, 0.5), radius=30, key="Alt")
    expect(chips).to_have_text(["outline 1", "or outline 2", "without outline 3"])
    assert visit.page.locator(".outlines text").all_text_contents() == ["1", "2", "3"]
    visit.page.screenshot(path=picture)
    visit.page.get_by_role("button", name="Without: outline 1").click()
    expect(chips).to_have_text(["outline 1", "without outline 2"])
    visit.assert_clean()


def test_the_coarsest_names_stay_however_far_or_near_one_is(visit, rich, picture):
    show(visit, rich)
    named = visit.page.locator(".regions .level-0:not([hidden])")
    everyone = 9
    expect(named).to_have_count(everyone)
    canvas = visit.page.get_by_role("application")
    canvas.focus()
    for _ in range(4):
        canvas.press("-")
    expect(named).to_have_count(everyone)
    visit.page.screenshot(path=picture)
    boxes = [one.bounding_box() for one in named.all()]
    stage = visit.page.locator(".stage").bounding_box()
    for box in boxes:
        assert stage["x"] <= box["x"]
        assert box["x"] + box["width"] <= stage["x"] + stage["width"]
    for _ in range(24):
        canvas.press("+")
    expect(named).to_have_count(1)  # so near that no region has its middle in view
    expect(visit.page.locator(".regions .level-1:not([hidden])")).to_have_count(0)
    visit.assert_clean()


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768)], ids=["1440", "1024"])
def test_the_gutters_of_the_views_and_of_the_cards_below_line_up(chromium, address, ref, size):
    with visiting(chromium, address, size=size) as visit:
        show(visit, ref)
        above, side = (visit.page.locator(one).bounding_box() for one in (".card.map", ".card.scores"))
        below, why = (visit.page.locator(f".st-key-card-{one}").bounding_box() for one in ("texts", "why"))
        for one, other in ((above, below), (side, why)):
            assert one["x"] == pytest.approx(other["x"], abs=0.6)
            assert one["x"] + one["width"] == pytest.approx(other["x"] + other["width"], abs=0.6)
        visit.assert_clean()


def test_a_search_for_likeness_says_how_alike_its_rows_are(visit, rich, picture):
    show(visit, rich, {"where": {"marks": [{"op": "add", "like": 0, "most": 300}]}})
    expect(visit.page.locator(".chips li span")).to_have_text("like row 0")
    expect(visit.page.locator(".chips li small")).to_have_text("300 nearest, cosine 0.95 to 0.42")
    assert shown(visit) == 301
    visit.page.screenshot(path=picture)
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
    another = "before => /row.*[0-9]+/.test(location.search) && !decodeURIComponent(location.search).includes(before)"
    visit.page.wait_for_function(another, arg=f'"row":{row.replace(",", "")}}}')
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
