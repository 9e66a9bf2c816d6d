"""`eudscore select`: the rows that are worth training on."""

import json
from pathlib import Path
from typing import Any

import click

from eudscore.cli.shared import TerminalProgress, one_sentence, refuse_overwriting, workspace_option


@click.command()
@click.argument("scores", type=click.Path(path_type=Path))
@workspace_option
@click.option("--budget", metavar="16%|N", help="Share of the rows, a number of rows, or '40000 tokens'.")
@click.option("--by", metavar="COL", help="Column that decides.  [default: igse]")
@click.option("--band", metavar="LO:HI", help="Interval on the quantiles of that column, e.g. 0.2:0.6.")
@click.option("--strategy", metavar="NAME", help="How rows are chosen; `--strategy help` says what each is worth.  "
              "[default: coverage; band where --by or --band is given]")  # fmt: skip
@click.option("--also", multiple=True, metavar="COL=LO:HI", help="A further interval; may be given several times.")
@click.option(
    "--balance",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="How classes share the budget: auto, proportional, root, balanced, custom or none.",
)
@click.option("--per", default="class", show_default=True, metavar="NAME", help="What shares it: class or cluster.")
@click.option("--share", multiple=True, metavar="NAME=W", help="Weight of a class, with --balance custom.")
@click.option("--cap", type=int, metavar="N", help="Most rows of one group of near-duplicates.")
@click.option("--seed", default=0, show_default=True, help="Decides between rows that are equally good.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the subset.")
@click.option("--recipe", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write the recipe; one that exists is replayed if no --budget is given.")  # fmt: skip
@click.option("--withheld", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write the rows held back for review, with a reason each (CSV).")  # fmt: skip
@one_sentence
def select(
    scores: Path, out: Path | None, budget: str | None, recipe: Path | None, withheld: Path | None, **choice: Any
) -> None:  # fmt: skip
    """Choose rows of SCORES under a budget and write them with all their columns."""
    from eudscore.errors import InputError
    from eudscore.store.files import write_json
    from eudscore.store.scores import read_scores
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow import choosing
    from eudscore.workflow.reviewing import write_withheld

    if choice["strategy"] == "help":
        _tell_strategies()
        return
    if out is None:
        raise click.UsageError("Missing option '--out'.")
    if budget is None:
        _check_replay(recipe)
    request = selection_request("100%" if budget is None else budget, **choice)
    replayed = None if budget is not None or recipe is None else read_recipe(recipe)
    others = [path for path in (recipe, withheld) if path is not None]
    refuse_overwriting("--out", out, scores, *others)
    if withheld is not None:
        refuse_overwriting("--withheld", withheld, scores, *([recipe] if recipe else []))
    if recipe is not None and replayed is None:
        refuse_overwriting("--recipe", recipe, scores)
        if recipe.exists() and not _is_recipe(recipe):
            raise InputError(f"{recipe} exists and is no recipe: give --recipe another name, so that it is kept.")
    scored = read_scores(scores)
    workspace = Workspace(default_root())
    progress = TerminalProgress()
    try:
        subset = choosing.select(workspace, scored, request, recipe=replayed, on_progress=progress)
    finally:
        progress.close()
    if recipe is not None and replayed is None and recipe.exists() and read_recipe(recipe) != subset.recipe:
        raise InputError(
            f"{recipe} holds another recipe: leave --budget out to replay it, or give --recipe another name, so that "
            "it is kept."
        )
    subset.write(out)
    if withheld is not None:
        write_withheld(subset, withheld)
    if recipe is not None and replayed is None:
        write_json(recipe, subset.recipe)
    _tell(subset, out, len(scored), recipe if replayed is None else None, withheld)


def _tell(subset: Any, out: Path, rows: int, recipe: Path | None, withheld: Path | None) -> None:
    """What was written, what each step left, and what people should know of it."""
    steps = ", ".join(f"{name} {count:,}" for name, count in subset.selection.steps)
    click.echo(f"Wrote {out}: {len(subset):,} of {rows:,} rows ({steps}).")
    for path in (recipe, withheld):
        if path is not None:
            click.echo(f"Wrote {path}.")
    for reason, rows_of_it in subset.selection.withheld.items():
        click.echo(f"Withheld for review: {len(rows_of_it):,} rows, {reason}.")
    for note in subset.selection.notes:
        click.echo(note)


def _tell_strategies() -> None:
    """What each strategy is worth, in its own words."""
    from eudscore.selection.strategies import STRATEGIES

    for name, about in STRATEGIES.items():
        click.echo(f"{name.value}: {about.source}. Cost: {about.cost}. When it loses: {about.loses}")


def _check_replay(recipe: Path | None) -> None:
    """A recipe is replayed as it was written: an option that would change it is refused, not ignored."""
    if recipe is None or not recipe.is_file():
        raise click.UsageError("Give a --budget, or a --recipe to replay.")
    context = click.get_current_context()
    for name in ("by", "band", "strategy", "also", "balance", "per", "share", "cap", "seed"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--recipe is replayed as it was written: leave out --{name}, or give a --budget.")


def selection_request(budget: str, **choice: Any) -> Any:
    """The request that options of the command line stand for."""
    from eudscore.selection.budget import parse_band, parse_bands, parse_budget, parse_shares
    from eudscore.selection.request import SelectionRequest
    from eudscore.selection.strategies import balance_named, default_strategy, per_named, strategy_named

    by, band, strategy = choice["by"], choice["band"], choice["strategy"]
    return SelectionRequest(
        parse_budget(budget),
        by or "igse",
        default_strategy(by, band) if strategy is None else strategy_named(strategy),
        None if band is None else parse_band(band),
        balance=balance_named(choice["balance"]),
        seed=choice["seed"],
        per=per_named(choice["per"]),
        shares=parse_shares(choice["share"]),
        group_cap=choice["cap"],
        bands=parse_bands(choice["also"]),
    )


def _is_recipe(path: Path) -> bool:
    from eudscore.errors import InputError

    try:
        return bool(read_recipe(path).get("kind") == "selection")
    except InputError:
        return False


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
