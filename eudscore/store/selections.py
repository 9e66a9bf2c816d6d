"""The selections of a workspace: recipes under names that people gave them."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eudscore.errors import RequestError, WorkspaceError
from eudscore.records import Ints, JsonDict
from eudscore.store.addresses import CorpusRef
from eudscore.store.disk import writing
from eudscore.store.documents import read_json, write_json
from eudscore.store.keyed import VERSION, KeyedFolders
from eudscore.store.whole import whole

SELECTIONS = "selections"
_REVIEW = ".review.parquet"
_REMEDY = "restore it from a copy, or remove this file and save the selection again"


class Selections(KeyedFolders):
    """Recipes by data set and name."""

    def keep_selection(self, ref: CorpusRef, name: str, recipe: JsonDict) -> None:
        """Store a recipe under a name people gave it.

        Raises:
            RequestError: the name is empty, too long, or taken by another selection.
            WorkspaceError: it cannot be written.
        """
        if not re.fullmatch(r"[\w][\w .,%+-]{0,59}", name):
            raise RequestError(
                f"{name[:80]!r} cannot name a selection: use up to 60 letters, digits, spaces and . , % + -"
            )
        folder = self.root / SELECTIONS / str(ref)
        path = folder / f"{name}.json"
        with self.lock(str(ref), SELECTIONS):  # of two who want one name, the second is told
            if path.exists() and read_json(path, version=VERSION, remedy=_REMEDY)["recipe"] != recipe:
                raise RequestError(f"There is a selection {name!r} already: choose another name.")
            with writing(path):
                folder.mkdir(parents=True, exist_ok=True)
                write_json(path, {"version": VERSION, "name": name, "recipe": recipe})

    def selections(self, ref: CorpusRef) -> dict[str, JsonDict]:
        """Name -> recipe of the selections of a corpus, the latest first."""
        paths = list((self.root / SELECTIONS / str(ref)).glob("[!.]*.json"))
        paths.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        return {path.stem: read_json(path, version=VERSION, remedy=_REMEDY)["recipe"] for path in paths}

    def drop_selection(self, ref: CorpusRef, name: str) -> None:
        """Remove a selection and what is to be reviewed of it.

        Raises:
            RequestError: there is none of that name.
            WorkspaceError: it cannot be removed.
        """
        if name not in self.selections(ref):
            raise RequestError(f"There is no selection {name!r}: it was removed already.")
        with self.lock(str(ref), SELECTIONS):
            for path in (self._path(ref, f"{name}.json"), self._path(ref, name + _REVIEW)):
                with writing(path):
                    path.unlink(missing_ok=True)

    def keep_review(self, ref: CorpusRef, name: str, withheld: Mapping[str, Ints]) -> None:
        """Store the rows that a selection held back, each with its reason, beside it.

        Raises:
            WorkspaceError: it cannot be written.
        """
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *withheld.values()])
        reasons = [reason for reason, some in withheld.items() for _ in range(len(some))]
        with whole(self._path(ref, name + _REVIEW)) as draft:
            pq.write_table(pa.table({"row": rows, "reason": pa.array(reasons, pa.string())}), draft)

    def review(self, ref: CorpusRef, name: str) -> dict[str, Ints]:
        """Reason -> rows that a selection held back; empty where it held none.

        Raises:
            WorkspaceError: what was stored is damaged.
        """
        path = self._path(ref, name + _REVIEW)
        if not path.exists():
            return {}
        try:
            table = pq.read_table(path)
            rows, reasons = table.column("row").to_numpy(), table.column("reason").to_pylist()
        except (OSError, KeyError, pa.ArrowException) as error:
            raise WorkspaceError(f"{path} is damaged: save the selection again under another name.") from error
        named = np.array(reasons, dtype=object)
        return {reason: rows[named == reason].astype(np.int64) for reason in dict.fromkeys(reasons)}

    def _path(self, ref: CorpusRef, name: str) -> Path:
        return self.root / SELECTIONS / str(ref) / name
