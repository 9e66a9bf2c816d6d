"""The data sets of a workspace."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from eudscore.errors import WorkspaceError
from eudscore.records import Corpus, JsonDict, Roles
from eudscore.store.addresses import CorpusRef
from eudscore.store.arrays import open_array, save_array
from eudscore.store.arrow import arrow_digest, open_arrow, write_arrow
from eudscore.store.disk import writing
from eudscore.store.documents import PRUNE, read_json, write_json
from eudscore.store.files import draft_folder, place, touch
from eudscore.store.keyed import VERSION, KeyedFolders
from eudscore.store.manifest import check_sizes, is_intact

CORPORA = "corpora"
KEEP = "keep"  # name of the lock of whoever keeps a corpus
_ABOUT, _TABLE, _LABELS, _LISTED = "corpus.json", "data.arrow", "labels.npy", "listed"


@dataclass(frozen=True)
class CorpusEntry:
    """What a list of corpora shows, without opening any."""

    ref: CorpusRef
    name: str
    source: str
    rows: int
    added: float


class Corpora(KeyedFolders):
    """Data sets, each once."""

    def keep_corpus(self, corpus: Corpus, *, listed: bool = True) -> CorpusRef:
        """Store a corpus, once; the same content gives the same address.

        The table is written a batch at a time, so that it may be larger than memory. Of several processes that
        keep one corpus at once, one writes.

        Args:
            corpus: what to store.
            listed: whether `corpora` names it; a test set is kept without being one of the user's data sets.

        Raises:
            InputError: Arrow cannot store a column of this type.
            WorkspaceError: the disk is full or the workspace cannot be written.
        """
        with self.lock(corpus.id, KEEP):
            ref = self._kept(corpus) or self._write(corpus)
        if listed:
            with writing(self.root):
                touch(self.root / CORPORA / str(ref) / _LISTED)
        return ref

    def corpora(self) -> list[CorpusEntry]:
        """The listed corpora, the latest opened first; one that cannot be read is named so."""
        entries = [_entry(folder) for folder in self.corpus_folders() if (folder / _LISTED).exists()]
        return sorted(entries, key=lambda entry: entry.added, reverse=True)

    def corpus_folders(self) -> list[Path]:
        """The folders of all complete corpora, listed or not, by name."""
        return sorted(path for path in (self.root / CORPORA).glob("[!.]*") if _is_ref(path.name) and path.is_dir())

    def corpus(self, ref: CorpusRef) -> Corpus:
        """Open a corpus; its table and labels stay on disk, memory-mapped.

        Raises:
            WorkspaceError: there is no such corpus here, or it is damaged.
        """
        folder = self.root / CORPORA / str(ref)
        if not folder.is_dir():
            raise WorkspaceError(f"The workspace {self.root} has no data set {ref}: open it on the Data page.")
        return _open_corpus(folder, _stamp(folder))

    def _kept(self, corpus: Corpus) -> CorpusRef | None:
        """The address of a corpus that is here already; it is looked for by what is said about it, then by content."""
        described = _describe(corpus)
        alike = [
            folder for folder in self.corpus_folders()
            if folder.name.startswith(f"{corpus.id}-") and is_intact(folder) and _said_of(folder, described)
        ]  # fmt: skip
        if not alike:
            return None
        ref = CorpusRef(corpus.id, _revision(described, arrow_digest(corpus.table)))
        return ref if self.root / CORPORA / str(ref) in alike else None

    def _write(self, corpus: Corpus) -> CorpusRef:
        described = _describe(corpus)
        with draft_folder(self.root / CORPORA) as draft:
            table = write_arrow(draft / _TABLE, corpus.table)
            labels = save_array(draft / _LABELS, corpus.labels)
            beside = {"notes": list(corpus.notes), "reasons": dict(corpus.reasons), "drawn_from": corpus.drawn_from}
            about = {"version": VERSION, "id": corpus.id, **described, **beside}
            write_json(draft / _ABOUT, about, durable=False)
            ref = CorpusRef(corpus.id, _revision(described, table))
            place(draft, self.root / CORPORA / str(ref), {_TABLE: table, _LABELS: labels})
        return ref


def corpus_rows(folder: Path) -> int:
    """How many rows a corpus has, without opening it.

    Raises:
        WorkspaceError: its folder is damaged, or written by a newer eudscore.
    """
    rows = read_json(folder / _ABOUT, version=VERSION).get("rows")
    if not isinstance(rows, int):
        raise WorkspaceError(f"{folder / _ABOUT} is damaged (it has {rows!r} rows): {PRUNE}.")
    return rows


def _describe(corpus: Corpus) -> JsonDict:
    return {
        "name": corpus.name,
        "source": corpus.source,
        "rows": len(corpus),
        "roles": corpus.roles.to_json(),
        "classes": list(corpus.classes),
        "labels": corpus.labels_id,
    }


def _revision(described: JsonDict, table: str) -> str:
    """16 hex digits over what is said about a corpus and the digest of its table."""
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    digest.update(table.encode())
    return digest.hexdigest()[:16]


def _said_of(folder: Path, described: JsonDict) -> bool:
    about = read_json(folder / _ABOUT, version=VERSION)
    return {name: about.get(name) for name in described} == described


def _is_ref(name: str) -> bool:
    try:
        CorpusRef.parse(name)
    except WorkspaceError:
        return False
    return True


def _entry(folder: Path) -> CorpusEntry:
    ref, added = CorpusRef.parse(folder.name), (folder / _LISTED).stat().st_mtime
    try:
        about = read_json(folder / _ABOUT, version=VERSION)
        return CorpusEntry(ref, str(about["name"]), str(about["source"]), int(about["rows"]), added)
    except (WorkspaceError, KeyError, TypeError, ValueError):  # `corpus` says what is wrong with it
        return CorpusEntry(ref, f"{ref.id} (damaged)", "", 0, added)


def _stamp(folder: Path) -> tuple[tuple[int, int, int], ...]:
    """Another one when a file was changed under us: what is open already must not hide that."""
    try:
        found = [(folder / name).stat() for name in (_ABOUT, _TABLE, _LABELS)]
    except OSError as error:
        raise WorkspaceError(f"{error.filename} is not there, it was removed: {PRUNE}.") from error
    return tuple((file.st_ino, file.st_size, file.st_mtime_ns) for file in found)


@lru_cache(maxsize=32)
def _open_corpus(folder: Path, stamp: tuple[tuple[int, int, int], ...]) -> Corpus:  # noqa: ARG001 - part of the key
    """Open a stored corpus; its folder never changes, so one process opens it once."""
    check_sizes(folder)
    about = read_json(folder / _ABOUT, version=VERSION)
    try:
        corpus = Corpus(
            about["name"], about["source"], open_arrow(folder / _TABLE), Roles.from_json(about["roles"]),
            tuple(about["classes"]), open_array(folder / _LABELS), notes=tuple(about.get("notes", ())),
            reasons=about.get("reasons", {}), drawn_from=about.get("drawn_from"),
        )  # fmt: skip
        # Both cached properties are known, so neither texts nor labels are read to find them.
        corpus.__dict__.update(id=about["id"], labels_id=about["labels"])
    except (KeyError, TypeError, FileNotFoundError) as error:
        raise WorkspaceError(f"{folder / _ABOUT} is damaged ({error!r}): {PRUNE}.") from error
    return corpus
