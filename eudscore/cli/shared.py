"""What all commands share: one sentence for what a user can mend, progress on a terminal, the workspace."""

import os
import sys
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from eudscore.errors import EudscoreError, Interrupted

if TYPE_CHECKING:
    from eudscore.store.workspace import Workspace

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


def refuse_overwriting(option: str, written: Path, *sources: str | Path) -> None:
    """What is read must still be there afterwards, and be read the same the next time.

    Raises:
        InputError: the file that an option names is one of the sources, or would become a part of one.
    """
    from eudscore.errors import InputError

    target = written.resolve()
    for source in sources:
        path = Path(source).expanduser()
        try:
            read, folder = path.resolve(), path.is_dir()
        except (OSError, ValueError):
            continue  # an address, or what reading refuses with a sentence of its own
        if target == read:
            raise InputError(f"{option} {written} would overwrite what is read: give another name.")
        if target.is_relative_to(read) if folder else fnmatch(str(target), str(read)):
            raise InputError(
                f"{option} {written} would be read as a part of {source} the next time: give a file in another folder."
            )


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
    if folder is not None and not folder.strip():
        raise click.BadParameter("the name of the folder is empty.")
    if folder is not None:
        os.environ["EUDSCORE_WORKSPACE"] = str(Path(folder).expanduser().resolve())


workspace_option = click.option(
    "--workspace", metavar="DIR", expose_value=False, is_eager=True, callback=set_workspace,
    help="Folder that keeps data, scores and runs (default: EUDSCORE_WORKSPACE, or your data directory).",
)  # fmt: skip


def opened_workspace() -> "Workspace":
    """The workspace, which must be there: looking makes none.

    Raises:
        WorkspaceError: it is not.
    """
    from eudscore.errors import WorkspaceError
    from eudscore.store.workspace import Workspace, default_root

    root = default_root()
    if not (root / "workspace.json").exists():
        raise WorkspaceError(f"{root} is no workspace: name one with --workspace or EUDSCORE_WORKSPACE.")
    return Workspace(root)


def table(rows: Iterable[tuple[str, ...]]) -> None:
    """Print rows in columns as wide as they need to be."""
    kept = list(rows)
    widths = [max(map(len, column)) for column in zip(*kept, strict=True)]
    for row in kept:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def seconds_since_start() -> float:
    """How long this process has run: imports and reading, which the real run pays for as well."""
    import time

    import psutil

    return time.time() - psutil.Process().create_time()
