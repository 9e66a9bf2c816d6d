"""The Explore page at a hundred thousand and at a million rows, in a real browser.

    python tests/benchmarks/explore.py [--texts FILE.parquet] [--rows 100000 1000000] [--folder DIR]

Makes the rows as `reading.py` does, from real texts that are perturbed, with a place on the map for each (a blob a
class), keeps them in a workspace, scores their information entropies, starts the app and uses it: first paint, a brush
that is dragged, the server's word on it, the complete picture, a lasso, bytes through the websocket, memory of the
renderer. With --folder the workspaces stay there and are used again. Needs chromium on the path; it draws in software.
"""

import argparse
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "journeys"))
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import psutil
import pyarrow as pa
from browser import ROOT, Visit, running, serving, visiting
from playwright.sync_api import WebSocket
from reading import pieces

from eudscore import locations
from eudscore.corpus.roles import assign_roles
from eudscore.records import Roles
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.mapping import first_layout
from eudscore.workflow.requests import silent
from eudscore.workflow.scoring import score_information

MOVES, OPENINGS, LASSOS = 20, 3, 5
HOST = "[...document.querySelectorAll('*')].find((one) => one.shadowRoot?.querySelector('.exploring')).shadowRoot"
# Milliseconds of each move of the pointer: from its first listener to its last, in which all counts and bars are done,
# and the draw call of the map in the frame after it.
WATCH_MOVES = """
() => {
  window.moves = [];
  let [began, counted] = [0, 0];
  window.addEventListener('pointermove', () => { began = performance.now(); }, { capture: true });
  window.addEventListener('pointermove', () => {
    counted = performance.now() - began;
    requestAnimationFrame((frame) => setTimeout(() => window.moves.push([counted, performance.now() - frame]), 0));
  });
}
"""
# When the browser's exact count, the server's count and the whole picture follow: after the last move of a drag, or,
# for what only begins with letting go, after that.
WATCH_END = """
(atRelease) => {
  const host = HOST;
  const here = () => host.querySelector('.picked b').textContent;
  const there = () => document.querySelector('.st-key-card-texts small')?.textContent ?? '';
  let began = performance.now();
  let drawn = null;
  const move = () => { began = performance.now(); drawn = null; };
  const draw = () => { drawn = performance.now(); };
  window.addEventListener('pointermove', move, { capture: true });
  host.addEventListener('drawn', draw);
  window.ended = new Promise((done) => {
    window.addEventListener('pointerup', () => {
      window.removeEventListener('pointermove', move, { capture: true });
      if (atRelease) move();
      const before = here();
      const released = performance.now();
      const seen = { here: null, there: null, whole: null };
      const look = () => {
        const now = performance.now();
        const exact = !here().includes('≈') && (!atRelease || here() !== before);
        if (exact) seen.here ??= now - began;
        if (exact && there().startsWith(here() + ' of')) seen.there ??= now - began;
        if (now - released < 4000) { setTimeout(look, 2); return; }
        host.removeEventListener('drawn', draw);
        done({ ...seen, whole: drawn && drawn - began });
      };
      look();
    }, { capture: true, once: true });
  });
}
""".replace("HOST", HOST)
FIRST_PAINT = """
() => {
  const look = () => {
    const found = [...document.querySelectorAll('*')].find((one) => one.shadowRoot?.querySelector('.exploring'));
    if (found && !found.watched) {
      found.watched = true;
      found.shadowRoot.addEventListener('drawn', () => { window.painted ??= performance.now(); });
    }
    if (!window.painted) setTimeout(look, 10);
  };
  look();
}
"""


def keep(workspace: Workspace, texts: str, rows: int) -> CorpusRef:
    """A scored data set with a map."""
    table = pa.concat_tables(pieces(texts, rows)).combine_chunks()
    draw = np.random.default_rng(0)
    kinds = np.unique(table["label"].to_numpy(zero_copy_only=False), return_inverse=True)[1]
    middles = draw.normal(size=(kinds.max() + 1, 2)) * 4
    xy = middles[kinds] + draw.normal(size=(rows, 2)) * draw.uniform(0.5, 1.5, len(middles))[kinds, None]
    table = table.append_column("x", pa.array(xy[:, 0])).append_column("y", pa.array(xy[:, 1]))
    roles = Roles("text", label="label", coordinates=("x", "y"))
    corpus = assign_roles(table, name=f"{rows}", source="made by the benchmark", roles=roles)
    ref = workspace.keep_corpus(corpus)
    score_information(workspace, corpus, silent)
    first_layout(workspace, corpus, None)
    return ref


def first_paint(visit: Visit, ref: CorpusRef) -> float:
    """Milliseconds from the address to the whole picture."""
    visit.page.add_init_script(f"addEventListener('DOMContentLoaded', {FIRST_PAINT})")
    visit.page.goto(f"{visit.address}/explore?data={ref}")
    visit.page.wait_for_function("window.painted", timeout=120_000)
    painted = visit.page.evaluate("window.painted")
    visit.settle()
    return float(painted)


