"""What a person waits for in the app, in a real browser: first map, second visit, a move of the slider.

    python tests/benchmarks/app.py

Starts the app on an empty temporary workspace and opens the demo. Needs chromium on the path.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "journeys"))

from browser import ROOT, Visit, running, serving, visiting
from playwright.sync_api import Page

MOVES = 20
WAIT = 180_000
# Notes when the panel's count and when Python's figure has changed after a key, on the browser's own clock.
WATCH = """
() => {
  const host = [...document.querySelectorAll('*')].find((one) => one.shadowRoot?.querySelector('.explorer'));
  const panel = () => host.shadowRoot.querySelector('.rows b').textContent;
  const tile = () => [...document.querySelectorAll('.eud-tile')]
    .find((one) => one.querySelector('dt').textContent === 'Rows kept').querySelector('dd').textContent;
  window.move = (async () => {
    const before = [panel(), tile()];
    const began = await new Promise((done) => addEventListener('keydown', () => done(performance.now()),
                                                               {capture: true, once: true}));
    const seen = [null, null];
    while (seen.includes(null) && performance.now() - began < 10000) {
      [panel(), tile()].forEach((now, i) => {
        if (seen[i] === null && now !== before[i]) seen[i] = performance.now() - began;
      });
      await new Promise((next) => setTimeout(next, 2));
    }
    return seen;
  })();
}
"""


def first_open(visit: Visit) -> tuple[float, float]:
    """Seconds from the click on the demo to the first map and to the UMAP."""
    visit.open("/")
    began = time.perf_counter()
    visit.page.get_by_role("button", name="Open the demo").click()
    visit.page.get_by_text("of sentence vectors").wait_for(timeout=WAIT)
    first = time.perf_counter() - began
    visit.page.get_by_text("UMAP of sentence vectors").wait_for(timeout=WAIT)
    return first, time.perf_counter() - began


def second_open(visit: Visit) -> float:
    """Seconds from the address to the map, in a new window."""
    began = time.perf_counter()
    visit.page.goto(visit.address + "/explore")
    visit.page.get_by_text("UMAP of sentence vectors").wait_for(timeout=WAIT)
    visit.page.locator("canvas").first.wait_for(timeout=WAIT)
    return time.perf_counter() - began


def slider_moves(page: Page) -> tuple[float, float]:
    """Median milliseconds from a key on the budget slider to the panel's count, and to Python's."""
    found = []
    for move in range(MOVES):
        page.evaluate(WATCH)
        page.get_by_role("slider", name="Budget").focus()
        page.keyboard.press("PageUp" if move % 2 == 0 else "PageDown")
        found.append(page.evaluate("() => window.move"))
        page.wait_for_timeout(300)
    return statistics.median(one[0] for one in found), statistics.median(one[1] for one in found)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with serving(ROOT / "app.py", Path(folder)) as address, running() as browser:
            print(f"server answers                        {time.perf_counter() - began:6.1f} s")
            with visiting(browser, address) as visit:
                first, final = first_open(visit)
                print(f"demo clicked -> first map (PCA)       {first:6.1f} s")
                print(f"demo clicked -> UMAP                  {final:6.1f} s")
                visit.page.wait_for_timeout(4000)
            with visiting(browser, address) as visit:
                print(f"second open -> map                    {second_open(visit):6.1f} s")
                visit.open("/select")
                visit.page.locator(".rows b").wait_for()
                panel, server = slider_moves(visit.page)
                print(f"slider -> panel, bars and histogram   {panel:6.0f} ms  (median of {MOVES})")
                print(f"slider -> figures confirmed by Python {server:6.0f} ms  (median of {MOVES})")


if __name__ == "__main__":
    main()
