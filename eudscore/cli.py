"""The command line: each verb asks, calls the workflow, and says what came of it.

Exit status: 0 done, 1 the input was wrong (one sentence on stderr), 2 usage, 130 interrupted.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from eudscore.errors import EudscoreError, Interrupted
from eudscore.models.device import DEVICES, DTYPES

INTERRUPTED = 130

Command = TypeVar("Command", bound=Callable[..., Any])


def one_sentence(command: Command) -> Command:
    """Give what a user can mend as one sentence with exit status 1, and Ctrl-C as 130."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (KeyboardInterrupt, Interrupted):
            click.echo("Interrupted; what was done is kept.", err=True)
            sys.exit(INTERRUPTED)
        except EudscoreError as error:
            click.echo(str(error), err=True)
            sys.exit(1)

    return guarded  # type: ignore[return-value]


class TerminalProgress:
    """One line on stderr that counts up; nothing at all where stderr is no terminal."""

    def __init__(self) -> None:
        from eudscore.workflow.pace import Pace

        self._shown = sys.stderr.isatty()
        self._stage = ""
        self._pace = Pace()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Draw the line anew."""
        if not self._shown:
            return
        end = "\n" if self._stage not in ("", stage) else ""
        self._stage = stage
        words = self._pace.words(stage, done, total)
        click.echo(f"{end}\r\x1b[K{stage}  {done:,} of {total:,}  {words}", nl=False, err=True)

    def close(self) -> None:
        """Leave the line."""
        if self._stage:
            click.echo("", err=True)


def set_workspace(_context: click.Context, _option: click.Parameter, folder: str | None) -> None:
    """Everything below, worker processes too, finds the workspace in the environment."""
    if folder is not None:
        os.environ["EUDSCORE_WORKSPACE"] = str(Path(folder).expanduser().resolve())


workspace_option = click.option(
    "--workspace", metavar="DIR", expose_value=False, is_eager=True, callback=set_workspace,
    help="Folder that keeps data, scores and runs (default: EUDSCORE_WORKSPACE, or your data directory).",
)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="eudscore")
def cli() -> None:
    """See where text data is uncertain, pick the part worth training on, prove that it is enough."""


@cli.command()
@workspace_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--read-only", is_flag=True, help="Show what the workspace holds; add, score and train nothing.")
@one_sentence
def app(host: str, port: int, *, no_browser: bool, read_only: bool) -> None:
    """Open the app in a browser."""
    from eudscore.locations import site
    from eudscore.store.workspace import Workspace, default_root

    Workspace(default_root())  # a workspace that cannot be opened is said here, not in a browser
    _check_port(host, port)
    command = [
        sys.executable, "-m", "streamlit", "run", str(site() / "app.py"),
        f"--server.address={host}", f"--server.port={port}", "--server.showEmailPrompt=false",
    ]  # fmt: skip
    if no_browser:
        command.append("--server.headless=true")
    environment = {**os.environ, "EUDSCORE_READ_ONLY": "1"} if read_only else dict(os.environ)
    click.echo(f"eudscore is at http://{host}:{port} (workspace {default_root()}); Ctrl-C ends it.")
    sys.stdout.flush()
    if os.name == "posix":  # one process, so that whoever ends this one ends the server
        os.execve(sys.executable, command, environment)
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)


@cli.command()
@click.argument("source")
@workspace_option
@click.option("--text", metavar="COL", help="Column of the texts (detected where not given).")
@click.option("--label", metavar="COL", help="Column of the labels (detected where not given).")
@click.option("--split", metavar="NAME", help="Which split of a source that has several.")
@click.option("--limit", metavar="N", type=click.IntRange(1), help="Read only the first N rows.")
@click.option("--entropy", metavar="LIST",
              help="Among information,generative,semantic,predictive (default: all that the data allow).")  # fmt: skip
@click.option("--lm", default="builtin", show_default=True, metavar="MODEL",
              help="Causal language model for generative: builtin, a folder or a Hub id.")  # fmt: skip
@click.option("--adapt", is_flag=True, help="First train the language model one epoch on SOURCE, in held-out halves.")
@click.option("--prompt", metavar="COL", help="Column the language model reads before each text without scoring it.")
@click.option("--classifier", metavar="MODEL", help="Fine-tuned classifier for predictive, in place of cross-fitting.")
@click.option("--masked-lm", metavar="MODEL", help="Masked language model: adds its pseudo-log-likelihood.")
@click.option("--combine", default="mean_rank", show_default=True, metavar="RULE", help="How igse is made.")
@click.option("--encoder", default="builtin", show_default=True, metavar="MODEL", help="builtin, a folder or a Hub id.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(DEVICES))
@click.option("--dtype", default="auto", show_default=True, type=click.Choice(DTYPES), help="Precision of the models.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Clusters, folds and halves.")
@click.option("--out", default="scores.parquet", show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--quote", is_flag=True, help="Print how long it will take and how much memory, and stop.")
@one_sentence
def score(
    source: str, text: str | None, label: str | None, split: str | None, limit: int | None, out: Path,
    *, quote: bool, **models: Any,
) -> None:  # fmt: skip
    """Score the texts of SOURCE: a file, a Hub id, or demo."""
    from eudscore.corpus.read import read_source
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow.requests import ScoreRequest, default_entropies, parse_entropies

    asked = models.pop("entropy")
    names = [] if asked is None else parse_entropies([name.strip() for name in asked.split(",") if name.strip()])
    corpus = read_source(source, text=text, label=label, split=split, limit=limit)
    click.echo(describe(corpus))
    possible = default_entropies(labelled=corpus.labelled, classifier=models["classifier"])
    request = ScoreRequest(tuple(names) or possible, **models)
    workspace = Workspace(default_root())
    if quote:
        from eudscore.workflow.quoting import quote_scoring

        click.echo(quote_scoring(corpus, request, started=_seconds_since_start()).sentence)
        return
    from eudscore.workflow import scoring
    from eudscore.workflow.stored import noticed_rows

    progress = TerminalProgress()
    try:
        ref = workspace.keep_corpus(corpus)
        if asked is None:
            scores, left_out = scoring.score_what_can_be(workspace, ref, request, on_progress=progress)
        else:
            scores, left_out = scoring.score(workspace, ref, request, on_progress=progress), ""
    finally:
        progress.close()
    if left_out:
        click.echo(left_out, err=True)
    scores.write(out)
    for line in noticed_rows(scores):
        click.echo(f"Noticed {line}.")
    click.echo(f"Wrote {out}: {len(scores):,} rows, {', '.join(scores.columns)}.")


@cli.command()
@click.argument("scores", type=click.Path(path_type=Path))
@workspace_option
@click.option("--budget", metavar="16%|N", help="Share of the rows, or a number of rows.")
@click.option("--by", default="igse", show_default=True, metavar="COL", help="Column that decides.")
@click.option("--band", metavar="LO:HI", help="Interval on the quantiles of that column, e.g. 0.2:0.6.")
@click.option("--strategy", default="band", show_default=True, metavar="NAME", help="band, random, top or bottom.")
@click.option("--seed", default=0, show_default=True, help="Decides between rows that are equally good.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--recipe", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write the recipe; one that exists is replayed if no --budget is given.")  # fmt: skip
@one_sentence
def select(scores: Path, out: Path, budget: str | None, recipe: Path | None, **choice: Any) -> None:
    """Choose rows of SCORES under a budget and write them with all their columns."""
    from eudscore.store.files import write_json
    from eudscore.store.scores import read_scores
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow import choosing

    if budget is None:
        _check_replay(recipe)
    request = selection_request(budget or "100%", **choice)
    replayed = None if budget is not None or recipe is None else read_recipe(recipe)
    scored = read_scores(scores)
    workspace = Workspace(default_root())
    subset = choosing.select(workspace, scored, request, recipe=replayed)
    subset.write(out)
    if recipe is not None and replayed is None:
        write_json(recipe, subset.recipe)
    steps = ", ".join(f"{name} {count:,}" for name, count in subset.selection.steps)
    click.echo(f"Wrote {out}: {len(subset):,} of {len(scored):,} rows ({steps}).")


@cli.command()
@click.argument("subset", type=click.Path(path_type=Path))
@workspace_option
@click.option("--test", "test_source", required=True, metavar="FILE", help="Labelled data that is never trained on.")
@click.option("--model", default="builtin", show_default=True, metavar="MODEL", help="builtin, a folder or a Hub id.")
@click.option("--epochs", type=click.FloatRange(0, min_open=True), help="Passes over the rows (default 3).")
@click.option("--steps", type=click.IntRange(1), help="Updates, instead of epochs.")
@click.option("--seed", default=0, show_default=True, help="Model init and order of the batches.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(DEVICES))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the run.")
@one_sentence
def train(subset: Path, test_source: str, out: Path, **options: Any) -> None:
    """Fine-tune a classifier on SUBSET and test it."""
    if options["epochs"] is not None and options["steps"] is not None:
        raise click.UsageError("Give --epochs or --steps, not both.")
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow import choosing, fitting
    from eudscore.workflow.requests import FitOptions

    data = choosing.read_subset(subset)
    test = fitting.read_test(test_source, like=data)
    progress = TerminalProgress()
    try:
        run = fitting.fit_here(
            Workspace(default_root()),
            data,
            None,
            test,
            FitOptions(**options),
            out=out,
            on_progress=progress,
        )
    finally:
        progress.close()
    click.echo(f"Trained on {len(data):,} rows, tested on {run.metrics['test_rows']:,}: {run.sentence}")
    click.echo(f"Wrote {run.folder}.")


def _check_replay(recipe: Path | None) -> None:
    """A recipe is replayed as it was written: an option that would change it is refused, not ignored."""
    if recipe is None or not recipe.is_file():
        raise click.UsageError("Give a --budget, or a --recipe to replay.")
    context = click.get_current_context()
    for name in ("by", "band", "strategy", "seed"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--recipe is replayed as it was written: leave out --{name}, or give a --budget.")


def describe(corpus: Any) -> str:
    """What was read, in one sentence."""
    label = f"label {corpus.roles.label!r} ({len(corpus.classes)} classes)" if corpus.roles.label else "no label"
    return f"Read {corpus.name}: {len(corpus):,} rows, text {corpus.roles.text!r}, {label}."


def selection_request(budget: str, *, by: str, band: str | None, strategy: str, seed: int) -> Any:
    """The request that options of the command line stand for."""
    from eudscore.records import SelectionRequest
    from eudscore.selection.budget import parse_band, parse_budget
    from eudscore.selection.strategies import strategy_named

    interval = None if band is None else parse_band(band)
    return SelectionRequest(parse_budget(budget), by, strategy_named(strategy), interval, seed=seed)


def read_recipe(path: Path) -> Any:
    """The recipe in a file, as far as it is JSON."""
    from eudscore.errors import InputError

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is not JSON ({error}): give what `eudscore select --recipe` wrote.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path.name} is no recipe: give what `eudscore select --recipe` wrote.")
    return content


def _seconds_since_start() -> float:
    """How long this process has run: imports and reading, which the real run pays for as well."""
    import time

    import psutil

    return time.time() - psutil.Process().create_time()


def _check_port(host: str, port: int) -> None:
    from eudscore.errors import RequestError

    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise RequestError(
            f"Port {port} of {host} cannot be used ({os.strerror(error.errno or 0)}): choose another one with --port."
        ) from error


def main() -> None:
    """Entry point of the console script."""
    # Read when torch is loaded: threads that spin while they wait slow a training many times on busy cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    cli()
