"""`eudscore train`: a fine-tune on a subset."""

import sys
from pathlib import Path
from typing import Any

import click

from eudscore.cli.reading import read_test, test_options
from eudscore.cli.shared import INTERRUPTED, TerminalProgress, one_sentence, seconds_since_start, workspace_option
from eudscore.errors import Interrupted
from eudscore.models.device import DEVICES

METHODS = ("full", "head", "lora")
CLASS_WEIGHTS = ("none", "balanced")


@click.command()
@click.argument("subset", type=click.Path(path_type=Path))
@workspace_option
@test_options
@click.option("--model", default="builtin", show_default=True, metavar="MODEL", help="builtin, a folder or a Hub id.")
@click.option("--epochs", type=click.FloatRange(0, min_open=True), help="Passes over the rows (default 3).")
@click.option("--steps", type=click.IntRange(1), help="Updates, instead of epochs.")
@click.option("--method", default="full", show_default=True, type=click.Choice(METHODS), help="What is trained.")
@click.option(
    "--learning-rate", type=click.FloatRange(0, 1, min_open=True), help="Highest one; suits model and method."
)
@click.option("--batch-size", default=16, show_default=True, type=click.IntRange(1, 4096), help="Rows an update.")
@click.option("--max-tokens", default=128, show_default=True, type=click.IntRange(4), help="Texts are cut there.")
@click.option(
    "--class-weights", default="none", show_default=True, type=click.Choice(CLASS_WEIGHTS),
    help="balanced: each class counts the same.",
)  # fmt: skip
@click.option(
    "--early-stopping", type=click.IntRange(1, 1000), metavar="PATIENCE",
    help="Set a tenth of the rows aside, and end after so many epochs without a better one.",
)  # fmt: skip
@click.option("--labels", metavar="COLUMN", help="Column that holds several labels a row, to train on all of them.")
@click.option("--seed", default=0, show_default=True, help="Model init and order of the batches.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(DEVICES))
@click.option("--onnx", is_flag=True, help="Write the model as ONNX as well.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the run.")
@click.option("--quote", is_flag=True, help="Print minutes, memory, energy and money, and stop.")
@click.option("--price", type=click.FloatRange(0), metavar="P", help="Of an hour of this machine, for the quote.")
@one_sentence
def train(subset: Path, out: Path, *, quote: bool, price: float | None, **options: Any) -> None:
    """Fine-tune a classifier on SUBSET and test it.

    The same command again goes on with a run that was interrupted.
    """
    if options["epochs"] is not None and options["steps"] is not None:
        raise click.UsageError("Give --epochs or --steps, not both.")
    from eudscore.geometry.duplicates import shared_texts
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.training.ranks import launched_ranks
    from eudscore.workflow import choosing, fitting
    from eudscore.workflow.requests import FitOptions

    data = choosing.read_subset(subset)
    test = read_test(options, like=data)
    first = launched_ranks() == 0  # of the processes that train together one speaks
    seen = shared_texts(data, test).count
    if seen and first:
        click.echo(f"{seen:,} of {len(test):,} test rows have a text that is trained on.", err=True)
    wanted = FitOptions(**options)
    if quote:
        _quote(data, test, wanted, price)
        return
    progress = TerminalProgress()
    try:
        run = fitting.fit_here(Workspace(default_root()), data, None, test, wanted, out=out, on_progress=progress)
    except Interrupted as stopped:
        progress.close()
        click.echo(f"{stopped} Give the same command again to go on.", err=True)
        sys.exit(INTERRUPTED)
    except BaseException:
        progress.close()
        raise
    progress.close()
    if first:
        trained, tested = run.metrics["train_rows"], run.metrics["test_rows"]
        click.echo(f"Trained on {trained:,} rows, tested on {tested:,}: {run.sentence}")
        click.echo(f"Wrote {run.folder}.")


def _quote(data: Any, test: Any, options: Any, price: float | None) -> None:
    """What the training will take, measured with a handful of updates."""
    import numpy as np

    from eudscore.workflow.training_quote import Lesson, quote_training

    lessons = [Lesson(len(data), options)]
    started, rows = seconds_since_start(), np.arange(len(data))
    click.echo(quote_training(data, rows, test, None, lessons, started=started, price=price).sentence)
