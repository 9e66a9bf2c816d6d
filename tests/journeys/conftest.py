"""A server and a browser for the journeys; without a browser they are skipped, under CI they fail."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import browser
import pytest
from playwright.sync_api import Browser, expect

expect.set_options(timeout=20_000)  # another process of the suite shares the cores


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys."""
    if browser.chromium() is None:
        reason = "no chromium on the path and none in E2E_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with browser.running() as opened:
        yield opened


@pytest.fixture(scope="session")
def app_address(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real app on an empty workspace."""
    with browser.serving(browser.ROOT / "app.py", tmp_path_factory.mktemp("workspace")) as address:
        yield address


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Path:
    """Where a screenshot of this test belongs."""
    folder = browser.ROOT / "test-artifacts"
    folder.mkdir(exist_ok=True)
    return folder / f"{request.node.name.replace('/', '-')}.png"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A journey that fails tells what went wrong in its window, too."""
    report = yield
    visit = getattr(item, "funcargs", {}).get("visit")
    if report.failed and isinstance(visit, browser.Visit):
        report.sections.append(("What went wrong in the window", "\n".join(visit.wrong) or "nothing that it told"))
    return report
