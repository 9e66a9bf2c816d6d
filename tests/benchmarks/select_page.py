"""The Select page at a hundred thousand and at a million rows, in a real browser.

    python tests/benchmarks/select_page.py [--texts FILE.parquet] [--rows 100000 1000000] [--folder DIR]

Keeps the workspaces of `explore.py` (the same rows, with --folder the same ones) and moves the budget by twenty keys:
how long the browser takes for histogram, bars and map, and when the server's count, table and panel of changes follow.
Needs chromium on the path; it draws in software.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "journeys"))
sys.path.insert(0, str(Path(__file__).parent))

from browser import ROOT, Visit, running, serving, visiting
from explore import keep

from eudscore import locations
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.profiling import find_near_duplicates

MOVES = 20
HOST = "[...document.querySelectorAll('*')].find((one) => one.shadowRoot?.querySelector('.budget-line')).shadowRoot"
# From the key to what the browser counts, to the end of the frame after it, and to the server's figures.
WATCH = """
() => {
  const host = HOST;
  const here = () => host.querySelector('.budget-head .rows b').textContent;
  const there = () => document.querySelector('.st-key-figures')?.textContent ?? '';
  const panel = () => document.querySelector('.st-key-card-shift')?.textContent ?? '';
  const table = () => document.querySelector('.st-key-card-texts')?.textContent ?? '';
  const before = { here: here(), panel: panel(), table: table() };
  window.seen = new Promise((done) => {
    window.addEventListener('keydown', () => {
      const began = performance.now();
      const found = { handled: null, frame: null, tiles: null, all: null };
      requestAnimationFrame(() => setTimeout(() => { found.frame = performance.now() - began; }, 0));
      setTimeout(() => { found.handled = performance.now() - began; }, 0);
      const look = () => {
        const now = performance.now() - began;
        const told = here() !== before.here && there().includes(here());
        if (told) found.tiles ??= now;
        if (told && panel() !== before.panel) found.all ??= now;
        if (found.all || now > 8000) done(found);
        else setTimeout(look, 2);
      };
      look();
    }, { capture: true, once: true });
  });
}
""".replace("HOST", HOST)


def moves(visit: Visit) -> list[dict[str, float | None]]:
    """What each of twenty keys on the budget slider took, in milliseconds."""
    visit.page.get_by_role("slider", name="Budget").focus()
    found = []
    for _ in range(MOVES):
        visit.page.evaluate(WATCH)
        visit.page.keyboard.press("ArrowRight")
        found.append(visit.page.evaluate("window.seen"))
        visit.settle()
        visit.page.wait_for_timeout(300)
    return found


def measure(folder: Path, ref: CorpusRef) -> dict[str, str]:
    with serving(ROOT / "app.py", folder) as address, running() as browser, visiting(browser, address) as visit:
        visit.open(f"/select?data={ref}")
        visit.page.locator(".map:not(.covered) canvas").first.wait_for(timeout=120_000)
        visit.settle()
        visit.page.wait_for_timeout(2000)
        found = moves(visit)[1:]

    def middle(name: str) -> str:
        times = [one[name] for one in found if one[name] is not None]
        return f"{statistics.median(times):,.0f} ms" if times else "never"

    return {
        "a key on the budget: counts, histogram, bars": middle("handled"),
        "... and the next frame is drawn": middle("frame"),
        "... to the server's figures": middle("tiles"),
        "... and the panel of changes": middle("all"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", default=str(locations.assets() / "demo" / "train.parquet"))
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--folder")
    options = parser.parse_args()
    columns = {}
    for rows in options.rows:
        folder = Path(options.folder or tempfile.mkdtemp()) / str(rows)
        workspace = Workspace(folder)
        there = workspace.corpora()
        ref = there[0].ref if there else keep(workspace, options.texts, rows)
        find_near_duplicates(workspace, ref)
        columns[rows] = measure(folder, ref)
        print(rows, columns[rows], flush=True)
    print("| | " + " | ".join(f"{rows:,} rows" for rows in columns) + " |")
    print("| --- |" + " --- |" * len(columns))
    for name in next(iter(columns.values())):
        print(f"| {name} | " + " | ".join(found[name] for found in columns.values()) + " |")


if __name__ == "__main__":
    main()
