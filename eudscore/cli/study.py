"""`eudscore study`: the honest experiment."""

from pathlib import Path
from typing import Any

import click

from eudscore.cli.reading import describe, read, read_test, reading_options, test_options
from eudscore.cli.shared import TerminalProgress, one_sentence, seconds_since_start, workspace_option
from eudscore.cli.training import CLASS_WEIGHTS, METHODS
from eudscore.models.device import DEVICES

_OF_A_TRAINING = (
    "model", "epochs", "method", "learning_rate", "batch_size", "max_tokens", "class_weights", "device",
)  # fmt: skip


@click.command()
@click.argument("source")
@workspace_option
@reading_options
@test_options
@click.option("--budget", "budgets", multiple=True, default=("16%",), show_default=True, metavar="16%",
              help="Share of the rows; again for more.")  # fmt: skip
@click.option("--strategy", "strategies", multiple=True, default=("coverage",), show_default=True, metavar="NAME",
              help="What chooses the rows; again for more. random, random_by_class and full come along. rs2 and "
                   "random_by_length are controls.")  # fmt: skip
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(1), help="Pairs of trainings.")
@click.option("--draws", default=3, show_default=True, type=click.IntRange(1), help="Random subsets a seed.")
@click.option("--regime", default="epochs", show_default=True, type=click.Choice(["epochs", "steps"]),
              help="What a subset and all rows have in common: passes, or updates.")  # fmt: skip
@click.option("--model", default="builtin", show_default=True, metavar="MODEL", help="builtin, a folder or a Hub id.")
@click.option("--epochs", type=click.FloatRange(0, min_open=True), help="Passes over all rows (default 3).")
@click.option("--method", default="full", show_default=True, type=click.Choice(METHODS), help="What is trained.")
@click.option("--learning-rate", type=click.FloatRange(0, 1, min_open=True), help="Highest one.")
@click.option("--batch-size", default=16, show_default=True, type=click.IntRange(1, 4096), help="Rows an update.")
@click.option("--max-tokens", default=128, show_default=True, type=click.IntRange(4), help="Texts are cut there.")
@click.option("--class-weights", default="none", show_default=True, type=click.Choice(CLASS_WEIGHTS),
              help="balanced: each class counts the same.")  # fmt: skip
@click.option("--device", default="auto", show_default=True, type=click.Choice(DEVICES))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the study.")
@click.option("--quote", is_flag=True, help="Print minutes, memory, energy and money, and stop.")
@click.option("--price", type=click.FloatRange(0), metavar="P", help="Of an hour of this machine, for the quote.")
@one_sentence
def study(source: str, out: Path, *, quote: bool, price: float | None, **options: Any) -> None:
    """Compare selections of SOURCE with random subsets of their size and with all rows, by real fine-tunes.

    A study that was interrupted goes on when the same command is given again.
    """
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow.requests import FitOptions
    from eudscore.workflow.study_plan import looked_over, study_request
    from eudscore.workflow.study_runs import study_here
    from eudscore.workflow.study_table import lines_of

    fit = FitOptions(**{name: options.pop(name) for name in _OF_A_TRAINING})
    asked = {name: options.pop(name) for name in ("budgets", "strategies", "seeds", "draws", "regime")}
    request = study_request(**asked, options=fit)
    corpus = read(source, options, seed=0)
    click.echo(describe(corpus))
    test = read_test(options, like=corpus)
    if quote:
        from eudscore.workflow.study_quote import quote_study
        from eudscore.workflow.study_rows import pool_of

        workspace = Workspace(default_root())
        pool, started = pool_of(workspace, corpus), seconds_since_start()
        for line in looked_over(request, len(pool), len(pool.classes)):
            click.echo(line)
        click.echo(quote_study(workspace, pool, test, request, started=started, price=price).sentence)
        return
    progress = TerminalProgress()
    try:
        found = study_here(Workspace(default_root()), corpus, test, request, out=out, on_progress=progress)
    finally:
        progress.close()
    for line in lines_of(found):
        click.echo(line)
    click.echo(f"Wrote {out / 'results.json'}.")
