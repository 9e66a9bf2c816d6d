"""How much power this machine draws while it computes: read where it can be, else a stated assumption."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ASSUMED = {"cpu": 65.0, "cuda": 300.0}
"""Watts where nothing can be read: a desktop processor, and a data-centre GPU at work. An assumption, said as one."""

_RAPL = Path("/sys/class/powercap")
_ASKED = ("nvidia-smi", "--query-gpu=power.draw", "--format=csv,noheader,nounits")
_SECONDS = 5.0  # that it may take to answer


@dataclass(frozen=True)
class Power:
    """A draw of power.

    Attributes:
        watts: on average.
        source: how it is known, in words.
        measured: whether it was read from the device.
    """

    watts: float
    source: str
    measured: bool


class PowerMeter:
    """Reads what the device drew between its making and `read`."""

    def __init__(self, device: str, *, rapl: Path = _RAPL) -> None:
        """Begin to measure.

        Args:
            device: `cpu` or `cuda`.
            rapl: where Linux keeps the energy counters of the processor packages.
        """
        self._device, self._rapl = device, rapl
        self._began, self._joules = time.monotonic(), self._counted()

    def read(self) -> Power:
        """Watts since the beginning; of a GPU those of this moment, so it is to be asked while it works."""
        if self._device == "cuda" and (drawn := gpu_watts()) is not None:
            return Power(drawn, "read from the GPU by nvidia-smi", measured=True)
        counted, seconds = self._counted(), time.monotonic() - self._began
        if self._device == "cpu" and self._joules is not None and counted is not None and seconds > 0:
            joules = counted - self._joules
            if joules > 0:  # a counter that ran over says nothing
                return Power(joules / seconds, "read from the processor (RAPL)", measured=True)
        watts = ASSUMED.get(self._device, ASSUMED["cpu"])
        return Power(watts, f"assumed, because this {self._device} tells no power", measured=False)

    def _counted(self) -> float | None:
        """Joules that the processor packages have counted, or None where they do not say."""
        total, found = 0.0, False
        for package in sorted(self._rapl.glob("intel-rapl:[0-9]*")):
            if package.name.count(":") > 1:  # a part of a package, which counts it already
                continue
            try:
                total += int((package / "energy_uj").read_text(encoding="ascii")) / 1e6
            except (OSError, ValueError):
                return None
            found = True
        return total if found else None


def gpu_watts() -> float | None:
    """What all GPUs draw at this moment, or None where nobody says."""
    try:
        said = subprocess.run(_ASKED, capture_output=True, text=True, timeout=_SECONDS, check=True).stdout
        return sum(float(line) for line in said.split()) or None
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
