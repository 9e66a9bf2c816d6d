"""Addresses in a workspace: hexadecimal digits, so that no address leads out of it."""

import re
from dataclasses import dataclass

from eudscore.errors import WorkspaceError

_KEY = re.compile(r"[0-9a-f]{8,64}")


def is_key(text: str) -> bool:
    """Whether this can be the id of a corpus or the key of what belongs to one."""
    return _KEY.fullmatch(text) is not None


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
        if len(parts) != 2 or not all(map(is_key, parts)):
            raise WorkspaceError(f"{text[:60]!r} is no data set of a workspace: choose one on the Data page.")
        return cls(*parts)
