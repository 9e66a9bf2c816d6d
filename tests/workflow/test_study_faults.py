"""A study whose process is killed goes on, and comes to the results of one that nobody disturbed."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eudscore.records import Corpus

COMMAND = (sys.executable, "-c", "from eudscore.cli import main; main()")


def written(corpus: Corpus, path: Path, rows: range) -> Path:
    table = corpus.table.to_pylist()
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, ["id", "text", "label"])
        out.writeheader()
        out.writerows(table[row] for row in rows if row != 7)
    return path


def cells(folder: Path) -> list[tuple[object, ...]]:
    records = json.loads((folder / "results.json").read_text())
    return sorted((r["strategy"], r["seed"], r["metric"], r["value"], r["n_train"]) for r in records)


@pytest.mark.faults
def test_a_study_that_is_killed_twice_goes_on_to_the_same_results(
    corpus: Corpus, tmp_path: Path, tiny_encoder: Path
) -> None:
    train, test = (
        written(corpus, tmp_path / "train.csv", range(60)),
        written(corpus, tmp_path / "test.csv", range(60, 90)),
    )
    arguments = [
        *COMMAND, "study", str(train), "--text", "text", "--label", "label", "--test", str(test), "--budget", "30%",
        "--strategy", "longest", "--seeds", "2", "--draws", "1", "--epochs", "40", "--model", str(tiny_encoder),
        "--device", "cpu", "--workspace", str(tmp_path / "ws"),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    undisturbed = subprocess.run([*arguments, "--out", str(tmp_path / "whole")], env=environment, check=False,
                                 capture_output=True, text=True, timeout=300)  # fmt: skip
    assert undisturbed.returncode == 0, undisturbed.stderr
    out = tmp_path / "killed"
    for trainings in (2, 5):
        process = subprocess.Popen([*arguments, "--out", str(out)], env=environment, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 120
        while time.monotonic() < end and process.poll() is None:
            begun = list(out.glob("runs/*/metrics.jsonl"))
            if len(begun) >= trainings and all(path.stat().st_size for path in begun):
                break
            time.sleep(0.02)
        assert process.poll() is None, "it was killed in the middle"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run([*arguments, "--out", str(out)], env=environment, check=False, capture_output=True, text=True,
                          timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert cells(out) == cells(tmp_path / "whole")
    assert "30 %" in done.stdout
