"""The real app as its own process, and a browser that notes everything that went wrong."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import Browser, BrowserType, Page, Request, sync_playwright
from ports import free_port

ROOT = Path(__file__).resolve().parents[2]
OWN_HOSTS = {"127.0.0.1", "localhost"}
# Streamlit asks for these below the address of a page too and goes on without them.
PROBES = ("/_stcore/health", "/_stcore/host-config")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
# Notes when a run is asked for that has not begun yet: to Streamlit's own state that is as if nothing were to come.
# And how much is being fetched.
ASKED = """
{
  const RERUN = 0x5a, BEFORE = [0x0a, 0x12], SESSION = 0x22; // fields of Streamlit's messages as protobuf begins them
  const begins = (bytes) => {
    let at = 0;
    while (BEFORE.includes(bytes[at])) {
      let size = 0, bits = 0;
      do { size |= (bytes[++at] & 127) << bits; bits += 7; } while (bytes[at] & 128);
      at += size + 1;
    }
    return bytes[at] === SESSION;
  };
  const heard = new WeakSet(), send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (word) {
    if (word[0] === RERUN) window.asked = performance.now();
    if (!heard.has(this)) this.addEventListener("message", ({ data }) => {
      if (begins(new Uint8Array(data))) window.asked = undefined;
    });
    heard.add(this);
    send.call(this, word);
  };
  const ask = window.fetch; // what a component fetches may be what it asks for next
  window.fetching = 0;
  window.fetch = (...asked) => {
    window.fetching += 1;
    return ask(...asked).finally(() => (window.fetching -= 1));
  };
}
"""
PATIENCE = 5_000  # milliseconds: what a server has not begun by then, it has left out
SETTLED = """
([quiet, patience]) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const still = app?.dataset.testScriptState === "notRunning"
    && !(performance.now() - window.asked < patience)
    && !window.fetching
    && !document.querySelector('[data-testid="stSkeleton"]');
  window.stillSince = still ? window.stillSince ?? performance.now() : undefined;
  return still && performance.now() - window.stillSince > quiet;
}
"""


def chromium() -> str | None:
    """The program that `E2E_CHROMIUM` names, or the one on the path."""
    return os.environ.get("E2E_CHROMIUM") or shutil.which("chromium")


@contextmanager
def serving(script: Path, workspace: Path, *, options: Sequence[str] = ()) -> Iterator[str]:
    """The address of `streamlit run <script>` on a free port; ended with the block."""
    port = free_port()
    log = workspace / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", *options]
    command += ["--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none"]
    environment = {**os.environ, "EUDSCORE_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, server, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            with urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the server did not answer:\n{log.read_text(errors='replace')[-3000:]}")


class Visit:
    """One window of a browser on the app."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.wrong: list[str] = []
        page.add_init_script(ASKED)
        page.on("console", lambda said: self._note(said.type == "error", "console", said.text, said.location))
        page.on("pageerror", lambda error: self.wrong.append(f"page error: {error}"))
        page.on("requestfailed", lambda one: self._note("ERR_ABORTED" not in str(one.failure), "failed", one.url))
        page.on("response", lambda one: self._note(one.status >= 400, f"HTTP {one.status}", one.url))
        page.on("request", self._note_outsiders)

    def _note(self, bad: bool, kind: str, text: str, location: dict[str, object] | None = None) -> None:
        where = str((location or {}).get("url", text))
        if bad and not urlsplit(where).path.endswith(PROBES) and "GPU stall" not in text:
            self.wrong.append(f"{kind}: {text}")

    def _note_outsiders(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in {"http", "https", "ws", "wss"} and url.hostname not in OWN_HOSTS:
            self.wrong.append(f"left this machine: {url.geturl()}")

    def open(self, path: str = "/") -> None:
        """Go to a page of the app and wait until it stands."""
        self.page.goto(self.address + path, wait_until="domcontentloaded")
        self.page.wait_for_selector('[data-testid="stApp"]', timeout=60_000)
        self.settle()

    def settle(self, quiet: int = 200) -> None:
        """Wait until no script runs for `quiet` milliseconds, and none is asked for."""
        self.page.wait_for_function(SETTLED, arg=[quiet, PATIENCE], timeout=60_000, polling=40)

    def in_sizes(self, *sizes: tuple[int, int]) -> Iterator[int]:
        """Give the window one size after the other; yields its width once the page has followed."""
        for width, height in sizes:
            self.page.set_viewport_size({"width": width, "height": height})
            self.settle(400)
            yield width

    def assert_clean(self) -> None:
        """Nothing failed, nothing was logged as an error, nothing left this machine."""
        shown = self.page.locator('[data-testid="stException"]').all_inner_texts()
        assert not self.wrong + shown, "\n".join([*self.wrong, *shown])


@contextmanager
def running() -> Iterator[Browser]:
    """The browser of all journeys; Playwright runs once in a process."""
    with sync_playwright() as tools, running_with(tools.chromium) as opened:
        yield opened


@contextmanager
def running_with(kind: BrowserType, *options: str) -> Iterator[Browser]:
    """A browser with further command line options."""
    opened = kind.launch(executable_path=chromium(), args=[*QUIET, *options])
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def visiting(
    opened: Browser, address: str, *, size: tuple[int, int] = (1440, 900), scheme: str = "light"
) -> Iterator[Visit]:
    """A window of its own, with no memory of other visits."""
    context = opened.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion="reduce",
        accept_downloads=True,
    )
    try:
        yield Visit(context.new_page(), address)
    finally:
        context.close()
