"""Where models run and in what precision, and how much fits there at once."""

from functools import lru_cache
from pathlib import Path

from eudscore.errors import RequestError

DEVICES = ("auto", "cpu", "cuda")
DTYPES = ("auto", "float32", "bfloat16", "float16")
# Small enough to stay in the cache of a CPU core.
CPU_TOKENS = 1024
# A GPU wants to be filled, but never more than this share of its free memory.
_GPU_SHARE = 0.4
_GPU_MOST_TOKENS = 262_144
# Rough numbers of activations of one token that live at once, in widths of the model; a batch that is too
# large after all is halved.
_WIDTHS_ALIVE = 24


def check_device(device: str) -> None:
    """Refuse a name that is none, without looking at the machine.

    Raises:
        RequestError: the device is unknown.
    """
    if device not in DEVICES:
        raise RequestError(f"There is no device {device!r}: choose {', '.join(DEVICES[:-1])} or {DEVICES[-1]}.")


def check_dtype(dtype: str, device: str) -> None:
    """Refuse a precision that is none, or that a device is known not to have, without looking at the machine.

    Raises:
        RequestError: the precision is unknown, or it is float16 on a CPU.
    """
    if dtype not in DTYPES:
        raise RequestError(f"There is no precision {dtype!r}: choose {', '.join(DTYPES[:-1])} or {DTYPES[-1]}.")
    if dtype == "float16" and device == "cpu":
        raise RequestError("A CPU has no arithmetic for float16: choose float32 or bfloat16.")


def pick_device(device: str = "auto") -> str:
    """`auto` is CUDA where there is one, else the CPU.

    Raises:
        RequestError: the device is unknown, or CUDA was asked for and there is none.
    """
    check_device(device)
    if device == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise RequestError("This machine has no CUDA device: choose cpu or auto.")
    return "cpu"


def pick_dtype(dtype: str, device: str) -> str:
    """`auto` is `bfloat16` where the device multiplies it natively, else `float32`.

    Raises:
        RequestError: the precision is unknown, or the device has none of it.
    """
    check_dtype(dtype, device)
    return native_dtype(device) if dtype == "auto" else dtype


def native_dtype(device: str) -> str:
    """`bfloat16` where the device multiplies it natively, else `float32`."""
    if device == "cuda":
        import torch

        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if _cpu_flags() & {"avx512_bf16", "amx_bf16", "bf16"} else "float32"


def tokens_at_once(device: str, *, width: int, dtype: str) -> int:
    """How many padded tokens a batch may hold: what stays in a CPU's cache, or what a GPU's free memory takes."""
    if device == "cpu":
        return CPU_TOKENS
    import torch

    free, _ = torch.cuda.mem_get_info()
    size = 4 if dtype == "float32" else 2
    return max(CPU_TOKENS, min(_GPU_MOST_TOKENS, int(free * _GPU_SHARE / (size * width * _WIDTHS_ALIVE))))


def logits_at_once(device: str) -> tuple[int, int]:
    """Positions and tokens of the vocabulary whose logits exist at once, in float32 and twice over."""
    if device == "cpu":
        return 512, 2048  # 4 MB: reduced before it leaves the cache
    import torch

    free, _ = torch.cuda.mem_get_info()
    stretch = 16_384
    return max(128, min(8192, int(free * 0.05 / (3 * 4 * stretch)))), stretch


@lru_cache(maxsize=1)
def _cpu_flags() -> frozenset[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux: fp32 is right everywhere
        return frozenset()
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return frozenset(flags.split())
