import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from eudscore.jobs import lanes as module
from eudscore.jobs.lanes import CPU, CUDA, LIGHT, device_of, gpus, lane_of, lanes


@pytest.fixture
def machine_with(monkeypatch: pytest.MonkeyPatch) -> object:
    def make(count: int, *, torch: str = "2.9.0", allowed: str | None = None) -> None:
        monkeypatch.setattr(module, "_gpu_count", lambda: count)
        monkeypatch.setattr(module, "_built_for_cpu", lambda: torch.endswith("+cpu"))
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if allowed is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", allowed)

    return make


def test_without_a_gpu_everything_waits_for_the_cpu(machine_with: object) -> None:
    machine_with(0)
    assert (gpus(), lane_of("auto"), lane_of("cpu"), lane_of("cuda")) == ((), CPU, CPU, CUDA)
    assert lanes()[CUDA] == 1, "who asks for what is not there must get his turn, to be told"
    assert device_of(CUDA, 0) == {}


def test_each_gpu_has_its_job_which_sees_no_other(machine_with: object) -> None:
    machine_with(3)
    assert (lane_of("auto"), lane_of("cpu"), lane_of("cuda:1")) == (CUDA, CPU, CUDA)
    assert lanes() == {LIGHT: 2, CPU: 1, CUDA: 3}
    assert [device_of(CUDA, slot)["CUDA_VISIBLE_DEVICES"] for slot in range(3)] == ["0", "1", "2"]
    assert device_of(CPU, 0) == device_of(LIGHT, 1) == {}


@pytest.mark.parametrize(
    ("allowed", "seen"),
    [
        ("", ()), ("-1", ()), ("2", ("2",)), ("3, 1", ("3", "1")), ("GPU-ab,GPU-cd", ("GPU-ab", "GPU-cd")),
        ("1,-1,2", ("1",)),
    ],
)  # fmt: skip
def test_what_the_user_hides_is_not_there(machine_with: object, allowed: str, seen: tuple[str, ...]) -> None:
    machine_with(4, allowed=allowed)
    assert gpus() == seen
    assert lane_of("auto") == (CUDA if seen else CPU)


def test_a_torch_that_was_built_for_the_cpu_sees_no_gpu(machine_with: object) -> None:
    machine_with(2, torch="2.9.0+cpu")
    assert gpus() == ()


def test_what_is_said_of_this_machine_is_what_torch_finds() -> None:
    code = "import torch; print(torch.cuda.device_count() if torch.cuda.is_available() else 0)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(gpus()) == int(found.stdout)
    assert metadata.version("torch")


def test_nvidias_tool_is_asked_where_there_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if list(Path("/dev").glob("nvidia[0-9]*")):
        pytest.skip("this machine has the files")
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: A (UUID: x)'\necho 'GPU 1: B (UUID: y)'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    module._gpu_count.cache_clear()
    try:
        assert module._gpu_count() == 2
        tool.write_text("#!/bin/sh\necho 'no driver'; exit 9\n")
        module._gpu_count.cache_clear()
        assert module._gpu_count() == 0
    finally:
        module._gpu_count.cache_clear()
