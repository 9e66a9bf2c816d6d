"""What a workspace no longer needs: shown first, removed when asked."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from eudscore.errors import WorkspaceError
from eudscore.store.arrays import array_shape
from eudscore.store.corpora import CORPORA, KEEP
from eudscore.store.disk import size_of, writing
from eudscore.store.documents import PRUNE, read_json
from eudscore.store.draft import OUTCOME, OUTCOME_VERSION
from eudscore.store.files import discard
from eudscore.store.inventory import drafts, is_owner, key_of_partial, keyed_folders, partials
from eudscore.store.keyed import KINDS, LOCKS
from eudscore.store.manifest import HELPERS, is_intact
from eudscore.store.owners import is_abandoned
from eudscore.store.verifying import problems_of, verify
from eudscore.store.workspace import Workspace


@dataclass(frozen=True)
class Removal:
    """Something that is, or would be, removed: a file or a folder with all that is in it."""

    path: Path
    bytes: int
    why: str


@dataclass(frozen=True)
class _Candidate:
    """Something that may go while nobody else holds its locks.

    Attributes:
        path: of a file or a folder.
        why: in words.
        locks: (corpus id, key) of the locks under which others work with it.
        still: whether it may go, asked again under the locks.
    """

    path: Path
    why: str
    locks: tuple[tuple[str, str], ...] = ()
    still: Callable[[], bool] = lambda: True


def prune(
    workspace: Workspace, *, apply: bool, damaged: bool = False,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Removal]:  # fmt: skip
    """Find what nobody needs any more, and remove it where `apply` says so.

    That is: drafts whose process is gone; partial folders that nobody can go on from; what belongs to a data set
    that is no longer here; lock files that nobody holds. What is in use stays. Selections, runs and data sets are
    never removed, data sets that are damaged only with `damaged`.

    Args:
        workspace: to be cleared.
        apply: whether to remove anything; without it nothing is changed.
        damaged: whether complete folders that `verify` complains of go too, so that they can be read or scored again.
        on_progress: of `verify`: bytes read, of how many.

    Raises:
        WorkspaceError: something cannot be removed.
    """
    gone: list[Removal] = []
    kinds: list[Iterator[_Candidate]] = [_drafts(workspace), _partials(workspace), _orphans(workspace)]
    kinds += [_damaged(workspace, on_progress)] if damaged else []
    for candidate in [found for kind in kinds for found in kind]:
        gone += _removed(workspace, candidate) if apply else _shown(workspace, candidate)
    return gone + _locks(workspace, apply=apply)


def _drafts(workspace: Workspace) -> Iterator[_Candidate]:
    for path in drafts(workspace.root):
        if is_abandoned(path):
            yield _Candidate(path, "its process ended before it was finished", still=path.exists)
    for kind in KINDS:
        for folder in keyed_folders(workspace.root, kind):
            locks = ((folder.parent.name, folder.name),)
            for path in (folder / name for name in HELPERS):
                if path.exists():
                    yield _Candidate(path, "only an unfinished folder needs it", locks)


def _partials(workspace: Workspace) -> Iterator[_Candidate]:
    for path in partials(workspace.root):
        key = key_of_partial(path)
        locks = ((path.parent.name, key),)
        if why := _useless(path):
            yield _Candidate(path, why, locks, partial(_is_useless, path))


def _is_useless(path: Path) -> bool:
    return bool(_useless(path))


def _useless(path: Path) -> str:
    """Why a partial folder will not be taken up again; empty if it will."""
    if is_intact(path.parent / key_of_partial(path)):
        return "what it was to become is complete"
    why = _not_resumable(path)
    return f"nobody can go on from it: {why}" if why else ""


def _not_resumable(path: Path) -> str:
    if (path / OUTCOME).exists():
        try:
            read_json(path / OUTCOME, version=OUTCOME_VERSION)
        except WorkspaceError:
            return f"its {OUTCOME} is damaged or of another version"
    for array in path.glob("[!.]*.npy"):
        try:
            array_shape(array)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            return f"its {array.name} is damaged ({error})"
    return ""


def _orphans(workspace: Workspace) -> Iterator[_Candidate]:
    for kind in KINDS:
        for folder in sorted((workspace.root / kind).glob("[!.]*")):
            if not (is_owner(folder.name) and folder.is_dir()):
                continue
            orphaned = partial(_is_orphaned, folder)
            if orphaned():
                locks = _all_locks(workspace, folder.name.split("-")[0])
                yield _Candidate(folder, "its data set is no longer here", locks, orphaned)


def _is_orphaned(folder: Path) -> bool:
    return not any((folder.parents[1] / CORPORA).glob(f"{folder.name}*"))


def _all_locks(workspace: Workspace, corpus_id: str) -> tuple[tuple[str, str], ...]:
    """The lock of whoever keeps the corpus, which keeps it from coming back meanwhile, and those of all its work."""
    held = (path.stem.removeprefix(f"{corpus_id}-") for path in (workspace.root / LOCKS).glob(f"{corpus_id}-*.lock"))
    return tuple((corpus_id, key) for key in sorted({KEEP, *held}))


def _damaged(workspace: Workspace, on_progress: Callable[[int, int], None]) -> Iterator[_Candidate]:
    seen: set[Path] = set()
    for problem in verify(workspace, on_progress=on_progress):
        folder = problem.folder
        if folder is None or folder in seen or problem.newer:
            continue
        seen.add(folder)
        corpus = folder.parent.name == CORPORA
        lock = (folder.name.split("-")[0], KEEP) if corpus else (folder.parent.name, folder.name)
        why = problem.sentence.removesuffix(f": {PRUNE}.")
        yield _Candidate(folder, why, (lock,), partial(_is_damaged, workspace, folder))


def _is_damaged(workspace: Workspace, folder: Path) -> bool:
    """Whether nobody mended it since it was looked at."""
    return bool(problems_of(workspace, folder))


def _shown(workspace: Workspace, candidate: _Candidate) -> list[Removal]:
    """What would go, without making so much as a lock file."""
    there = [lock for lock in candidate.locks if workspace.lock_file(*lock).exists()]
    with ExitStack() as stack:
        if not all(stack.enter_context(workspace.lock(*lock, wait=False)) for lock in there):
            return []
        return [Removal(candidate.path, size_of(candidate.path), candidate.why)]


def _removed(workspace: Workspace, candidate: _Candidate) -> list[Removal]:
    with ExitStack() as stack:
        if not all(stack.enter_context(workspace.lock(*lock, wait=False)) for lock in candidate.locks):
            return []
        if not candidate.still():
            return []
        removal = Removal(candidate.path, size_of(candidate.path), candidate.why)
        with writing(candidate.path):
            if candidate.path.is_dir():
                discard(candidate.path)
            else:
                candidate.path.unlink(missing_ok=True)
        return [removal]


def _locks(workspace: Workspace, *, apply: bool) -> list[Removal]:
    """Lock files that nobody holds; whoever waits for one that goes begins anew with a new one."""
    gone = []
    for path in sorted((workspace.root / LOCKS).glob("*.lock")):
        corpus_id, _, key = path.stem.rpartition("-")
        with workspace.lock(corpus_id, key, wait=False) as held:
            if not held:
                continue
            gone.append(Removal(path, path.stat().st_size, "nobody holds this lock"))
            if apply:
                with writing(path), suppress(FileNotFoundError):
                    path.unlink()
    return gone
