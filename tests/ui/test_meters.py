"""Rows of work under way: letter by letter, and never beyond their bar."""

import re

import pytest

from eudscore.jobs.folder import RunStatus
from eudscore.records import RunState
from eudscore.ui.meters import Meter, facts_of, markup, message_of, share_of


def test_names_and_messages_come_out_letter_by_letter() -> None:
    found = markup(Meter("<b>a</b>", ('"><script>', "x & y"), 0.5, RunState.RUNNING))
    assert "<script>" not in found
    assert "&lt;b&gt;a&lt;/b&gt;" in found
    assert "x &amp; y" in found


@pytest.mark.parametrize(("share", "percent"), [(0.0, 0), (0.256, 26), (1.0, 100), (7.0, 100), (-1.0, 0)])
def test_the_bar_is_as_long_as_the_share(share: float, percent: int) -> None:
    found = markup(Meter("a", (), share, RunState.RUNNING))
    assert re.search(rf'aria-valuenow="{percent}".*width:{percent}%', found)


def test_without_a_share_there_is_no_bar() -> None:
    assert "progressbar" not in markup(Meter("a", ("b",), None, RunState.FAILED))


@pytest.mark.parametrize(("step", "total", "share"), [(0, 0, 0.0), (3, 12, 0.25), (13, 12, 1.0)])
def test_the_share_of_a_run(step: int, total: int, share: float) -> None:
    assert share_of(RunStatus(RunState.RUNNING, step=step, total=total)) == share
    assert share_of(RunStatus(RunState.DONE, step=step, total=total)) == 1.0


def test_what_is_known_of_a_run_is_told_and_nothing_else() -> None:
    waiting = RunStatus(RunState.QUEUED, message="Waiting to start.")
    assert facts_of(waiting, {}) == ("waiting",)
    assert message_of(waiting) == []
    running = RunStatus(RunState.RUNNING, step=5, total=10, memory={"rss": 2_000_000_000, "gpu": 3_000_000})
    told = ("running", "step 5 of 10", "1,200 rows/s", "1 min 5 s left", "2 GB", "3 MB on the GPU")
    assert facts_of(running, {"rate": 1200.0, "eta": 65.0}) == told
    assert message_of(RunStatus(RunState.FAILED, message="The disk is full.")) == ["The disk is full"]
