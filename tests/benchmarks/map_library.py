"""The map drawn by our own WebGL2 and by the npm package regl-scatterplot, side by side in a real browser.

    python tests/benchmarks/map_library.py [--points 100000 1000000] [--pictures FOLDER]

Each drawing stands alone on a bare page and fetches the same three columns (positions as binary Float32, a class and a
score) over HTTP. A picture counts as there when a pixel of it could be read back, which waits for all of it. Needs
chromium on the path (it draws in software), npm, and the npm registry for regl-scatterplot, its peers and esbuild,
which go into a temporary folder. Linux only: memory is the proportional set size (PSS) of processes, from /proc.
"""

import argparse
import gzip
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1] / "journeys"))

import numpy as np
from browser import ROOT, running
from playwright.sync_api import Browser, Page

PACKAGES = ("regl-scatterplot@1.16.0", "regl@2.1.1", "pub-sub-es@3.0.0", "esbuild@0.28.2")
ROUNDS = 5
WAIT = 300_000
MB = 1024**2
HEAD = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><style>
body { margin: 0 } [hidden] { display: none }
.stage, canvas { display: block; position: relative; width: 1200px; height: 800px }
</style><div id="place"></div>"""

# `band(way, share)` and `frame(i)` answer with milliseconds, `first` with those since the navigation began.
SHARED = """
const CLASSES = ["#4269d0", "#efb118", "#ff725c", "#6cc5b0"];
const column = async (name, Kind) => new Kind(await (await fetch("/" + name)).arrayBuffer());
const columns = Promise.all([column("xy", Float32Array), column("class", Uint8Array), column("score", Float32Array)]);
const since = (began) => performance.now() - began;
const ofFrame = () => since(document.timeline.currentTime); // without the wait for the frame to begin
"""

OURS = """<script type="module">
import { MapView } from "/map/map.js";
import { Points } from "/map/gl.js";
import { KEPT } from "/map/band.js";
import { categoryTable } from "/map/look.js";
// SHARED
let told = null; // hears when all that was asked is in the picture
let least = Infinity;
const draw = Points.prototype.draw;
Points.prototype.draw = function (view, style, limit) {
  draw.call(this, view, style, limit);
  if (!told || limit < Math.min(this.n, least)) return;
  this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  told();
  told = null;
};
const drawn = (limit) => new Promise((done) => { least = limit; told = done; });
const hooks = { tell: () => {}, onPin: () => {}, palette: () => ({ dropped: "#9aa4b2" }), isDark: () => false };
const map = new MapView(hooks);
document.querySelector("#place").append(map.element);
const [xy, codes, scores] = await columns;
const states = new Uint8Array(scores.length);
const choose = (share) => {
  for (let j = 0; j < scores.length; j += 1) states[j] = scores[j] > share ? KEPT : 0;
  map.setStates(states);
};
map.setPoints(xy, Uint32Array.from(scores, (_, j) => j));
map.setColours(codes, categoryTable(CLASSES, "#000000"));
choose(0.5);
await drawn(Infinity);
window.first = performance.now();
window.ways = ["a byte of state per point"];
window.band = async (_, share) => {
  const began = performance.now();
  choose(share);
  await drawn(Infinity);
  return since(began);
};
const pause = (wait) => new Promise((next) => setTimeout(next, wait));
window.rest = async () => { // moves until the map has found how many points it can draw in a frame
  for (let i = 0; i < 60; i += 1) {
    map.camera.panBy(i % 2 ? 5 : -5, 0);
    await pause(60);
  }
  await pause(1500);
  map.measuring = true;
  window.sampled = Math.min(map.limit, scores.length);
};
window.frame = async (i) => {
  await new Promise(requestAnimationFrame);
  const there = drawn(Math.min(map.limit, map.points.n)).then(ofFrame);
  map.camera.panBy(i % 2 ? 5 : -5, 0);
  return there;
};
window.ready = true;
</script>"""

THEIRS = """<script type="module">
import createScatterplot from "/theirs.js";
// SHARED
const canvas = document.createElement("canvas");
document.querySelector("#place").append(canvas);
const size = (n) => Math.min(Math.max(10.2 - 1.45 * Math.log10(n), 1.6), 6); // as ours
const LEVELS = 1024;
const steps = (share, low, high) => Array.from({ length: LEVELS }, (_, i) => (i / LEVELS > share ? high : low));
const colours = (share) => steps(share, "#9aa4b2", "#4269d0").slice(0, 256);
const [xy, codes, scores] = await columns;
const x = Float32Array.from(scores, (_, j) => xy[2 * j]);
const y = Float32Array.from(scores, (_, j) => xy[2 * j + 1]);
const PLOT = { canvas, width: 1200, height: 800, pointSize: size(scores.length), backgroundColor: "#ffffff" };
const CLASSED = { pointColor: CLASSES, colorBy: "valueA", opacityBy: "valueB", opacity: steps(0.5, 0.2, 0.9) };
const fast = location.search === "?fast"; // its performance mode: squares, no blending, hence no opacity
const SCORED = { colorBy: "valueB", pointColor: colours(0.5) };
const plot = createScatterplot({ ...PLOT, performanceMode: fast, ...(fast ? SCORED : CLASSED) });
const points = { x, y, valueA: codes, valueB: scores };
const complete = () => canvas.getContext("2d").getImageData(0, 0, 1, 1);
await plot.draw(points, { zDataType: "categorical", wDataType: "continuous" });
complete();
window.first = performance.now();
const drawn = () => new Promise((done) => plot.subscribe("drawing", () => { complete(); done(); }, 1));
const above = (share) => {
  const rows = [];
  for (let j = 0; j < scores.length; j += 1) if (scores[j] > share) rows.push(j);
  return rows;
};
const KINDS = { zDataType: "categorical", wDataType: "continuous" };
const redrawn = (share) => {
  const valueB = scores.map((one) => (one > share ? 1 : 0));
  return plot.draw({ ...points, valueB }, { ...KINDS, spatialIndex: plot.get("spatialIndex") });
};
const WAYS = {
  "set opacity, a table": (share) => plot.set({ opacity: steps(share, 0.2, 0.9) }),
  "set pointColor, a table": (share) => plot.set({ pointColor: colours(share) }),
  "filter(rows)": (share) => plot.filter(above(share)),
  "select(rows)": (share) => plot.select(above(share)),
  "draw(new values)": redrawn,
};
const absent = fast ? "set opacity, a table" : "set pointColor, a table";
window.ways = Object.keys(WAYS).filter((way) => way !== absent);
window.band = async (way, share) => {
  const began = performance.now();
  if (way.startsWith("draw")) { await WAYS[way](share); complete(); return since(began); }
  const there = drawn();
  WAYS[way](share);
  await there;
  return since(began);
};
window.rest = async () => { window.sampled = scores.length; };
window.frame = async (i) => {
  await new Promise(requestAnimationFrame);
  const there = drawn().then(ofFrame);
  plot.set({ cameraTarget: [i % 2 ? 0.01 : -0.01, 0] });
  return there;
};
window.ready = true;
</script>"""


@dataclass(frozen=True)
class Found:
    """What one page took: milliseconds, megabytes, points in a frame while the map moves."""

    first: float
    bands: Mapping[str, float | None]
    frame: float
    sampled: int
    page: float
    graphics: float


def cloud(n: int) -> dict[str, bytes]:
    """Twelve clumps in [-1, 1], four classes, scores spread evenly over [0, 1]."""
    rng = np.random.default_rng(0)
    clump = rng.integers(0, 12, n)
    centres = rng.uniform(-0.75, 0.75, (12, 2))
    xy = np.clip(centres[clump] + rng.normal(0, 0.08, (n, 2)), -1, 1)
    scores = rng.random(n)
    return {
        "/xy": xy.astype("<f4").tobytes(),
        "/class": (clump % 4).astype("u1").tobytes(),
        "/score": scores.astype("<f4").tobytes(),
    }


def bundled(folder: Path) -> bytes:
    """regl-scatterplot with all it needs as one module, made small."""
    npm = ["npm", "install", "--no-audit", "--no-fund", "--silent", f"--prefix={folder}", *PACKAGES]
    subprocess.run(npm, check=True, cwd=folder)
    (folder / "entry.js").write_text('export { default } from "regl-scatterplot";\n')
    made = folder / "theirs.js"
    command = [
        folder / "node_modules/.bin/esbuild",
        "entry.js",
        "--bundle",
        "--minify",
        "--format=esm",
        f"--outfile={made}",
    ]
    subprocess.run([*command, "--log-level=error"], check=True, cwd=folder)
    return made.read_bytes()


@contextmanager
def served(files: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a server that knows these files."""

    class Files(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            content = files.get(path)
            self.send_response(404 if content is None else 200)
            kind = {"js": "text/javascript", "html": "text/html"}.get(
                path.rpartition(".")[2], "application/octet-stream"
            )
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def memory(browser: Browser) -> tuple[float, float]:
    """PSS in MB of the largest page's process, and of the one that draws."""
    infos = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    sizes: dict[str, float] = {}
    for info in infos:
        rollup = Path(f"/proc/{info['id']}/smaps_rollup").read_text()
        kib = int(next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")))
        sizes[info["type"]] = max(sizes.get(info["type"], 0.0), kib * 1024 / MB)
    return sizes["renderer"], sizes.get("GPU", 0.0)


def band(page: Page, way: str) -> float | None:
    """Median milliseconds from a change of the band to the complete picture; None where it fails."""
    try:
        found = [
            page.evaluate("([way, share]) => window.band(way, share)", [way, 0.7 if i % 2 else 0.6])
            for i in range(ROUNDS)
        ]
    except Exception as error:  # noqa: BLE001 - what the package throws is the finding
        print(f"  {way}: {str(error).splitlines()[0]}", file=sys.stderr)
        return None
    return statistics.median(found)


def measured(address: str, picture: Path | None) -> Found:
    """One page in a browser of its own."""
    with running() as browser:
        page = browser.new_context(viewport={"width": 1200, "height": 800}).new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: print(f"  page error: {error}", file=sys.stderr))
        page.goto(address)
        page.wait_for_function("() => window.ready", timeout=WAIT)
        first, ways = page.evaluate("() => [window.first, window.ways]")
        bands = {ways[0]: band(page, ways[0])}
        page.wait_for_timeout(1500)
        sizes = memory(browser)
        if picture:
            page.screenshot(path=picture)
        page.evaluate("() => window.rest()")
        frames = [page.evaluate("(i) => window.frame(i)", i) for i in range(4 * ROUNDS)]
        sampled = page.evaluate("() => window.sampled")
        bands |= {way: band(page, way) for way in ways[1:]}
        return Found(first, bands, statistics.median(frames), round(sampled), *sizes)


def our_files() -> dict[str, bytes]:
    """The map's module and all that it imports."""
    found: dict[str, bytes] = {}
    wanted = {"map.js"}
    while wanted:
        name = wanted.pop()
        found[f"/map/{name}"] = (ROOT / "assets" / "map" / name).read_bytes()
        imported = re.findall(rb'from "\./([a-z]+\.js)"', found[f"/map/{name}"])
        wanted |= {one.decode() for one in imported if f"/map/{one.decode()}" not in found}
    return found


def row(name: str, n: int, found: Found) -> None:
    print(f"{name}, {n:,} points")
    print(f"  first complete picture          {found.first:8.0f} ms")
    for way, taken in found.bands.items():
        print(f"  band: {way:26}" + (f"{taken:8.0f} ms" if taken is not None else "   fails"))
    print(f"  frame of {found.sampled:9,} points       {found.frame:8.0f} ms")
    print(f"  memory of the page's process    {found.page:8.0f} MB")
    print(f"  memory of the drawing process   {found.graphics:8.0f} MB")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--points", type=int, nargs="+", default=[100_000, 1_000_000])
    asked.add_argument("--pictures", type=Path, help="a folder for a picture of each page")
    options = asked.parse_args()
    pages = {"ours": ("/ours.html", OURS), "regl-scatterplot": ("/theirs.html", THEIRS)}
    with tempfile.TemporaryDirectory() as folder:
        library = bundled(Path(folder))
    ours = our_files()
    for name, content in (("ours", b"".join(ours.values())), (PACKAGES[0], library)):
        print(
            f"{name}: {len(content) / 1024:.0f} KiB of JavaScript, {len(gzip.compress(content)) / 1024:.0f} KiB as gzip"
        )
    files = {**ours, "/theirs.js": library}
    files |= {path: (HEAD + page.replace("// SHARED", SHARED)).encode() for path, page in pages.values()}
    for n in options.points:
        with served({**files, **cloud(n)}) as address:
            for name, path in (
                *((name, path) for name, (path, _) in pages.items()),
                ("its performance mode", "/theirs.html?fast"),
            ):
                picture = options.pictures and options.pictures / f"{name.replace(' ', '-')}-{n}.png"
                row(name, n, measured(address + path, picture))


if __name__ == "__main__":
    main()
