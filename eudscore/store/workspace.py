"""The workspace: a folder of corpora, columns, vectors, layouts and runs, each under the key of its content.

    workspace.json                                version of the layout
    corpora/<id>-<revision>/                      corpus.json, data.arrow, labels.npy, listed
    columns/<corpus id>/<family key>/             cards.json, <column>.npy, flags.npy
    vectors/<corpus id>/<key>/                    cards.json, vectors.npy, flags.npy
    adapted/<corpus id>/<key>/                    cards.json, half-0/, half-1/ (language models)
    graphs/<corpus id>/<key>/                     card.json, indices.npy, similarities.npy
    layouts/<corpus id>/<key>/                    card.json, layout.npy
    profiles/<corpus id>/<key>/                   what a data set looks like
    clusters/<corpus id>/<key>/                   card.json, clusters.npy
    rankings/<corpus id>/<key>/                   card.json, order.npy and what was withheld
    selections/<corpus id>-<revision>/<name>.json recipes
    selections/<corpus id>-<revision>/<name>.review.parquet  rows that were held back, each with its reason
    runs/<run id>/                                spec, status, metrics, log, model
    locks/                                        held while something is computed
    eudscore.db                                   the queue of jobs: which run waits, works, or rests
    queue/                                        who works it off: a note, a lock, a log

Nothing is updated in place: a folder is absent, drafted under a name that begins with a dot, or complete. What is
complete (runs and selections apart) has a `files.json` of the sizes and digests of its files.
"""

import os
from pathlib import Path

from eudscore.errors import WorkspaceError
from eudscore.store.addresses import CorpusRef
from eudscore.store.columns import Columns, StoredColumn
from eudscore.store.corpora import Corpora, CorpusEntry
from eudscore.store.disk import writing
from eudscore.store.documents import read_json, write_json
from eudscore.store.keyed import VERSION
from eudscore.store.layouts import Layouts
from eudscore.store.rankings import Rankings, StoredRanking
from eudscore.store.selections import Selections

__all__ = ["VERSION", "CorpusEntry", "CorpusRef", "StoredColumn", "StoredRanking", "Workspace", "default_root"]

RUNS = "runs"
_MARKER = "workspace.json"


def default_root() -> Path:
    """`EUDSCORE_WORKSPACE`, or the user's data directory."""
    from platformdirs import user_data_path

    named = os.environ.get("EUDSCORE_WORKSPACE")
    return Path(named).expanduser().resolve() if named else user_data_path("eudscore", appauthor=False)


class Workspace(Corpora, Columns, Layouts, Rankings, Selections):
    """A folder of everything that was read, scored, laid out and trained."""

    def __init__(self, root: Path) -> None:
        """Open a workspace, or make one.

        Raises:
            WorkspaceError: it cannot be read or written, or it was written by a newer eudscore.
        """
        super().__init__(root)
        marker = root / _MARKER
        with writing(root):
            if root.exists() and not root.is_dir():
                raise WorkspaceError(
                    f"{root} is a file, a workspace is a folder: choose a folder with --workspace or "
                    "EUDSCORE_WORKSPACE."
                )
            there = marker.exists()
            if not there:
                root.mkdir(parents=True, exist_ok=True)
                write_json(marker, {"version": VERSION})
        if there:
            read_json(marker, version=VERSION, remedy="remove this one file, it holds nothing else")

    @property
    def runs(self) -> Path:
        """The folder of the runs."""
        return self.root / RUNS
