"""A workspace whose processes, all of them, are gone after the test; and the marker of all that is here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import staff

from eudscore.jobs.queue import Queue

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "ws"
    staff.end_all(tmp_path)


@pytest.fixture
def queue(root: Path) -> Queue:
    """The queue as an app sees it."""
    return staff.queue_at(root)
