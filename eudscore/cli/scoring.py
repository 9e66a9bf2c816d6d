"""`eudscore score`: the entropies of every text of a source."""

from pathlib import Path
from typing import Any

import click

from eudscore.cli.reading import describe, read, reading_options
from eudscore.cli.shared import (
    TerminalProgress,
    one_sentence,
    refuse_overwriting,
    seconds_since_start,
    workspace_option,
)
from eudscore.models.device import DEVICES, DTYPES


@click.command()
@click.argument("source")
@workspace_option
@reading_options
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
def score(source: str, out: Path, *, quote: bool, entropy: str | None, **options: Any) -> None:
    """Score the texts of SOURCE: a file, a folder, an http(s) URL, hf://datasets/..., a Hub id, or demo."""
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow.requests import ScoreRequest, entropies_for, parse_entropies

    names = [] if entropy is None else parse_entropies([name.strip() for name in entropy.split(",") if name.strip()])
    if not quote:
        refuse_overwriting("--out", out, source)
    corpus = read(source, options, seed=options["seed"])
    click.echo(describe(corpus))
    possible = entropies_for(corpus, classifier=options["classifier"])
    request = ScoreRequest(tuple(names) or possible, **options)
    workspace = Workspace(default_root())
    if quote:
        from eudscore.workflow.quoting import quote_scoring

        click.echo(quote_scoring(corpus, request, started=seconds_since_start()).sentence)
        return
    from eudscore.workflow import scoring
    from eudscore.workflow.stored import noticed_rows

    progress = TerminalProgress()
    try:
        ref = workspace.keep_corpus(corpus)
        if entropy is None:
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
    for note in scores.cards["igse"].outcome.get("notes", ()):
        click.echo(f"Noticed igse: {note}.")
    click.echo(f"Wrote {out}: {len(scores):,} rows, {', '.join(scores.columns)}.")
