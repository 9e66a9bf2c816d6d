"""The workspace: a folder of corpora, columns, vectors, layouts and runs, each under the key of its content.

    workspace.json                                version of the layout
    corpora/<id>-<revision>/                      corpus.json, data.arrow, labels.npy, listed
    columns/<corpus id>/<family key>/             cards.json, <column>.npy, flags.npy
    vectors/<corpus id>/<key>/                    cards.json, vectors.npy, flags.npy
    adapted/<corpus id>/<key>/                    cards.json, outcome.json, half-0/, half-1/ (language models)
    graphs/<corpus id>/<key>/                     card.json, indices.npy, similarities.npy
    layouts/<corpus id>/<key>/                    card.json, layout.npy
    selections/<corpus id>-<revision>/<name>.json recipes
    runs/<run id>/                                spec, status, metrics, log, model

Nothing is updated in place: a folder is absent, drafted under a name that begins with a dot, or complete.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from eudscore.errors import RequestError, WorkspaceError
from eudscore.records import Card, Corpus, Floats, Ints, JsonDict, Roles
from eudscore.store.arrow import write_arrow
from eudscore.store.draft import HELPERS
from eudscore.store.files import draft_folder, file_digest, place, read_json, write_json, writing

VERSION = 1
_KEY = re.compile(r"[0-9a-f]{8,64}")


def default_root() -> Path:
    """`EUDSCORE_WORKSPACE`, or the user's data directory."""
    from platformdirs import user_data_path

    named = os.environ.get("EUDSCORE_WORKSPACE")
    return Path(named).expanduser().resolve() if named else user_data_path("eudscore", appauthor=False)


@dataclass(frozen=True)
class CorpusRef:
    """The address of a corpus: `id` of its texts, `revision` of everything else about it."""

    id: str
    revision: str

    def __str__(self) -> str:
        return f"{self.id}-{self.revision}"

    @classmethod
    def parse(cls, text: str) -> "CorpusRef":
        """The inverse of `str`.

        Raises:
            WorkspaceError: this is no address of a corpus.
        """
        parts = text.split("-")
        if len(parts) != 2 or not all(_KEY.fullmatch(part) for part in parts):
            raise WorkspaceError(f"{text[:60]!r} is no data set of a workspace: choose one on the Data page.")
        return cls(*parts)


@dataclass(frozen=True)
class CorpusEntry:
    """What a list of corpora shows, without opening any."""

    ref: CorpusRef
    name: str
    source: str
    rows: int
    added: float


@dataclass(frozen=True)
class StoredColumn:
    """A complete column: its card, the key of its family, and when that was stored or last asked for."""

    card: Card
    family: str
    stored: float


