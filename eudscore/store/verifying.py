"""Whether a workspace is as it was written: every file read again and compared with its digest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eudscore.errors import WorkspaceError
from eudscore.store.arrays import array_shape
from eudscore.store.corpora import CORPORA, corpus_rows
from eudscore.store.disk import size_of
from eudscore.store.documents import PRUNE, UPDATE, read_json
from eudscore.store.inventory import is_owner, keyed_folders
from eudscore.store.keyed import KINDS, VERSION
from eudscore.store.manifest import faults, read_manifest
from eudscore.store.selections import SELECTIONS
from eudscore.store.workspace import RUNS, Workspace

_ROW_BY_ROW = ("columns", "vectors", "graphs", "layouts")  # their arrays are as long as their corpus
_RUN_FILES = ("spec.json", "status.json", "worker.json")
_RUN_VERSION = 1


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was written.

    Attributes:
        path: of the file.
        sentence: what is wrong with it and what to do.
        folder: the complete folder that it belongs to, where there is one.
    """

    path: Path
    sentence: str
    folder: Path | None = None

    @property
    def newer(self) -> bool:
        """Whether a newer eudscore wrote it: that is no damage, and nobody should remove it."""
        return self.sentence.endswith(f"{UPDATE}.")


def verify(
    workspace: Workspace, *, on_progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Iterator[Problem]:
    """Look for files that are missing, changed or of another version, and for arrays that do not fit their corpus.

    What is unfinished is no problem. Nothing is changed; other processes may go on working.

    Args:
        workspace: to be read.
        on_progress: is told how many bytes were read, of how many.
    """
    root = workspace.root
    owned = [(kind, folder) for kind in KINDS for folder in keyed_folders(root, kind)]
    folders = [(CORPORA, folder) for folder in workspace.corpus_folders()] + owned
    total = sum(size_of(folder) for _, folder in folders)
    done = 0

    def read(count: int) -> None:
        nonlocal done
        done += count
        on_progress(min(done, total), total)

    rows = _rows(workspace)
    for kind, folder in folders:
        yield from _of_folder(kind, folder, rows, read)
    yield from _strays(root)
    yield from _documents(root)
    on_progress(total, total)


def problems_of(workspace: Workspace, folder: Path) -> list[Problem]:
    """What is wrong with one complete folder now."""
    kind = next(parent.name for parent in folder.parents if parent.parent == workspace.root)
    return list(_of_folder(kind, folder, _rows(workspace), lambda _count: None))


def _of_folder(kind: str, folder: Path, rows: dict[str, int], on_bytes: Callable[[int], None]) -> Iterator[Problem]:
    found = [Problem(path, sentence, folder) for path, sentence in faults(folder, on_bytes)]
    if not found:
        found = [Problem(path, sentence, folder) for path, sentence in _contents(kind, folder, rows)]
    if folder.is_dir():  # not removed or replaced under the look
        yield from found


def _contents(kind: str, folder: Path, rows: dict[str, int]) -> Iterator[tuple[Path, str]]:
    """Whether what was written is what the next reader expects."""
    corpus_id = (folder if kind == CORPORA else folder.parent).name.split("-")[0]
    for name in read_manifest(folder):
        path = folder / name
        if path.parent != folder:  # files of a model have a format of their own
            continue
        if path.suffix == ".json" and kind != "profiles" and (wrong := _document(path, VERSION)):
            yield path, wrong
        if path.suffix == ".npy" and kind in (CORPORA, *_ROW_BY_ROW) and (wrong := _array(path, rows.get(corpus_id))):
            yield path, wrong


def _array(path: Path, rows: int | None) -> str:
    try:
        shape = array_shape(path)
    except (OSError, ValueError) as error:
        return f"{path} is damaged ({error}): {PRUNE}."
    if rows is not None and shape[:1] != (rows,):
        return f"{path} is an array of shape {shape}, its data set has {rows:,} rows: {PRUNE}."
    return ""


def _document(path: Path, version: int, remedy: str = PRUNE) -> str:
    try:
        read_json(path, version=version, remedy=remedy)
    except WorkspaceError as error:
        return str(error) if path.parent.exists() else ""
    return ""


def _rows(workspace: Workspace) -> dict[str, int]:
    """Rows of the corpora by their id: two revisions of the same texts have as many."""
    rows = {}
    for folder in workspace.corpus_folders():
        try:
            rows[folder.name.split("-")[0]] = corpus_rows(folder)
        except WorkspaceError:  # its own problem, found above
            continue
    return rows


def _strays(root: Path) -> Iterator[Problem]:
    """What stands where only folders of eudscore do."""
    known = {CORPORA: 2} | dict.fromkeys(KINDS, 0)
    for kind, parts in known.items():
        for path in sorted((root / kind).glob("[!.]*")):
            named = is_owner(path.name) and parts in (0, len(path.name.split("-")))
            if not (named and path.is_dir()):
                yield Problem(path, f"{path} is nothing that eudscore wrote: move it out of the workspace.")


def _documents(root: Path) -> Iterator[Problem]:
    """The files people care about most, which grow and so have no digest."""
    for path in sorted((root / SELECTIONS).glob("*/[!.]*.json")):
        if wrong := _document(path, VERSION, "restore it from a copy, or save the selection again"):
            yield Problem(path, wrong)
    for run in sorted((root / RUNS).glob("[!.]*")):
        for path in (run / name for name in _RUN_FILES):
            if path.exists() and (wrong := _document(path, _RUN_VERSION, "remove the run and start it again")):
                yield Problem(path, wrong)
