"""What a workspace holds and how much room it takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eudscore.errors import WorkspaceError
from eudscore.store.addresses import CorpusRef, is_key
from eudscore.store.corpora import CORPORA, corpus_rows
from eudscore.store.disk import size_of
from eudscore.store.documents import read_json
from eudscore.store.keyed import KINDS, VERSION
from eudscore.store.owners import is_draft
from eudscore.store.selections import SELECTIONS
from eudscore.store.workspace import RUNS, Workspace

UNFINISHED = "unfinished"
_PARTIAL = ".partial"


@dataclass(frozen=True)
class KindSize:
    """How many things of a kind there are, and their bytes."""

    kind: str
    count: int
    bytes: int


@dataclass(frozen=True)
class CorpusSize:
    """A data set and the room it takes.

    Attributes:
        ref: its address.
        name: what people call it.
        rows: how many it has.
        bytes: of itself and of all that belongs to it; what two revisions of the same texts share counts for each.
        listed: whether it is one of the user's data sets, and not only a test set.
    """

    ref: CorpusRef
    name: str
    rows: int
    bytes: int
    listed: bool


@dataclass(frozen=True)
class Info:
    """What a workspace holds.

    Attributes:
        root: its folder.
        bytes: of all files in it.
        kinds: a row for each kind of things, what is unfinished last.
        corpora: a row for each data set, by name.
    """

    root: Path
    bytes: int
    kinds: tuple[KindSize, ...]
    corpora: tuple[CorpusSize, ...]


def info(workspace: Workspace) -> Info:
    """Count what a workspace holds; what cannot be read is counted too, and `verify` says what is wrong with it."""
    root = workspace.root
    kinds = [_size(CORPORA, workspace.corpus_folders())]
    kinds += [_size(kind, list(keyed_folders(root, kind))) for kind in KINDS]
    kinds += [_size(SELECTIONS, list((root / SELECTIONS).glob("*/[!.]*.json")))]
    kinds += [_size(RUNS, [path for path in (root / RUNS).glob("[!.]*") if path.is_dir()])]
    kinds += [_size(UNFINISHED, [*drafts(root), *partials(root)])]
    corpora = sorted(map(_corpus_size, workspace.corpus_folders()), key=lambda size: (size.name, str(size.ref)))
    return Info(root, size_of(root), tuple(kinds), tuple(corpora))


def keyed_folders(root: Path, kind: str) -> Iterator[Path]:
    """The complete folders of a kind, of all corpora."""
    for owned in sorted((root / kind).glob("[!.]*")):
        if is_owner(owned.name):
            yield from (path for path in sorted(owned.glob("[!.]*")) if path.is_dir())


def is_owner(name: str) -> bool:
    """Whether a folder can be named so by the corpus that it belongs to: by its id, or by id and revision."""
    return all(map(is_key, name.split("-")))


def partials(root: Path) -> Iterator[Path]:
    """The folders in which something is collected until complete."""
    for kind in KINDS:
        yield from sorted((root / kind).glob(f"*/.*{_PARTIAL}"))


def key_of_partial(path: Path) -> str:
    """The key under which a partial folder would be complete."""
    return path.name.removeprefix(".").removesuffix(_PARTIAL)


def drafts(folder: Path) -> Iterator[Path]:
    """Files and folders that are being written, or were when their process ended; none inside of another."""
    try:
        found = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):  # it has its final name now, or was a file
        return
    for path in found:
        if is_draft(path):
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from drafts(path)


def _size(kind: str, paths: list[Path]) -> KindSize:
    return KindSize(kind, len(paths), sum(map(size_of, paths)))


def _corpus_size(folder: Path) -> CorpusSize:
    root, ref = folder.parents[1], CorpusRef.parse(folder.name)
    belonging = [folder, root / SELECTIONS / str(ref)]
    belonging += [root / kind / name for kind in KINDS for name in (ref.id, str(ref))]
    try:
        rows = corpus_rows(folder)
        name = str(read_json(folder / "corpus.json", version=VERSION).get("name"))
    except WorkspaceError:
        rows, name = 0, f"{ref.id} (damaged)"
    return CorpusSize(ref, name, rows, sum(map(size_of, belonging)), (folder / "listed").exists())
