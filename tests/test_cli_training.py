"""`eudscore train`: its options, what it says when it is stopped, and two processes that train together."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ports import free_port

from eudscore.cli import cli
from eudscore.cli.shared import INTERRUPTED
from eudscore.corpus.read import read_source
from eudscore.errors import InputError, Interrupted
from eudscore.jobs.folder import RunFolder
from eudscore.records import Corpus
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.workspace import Workspace
from eudscore.workflow import fitting, lessons
from eudscore.workflow.choosing import select
from eudscore.workflow.requests import Entropy, FitOptions, ScoreRequest
from eudscore.workflow.scoring import score

WORDS = {"money": ["refund", "card", "bank"], "sport": ["goal", "team", "match"]}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with `reviews.csv` of 48 rows and `subset.parquet` of 40 of them."""
    lines = ["text,label"]
    for row in range(48):
        label = list(WORDS)[row % 2]
        lines.append(f"the {WORDS[label][row % 3]} was late {row} {WORDS[label][row // 3 % 3]},{label}")
    (tmp_path / "reviews.csv").write_text("\n".join(lines) + "\n")
    corpus = read_source(str(tmp_path / "reviews.csv"))
    workspace = Workspace(tmp_path / "ws")
    scores = score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.INFORMATION,)))
    select(workspace, scores, SelectionRequest(40, "information_entropy", Strategy.RANDOM)).write(
        tmp_path / "subset.parquet"
    )
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[FitOptions]:
    """What the workflow is asked for, in place of a training; it is stopped at once."""
    found: list[FitOptions] = []

    def stop(*given: Any, **_: Any) -> None:
        found.append(given[4])
        raise Interrupted("Stopped after step 3 of 9; it goes on from there when it is started again.")

    monkeypatch.setattr(fitting, "fit_here", stop)
    return found


def train(files: Path, *more: str) -> Result:
    subset, test, out = (str(files / name) for name in ("subset.parquet", "reviews.csv", "run"))
    command = ["train", subset, "--test", test, "--out", out, *more]
    return CliRunner().invoke(cli, command, env={"EUDSCORE_WORKSPACE": str(files / "ws")})


def test_without_options_the_defaults_are_those_of_the_workflow(files: Path, asked: list[FitOptions]) -> None:
    train(files)
    assert asked == [FitOptions()]


def test_every_option_arrives(files: Path, asked: list[FitOptions]) -> None:
    train(
        files, "--method", "lora", "--class-weights", "balanced", "--early-stopping", "2", "--learning-rate", "0.0003",
        "--batch-size", "8", "--max-tokens", "64", "--onnx", "--labels", "tags", "--epochs", "2", "--seed", "4",
        "--device", "cpu", "--model", "roberta-base",
    )  # fmt: skip
    assert asked == [
        FitOptions("roberta-base", 2.0, None, 4, "cpu", "lora", "balanced", 2, 0.0003, 8, 64, "tags", True)
    ]


def test_the_columns_of_a_test_set_can_be_named_where_they_have_other_names(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Corpus] = []

    def stop(*given: Any, **_: Any) -> None:
        found.append(given[3])
        raise Interrupted("Stopped.")

    monkeypatch.setattr(fitting, "fit_here", stop)
    _, *rows = (files / "reviews.csv").read_text().splitlines()
    odd = [f"{row.split(',')[0]},{number % 7},{row.split(',')[1]}" for number, row in enumerate(rows)]
    (files / "odd.csv").write_text("\n".join(["what was said,k,zz", *odd]) + "\n")
    plain = train(files)
    named = train(files, "--test", str(files / "odd.csv"), "--test-text", "what was said", "--test-label", "zz")
    assert plain.exit_code == named.exit_code == INTERRUPTED, named.output
    first, second = found
    assert first.texts() == second.texts()
    assert [first.classes[label] for label in first.labels] == [second.classes[label] for label in second.labels]
    wrong = train(files, "--test", str(files / "odd.csv"), "--test-label", "there is none")
    assert wrong.exit_code == 1
    assert "there is none" in wrong.output


def test_a_test_set_is_read_in_pairs_as_what_is_trained_on_is(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("first,second,y\n" + "the refund,was late,no\nthe goal,was won,yes\n" * 4)
    (tmp_path / "other.csv").write_text("a,b,y\n" + "the card,was late,no\nthe team,was won,yes\n" * 4)
    pairs = read_source(str(tmp_path / "pairs.csv"), text="first", label="y", roles={"pair": "second"})
    other = str(tmp_path / "other.csv")
    with pytest.raises(InputError, match=r"no column was taken for the second one \(it has 'a', 'b', 'y'\)"):
        fitting.read_test(other, like=pairs, text="a", label="y")
    found = fitting.read_test(other, like=pairs, text="a", label="y", pair="b")
    assert found.pairs([0]) == [("the card", "was late")]
    assert fitting.read_test(str(tmp_path / "pairs.csv"), like=pairs).roles.pair == "second"
    single = read_source(str(tmp_path / "pairs.csv"), text="first", label="y", roles={"pair": ""})
    assert fitting.read_test(other, like=single, text="a", label="y").roles.pair is None
    with pytest.raises(InputError, match=r"pairs.csv|pairs holds pairs of texts and"):
        lessons.check_pairs(single, pairs)


def test_stopped_it_says_how_to_go_on_and_ends_with_130(files: Path, asked: list[FitOptions]) -> None:
    done = train(files)
    assert done.exit_code == 130
    assert done.stderr.splitlines()[-1] == (
        "Stopped after step 3 of 9; it goes on from there when it is started again. Give the same command again to "
        "go on."
    )


@pytest.mark.parametrize(
    "wrong",
    [("--method", "most"), ("--class-weights", "some"), ("--early-stopping", "0"), ("--batch-size", "0"),
     ("--max-tokens", "3"), ("--learning-rate", "0")],
)  # fmt: skip
def test_options_out_of_their_range_are_a_usage_error(
    files: Path, asked: list[FitOptions], wrong: tuple[str, str]
) -> None:
    done = train(files, *wrong)
    assert done.exit_code == 2
    assert wrong[0] in done.stderr
    assert asked == []


def test_two_processes_that_accelerate_launched_train_one_model_and_one_of_them_speaks(
    files: Path, tiny_encoder: Path
) -> None:
    """As for two GPUs, on the CPU that the command asks for; what accelerate calls `--cpu` needs MPI."""
    launcher = [
        "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2", "--num_machines=1",
        "--mixed_precision=no", "--dynamo_backend=no", "--num_cpu_threads_per_process=1",
        f"--main_process_port={free_port()}", "-m", "eudscore",
    ]  # fmt: skip
    command = ["train", "subset.parquet", "--test", "reviews.csv", "--out", "run", "--model", str(tiny_encoder),
               "--steps", "5", "--device", "cpu", "--batch-size", "8"]  # fmt: skip
    there = {"EUDSCORE_WORKSPACE": str(files / "ws"), "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, *launcher, *command], cwd=files, capture_output=True, text=True,
        env={**os.environ, **there}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Trained on 40 rows, tested on 48") == 1
    run = RunFolder(files / "run")
    assert [line["step"] for line in run.read_metrics()] == [1, 2, 3, 4, 5]
    result = run.read_status().result
    assert (result["processes"], result["steps"], result["batch_size"]) == (2, 5, 8)
    assert len((run.path / "dynamics.jsonl").read_text().splitlines()) == 40
    assert json.loads((run.model / "training.json").read_text())["rows_seen"] == 40
