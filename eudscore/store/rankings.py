"""The rankings of a workspace: rows by preference, as a strategy once found them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Ints, JsonDict
from eudscore.store.keyed import CARD, KeyedFolders

_RANKINGS, _ORDER, _WITHHELD, _REASONS = "rankings", "order", "withheld", "reasons"


@dataclass(frozen=True, eq=False)
class StoredRanking:
    """Rows by preference.

    Attributes:
        order: (m,) rows, best first.
        withheld: reason -> rows that the strategy would not take.
        about: what was stored with it.
    """

    order: Ints
    withheld: Mapping[str, Ints]
    about: JsonDict


class Rankings(KeyedFolders):
    """Rankings by corpus and key."""

    def has_ranking(self, corpus_id: str, key: str) -> bool:
        """Whether a ranking is there; nothing of it is read."""
        return self.folder(_RANKINGS, corpus_id, key).is_dir()

    def ranking(self, corpus_id: str, key: str) -> StoredRanking | None:
        """A ranking, or None where there is none yet.

        Raises:
            WorkspaceError: it is damaged.
        """
        about = self.content(_RANKINGS, corpus_id, key, about=CARD)
        if about is None:
            return None
        order, rows, codes = (self.array(_RANKINGS, corpus_id, key, name) for name in (_ORDER, _WITHHELD, _REASONS))
        withheld = {
            reason: np.asarray(rows)[np.asarray(codes) == code].astype(np.int64)
            for code, reason in enumerate(about["reasons"])
        }
        return StoredRanking(np.asarray(order).astype(np.int64), withheld, about)

    def keep_ranking(
        self, corpus_id: str, key: str, about: JsonDict, order: Ints, withheld: Mapping[str, Ints]
    ) -> None:
        """Store a ranking under the key of all that it depends on."""
        reasons = list(withheld)
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *withheld.values()])
        codes = np.repeat(np.arange(len(reasons)), [len(some) for some in withheld.values()])
        arrays: dict[str, NDArray[np.generic]] = {
            _ORDER: order.astype(np.int32), _WITHHELD: rows.astype(np.int32), _REASONS: codes.astype(np.uint8),
        }  # fmt: skip
        self.keep(_RANKINGS, corpus_id, key, {**about, "reasons": reasons}, arrays, about=CARD)
