"""Map, budget and class balance in a real browser, on the real routes."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import Visit, running_with, serving, visiting
from playwright.sync_api import expect
from synthetic import CLASSES, keep_synthetic

from eudscore.records import Card
from eudscore.store.workspace import Workspace
from eudscore.workflow.profiling import find_near_duplicates

pytestmark = pytest.mark.browser

RANKING = "0123456789abcdef"
SCRIPT = Path(__file__).parent / "apps" / "explorer_app.py"
NO_WEBGL = ("--disable-3d-apis",)


HOST = "[...document.querySelectorAll('*')].find((e) => e.shadowRoot?.querySelector('.explorer')).shadowRoot"


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("explorer")
    workspace = Workspace(root)
    ref = keep_synthetic(workspace, "small", 5_000)
    tokens = (10 + np.arange(5_000) % 5).astype(np.int32)
    workspace.keep_family(ref.id, "fedcba9876543210", [Card("tokens", "synthetic", dtype="int32")], {"tokens": tokens})
    workspace.keep_ranking(ref.id, RANKING, {"notes": []}, np.arange(4_000), {"outlier": np.arange(4_500, 4_700)})
    find_near_duplicates(workspace, ref)
    keep_synthetic(workspace, "large", 100_000)
    keep_synthetic(workspace, "huge", 200_000)
    keep_synthetic(workspace, "many", 600, classes=tuple(f"class {i}" for i in range(40)))
    with serving(SCRIPT, root) as found:
        yield found


@pytest.fixture
def visit(chromium, address: str) -> Iterator[Visit]:
    with visiting(chromium, address) as opened:
        yield opened


def show(visit: Visit, path: str) -> None:
    visit.open(path)
    visit.page.locator(".band:not(.covered) .rows b").wait_for()


def tile(visit: Visit, name: str) -> str:
    """A figure as Python shows it."""
    return visit.page.locator(".eud-tile", has_text=name).locator("dd").inner_text()


def rows(visit: Visit) -> int:
    """The rows that the budget panel shows."""
    return int(visit.page.locator(".rows b").inner_text().replace(",", ""))


def confirmed(visit: Visit) -> None:
    """Wait until Python shows what the panel shows."""
    shown = visit.page.locator(".rows b").inner_text()
    figure = visit.page.locator(".eud-tile", has_text="Rows to label").locator("dd")
    figure.get_by_text(re.compile(f"^{shown}$")).wait_for()
    visit.settle()


def ink(visit: Visit) -> list[int]:
    """Sums of red, green, blue and cover of the map once it is calm; a key makes a frame that can be read."""
    visit.page.locator(".map:not(.covered) canvas").wait_for()
    visit.page.wait_for_timeout(400)
    return visit.page.evaluate(
        f"""() => new Promise((done) => {{
          const canvas = {HOST}.querySelector('canvas');
          canvas.dispatchEvent(new KeyboardEvent('keydown', {{ key: '0' }}));
          requestAnimationFrame(() => {{
            const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
            copy.drawImage(canvas, 0, 0);
            const sums = [0, 0, 0, 0];
            const {{ data }} = copy.getImageData(0, 0, canvas.width, canvas.height);
            data.forEach((value, i) => {{ sums[i % 4] += value; }});
            done(sums);
          }});
        }})"""
    )


def painted(visit: Visit) -> bool:
    """Whether anything is drawn on the map."""
    return ink(visit)[3] > 0


@pytest.mark.parametrize("name", ["small", "large"])
def test_arrow_keys_on_the_budget_change_the_rows_here_and_in_python(visit, name, picture):
    show(visit, f"/?name={name}")
    before = rows(visit)
    slider = visit.page.get_by_role("slider", name="Budget", exact=True)
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    assert rows(visit) == round(before * 18 / 16)
    assert slider.get_attribute("aria-valuetext").startswith("18%")
    confirmed(visit)
    assert (tile(visit, "Interval from"), tile(visit, "Interval to")) == ("0.365", "0.635")
    assert painted(visit)
    visit.page.screenshot(path=picture)
    visit.assert_clean()


def test_interval_moved_by_keys_is_ones_own_until_it_is_given_back(visit):
    show(visit, "/?name=small")
    lower = visit.page.get_by_role("slider", name="Lower end of the interval")
    follow = visit.page.get_by_role("button", name=re.compile("follow", re.IGNORECASE))
    assert follow.is_disabled()
    lower.focus()
    lower.press("ArrowRight")
    assert lower.get_attribute("aria-valuenow") == "39.0"
    lower.press("PageUp")
    lower.press("PageUp")  # less is left than the budget needs, so the budget shrinks
    assert rows(visit) < 800
    confirmed(visit)
    follow.click()
    confirmed(visit)
    assert follow.is_disabled()
    visit.assert_clean()


def test_a_dragged_handle_and_a_raised_budget_keep_each_other(visit):
    show(visit, "/?name=small")
    handle = visit.page.get_by_role("slider", name="Upper end of the interval")
    box = handle.bounding_box()
    mouse = visit.page.mouse
    mouse.move(box["x"] + 5, box["y"] + 10)
    mouse.down()
    mouse.move(box["x"] - 30, box["y"] + 10, steps=6)
    mouse.up()
    confirmed(visit)
    squeezed = rows(visit)
    assert squeezed < 800
    field = visit.page.get_by_label("Budget, as a share")
    field.fill("40%")
    field.press("Enter")
    assert rows(visit) == 2000
    confirmed(visit)
    assert float(tile(visit, "Interval to")) - float(tile(visit, "Interval from")) > 0.39
    visit.assert_clean()


def test_a_budget_that_is_none_gets_a_sentence(visit):
    show(visit, "/?name=small")
    field = visit.page.get_by_label("Budget, as a share")
    field.fill("lots")
    field.press("Enter")
    alert = visit.page.get_by_role("alert").filter(has_text="A budget is")
    assert alert.inner_text().startswith("A budget is a share up to 100%, a number of rows up to 5,000, or tokens")
    assert rows(visit) == 800
    visit.assert_clean()


def test_resting_on_a_point_shows_its_text_and_a_click_pins_it(visit):
    show(visit, "/?name=small")
    assert painted(visit)
    canvas = visit.page.get_by_role("application")
    box = canvas.bounding_box()
    tip = visit.page.locator(".tip")
    for step in range(400):  # over the map until a point is near
        place = (
            box["x"] + 20 + 37 * step % (box["width"] - 40),
            box["y"] + 60 + 23 * step % (box["height"] - 80),
        )
        visit.page.mouse.move(*place)
        if "on-point" in (canvas.get_attribute("class") or ""):
            break
    tip.locator("p").wait_for()
    row = int(tip.locator("p").inner_text().split()[-1])  # each text ends with its row
    assert "IGSE" in tip.inner_text()
    visit.page.mouse.down()
    visit.page.mouse.up()
    visit.page.locator(".eud-tile", has_text="Pinned row").get_by_text(str(row), exact=True).wait_for()
    assert visit.page.locator(".ring").is_visible()
    visit.settle()
    visit.assert_clean()


def test_keys_move_the_map_and_pick_the_text_in_the_middle(visit):
    show(visit, "/?name=small")
    assert painted(visit)
    label = visit.page.locator(".regions span").first
    before = label.get_attribute("style")
    canvas = visit.page.get_by_role("application")
    canvas.press("ArrowUp")
    canvas.press("+")
    expect(label).not_to_have_attribute("style", before)
    canvas.press("0")
    expect(label).to_have_attribute("style", before)
    visit.assert_clean()


def test_colour_by_class_names_the_classes(visit, picture):
    show(visit, "/?name=small")
    visit.page.get_by_label("Colour").select_option("class")
    legend = visit.page.locator(".legend > .swatch")
    legend.first.wait_for()
    assert legend.all_inner_texts() == list(CLASSES)
    visit.page.screenshot(path=picture)
    visit.assert_clean()


def test_another_column_moves_the_interval_there(visit):
    show(visit, "/?name=small")
    before = visit.page.locator(".axis").inner_text()
    visit.page.get_by_label("Interval of").select_option("semantic_entropy")
    visit.page.get_by_role("slider", name="Lower end").and_(
        visit.page.locator("[aria-valuetext^='Semantic entropy (nats)']")
    ).wait_for()
    assert visit.page.locator(".axis").inner_text() != before
    confirmed(visit)
    visit.assert_clean()


def test_balance_as_they_come_changes_the_bars_not_the_number(visit):
    show(visit, "/?name=small")
    before = visit.page.locator(".bars").inner_text()
    visit.page.get_by_label("Classes").select_option("none")
    visit.page.wait_for_function(
        f"before => {HOST}.querySelector('.bars').innerText !== before",
        arg=before,
    )
    assert rows(visit) == 800
    visit.assert_clean()


def test_many_classes_show_the_most_changed_and_count_the_rest(visit):
    show(visit, "/?name=many")
    visit.page.get_by_text("and 28 more classes that changed less").wait_for()
    assert visit.page.locator(".bars li").count() == 12


def test_without_labels_and_layout_two_sentences_stand_in_their_place(visit, picture):
    show(visit, "/?name=small&layout=no&labels=no")
    assert visit.page.get_by_text("The map is being laid out.").is_visible()
    assert visit.page.get_by_text("These rows carry no labels").is_visible()
    visit.page.screenshot(path=picture)
    visit.assert_clean()


def test_a_map_that_is_gone_says_so_in_its_card_and_the_budget_still_works(visit):
    show(visit, "/?name=small&key=ffffffffffffffff")
    visit.page.locator(".map .sentence.wrong").get_by_text("The workspace has no layout").wait_for()
    visit.page.get_by_role("slider", name="Budget", exact=True).press("ArrowRight")
    assert rows(visit) == 825


def test_without_webgl_all_points_are_drawn_pixel_by_pixel_and_it_is_said(chromium, address, picture):
    with running_with(chromium.browser_type, *NO_WEBGL) as plain, visiting(plain, address) as visit:
        show(visit, "/?name=large")
        visit.page.get_by_text("drawn without WebGL, pixel by pixel").wait_for()
        assert painted(visit)
        visit.page.screenshot(path=picture)
        visit.assert_clean()


@pytest.mark.parametrize(
    ("scheme", "sizes"), [("dark", [(1440, 900), (812, 768)]), ("light", [(1024, 768), (560, 900)])]
)
def test_nothing_is_cut_or_overflows(chromium, address, scheme, sizes, picture):
    with visiting(chromium, address, scheme=scheme) as visit:
        show(visit, "/?name=small")
        for width in visit.in_sizes(*sizes):
            assert painted(visit)
            visit.page.screenshot(path=picture.with_stem(f"{picture.stem}-{width}"))
            cut = visit.page.evaluate(
                f"""() => [...{HOST}.querySelectorAll('.card, h3, .rows, .legend, .bars, .handle, select')]
                  .filter((e) => e.clientWidth > 0)
                  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1
                    || e.matches('.card') && e.scrollWidth > e.clientWidth + 1)
                  .map((e) => e.className || e.tagName)
                  .concat(document.documentElement.scrollWidth > innerWidth ? ['page'] : [])"""
            )
            assert cut == []
        visit.assert_clean()


def test_a_switch_of_the_theme_repaints_without_a_rerun(visit):
    show(visit, "/?name=small")
    card = visit.page.locator(".card.map")
    ground, points = card.evaluate("e => getComputedStyle(e).backgroundColor"), ink(visit)
    visit.page.get_by_test_id("stMainMenuButton").click()
    visit.page.get_by_role("menuitemradio", name="Dark").click()
    visit.page.wait_for_timeout(300)
    assert card.evaluate("e => getComputedStyle(e).backgroundColor") != ground
    assert ink(visit)[:3] != points[:3]
    assert tile(visit, "Revision") == "0"
    visit.assert_clean()


def test_a_map_that_appears_later_leaves_the_choice_as_it_was(visit):
    show(visit, "/?name=small&layout=no")
    visit.page.get_by_role("slider", name="Budget", exact=True).press("PageUp")
    confirmed(visit)
    chosen = rows(visit)
    assert chosen == 1050
    visit.page.get_by_role("button", name="Lay out").click()
    assert painted(visit)
    assert rows(visit) == chosen
    assert tile(visit, "Rows to label") == "1,050"
    visit.assert_clean()


def test_a_row_the_page_pins_gets_its_ring(visit):
    show(visit, "/?name=small")
    assert painted(visit)
    assert not visit.page.locator(".ring").is_visible()
    field = visit.page.get_by_label("Pin a row")
    field.fill("17")
    field.press("Enter")
    visit.page.locator(".ring").wait_for()
    visit.assert_clean()


def choose_strategy(visit: Visit, name: str) -> None:
    visit.page.locator(".strategy select").select_option(name)
    visit.page.locator(".eud-tile", has_text="Strategy").get_by_text(name, exact=True).wait_for()


def ends(visit: Visit) -> tuple[float, float]:
    """The interval that Python shows."""
    return float(tile(visit, "Interval from")), float(tile(visit, "Interval to"))


def told(visit: Visit, move: Callable[[], None]) -> tuple[float, float]:
    """The interval once Python has heard of a move; the number of rows need not tell of it."""
    revision = visit.page.locator(".eud-tile", has_text="Revision").locator("dd")
    before = revision.inner_text()
    move()
    expect(revision).not_to_have_text(before)
    visit.settle()
    return ends(visit)


def test_a_fixed_budget_moves_the_other_end_of_the_interval(visit):
    show(visit, "/?name=small")
    before = told(visit, visit.page.get_by_role("button", name="fix the budget").click)
    assert before[1] - before[0] == pytest.approx(0.16, abs=0.002)
    lower = visit.page.get_by_role("slider", name="Lower end of the interval")
    lower.focus()
    after = told(visit, lambda: lower.press("PageUp"))
    assert after[0] == pytest.approx(before[0] + 0.1, abs=0.006)
    assert after[1] - after[0] == pytest.approx(0.16, abs=0.002)
    assert rows(visit) == 800
    assert told(visit, lambda: lower.press("Shift+PageDown")) == pytest.approx(before, abs=0.006)
    visit.assert_clean()


def test_a_fixed_interval_tells_the_budget(visit):
    show(visit, "/?name=small")
    visit.page.get_by_role("button", name="fix the interval").click()
    confirmed(visit)
    assert rows(visit) == pytest.approx(1250, abs=12)
    upper = visit.page.get_by_role("slider", name="Upper end of the interval")
    upper.focus()
    upper.press("PageUp")
    confirmed(visit)
    assert rows(visit) == pytest.approx(1750, abs=25)
    field = visit.page.get_by_label("Budget, as a share")
    field.fill("10%")
    field.press("Enter")
    confirmed(visit)
    assert rows(visit) == pytest.approx(500, abs=2)
    assert ends(visit)[1] - ends(visit)[0] == pytest.approx(0.1, abs=0.01)
    visit.assert_clean()


def test_a_budget_in_tokens_is_typed_and_told(visit):
    show(visit, "/?name=small")
    field = visit.page.get_by_label("Budget, as a share")
    field.fill("6,000 tokens")
    field.press("Enter")
    visit.page.locator(".eud-tile", has_text="Budget").get_by_text("Tokens(count=6000)").wait_for()
    assert rows(visit) == pytest.approx(500, abs=10)
    assert re.search(r"· 5,9\d\d tokens|· 6,000 tokens", visit.page.locator(".rows").inner_text())
    assert field.input_value() == "6,000 tokens"
    visit.assert_clean()


def test_another_strategy_has_no_handles_and_keeps_its_budget(visit, picture):
    show(visit, "/?name=small")
    choose_strategy(visit, "top")
    assert rows(visit) == 800
    assert not visit.page.locator(".histogram .handle").first.is_visible()
    assert visit.page.get_by_role("group", name="How budget and interval are tied").count() == 0
    visit.page.locator(".frank").click()
    assert "uncertainty sampling" in visit.page.locator(".about").inner_text()
    visit.page.screenshot(path=picture)
    choose_strategy(visit, "longest")
    assert "14" in str(round(int(visit.page.locator(".paid").inner_text().split()[1].replace(",", "")) / 800))
    visit.assert_clean()


def test_a_ranking_is_waited_for_and_withheld_rows_are_in_the_legend(visit, picture):
    show(visit, f"/?name=small&ranking={RANKING}")
    assert visit.page.get_by_text("withheld").count() == 0
    choose_strategy(visit, "facility")
    visit.page.get_by_text("Ranking 3 of 9.").wait_for()
    assert "tokens" not in visit.page.locator(".rows").inner_text()  # what is kept is not known yet
    visit.page.get_by_role("button", name="Ranked").click()
    visit.page.get_by_text("withheld: to be looked at").wait_for()
    assert rows(visit) == 800
    assert visit.page.locator(".ranking").is_hidden()
    assert painted(visit)
    visit.page.screenshot(path=picture)
    visit.assert_clean()


def test_while_a_ranking_is_made_again_the_earlier_one_is_seen(visit):
    show(visit, f"/?name=small&ranking={RANKING}")
    choose_strategy(visit, "facility")
    visit.page.get_by_role("button", name="Ranked").click()
    visit.page.get_by_text("withheld: to be looked at").wait_for()
    bars = visit.page.locator(".bars").inner_text()
    visit.page.get_by_role("button", name="Farther").click()
    visit.page.get_by_text("Ranking 3 of 9. Until then the earlier ranking is shown.").wait_for()
    assert visit.page.locator(".bars").inner_text() == bars
    visit.page.locator(".map:not(.covered) canvas").wait_for()
    slider = visit.page.get_by_role("slider", name="Budget", exact=True)
    slider.press("PageUp")
    confirmed(visit)
    assert rows(visit) == 1050
    assert visit.page.locator(".bars").inner_text() != bars
    visit.assert_clean()


SEEN = f"""() => {{
  const line = {HOST}.querySelector('.rows');
  window.seen = [];
  new MutationObserver(() => window.seen.push(line.textContent)).observe(line, {{ childList: true }});
}}"""


def test_of_very_many_rows_a_sample_follows_the_hand_and_all_are_counted_once_it_rests(visit):
    show(visit, "/?name=huge")
    visit.page.get_by_role("button", name="fix the interval").click()
    visit.page.get_by_label("Add a further score").select_option("semantic_entropy")
    further = visit.page.get_by_role("slider", name="Upper end of the interval of Semantic entropy")
    further.wait_for()
    visit.settle()
    before = rows(visit)
    visit.page.evaluate(SEEN)
    for _ in range(4):
        further.press("PageDown")
    visit.page.wait_for_function("() => window.seen.length > 1 && !window.seen.at(-1).startsWith('≈')")
    confirmed(visit)
    seen = visit.page.evaluate("window.seen")
    assert seen[0].startswith("≈ ")
    counted = rows(visit)
    assert counted < 0.95 * before
    visit.page.get_by_label("Classes").select_option("none")  # all rows are counted at once
    visit.settle()
    assert rows(visit) == counted

    visit.page.evaluate(SEEN)
    box = further.bounding_box()
    visit.page.mouse.move(box["x"] + 5, box["y"] + 10)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] - 25, box["y"] + 10, steps=5)
    visit.page.mouse.up()
    assert not visit.page.locator(".rows").inner_text().startswith("≈")
    assert any(line.startswith("≈ ") for line in visit.page.evaluate("window.seen"))
    confirmed(visit)
    assert rows(visit) < counted
    assert painted(visit)
    visit.assert_clean()


def test_shares_by_hand_are_typed_and_dragged(visit, picture):
    show(visit, "/?name=small")
    field = visit.page.get_by_label("Budget, as a share")
    field.fill("2%")  # so few that the interval holds enough of any class
    field.press("Enter")
    visit.page.locator(".classes header select").select_option("custom")
    share = visit.page.get_by_label("Share of billing in per cent")
    share.fill("50")
    share.press("Enter")
    visit.page.wait_for_function(f"() => {HOST}.querySelector('.bars li').title.startsWith('50%')")
    share.press("ArrowUp")
    visit.page.wait_for_function(f"() => {HOST}.querySelector('.bars li').title.startsWith('51%')")
    visit.settle()  # the answer of the server may move the bars
    box = visit.page.locator(".bars li .track").first.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 4)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 4, steps=3)
    visit.page.mouse.up()
    assert float(share.input_value()) == pytest.approx(51 / 4, abs=1)
    visit.page.screenshot(path=picture)
    confirmed(visit)
    visit.assert_clean()


def test_a_further_interval_narrows_what_is_kept_and_is_removed(visit):
    show(visit, "/?name=small")
    visit.page.get_by_role("button", name="fix the interval").click()
    confirmed(visit)
    before = rows(visit)
    visit.page.get_by_label("Add a further score").select_option("semantic_entropy")
    further = visit.page.get_by_role("slider", name="Upper end of the interval of Semantic entropy")
    further.press("PageDown")
    for _ in range(4):
        further.press("PageDown")
    visit.page.wait_for_timeout(300)
    confirmed(visit)
    assert rows(visit) < 0.9 * before
    visit.page.get_by_role("button", name="Remove the interval of Semantic entropy").click()
    visit.page.wait_for_timeout(300)
    confirmed(visit)
    assert rows(visit) == before
    visit.assert_clean()


def test_a_cap_per_group_of_near_duplicates_is_offered_where_they_are_known(visit):
    show(visit, "/?name=small")
    cap = visit.page.get_by_label("Most near-duplicates")
    cap.select_option("1")
    visit.settle()
    assert rows(visit) > 0
    visit.assert_clean()
    show(visit, "/?name=many")
    assert visit.page.get_by_label("Most near-duplicates").is_hidden()