def click_paint(visit: Visit, ref: CorpusRef) -> float:
    """Milliseconds from a click on the page's name in the app to the whole picture."""
    visit.open(f"/data?data={ref}")
    visit.page.evaluate(
        f"""() => {{
          const click = () => {{ window.clicked = performance.now(); }};
          document.addEventListener('click', click, {{ capture: true, once: true }});
          ({FIRST_PAINT})();
        }}"""
    )
    visit.page.get_by_role("link", name="Explore").first.click()
    visit.page.wait_for_function("window.painted", timeout=120_000)
    return float(visit.page.evaluate("window.painted - window.clicked"))


class Frames:
    """Bytes that came and went through the websocket."""

    def __init__(self, visit: Visit) -> None:
        self.total = 0
        visit.page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        for event in ("framereceived", "framesent"):
            socket.on(event, self._count)

    def _count(self, payload: str | bytes) -> None:
        self.total += len(payload)


def drag(visit: Visit, moves: int) -> tuple[list[float], dict[str, float]]:
    """A brush pulled over the first histogram: milliseconds of each move, and of what followed its end."""
    box = visit.page.locator(".plot.small").first.bounding_box()
    assert box is not None
    mouse, middle = visit.page.mouse, box["y"] + box["height"] / 2
    visit.page.evaluate(WATCH_MOVES)
    visit.page.evaluate(WATCH_END, False)
    mouse.move(box["x"] + 0.35 * box["width"], middle)
    mouse.down()
    for step in range(moves):
        mouse.move(box["x"] + (0.5 + 0.02 * step) * box["width"], middle)
        visit.page.wait_for_timeout(60)
    mouse.up()
    ended = visit.page.evaluate("window.ended")
    return [one[0] for one in visit.page.evaluate("window.moves")], ended


def lasso(visit: Visit, turn: int) -> dict[str, float]:
    """A circle drawn on the map: milliseconds until what followed its end."""
    visit.page.get_by_role("button", name="Lasso").click()
    box = visit.page.locator(".stage").bounding_box()
    assert box is not None
    x, y, radius = box["x"] + box["width"] * (0.35 + 0.07 * turn), box["y"] + box["height"] / 2, 80 + 12 * turn
    visit.page.mouse.move(x + radius, y)
    visit.page.mouse.down()
    for step in range(1, 40):
        angle = 2 * math.pi * step / 40
        visit.page.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
    visit.page.evaluate(WATCH_END, True)
    visit.page.mouse.up()
    return visit.page.evaluate("window.ended")


def renderer_memory() -> float:
    """Megabytes that the largest renderer below this process has for itself."""
    sizes = [0]
    for child in psutil.Process().children(recursive=True):
        try:
            if "--type=renderer" in child.cmdline():
                sizes.append(child.memory_full_info().uss)
        except psutil.NoSuchProcess:
            continue
    return max(sizes) / 1e6


def measure(folder: Path, ref: CorpusRef) -> dict[str, str]:
    with serving(ROOT / "app.py", folder) as address, running() as browser:
        paints, clicks = [], []
        for _ in range(OPENINGS + 1):  # the first one opens the data set in the server too
            with visiting(browser, address) as visit:
                paints.append(first_paint(visit, ref))
            with visiting(browser, address) as visit:
                clicks.append(click_paint(visit, ref))
        with visiting(browser, address) as visit:
            frames = Frames(visit)
            first_paint(visit, ref)
            visit.page.wait_for_timeout(1500)
            moves, ends = [], []
            before = frames.total
            for _ in range(3):
                found, ended = drag(visit, MOVES)
                moves += found
                ends.append(ended)
                visit.page.get_by_role("button", name="All", exact=True).click()
                visit.settle()
            dragged = (frames.total - before) / 3
            before = frames.total
            lassos = [lasso(visit, turn) for turn in range(LASSOS)]
            lassoed = (frames.total - before) / LASSOS
            memory = renderer_memory()

    def middle(some: list[dict[str, float]], name: str) -> str:
        return f"{statistics.median(one[name] for one in some if one[name]):,.0f} ms"

    return {
        "click on Explore to the complete picture": f"{statistics.median(clicks[1:]):,.0f} ms",
        "address in a new window to the complete picture": f"{statistics.median(paints[1:]):,.0f} ms, "
        f"the first one {paints[0]:,.0f}",
        "brush dragged: count, histograms, bars": f"{statistics.median(moves):.1f} ms, at most {max(moves):.0f}",
        "... let go to exact counts in the browser": middle(ends, "here"),
        "... to counts and table of the server": middle(ends, "there"),
        "... to the complete picture": middle(ends, "whole"),
        "lasso to counts in the browser": middle(lassos, "here"),
        "lasso to counts and table of the server": middle(lassos, "there"),
        "lasso to the complete picture": middle(lassos, "whole"),
        "websocket, a drag of twenty moves / a lasso": f"{dragged / 1e3:,.0f} kB / {lassoed / 1e3:,.0f} kB",
        "memory of the renderer": f"{memory:,.0f} MB",
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
        began = time.perf_counter()
        there = workspace.corpora()
        ref = there[0].ref if there else keep(workspace, options.texts, rows)
        print(f"{rows:,} rows ready in {time.perf_counter() - began:,.0f} s", flush=True)
        columns[rows] = measure(folder, ref)
    print("| | " + " | ".join(f"{rows:,} rows" for rows in columns) + " |")
    print("| --- |" + " --- |" * len(columns))
    for name in next(iter(columns.values())):
        print(f"| {name} | " + " | ".join(found[name] for found in columns.values()) + " |")


if __name__ == "__main__":
    main()
