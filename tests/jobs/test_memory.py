import json
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from eudscore.jobs.memory import memory_now

_HOLDING = """
import json, psutil
from eudscore.jobs.memory import memory_now
before = memory_now()
held = bytes(range(256)) * 320_000
during = memory_now()
del held
print(json.dumps([before, during, memory_now(), psutil.Process().memory_info().rss]))
"""


def test_it_is_what_the_system_says_and_a_peak_stays() -> None:
    """In a process of its own: one that held much before takes from what it holds already."""
    said = subprocess.run([sys.executable, "-c", _HOLDING], capture_output=True, text=True, check=True)
    before, during, after, told = json.loads(said.stdout)
    assert abs(after["rss"] - told) < 20_000_000
    assert during["rss"] > before["rss"] + 70_000_000
    assert after["rss_peak"] > during["rss"] - 2_000_000  # the system counts pages in batches


def test_the_peak_is_not_that_of_whoever_started_the_process() -> None:
    held = bytearray(300_000_000)
    code = "from eudscore.jobs.memory import memory_now; print(memory_now()['rss_peak'])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(said.stdout) < len(held)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("torch.cuda")
    module.__spec__ = SimpleNamespace(_initializing=False)  # type: ignore[assignment]
    module.is_initialized = lambda: True
    module.memory_allocated = lambda: 5
    module.max_memory_allocated = lambda: 7
    monkeypatch.setitem(sys.modules, "torch.cuda", module)
    return module


def test_a_gpu_that_is_used_is_told(cuda: ModuleType) -> None:
    assert {name: memory_now()[name] for name in ("gpu", "gpu_peak")} == {"gpu": 5, "gpu_peak": 7}


def test_a_torch_that_is_half_loaded_or_uses_no_gpu_is_not_asked(cuda: ModuleType) -> None:
    cuda.is_initialized = lambda: False
    assert "gpu" not in memory_now()
    cuda.is_initialized = lambda: pytest.fail("it was asked")
    cuda.__spec__._initializing = True
    assert "gpu" not in memory_now()
    del cuda.is_initialized
    assert "gpu" not in memory_now()


def test_while_another_thread_loads_torch_memory_is_told_all_the_same() -> None:
    code = (
        "import threading\nfrom eudscore.jobs.memory import memory_now\n"
        "loading = threading.Thread(target=lambda: __import__('torch'))\nloading.start()\ncount = 0\n"
        "while loading.is_alive(): memory_now(); count += 1\nprint(count)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(said.stdout) > 10
