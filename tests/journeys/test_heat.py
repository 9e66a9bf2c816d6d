"""The heat strip in a real browser: by pointer, by keyboard, in both themes, and harmless."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from browser import ROOT, serving, visiting

from eudscore.records import Corpus, Roles
from eudscore.store.workspace import Workspace

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).parent / "apps" / "heat_app.py"
TEXT = (
    "<img src=x onerror=\"document.title='taken'\"> <script>document.title = 'taken'</script> "
    "Where is my refund? I was charged twice, and nobody answers the phone.\n\nThank you & good bye."
)
COLOURS = "(all) => all.map((one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color])"


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if ".eud-heat-0" not in (ROOT / "assets" / "style.css").read_text(encoding="utf-8"):
        pytest.skip("the style sheet has no rules for the strip yet")
    root = tmp_path_factory.mktemp("heat")
    table = pa.table({"text": [TEXT]})
    Workspace(root).keep_corpus(Corpus("one", "one.csv", table, Roles("text"), (), np.full(1, -1, dtype=np.int64)))
    with serving(SCRIPT, root) as found:
        yield found


def luminance(colour: str) -> float:
    parts = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_strip_is_read_by_pointer_and_by_keyboard(chromium, address: str, scheme: str, picture: Path) -> None:
    with visiting(chromium, address, scheme=scheme) as visit:
        visit.open()
        page = visit.page
        page.wait_for_selector(".eud-token")
        shown = page.locator(".eud-tokens").evaluate(
            "(strip) => [...strip.querySelectorAll('.eud-token')].map((one) => one.firstChild.data).join('')"
        )
        assert shown == TEXT.replace("\n", "↵\n")

        colours = page.locator(".eud-token").evaluate_all(COLOURS)
        assert len({background for background, _ in colours}) == 10  # a nat each, the last open above
        assert all(contrast(*pair) >= 4.5 for pair in colours)
        ground = page.locator(".st-key-card-one").evaluate("(card) => getComputedStyle(card).backgroundColor")
        against = [contrast(background, ground) for background, _ in colours[:10]]
        assert against == sorted(against)  # the more uncertain, the more contrast with the ground

        more = page.locator(".eud-token-more:visible")
        page.mouse.move(5, 5)
        assert more.count() == 0
        page.locator(".eud-token").nth(14).hover()
        assert "surprisal 2.00, entropy 3.50 nats" in more.inner_text()
        page.screenshot(path=picture)
        box, card = more.bounding_box(), page.locator(".st-key-card-one").bounding_box()
        assert box is not None
        assert card is not None
        assert box["x"] >= card["x"]
        assert box["x"] + box["width"] <= card["x"] + card["width"]

        page.mouse.move(5, 5)
        page.locator(".eud-token").first.focus()
        for _ in range(3):
            page.keyboard.press("Tab")
        assert more.count() == 1
        assert "surprisal 3.00" in more.inner_text()

        page.get_by_text("Entropy", exact=True).click()
        page.get_by_text("3.50 nats a token").wait_for()
        colours = page.locator(".eud-token").evaluate_all(COLOURS)
        assert len({background for background, _ in colours}) == 1
        assert page.title() != "taken"
        assert page.locator(".eud-tokens :is(img, script)").count() == 0
        visit.assert_clean()
