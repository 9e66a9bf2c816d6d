"""Two processes train one model: as many updates, of as many rows, and the same numbers in both."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from ports import free_port
from safetensors.numpy import load_file

from eudscore.training.classifier import load_classifier, predict
from eudscore.training.dynamics import read_columns
from eudscore.training.fine_tune import Examples, fine_tune
from eudscore.training.ranks import Ranks, join_ranks, launched_ranks
from eudscore.training.spec import TrainSpec
from eudscore.training.upkeep import StepReport, Upkeep

TOGETHER = Path(__file__).with_name("together.py")


def together(told: Path, folder: Path, until: int = -1) -> list[dict[str, Any]]:
    """What each process saw."""
    launcher = ["torch.distributed.run", "--nproc-per-node=2", f"--master-port={free_port()}"]
    there = {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", *launcher, str(TOGETHER), str(told), str(folder), str(until)]
    done = subprocess.run(command, env={**os.environ, **there}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads((folder / f"rank{rank}.json").read_text()) for rank in (0, 1)]


@pytest.fixture
def quiet(spec: TrainSpec, tmp_path: Path) -> TrainSpec:
    """Without dropout one process and two differ by rounding alone; of 37 rows, one makes the last batch."""
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    config = AutoConfig.from_pretrained(spec.model, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    AutoModel.from_pretrained(spec.model, config=config).save_pretrained(tmp_path / "encoder")
    AutoTokenizer.from_pretrained(spec.model).save_pretrained(tmp_path / "encoder")
    return replace(spec, model=str(tmp_path / "encoder"), batch_size=12, epochs=3, patience=9, learning_rate=1e-3)


def test_two_processes_do_what_one_does_and_go_on_where_both_left(
    quiet: TrainSpec, toy: SimpleNamespace, tmp_path: Path
) -> None:
    texts, labels = toy.texts[:37], toy.labels[:37]
    told = {"spec": quiet.to_json(), "texts": texts, "labels": labels.tolist()}
    (tmp_path / "told.json").write_text(json.dumps(told))
    reports: list[StepReport] = []
    alone = tmp_path / "alone"
    alone.mkdir()
    one = fine_tune(
        quiet, texts, labels, out=alone / "model", dev=Examples(texts[:7], labels[:7]), on_step=reports.append,
        upkeep=Upkeep(on_dynamics=lambda found: found.write(alone, np.arange(37))),
    )  # fmt: skip
    pair = tmp_path / "pair"
    pair.mkdir()
    stopped = together(tmp_path / "told.json", pair, until=5)
    assert [found["stopped"].partition(";")[0] for found in stopped] == ["Stopped after step 5 of 12"] * 2
    first, second = together(tmp_path / "told.json", pair)
    assert first == second
    assert (first["steps"], first["rows_seen"], first["processes"]) == (12, 3 * 37, 2)
    assert first["notes"] == ["It goes on after step 5 of 12."]
    wanted = [[one.step, one.loss, one.accuracy] for one in reports][5:]
    np.testing.assert_allclose(first["seen"], wanted, rtol=1e-4)
    assert one.dev is not None
    assert first["dev"]["step"] == one.dev["step"]
    assert sorted(path.name for path in pair.iterdir()) == ["dynamics.jsonl", "model", "rank0.json", "rank1.json"]
    np.testing.assert_allclose(
        predict(load_classifier(pair / "model", dtype="float32"), texts), predict(one.classifier, texts), atol=1e-3
    )
    for name, weight in load_file(alone / "model" / "model.safetensors").items():
        np.testing.assert_allclose(load_file(pair / "model" / "model.safetensors")[name], weight, atol=2e-3)
    alone_columns, pair_columns = (read_columns(folder, 37) for folder in (alone, pair))
    np.testing.assert_allclose(pair_columns["confidence"], alone_columns["confidence"], atol=1e-3)
    assert not np.isnan(pair_columns["confidence"]).any()


LEAVING = """
import atexit
import torch.distributed
from eudscore.training.ranks import join_ranks

atexit.register(lambda: print(torch.distributed.is_initialized()))  # called after what is registered later
for _ in range(2):
    ranks = join_ranks("cpu")
    print(ranks.gathered(ranks.rank), torch.distributed.is_initialized())
"""


def test_whoever_met_the_others_takes_leave_before_python_ends() -> None:
    """Threads of gloo that are still there then abort the process, once in three times."""
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    root = str(Path(__file__).parents[2])
    both = [
        subprocess.Popen(
            [sys.executable, "-c", LEAVING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **address, "PYTHONPATH": root, "RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in (0, 1)
    ]  # fmt: skip
    for process in both:
        said, wrong = process.communicate(timeout=120)
        assert process.returncode == 0, wrong
        assert said.splitlines() == ["[0, 1] True", "[0, 1] True", "False"]


def test_alone_nothing_is_sent_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    ranks = join_ranks("cpu")
    assert (ranks, launched_ranks()) == (Ranks(0, 1), 0)
    assert (ranks.any(True), ranks.any(False), ranks.gathered("x")) == (True, False, ["x"])
    assert ranks.share(np.arange(5)).tolist() == [0, 1, 2, 3, 4]


def test_a_variable_of_somebody_elses_is_no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster may say how many tasks there are; that alone starts no training together."""
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert join_ranks("cpu") == Ranks(0, 1)


def test_shares_are_disjoint_and_all_there_is() -> None:
    rows = np.array([5, 3, 9, 1, 7])
    shares = [Ranks(rank, 3).share(rows).tolist() for rank in range(3)]
    assert sorted(row for share in shares for row in share) == sorted(rows.tolist())
    assert [len(share) for share in shares] == [2, 2, 1]
