"""`eudscore select`: the rows that are worth training on."""

import json
from pathlib import Path
from typing import Any

import click

from eudscore.cli.shared import one_sentence, refuse_overwriting, workspace_option


@click.command()
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
    from eudscore.errors import InputError
    from eudscore.store.files import write_json
    from eudscore.store.scores import read_scores
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow import choosing

    if budget is None:
        _check_replay(recipe)
    request = selection_request("100%" if budget is None else budget, **choice)
    replayed = None if budget is not None or recipe is None else read_recipe(recipe)
    refuse_overwriting("--out", out, scores, *([recipe] if recipe else []))
    if recipe is not None and replayed is None:
        refuse_overwriting("--recipe", recipe, scores)
        if recipe.exists() and not _is_recipe(recipe):
            raise InputError(f"{recipe} exists and is no recipe: give --recipe another name, so that it is kept.")
    scored = read_scores(scores)
    workspace = Workspace(default_root())
    subset = choosing.select(workspace, scored, request, recipe=replayed)
    subset.write(out)
    if recipe is not None and replayed is None:
        write_json(recipe, subset.recipe)
    steps = ", ".join(f"{name} {count:,}" for name, count in subset.selection.steps)
    click.echo(f"Wrote {out}: {len(subset):,} of {len(scored):,} rows ({steps}).")


def _check_replay(recipe: Path | None) -> None:
    """A recipe is replayed as it was written: an option that would change it is refused, not ignored."""
    if recipe is None or not recipe.is_file():
        raise click.UsageError("Give a --budget, or a --recipe to replay.")
    context = click.get_current_context()
    for name in ("by", "band", "strategy", "seed"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--recipe is replayed as it was written: leave out --{name}, or give a --budget.")


def selection_request(budget: str, *, by: str, band: str | None, strategy: str, seed: int) -> Any:
    """The request that options of the command line stand for."""
    from eudscore.records import SelectionRequest
    from eudscore.selection.budget import parse_band, parse_budget
    from eudscore.selection.strategies import strategy_named

    interval = None if band is None else parse_band(band)
    return SelectionRequest(parse_budget(budget), by, strategy_named(strategy), interval, seed=seed)


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
