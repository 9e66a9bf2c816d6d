"""`eudscore jobs`: what waits and what works, and how to change that."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from eudscore.cli.shared import one_sentence, opened_workspace, table, workspace_option

if TYPE_CHECKING:
    from eudscore.jobs.folder import RunStatus
    from eudscore.store.workspace import Workspace
    from eudscore.workflow.watching import View

_SHOWN = 20  # jobs that ended
_LOOK_SECONDS = 1.0
_UNFINISHED = ("queued", "running", "paused")

as_json = click.option("--json", "as_json", is_flag=True, help="JSON, for scripts.")


@click.group()
def jobs() -> None:
    """Look at the queue of fine-tunes and scorings, and change it.

    A job is named by its ID, or by as much of its beginning as no other shares.
    """


@jobs.command("list")
@workspace_option
@click.option("--all", "everything", is_flag=True, help=f"All that ended, and not only the last {_SHOWN}.")
@as_json
@one_sentence
def list_jobs(*, everything: bool, as_json: bool) -> None:
    """List the jobs: what works, what waits, what ended, and of which data set."""
    from eudscore.workflow.queueing import jobs_and_problem
    from eudscore.workflow.watching import subject, view

    workspace = opened_workspace()
    runs, problem = jobs_and_problem(workspace)
    if problem:
        click.echo(f"{problem} What follows is from the folders of the runs.", err=True)
    views = [view(run) for run in runs]
    unfinished = [one for one in views if one.state in _UNFINISHED]
    ended = [one for one in views if one.state not in _UNFINISHED]
    shown = unfinished + (ended if everything else ended[:_SHOWN])
    folders = {run.id: run.folder for run in runs}
    about = [subject(workspace, folders[one.id]) for one in shown]
    if as_json:
        lines = [{**asdict(one), "data": data, "arm": arm} for one, (data, arm) in zip(shown, about, strict=True)]
        click.echo(json.dumps(lines))
    elif not shown:
        click.echo("There are no jobs.")
    else:
        table(
            (one.id, one.kind, one.state, f"{one.priority}", f"{data} {arm}".rstrip(), _steps(one), one.message)
            for one, (data, arm) in zip(shown, about, strict=True)
        )
        if len(shown) < len(views):
            click.echo(f"and {len(views) - len(shown):,} more: --all shows them.")


@jobs.command()
@workspace_option
@click.argument("job", metavar="ID")
@click.option("--follow", is_flag=True, help="Go on until the job has ended or rests.")
@as_json
@one_sentence
def show(job: str, *, follow: bool, as_json: bool) -> None:
    """Show how far a job is, how it is doing, and the end of its log."""
    from pathlib import Path

    from eudscore.workflow.queueing import find_job
    from eudscore.workflow.watching import log_lines, view

    workspace = opened_workspace()
    before: View | None = None
    while True:
        now = view(find_job(workspace, job))
        if now != before:
            log = log_lines(Path(now.folder))
            _print(now, log, as_json=as_json, brief=before is not None)
        if not follow or now.state not in ("queued", "running"):
            return
        job, before = now.id, now
        time.sleep(_LOOK_SECONDS)


def _add(name: str, what: str) -> None:
    """Add a command that changes a job by the function of that name of `workflow.queueing`."""

    @jobs.command(name, help=what)
    @workspace_option
    @click.argument("job", metavar="ID")
    @one_sentence
    def change(job: str) -> None:
        from eudscore.workflow import queueing

        _change(getattr(queueing, name), job)


for _name, _what in {
    "cancel": "End a job; what was scored or trained so far is kept.",
    "pause": "Let a job rest, after its next checkpoint where it works.",
    "resume": "Queue a job again that was paused, cancelled or lost, or that failed; it goes on from what it kept.",
    "retry": "Queue a job again that failed, was cancelled or was lost.",
}.items():
    _add(_name, _what)


@jobs.command(context_settings={"ignore_unknown_options": True})
@workspace_option
@click.argument("job", metavar="ID")
@click.argument("number", metavar="N", type=int)
@one_sentence
def priority(job: str, number: int) -> None:
    """Give a job the priority N: of those that wait for one device, the highest begins first."""
    from eudscore.workflow import queueing

    _change(lambda workspace, prefix: queueing.prioritise(workspace, prefix, number), job)


@jobs.command()
@workspace_option
@click.argument("job", metavar="ID")
@click.option("--set", "changes", multiple=True, metavar="OPTION=VALUE", help="Another value, e.g. --set steps=200.")
@one_sentence
def duplicate(job: str, changes: tuple[str, ...]) -> None:
    """Queue a job like another one, with other options."""
    from eudscore.workflow.duplicating import duplicate as copy

    named = [change.partition("=") for change in changes]
    for name, equals, _ in named:
        if not (name and equals):
            raise click.UsageError("--set wants OPTION=VALUE, e.g. --set steps=200.")
    folder = copy(opened_workspace(), job, {name: _value(text) for name, _, text in named})
    click.echo(folder.path.name)


def _value(text: str) -> Any:
    """A number, a list, true, false, null; what is none of these is a word."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _change(change: Callable[["Workspace", str], "RunStatus"], job: str) -> None:
    status = change(opened_workspace(), job)
    click.echo(f"{status.state}. {status.message}")


def _print(now: "View", log: list[str], *, as_json: bool, brief: bool) -> None:
    """Everything at first; who follows sees a line for each change after that."""
    if as_json:
        click.echo(json.dumps({**asdict(now), "log": log}))
    elif brief:
        click.echo("  ".join(filter(None, (now.state, _steps(now), now.message))))
    else:
        for line in [*now.lines(), *(f"  {line}" for line in log)]:
            click.echo(line)
    sys.stdout.flush()


def _steps(one: "View") -> str:
    return f"{one.step:,} of {one.total:,}" if one.total else ""
