"""A page that is left while it still asks how a job goes: what is on its way must not tear down the next one."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import ROOT, Visit, serving, visiting
from playwright.sync_api import Browser, expect
from synthetic import keep_synthetic

from eudscore.jobs.folder import ProcessId, RunStatus
from eudscore.records import RunState
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.queueing import PREPARE, new_run, run_spec
from eudscore.workflow.requests import default_request

pytestmark = pytest.mark.browser

ROWS = 400
# Keeps what is done once a second until it is given up, so that a test can do it at the worst moment.
POLLS = """
const start = window.setInterval, end = window.clearInterval;
window.polls = new Map();
window.setInterval = (what, wait, ...rest) => {
  const id = start(what, wait, ...rest);
  if (wait === 1000) window.polls.set(id, what);
  return id;
};
window.clearInterval = (id) => { window.polls.delete(id); end(id); };
"""
# Presses a button, asks a moment later, and looks how far the button moves while it is there.
PRESSED = """
([name, wait]) => {
  const button = [...document.querySelectorAll("button")].find((one) => one.innerText.includes(name));
  const { left, top } = button.getBoundingClientRect();
  window.moved = 0;
  const look = () => {
    if (!button.isConnected || !button.innerText.includes(name)) return;
    const now = button.getBoundingClientRect();
    window.moved = Math.max(window.moved, Math.abs(now.left - left), Math.abs(now.top - top));
    requestAnimationFrame(look);
  };
  look();
  button.click();
  setTimeout(() => window.polls.forEach((ask) => ask()), wait);
}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("leaving")


@pytest.fixture(scope="module")
def ref(root: Path) -> CorpusRef:
    """A scored data set of which the scoring seems to go on: this very process is its worker."""
    workspace = Workspace(root)
    found = keep_synthetic(workspace, "messages", ROWS)
    asked = {"request": default_request(workspace.corpus(found)).to_json()}
    now = time.time()
    new_run(workspace, run_spec(workspace, found, PREPARE, asked)).write_status(
        RunStatus(
            RunState.RUNNING, process=ProcessId.of(os.getpid()), heartbeat=now, created_at=now, started_at=now,
            step=1, total=9, message="Embedding",
        )
    )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def address(chromium: Browser, root: Path, ref: CorpusRef) -> Iterator[str]:
    with serving(ROOT / "app.py", root) as found:
        yield found


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Visit]:
    with visiting(chromium, address) as opened:
        opened.page.add_init_script(POLLS)
        yield opened
        opened.assert_clean()


@pytest.mark.parametrize(
    ("page", "button", "there", "shown"),
    [
        ("explore", "Select a subset", "select", "Rows kept"),
        ("score", "Explore the scores", "explore", "Why this one"),
        ("data", "Score and map", "explore", "Why this one"),
    ],
)
def test_a_question_that_is_on_its_way_when_a_page_is_left_does_not_touch_the_next(
    visit: Visit, ref: CorpusRef, page: str, button: str, there: str, shown: str
) -> None:
    for wait in (5, 20):  # milliseconds from the click to the question
        visit.open(f"/{page}?data={ref}")
        visit.page.wait_for_function("window.polls.size > 0")
        pages = visit.page.evaluate("history.length")
        visit.page.evaluate(PRESSED, [button, wait])
        expect(visit.page).to_have_url(re.compile(f"/{there}"))
        visit.page.wait_for_timeout(700)  # until the question was answered, whatever the answer does
        visit.settle()
        expect(visit.page.get_by_text(shown).first).to_be_visible()
        assert visit.page.evaluate("history.length") == pages + 1, "one step back leads to the page before"
        assert visit.page.evaluate("window.moved") < 1, "what was pressed keeps its place"
        visit.assert_clean()
