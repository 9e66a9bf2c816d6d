"""Lanes: what a job waits for. One job at a time on a device; what is light waits for no device.

Which devices there are is asked without torch: neither the app's server nor the foreman may load it.
"""

import os
import shutil
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIGHT, CPU, CUDA = "light", "cpu", "cuda"
_LIGHT_AT_ONCE = 2


def lanes() -> dict[str, int]:
    """The lanes of this machine, and how many jobs each takes at a time."""
    # A job that asks for a GPU where there is none must get its turn, to say so.
    return {LIGHT: _LIGHT_AT_ONCE, CPU: 1, CUDA: max(1, len(gpus()))}


def lane_of(device: str) -> str:
    """The lane of a job by the device it asks for: `auto` is a GPU where there is one."""
    if device == "auto":
        return CUDA if gpus() else CPU
    return CUDA if device.startswith(CUDA) else CPU


def device_of(lane: str, slot: int) -> dict[str, str]:
    """What the environment of a job must say, so that it sees the GPU of its slot as the only one."""
    found = gpus()
    return {"CUDA_VISIBLE_DEVICES": found[slot]} if lane == CUDA and slot < len(found) else {}


def gpus() -> tuple[str, ...]:
    """The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if _built_for_cpu() or not _gpu_count():
        return ()
    if allowed is None:
        return tuple(map(str, range(_gpu_count())))
    named = [name.strip() for name in allowed.split(",")]
    return tuple(named[: named.index("-1")] if "-1" in named else filter(None, named))


@lru_cache(maxsize=1)
def _built_for_cpu() -> bool:
    """Whether the torch that is installed knows no GPU, by its version."""
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return True


@lru_cache(maxsize=1)
def _gpu_count() -> int:
    """NVIDIA's driver makes a file for each GPU; under WSL it does not, but its tool knows."""
    files = [path for path in Path("/dev").glob("nvidia[0-9]*") if path.name.removeprefix("nvidia").isdigit()]
    if files or shutil.which("nvidia-smi") is None:
        return len(files)
    try:
        said = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return said.stdout.count("GPU ") if said.returncode == 0 else 0