class Workspace:
    """A folder of everything that was read, scored, laid out and trained."""

    def __init__(self, root: Path) -> None:
        self.root = root
        marker = root / "workspace.json"
        if marker.exists():
            read_json(marker, version=VERSION)
            return
        with writing(root):
            root.mkdir(parents=True, exist_ok=True)
            write_json(marker, {"version": VERSION})

    # Corpora

    def keep_corpus(self, corpus: Corpus, *, listed: bool = True) -> CorpusRef:
        """Store a corpus, once; the same content gives the same address.

        Args:
            corpus: what to store.
            listed: whether `corpora` names it; a test set is kept without being one of the user's data sets.
        """
        with draft_folder(self.root / "corpora") as draft:
            write_arrow(draft / "data.arrow", corpus.table)
            np.save(draft / "labels.npy", corpus.labels)
            described = _describe(corpus)
            digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
            digest.update(file_digest(draft / "data.arrow").encode())
            ref = CorpusRef(corpus.id, digest.hexdigest()[:16])
            beside = {"notes": list(corpus.notes), "reasons": dict(corpus.reasons), "drawn_from": corpus.drawn_from}
            write_json(draft / "corpus.json", {"version": VERSION, "id": corpus.id, **described, **beside})
            place(draft, self.root / "corpora" / str(ref))
        if listed:
            with writing(self.root):
                (self.root / "corpora" / str(ref) / "listed").touch()
        return ref

    def corpora(self) -> list[CorpusEntry]:
        """The listed corpora, the latest opened first."""
        entries = []
        for folder in (self.root / "corpora").glob("[!.]*"):
            if not (folder / "listed").exists():
                continue
            about = read_json(folder / "corpus.json", version=VERSION)
            added = (folder / "listed").stat().st_mtime
            entries.append(
                CorpusEntry(CorpusRef.parse(folder.name), about["name"], about["source"], about["rows"], added)
            )
        return sorted(entries, key=lambda entry: entry.added, reverse=True)

    def corpus(self, ref: CorpusRef) -> Corpus:
        """Open a corpus; its table stays on disk, memory-mapped.

        Raises:
            WorkspaceError: there is no such corpus here.
        """
        folder = self.root / "corpora" / str(ref)
        if not folder.is_dir():
            raise WorkspaceError(f"The workspace {self.root} has no data set {ref}: open it on the Data page.")
        return _open_corpus(folder)

    # Columns

    def columns(self, corpus_id: str) -> dict[str, list[StoredColumn]]:
        """Every complete column of a corpus by name, the one stored or asked for last first."""
        found: dict[str, list[StoredColumn]] = {}
        for folder in (self.root / "columns" / corpus_id).glob("[!.]*"):
            if not folder.is_dir():
                continue
            content = read_json(folder / "cards.json", version=VERSION)
            stored = (folder / "cards.json").stat().st_mtime
            for card in map(Card.from_json, content["cards"]):
                found.setdefault(card.column, []).append(StoredColumn(card, folder.name, stored))
        for versions in found.values():
            versions.sort(key=lambda column: (-column.stored, column.family))
        return found

    def family(self, corpus_id: str, key: str) -> dict[str, Card] | None:
        """The cards of a complete family of columns, or None."""
        folder = self.root / "columns" / corpus_id / key
        if not folder.is_dir():
            return None
        content = read_json(folder / "cards.json", version=VERSION)
        return {card.column: card for card in map(Card.from_json, content["cards"])}

    def column(self, corpus_id: str, key: str, column: str) -> Floats:
        """(n,) float32 values, memory-mapped.

        Raises:
            WorkspaceError: there is no such column here.
        """
        return self._array("columns", corpus_id, key, column)

    def touch_family(self, corpus_id: str, key: str) -> None:
        """Note that a complete family was asked for now: it counts as the latest of its kind."""
        now = time.time_ns()  # finer than the clock of the file system, which may stand still between two calls
        with writing(self.root):
            os.utime(self.root / "columns" / corpus_id / key / "cards.json", ns=(now, now))

    def keep_family(
        self, corpus_id: str, key: str, cards: Sequence[Card], values: Mapping[str, NDArray[np.generic]]
    ) -> None:
        """Store the columns of one family with their cards."""
        content = {"cards": [card.to_json() for card in cards]}
        self._keep("columns", corpus_id, key, "cards.json", content, values)

    # Vectors and layouts

    def vectors(self, corpus_id: str, key: str) -> Floats | None:
        """(n, d) float32 vectors, memory-mapped, or None where there are none yet."""
        stored = (self.root / "vectors" / corpus_id / key).is_dir()
        return self._array("vectors", corpus_id, key, "vectors") if stored else None

    def complete(self, kind: str, corpus_id: str, key: str, content: JsonDict) -> None:
        """Give a partial folder its cards and its final name."""
        partial = self.partial(kind, corpus_id, key)
        with writing(partial):
            write_json(partial / "cards.json", {"version": VERSION, **content})
            target = self.root / kind / corpus_id / key
            place(partial, target)
            for helper in HELPERS:  # not before: a kill in between would begin anew
                (target / helper).unlink(missing_ok=True)

    def layouts(self, corpus_id: str) -> list[tuple[str, Card]]:
        """Keys and cards of all layouts of a corpus, the latest first."""
        folders = [path for path in (self.root / "layouts" / corpus_id).glob("[!.]*") if path.is_dir()]
        folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        cards = [read_json(path / "card.json", version=VERSION)["card"] for path in folders]
        return [(path.name, Card.from_json(card)) for path, card in zip(folders, cards, strict=True)]

    def layout(self, corpus_id: str, key: str) -> Floats:
        """(n, 2) float32 positions, memory-mapped; nan = not drawn.

        Raises:
            WorkspaceError: there is no such layout here.
        """
        return self._array("layouts", corpus_id, key, "layout")

    def keep_layout(self, corpus_id: str, card: Card, xy: Floats, extra: JsonDict | None = None) -> None:
        """Store a layout under the key of its card, with what belongs to it (the labels of its regions)."""
        content = {"card": card.to_json(), **(extra or {})}
        self._keep("layouts", corpus_id, card.key, "card.json", content, {"layout": xy})

    def layout_extra(self, corpus_id: str, key: str) -> JsonDict:
        """What was stored with a layout."""
        return read_json(self.root / "layouts" / corpus_id / key / "card.json", version=VERSION)

    # Neighbour graphs

    def graph(self, corpus_id: str, key: str) -> tuple[Ints, Floats] | None:
        """(n, k) rows of the nearest texts and their cosines, or None where there are none yet."""
        if not (self.root / "graphs" / corpus_id / key).is_dir():
            return None
        rows = self._array("graphs", corpus_id, key, "indices").astype(np.int64)
        return rows, self._array("graphs", corpus_id, key, "similarities")

    def keep_graph(self, corpus_id: str, card: Card, indices: Ints, similarities: Floats) -> None:
        """Store the neighbour graph of a corpus under the key of its card."""
        arrays = {"indices": indices.astype(np.int32), "similarities": similarities.astype(np.float32)}
        self._keep("graphs", corpus_id, card.key, "card.json", {"card": card.to_json()}, arrays)

    # Selections

    def keep_selection(self, ref: CorpusRef, name: str, recipe: JsonDict) -> None:
        """Store a recipe under a name people gave it.

        Raises:
            RequestError: the name is empty, too long, or taken by another selection.
        """
        if not re.fullmatch(r"[\w][\w .,%+-]{0,59}", name):
            raise RequestError(
                f"{name[:80]!r} cannot name a selection: use up to 60 letters, digits, spaces and . , % + -"
            )
        folder = self.root / "selections" / str(ref)
        path = folder / f"{name}.json"
        if path.exists() and read_json(path, version=VERSION)["recipe"] != recipe:
            raise RequestError(f"There is a selection {name!r} already: choose another name.")
        with writing(path):
            folder.mkdir(parents=True, exist_ok=True)
            write_json(path, {"version": VERSION, "name": name, "recipe": recipe})

    def selections(self, ref: CorpusRef) -> dict[str, JsonDict]:
        """Name -> recipe of the selections of a corpus, the latest first."""
        paths = list((self.root / "selections" / str(ref)).glob("[!.]*.json"))
        paths.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        return {path.stem: read_json(path, version=VERSION)["recipe"] for path in paths}

    # Work in progress

    def adapted(self, corpus_id: str, key: str) -> Path:
        """Folder of the language models that were adapted to a corpus; absent until both are complete."""
        return self.root / "adapted" / corpus_id / key

    @property
    def runs(self) -> Path:
        """The folder of the runs."""
        return self.root / "runs"

    def partial(self, kind: str, corpus_id: str, key: str) -> Path:
        """Where columns or vectors are collected until complete; a later process goes on from there."""
        return self.root / kind / corpus_id / f".{key}.partial"

    @contextmanager
    def lock(self, corpus_id: str, key: str) -> Iterator[None]:
        """Held while something is computed, so that two processes never do the same work at once."""
        from filelock import FileLock

        folder = self.root / "locks"
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{corpus_id}-{key}.lock"):
            yield

    def _array(self, kind: str, corpus_id: str, key: str, name: str) -> Floats:
        if not (_KEY.fullmatch(corpus_id) and _KEY.fullmatch(key) and re.fullmatch(r"\w+", name)):
            raise WorkspaceError(f"{corpus_id}/{key}/{name} is no address in a workspace.")
        path = self.root / kind / corpus_id / key / f"{name}.npy"
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
        except FileNotFoundError as error:
            raise WorkspaceError(f"The workspace has no {name} under {kind}/{corpus_id}/{key}.") from error
        except (OSError, ValueError) as error:
            raise WorkspaceError(f"{path} is damaged ({error}): remove its folder and score again.") from error

    def _keep(
        self, kind: str, corpus_id: str, key: str, about: str, content: JsonDict,
        arrays: Mapping[str, NDArray[np.generic]],
    ) -> None:  # fmt: skip
        target = self.root / kind / corpus_id / key
        with draft_folder(target.parent) as draft:
            for name, values in arrays.items():
                np.save(draft / f"{name}.npy", values)
            write_json(draft / about, {"version": VERSION, **content})
            place(draft, target)


def _describe(corpus: Corpus) -> JsonDict:
    return {
        "name": corpus.name,
        "source": corpus.source,
        "rows": len(corpus),
        "roles": corpus.roles.to_json(),
        "classes": list(corpus.classes),
        "labels": corpus.labels_id,
    }


@lru_cache(maxsize=32)
def _open_corpus(folder: Path) -> Corpus:
    """Open a stored corpus; its folder never changes, so one process opens it once."""
    about = read_json(folder / "corpus.json", version=VERSION)
    table = pa.ipc.open_file(pa.memory_map(str(folder / "data.arrow"))).read_all()
    labels = np.load(folder / "labels.npy", allow_pickle=False)
    corpus = Corpus(
        about["name"], about["source"], table, Roles.from_json(about["roles"]), tuple(about["classes"]), labels,
        notes=tuple(about.get("notes", ())), reasons=about.get("reasons", {}), drawn_from=about.get("drawn_from"),
    )  # fmt: skip
    corpus.__dict__["id"] = about["id"]  # the cached property: known, so the texts need not be hashed again
    return corpus
