"""Power that is read from the device, and what is said where it cannot be."""

from pathlib import Path

import pytest

from eudscore.models import power
from eudscore.models.power import ASSUMED, PowerMeter


def packages(root: Path, **counters: int) -> Path:
    for name, joules in counters.items():
        folder = root / name.replace("_", ":")
        folder.mkdir(exist_ok=True)
        (folder / "energy_uj").write_text(str(int(joules * 1e6)))
    return root


def test_the_processor_tells_the_energy_of_its_packages_and_no_part_is_counted_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(power.time, "monotonic", lambda: now[0])
    rapl = packages(tmp_path, **{"intel-rapl_0": 50, "intel-rapl_0_0": 20, "intel-rapl_1": 10})
    meter = PowerMeter("cpu", rapl=rapl)
    now[0] += 4
    packages(tmp_path, **{"intel-rapl_0": 250, "intel-rapl_0_0": 90, "intel-rapl_1": 50})
    found = meter.read()
    assert found.watts == pytest.approx((200 + 40) / 4)
    assert found.measured
    assert "RAPL" in found.source


@pytest.mark.parametrize("then", [10, 50], ids=["ran over", "stood still"])
def test_a_counter_that_says_nothing_is_not_believed(tmp_path: Path, then: int) -> None:
    meter = PowerMeter("cpu", rapl=packages(tmp_path, **{"intel-rapl_0": 50}))
    packages(tmp_path, **{"intel-rapl_0": then})
    assert not meter.read().measured


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_what_cannot_be_read_is_assumed_and_said_to_be(
    tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(power, "gpu_watts", lambda: None)
    found = PowerMeter(device, rapl=tmp_path / "nothing").read()
    assert (found.watts, found.measured) == (ASSUMED[device], False)
    assert found.source.startswith("assumed")


def test_a_gpu_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nprintf '61.5\\n120.25\\n'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert power.gpu_watts() == pytest.approx(181.75)
    assert PowerMeter("cuda").read().measured
    tool.write_text("#!/bin/sh\necho '[N/A]'\n")
    assert power.gpu_watts() is None
    tool.unlink()
    assert power.gpu_watts() is None
