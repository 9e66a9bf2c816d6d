"""`eudscore train`: a fine-tune on a subset."""

from pathlib import Path
from typing import Any

import click

from eudscore.cli.shared import TerminalProgress, one_sentence, workspace_option
from eudscore.models.device import DEVICES


@click.command()
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
    from eudscore.geometry.duplicates import shared_texts
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow import choosing, fitting
    from eudscore.workflow.requests import FitOptions

    data = choosing.read_subset(subset)
    test = fitting.read_test(test_source, like=data)
    seen = shared_texts(data, test).count
    if seen:
        click.echo(f"{seen:,} of {len(test):,} test rows have a text that is trained on.", err=True)
    progress = TerminalProgress()
    wanted = FitOptions(**options)
    try:
        run = fitting.fit_here(Workspace(default_root()), data, None, test, wanted, out=out, on_progress=progress)
    finally:
        progress.close()
    click.echo(f"Trained on {len(data):,} rows, tested on {run.metrics['test_rows']:,}: {run.sentence}")
    click.echo(f"Wrote {run.folder}.")
