"""The selections of a workspace: recipes under names that people gave them."""

import re

from eudscore.errors import RequestError
from eudscore.records import JsonDict
from eudscore.store.addresses import CorpusRef
from eudscore.store.disk import writing
from eudscore.store.documents import read_json, write_json
from eudscore.store.keyed import VERSION, KeyedFolders

SELECTIONS = "selections"
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
