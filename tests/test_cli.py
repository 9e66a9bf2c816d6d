"""The command line: exit status, sentences, and files.

Most verbs run in this process, with its real standard output and error. Where a process is the point (a whole path, an
interruption, the app, what the console script itself gives back) they run in one of their own.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from ports import free_port

from eudscore.cli import cli
from eudscore.selection.request import Strategy

WORDS = ["refund", "late", "order", "card", "team", "won", "goal", "phone", "chip", "new"]


Run = Callable[..., subprocess.CompletedProcess[str]]


def run_alone(*arguments: str | Path, workspace: Path) -> subprocess.CompletedProcess[str]:
    """The console script in a process of its own."""
    command = [sys.executable, "-c", "from eudscore.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, "EUDSCORE_WORKSPACE": str(workspace)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same without a new process: what is no `SystemExit` fails the test, as a traceback would."""

    def inside(*arguments: str | Path, workspace: Path) -> subprocess.CompletedProcess[str]:
        monkeypatch.setenv("EUDSCORE_WORKSPACE", str(workspace))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, arguments)], prog_name="eudscore")
        said = capfd.readouterr()
        assert ended.value.code in range(256)
        return subprocess.CompletedProcess(arguments, int(ended.value.code or 0), said.out, said.err)

    return inside


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    rows = [
        {"review": " ".join(WORDS[(row * step) % 10] for step in range(1, 4 + row % 6)) + f" {row}", "stars": row % 2}
        for row in range(60)
    ]
    path = tmp_path / "reviews.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_score_select_train(reviews: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    ws = tmp_path / "ws"
    scores, subset, recipe = tmp_path / "s.parquet", tmp_path / "subset.parquet", tmp_path / "recipe.json"
    done = run_alone(
        "score", reviews, "--text", "review", "--label", "stars", "--entropy", "information,semantic,predictive",
        "--encoder", tiny_encoder, "--device", "cpu", "--out", scores, workspace=ws,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "a pipe sees no progress"
    assert "60 rows, text 'review', label 'stars' (2 classes)" in done.stdout
    assert pq.read_table(scores).num_rows == 60
    done = run_alone("select", scores, "--budget", "50%", "--out", subset, "--recipe", recipe, workspace=ws)
    assert done.returncode == 0, done.stderr
    first = pq.read_table(subset)
    assert first.num_rows == 30
    done = run_alone("select", scores, "--recipe", recipe, "--out", tmp_path / "again.parquet", workspace=ws)
    assert done.returncode == 0, done.stderr
    assert pq.read_table(tmp_path / "again.parquet").equals(first)
    assert_replayed_elsewhere(reviews, tiny_encoder, recipe, first, tmp_path)
    done = run_alone(
        "train", subset, "--test", reviews, "--model", tiny_encoder, "--steps", "4", "--device", "cpu",
        "--out", tmp_path / "run", workspace=ws,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Trained on 30 rows, tested on 60: accuracy" in done.stdout
    assert done.stderr == "30 of 60 test rows have a text that is trained on.\n"
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status["state"] == "done"
    assert status["result"]["steps"] == 4


def assert_replayed_elsewhere(reviews: Path, encoder: Path, recipe: Path, first: pa.Table, tmp_path: Path) -> None:
    """A workspace that knows nothing, as in a container: the same data and models give the same rows, others a word."""
    score = [
        "--label",
        "stars",
        "--entropy",
        "information,semantic,predictive",
        "--encoder",
        encoder,
        "--device",
        "cpu",
    ]
    ws, again = tmp_path / "elsewhere", tmp_path / "elsewhere.parquet"
    done = run_alone("score", reviews, "--text", "review", *score, "--out", tmp_path / "e.parquet", workspace=ws)
    assert done.returncode == 0, done.stderr
    done = run_alone("select", tmp_path / "e.parquet", "--recipe", recipe, "--out", again, workspace=ws)
    assert done.returncode == 0, done.stderr
    assert pq.read_table(again).column("row").equals(first.column("row"))
    other = tmp_path / "other.jsonl"
    other.write_text(reviews.read_text(encoding="utf-8").replace("refund", "return"), encoding="utf-8")
    done = run_alone("score", other, "--text", "review", *score, "--out", tmp_path / "o.parquet", workspace=ws)
    assert done.returncode == 0, done.stderr
    done = run_alone("select", tmp_path / "o.parquet", "--recipe", recipe, "--out", again, workspace=ws)
    assert done.returncode == 1
    assert "The recipe was written for other texts" in done.stderr


def test_every_strategy_says_what_it_is_worth(run: Run, tmp_path: Path) -> None:
    done = run("select", tmp_path / "s.parquet", "--strategy", "help", workspace=tmp_path / "ws")
    assert done.returncode == 0
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == list(Strategy)
    assert all(" When it loses: " in line for line in done.stdout.splitlines())


def test_quotas_further_intervals_and_what_is_withheld(
    run: Run, reviews: Path, tiny_encoder: Path, tmp_path: Path
) -> None:
    ws, scores, subset, withheld = (tmp_path / name for name in ("ws", "s.parquet", "subset.parquet", "withheld.csv"))
    done = run("score", reviews, "--text", "review", "--label", "stars", "--entropy", "information,semantic,predictive",
               "--encoder", tiny_encoder, "--device", "cpu", "--out", scores, workspace=ws)  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = run("select", scores, "--budget", "20", "--withheld", withheld, "--out", subset, workspace=ws)
    assert done.returncode == 0, done.stderr
    told = pa_csv.read_csv(withheld)
    assert told.column_names[:4] == ["row", "reason", "text", "label"]
    chosen = set(pq.read_table(subset).column("row").to_pylist())
    assert not chosen & set(told.column("row").to_pylist())
    for reason in set(told.column("reason").to_pylist()):
        assert f"rows, {reason}." in done.stdout
    done = run(
        "select", scores, "--budget", "12", "--strategy", "random", "--balance", "custom", "--share", "0=3", "--share",
        "1=1", "--also", "information_entropy=0:0.9", "--cap", "2", "--out", subset, workspace=ws,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(pq.read_table(subset).column("stars").to_pylist()) == [0] * 9 + [1] * 3
    done = run("select", scores, "--budget", "60 tokens", "--strategy", "random", "--out", subset, workspace=ws)
    assert done.returncode == 0, done.stderr
    assert sum(len(text.split()) for text in pq.read_table(subset).column("review").to_pylist()) <= 60


def test_only_the_rows_asked_for_are_read_and_can_be_found_again(run: Run, reviews: Path, tmp_path: Path) -> None:
    ws, out, subset = tmp_path / "ws", tmp_path / "s.parquet", tmp_path / "subset.parquet"
    asked = [
        "score", reviews, "--text", "review", "--label", "stars", "--where", "stars = 1", "--sample", "20",
        "--seed", "7", "--entropy", "information", "--out", out,
    ]  # fmt: skip
    done = run(*asked, "--role", "weight=stars", workspace=ws)
    assert (done.returncode, "weight" in done.stderr) == (1, True), "one column plays one role"
    done = run(*asked, workspace=ws)
    assert done.returncode == 0, done.stderr
    assert "20 of 60 rows" in done.stdout
    rows = pq.read_table(out).column("row_in_source").to_pylist()
    assert rows == sorted(rows)
    assert all(row % 2 == 1 for row in rows), "stars are the row's remainder"
    done = run("select", out, "--budget", "5", "--by", "information_entropy", "--out", subset, workspace=ws)
    assert done.returncode == 0, done.stderr
    source = [json.loads(line) for line in reviews.read_text(encoding="utf-8").splitlines()]
    chosen = pq.read_table(subset).to_pylist()
    assert len(chosen) == 5
    for row in chosen:
        assert source[row["row_in_source"]] == {"review": row["review"], "stars": 1}


@pytest.mark.parametrize("verb", ["info", "verify", "prune"])
def test_looking_makes_no_workspace(run: Run, verb: str, tmp_path: Path) -> None:
    done = run("workspace", verb, workspace=tmp_path / "mistyped")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "is no workspace" in done.stderr
    assert not (tmp_path / "mistyped").exists()


def test_the_workspace_is_listed_checked_and_cleared(run: Run, reviews: Path, tmp_path: Path) -> None:
    ws, out = tmp_path / "ws", tmp_path / "s.parquet"
    assert run("score", reviews, "--entropy", "information", "--out", out, workspace=ws).returncode == 0
    done = run("workspace", "info", workspace=ws)
    assert (done.returncode, "60 rows" in done.stdout) == (0, True)
    done = run("workspace", "verify", workspace=ws)
    assert (done.returncode, done.stdout) == (0, "Everything is as it was written.\n")
    (column,) = ws.glob("columns/*/*/igse.npy")
    content = bytearray(column.read_bytes())
    content[-1] ^= 1
    column.write_bytes(bytes(content))
    done = run("workspace", "verify", workspace=ws)
    assert done.returncode == 1
    assert "igse.npy" in done.stdout
    assert "1 problem" in done.stdout
    before = sorted(ws.rglob("*"))
    done = run("workspace", "prune", "--damaged", workspace=ws)
    assert done.returncode == 0
    assert "run it again with --yes" in done.stdout
    assert sorted(ws.rglob("*")) == before
    assert run("workspace", "prune", "--damaged", "--yes", workspace=ws).returncode == 0
    assert not column.exists()
    assert run("workspace", "verify", workspace=ws).returncode == 0


def test_what_is_read_is_never_written_over(run: Run, reviews: Path, tmp_path: Path) -> None:
    ws, scores, notes = tmp_path / "ws", tmp_path / "out" / "s.parquet", tmp_path / "notes.json"
    folder = tmp_path / "shards"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(reviews.read_bytes())
    notes.write_text('[{"mine": 1}]')
    before = reviews.read_bytes()
    assert run("score", reviews, "--entropy", "information", "--out", scores, workspace=ws).returncode == 0
    score, select = ["score", "--entropy", "information"], ["select", scores, "--budget", "5", "--out"]
    for arguments, sentence in (
        ([*score, reviews, "--out", reviews], "would overwrite what is read"),
        ([*score, folder, "--out", folder / "s.parquet"], "would be read as a part of"),
        ([*score, folder / "*.jsonl", "--out", folder / "s.jsonl"], "would be read as a part of"),
        ([*select, scores], "would overwrite what is read"),
        ([*select, tmp_path / "x.parquet", "--recipe", scores], "would overwrite what is read"),
        ([*select, tmp_path / "x.parquet", "--recipe", notes], "exists and is no recipe"),
    ):
        done = run(*arguments, workspace=ws)
        assert (done.returncode, done.stdout) == (1, "")
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1
    kept = tmp_path / "recipe.json"
    by = [*select[:2], "--by", "information_entropy", "--out", tmp_path / "y.parquet", "--recipe", kept]
    for budget, status in (("5", 0), ("5", 0), ("6", 1)):
        done = run(*by, "--budget", budget, workspace=ws)
        assert done.returncode == status, done.stderr
    assert "holds another recipe: leave --budget out to replay it" in done.stderr
    assert json.loads(kept.read_text())["budget"] == 5
    assert (reviews.read_bytes(), notes.read_text()) == (before, '[{"mine": 1}]')
    assert [path.name for path in folder.iterdir()] == ["a.jsonl"]


def test_several_labels_a_row_are_told(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "several.jsonl"
    rows = [{"text": f"some words in row {n}", "labels": ["a", "b"][: 1 + n % 2]} for n in range(20)]
    source.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = run("score", source, "--entropy", "information", "--out", tmp_path / "s.parquet", workspace=tmp_path / "ws")
    assert done.returncode == 0, done.stderr
    assert "`labels` holds several labels a row (1.5 on average, 2 different: a, b)" in done.stdout


BAD = [
    (["score", "nowhere.csv"], 1, "nowhere.csv"),
    (["score", "{reviews}", "--text", "nope"], 1, "has no column 'nope', only 'review', 'stars'. Choose one of these."),
    (["score", "{reviews}", "--entropy", "magic"], 1, "There is no entropy 'magic': choose among information"),
    (["score", "{reviews}", "--lm", "./nowhere"], 1, "There is no model folder './nowhere'"),
    (["score", "{reviews}", "--combine", "sum"], 1, "There is no rule 'sum' to combine entropies: choose among mean"),
    (["score", "{reviews}", "--prompt", "query"], 1, "has no column 'query' for the prompt, only 'review', 'stars'"),
    (["score", "{reviews}", "--dtype", "float16"], 1, "A CPU has no arithmetic for float16"),
    (["score", "{reviews}", "--entropy", "semantic", "--encoder", "./no"], 1, "There is no model folder './no'"),
    (["score", "{reviews}", "--entropy", "semantic", "--adapt"], 1, "Only generative entropy makes use of adapting"),
    (["score", "{reviews}", "--entropy", "semantic", "--prompt", "stars"], 1, "makes use of the prompt column 'stars'"),
    (["score", "{reviews}", "--entropy", "semantic", "--classifier", "x"], 1, "makes use of the classifier 'x'"),
    (["score", "{unlabelled}", "--classifier", "./no"], 1, "There is no model folder './no'"),
    (["score", "{reviews}", "--seed", "-1"], 2, "-1 is not in the range x>=0"),
    (["score", "{reviews}", "--seed", "9999999999"], 1, "There is no seed 9999999999: choose a whole number from 0"),
    (["score", "{reviews}", "--device", "tpu"], 2, "is not one of"),
    (["score"], 2, "Missing argument 'SOURCE'"),
    (["select", "{reviews}", "--budget", "16%", "--out", "x.parquet"], 1, "is not a Parquet file"),
    (["select", "{reviews}", "--budget", "", "--out", "x.parquet"], 1, "The budget '' is not a number"),
    (["select", "none.parquet", "--budget", "16%", "--out", "x.parquet"], 1, "There is no file none.parquet"),
    (["select", "{plain}", "--budget", "16%", "--out", "x.parquet"], 1, "holds no scores of eudscore"),
    (["select", "{reviews}", "--out", "x.parquet"], 2, "Give a --budget, or a --recipe to replay."),
    (["select", "{reviews}", "--budget", "0%", "--out", "x.parquet"], 1, "budget"),
    (["select", "{reviews}", "--budget", "9", "--balance", "x", "--out", "x.parquet"], 1, "There is no balance 'x'"),
    (["select", "{reviews}", "--budget", "9", "--per", "word", "--out", "x.parquet"], 1, "cannot be shared per 'word'"),
    (["select", "{reviews}", "--budget", "9", "--share", "a", "--out", "x.parquet"], 1, "'a' is not NAME=W"),
    (["select", "{reviews}", "--budget", "9", "--share", "a=b", "--out", "x.parquet"], 1, "a=b is no number"),
    (["select", "{reviews}", "--budget", "9", "--also", "igse", "--out", "x.parquet"], 1, "is not NAME=LO:HI"),
    (["select", "{reviews}", "--budget", "9", "--also", "a=0:1", "--also", "a=0:1", "--out", "x.parquet"], 1, "twice"),
    (["select", "{reviews}", "--budget", "9"], 2, "Missing option '--out'"),
    (["select", "{reviews}", "--recipe", "{plain}", "--cap", "3", "--out", "x.parquet"], 2, "leave out --cap"),
    (["train", "{plain}", "--test", "demo", "--out", "r"], 1, "is no subset of eudscore"),
    (["train", "{plain}", "--test", "demo", "--epochs", "1", "--steps", "2", "--out", "r"], 2, "not both"),
    (["select", "{reviews}", "--recipe", "{plain}", "--seed", "3", "--out", "x.parquet"], 2, "leave out --seed"),
    (["select", "{reviews}", "--recipe", "{list}", "--out", "x.parquet"], 1, "is no recipe"),
    (["frobnicate"], 2, "No such command 'frobnicate'"),
]  # fmt: skip
BAD_ALONE = [
    (["score", "nowhere.csv"], 1, "nowhere.csv"),
    (["score", "{reviews}", "--text", "nope"], 1, "has no column 'nope', only 'review', 'stars'. Choose one of these."),
    (["score", "{reviews}", "--dtype", "float16"], 1, "A CPU has no arithmetic for float16"),
    (["select", "{plain}", "--budget", "16%", "--out", "x.parquet"], 1, "holds no scores of eudscore"),
    (["train", "{plain}", "--test", "demo", "--epochs", "1", "--steps", "2", "--out", "r"], 2, "not both"),
    (["app", "--port", "{taken}"], 1, "cannot be used (Address already in use): choose another one with --port."),
]  # fmt: skip


def named(value: object) -> str | None:
    return " ".join(value)[:50] if isinstance(value, list) else None


def assert_one_sentence(
    run: Run, arguments: list[str], status: int, sentence: str, reviews: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.parquet"
    pq.write_table(pa.table({"text": ["a"]}), plain)
    listed = tmp_path / "list.json"
    listed.write_text("[]")
    unlabelled = tmp_path / "unlabelled.txt"
    unlabelled.write_text("the order is late\nthe team won\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        names = {
            "reviews": reviews,
            "plain": plain,
            "list": listed,
            "unlabelled": unlabelled,
            "taken": taken.getsockname()[1],
        }
        done = run(*[argument.format(**names) for argument in arguments], workspace=tmp_path / "ws")
    assert done.returncode == status, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    if status == 1:
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(("arguments", "status", "sentence"), BAD, ids=named)
def test_bad_input_is_one_sentence_and_its_status(
    run: Run, arguments: list[str], status: int, sentence: str, reviews: Path, tmp_path: Path
) -> None:
    assert_one_sentence(run, arguments, status, sentence, reviews, tmp_path)


@pytest.mark.parametrize(("arguments", "status", "sentence"), BAD_ALONE, ids=named)
def test_a_process_of_its_own_ends_with_the_same_sentence_and_status(
    arguments: list[str], status: int, sentence: str, reviews: Path, tmp_path: Path
) -> None:
    assert_one_sentence(run_alone, arguments, status, sentence, reviews, tmp_path)


def test_a_quote_says_how_long_and_writes_nothing(reviews: Path, tiny_encoder: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.parquet"
    done = run_alone("score", reviews, "--encoder", tiny_encoder, "--quote", "--out", out, workspace=tmp_path / "ws")
    assert done.returncode == 0, done.stderr
    assert re.search(r"About \d+ seconds and \d\.\d GB of memory for 60 rows on cpu, measured on 60", done.stdout)
    assert not out.exists()


def test_ctrl_c_is_130_and_keeps_what_was_done(tiny_encoder: Path, tmp_path: Path) -> None:
    many = tmp_path / "many.txt"
    many.write_text("\n".join(f"the late order {i} was charged twice" for i in range(60_000)), encoding="utf-8")
    command = [sys.executable, "-c", "from eudscore.cli import main; main()", "score", str(many)]
    command += ["--encoder", str(tiny_encoder), "--device", "cpu", "--out", str(tmp_path / "s.parquet")]
    environment = {**os.environ, "EUDSCORE_WORKSPACE": str(tmp_path / "ws")}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        end = time.monotonic() + 120
        while not list((tmp_path / "ws").glob("*/*/.*.partial")) and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert said.strip().splitlines()[-1] == "Interrupted; what was done is kept."
    assert not (tmp_path / "s.parquet").exists()


def test_rows_that_say_little_are_counted_in_one_line(run: Run, tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text('text\nthe order is late again\n""\nlate\nthe card was charged twice\n', encoding="utf-8")
    arguments = ("score", texts, "--text", "text", "--entropy", "information", "--out", tmp_path / "s.parquet")
    done = run(*arguments, workspace=tmp_path / "ws")
    assert done.returncode == 0, done.stderr
    assert "Noticed information: 1 empty, 1 short." in done.stdout.splitlines()


def test_help_names_every_verb(run: Run, tmp_path: Path) -> None:
    done = run("--help", workspace=tmp_path)
    assert done.returncode == 0
    assert all(f"\n  {verb} " in done.stdout for verb in ("app", "score", "select", "train"))


def test_the_app_answers_on_its_port(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-c",
        "from eudscore.cli import main; main()",
        "app",
        "--no-browser",
        "--port",
        str(port),
    ]
    environment = {**os.environ, "EUDSCORE_WORKSPACE": str(tmp_path / "ws")}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        end = time.monotonic() + 90
        answer = 0
        while answer != 200 and time.monotonic() < end and process.poll() is None:
            try:
                with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as health:
                    answer = health.status
            except OSError:
                time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert answer == 200, said
