"""`eudscore workspace`: what is kept, whether it is whole, and what could go."""

import sys

import click

from eudscore.cli.shared import TerminalProgress, one_sentence, opened_workspace, table, workspace_option
from eudscore.workflow.pace import file_size

_PATHS = 5  # shown of each kind


@click.group()
def workspace() -> None:
    """Look into the workspace, check it, clear it up."""


@workspace.command()
@workspace_option
@one_sentence
def info() -> None:
    """List the data sets and how much room each takes."""
    from eudscore.store.inventory import info as inventory

    found = inventory(opened_workspace())
    click.echo(f"{found.root}: {file_size(found.bytes)}")
    rows = [
        (one.name + ("" if one.listed else " (test set)"), f"{one.rows:,} rows", file_size(one.bytes), str(one.ref))
        for one in found.corpora
    ]
    table(rows)
    click.echo("")
    table([(kind.kind, f"{kind.count:,}", file_size(kind.bytes)) for kind in found.kinds if kind.count])


@workspace.command()
@workspace_option
@one_sentence
def verify() -> None:
    """Read everything and compare it with what was written; exit status 1 where something differs."""
    from eudscore.store.verifying import verify as problems

    progress = TerminalProgress()
    try:
        found = list(
            problems(opened_workspace(), on_progress=lambda done, total: progress("Reading, bytes", done, total))
        )
    finally:
        progress.close()
    for problem in found:
        click.echo(problem.sentence)
    count = "1 problem." if len(found) == 1 else f"{len(found):,} problems."
    click.echo(count if found else "Everything is as it was written.")
    sys.exit(1 if found else 0)


@workspace.command()
@workspace_option
@click.option("--damaged", is_flag=True, help="Also what `verify` complains of, so that it can be made again.")
@click.option("--yes", is_flag=True, help="Remove it; without this it is only shown.")
@one_sentence
def prune(*, damaged: bool, yes: bool) -> None:
    """Show what nobody needs any more: leftovers of killed processes and of data sets that are gone."""
    from eudscore.store.pruning import prune as removals

    found = removals(opened_workspace(), apply=yes, damaged=damaged)
    for why in dict.fromkeys(one.why for one in found):
        alike = [one for one in found if one.why == why]
        click.echo(f"{why}: {len(alike):,}, {file_size(sum(one.bytes for one in alike))}")
        for one in alike[:_PATHS]:
            click.echo(f"  {one.path}")
        if len(alike) > _PATHS:
            click.echo(f"  and {len(alike) - _PATHS:,} more")
    total = f"{len(found):,} files and folders, {file_size(sum(one.bytes for one in found))}"
    if not found:
        click.echo("There is nothing to remove.")
    elif yes:
        click.echo(f"Removed {total}.")
    else:
        click.echo(f"Would remove {total}: run it again with --yes to do so.")
