"""How much memory this process holds, on the machine and on its GPU."""

import re
import sys
from pathlib import Path

import psutil

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def memory_now() -> dict[str, int]:
    """Bytes of this process: `rss` and `rss_peak`, and where it computes on a GPU `gpu` and `gpu_peak`.

    The peak is since the program began; the one of `getrusage` would be that of whoever started it.
    """
    held = psutil.Process().memory_info().rss
    found = {"rss": held, "rss_peak": max(held, _peak())}
    # Who has not loaded torch computes on no GPU; while another thread loads it, half of it is there.
    cuda = sys.modules.get("torch.cuda")
    asked = getattr(cuda, "is_initialized", None)
    if cuda is not None and asked is not None and not cuda.__spec__._initializing and asked():  # type: ignore[union-attr]
        found |= {"gpu": cuda.memory_allocated(), "gpu_peak": cuda.max_memory_allocated()}
    return found


def _peak() -> int:
    """The most that was ever resident, or 0 where the system does not say."""
    try:
        said = _PEAK.search(Path("/proc/self/status").read_text(encoding="ascii", errors="replace"))
    except OSError:
        return 0
    return int(said[1]) * 1024 if said else 0
