"""The tables: how many rows of what kind, and the two Parquet files."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from .compose import Composer
from .edits import jaccard, resend, tokens
from .phrases import INTENTS, every_phrase

SEED = 20
_PLAN = {
    "train": {"clean": 2560, "near_duplicate": 192, "mislabelled": 160, "ambiguous": 192, "off_topic": 96},
    "test": {"clean": 792, "ambiguous": 48},
}
# A shop hears more about late parcels than about anything else.
_WEIGHTS = dict(zip(INTENTS, (9, 9, 8, 12, 15, 9, 12, 11, 8, 7), strict=True))
_TAKEN_FOR = {
    "billing_error": ("refund_status", "voucher_problem", "subscription_change"),
    "cancel_order": ("subscription_change", "refund_status", "delivery_delay"),
    "change_address": ("delivery_delay", "login_problem", "cancel_order"),
    "damaged_item": ("product_question", "refund_status", "delivery_delay"),
    "delivery_delay": ("change_address", "refund_status", "damaged_item"),
    "login_problem": ("change_address", "voucher_problem", "billing_error"),
    "product_question": ("damaged_item", "voucher_problem", "subscription_change"),
    "refund_status": ("billing_error", "delivery_delay", "cancel_order"),
    "subscription_change": ("cancel_order", "billing_error", "product_question"),
    "voucher_problem": ("billing_error", "login_problem", "product_question"),
}
_TOO_ALIKE, _TOO_ALIKE_IN_FEW = 0.6, 0.75  # shared words over all words of two messages
_FEW_WORDS = 6
_LONGEST = 155  # words
_WORTH_RESENDING = 7
_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("label", pa.int32(), nullable=False),
        pa.field("label_name", pa.string(), nullable=False),
        pa.field("planted", pa.string(), nullable=False),
        pa.field("true_label_name", pa.string(), nullable=False),
        pa.field("duplicate_of", pa.string()),
    ]
)


@dataclass(frozen=True)
class Row:
    """One message of the demo."""

    text: str
    label_name: str
    planted: str
    true_label_name: str
    source: "Row | None" = None


class _Desk:
    """Takes messages and turns away those too like an earlier one."""

    def __init__(self) -> None:
        self._common = Counter(word for phrase in every_phrase() for word in tokens(phrase))
        self._by_word: dict[str, list[frozenset[str]]] = defaultdict(list)
        self._wordless: set[str] = set()

    def admits(self, text: str) -> bool:
        """Whether nothing like it came before; if so, it is remembered."""
        words = tokens(text)
        if not words:
            new = text not in self._wordless
            self._wordless.add(text)
            return new
        telling = self._telling(words)
        limit = _TOO_ALIKE if len(words) >= _FEW_WORDS else _TOO_ALIKE_IN_FEW
        if any(jaccard(words, other) >= limit for word in telling for other in self._by_word[word]):
            return False
        for word in telling:
            self._by_word[word].append(words)
        return True

    def _telling(self, words: frozenset[str]) -> list[str]:
        """The rarest words of a text, so many that two texts too alike cannot but share one of them.

        Source: Bayardo, Ma & Srikant, Scaling Up All Pairs Similarity Search (2007), prefix filtering.
        """
        shared = math.ceil(_TOO_ALIKE * len(words) - 1e-9)
        return sorted(words, key=lambda word: (self._common[word], word))[: len(words) - shared + 1]


def tables(seed: int = SEED) -> dict[str, pa.Table]:
    """The `train` and the `test` table; equal seeds give equal tables."""
    rng = Random(f"eudscore demo {seed}")
    desk = _Desk()
    made = {split: _composed(Composer(split, rng), counts, desk, rng) for split, counts in _PLAN.items()}
    made["train"] += _resent(made["train"], _PLAN["train"]["near_duplicate"], rng)
    return {split: _table(split, rows, rng) for split, rows in made.items()}


def write(out: Path, seed: int = SEED) -> None:
    """Write `train.parquet` and `test.parquet` into a folder, to the byte the same for one seed."""
    out.mkdir(parents=True, exist_ok=True)
    for split, table in tables(seed).items():
        pq.write_table(
            table,
            out / f"{split}.parquet",
            compression="zstd",
            compression_level=15,
            row_group_size=len(table),
        )


def _composed(composer: Composer, counts: dict[str, int], desk: _Desk, rng: Random) -> list[Row]:
    kinds = [kind for kind, count in counts.items() if kind != "near_duplicate" for _ in range(count)]
    rng.shuffle(kinds)
    return [_row(kind, composer, desk, rng) for kind in kinds]


def _row(kind: str, composer: Composer, desk: _Desk, rng: Random) -> Row:
    while True:
        label = rng.choices(INTENTS, [_WEIGHTS[name] for name in INTENTS])[0]
        row = _drafted(kind, label, composer, rng)
        if len(row.text.split()) <= _LONGEST and desk.admits(row.text):
            return row


def _drafted(kind: str, label: str, composer: Composer, rng: Random) -> Row:
    if kind == "off_topic":
        return Row(composer.off_topic(), label, kind, "none")
    if kind == "ambiguous":
        text, fitting = composer.mixed()
        label = rng.choice(fitting)
        return Row(text, label, kind, label)
    row = Row(composer.message(label, clear=kind == "mislabelled"), label, kind, label)
    if kind == "mislabelled":
        others = [name for name in INTENTS if name != label]
        row = replace(row, label_name=rng.choice(_TAKEN_FOR[label] if rng.random() < 0.5 else others))
    return row


def _resent(rows: list[Row], count: int, rng: Random) -> list[Row]:
    sources = [row for row in rows if row.planted == "clean" and len(row.text.split()) >= _WORTH_RESENDING]
    rng.shuffle(sources)
    edited = ((source, resend(source.text, rng)) for source in sources)
    resent = (replace(source, text=text, planted="near_duplicate", source=source) for source, text in edited if text)
    return list(islice(resent, count))


def _table(split: str, rows: list[Row], rng: Random) -> pa.Table:
    rng.shuffle(rows)
    ids = {id(row): f"{split}-{number:04d}" for number, row in enumerate(rows, start=1)}
    columns = {
        "id": list(ids.values()),
        "text": [row.text for row in rows],
        "label": [INTENTS.index(row.label_name) for row in rows],
        "label_name": [row.label_name for row in rows],
        "planted": [row.planted for row in rows],
        "true_label_name": [row.true_label_name for row in rows],
        "duplicate_of": [ids[id(row.source)] if row.source else None for row in rows],
    }
    return pa.table(columns, schema=_SCHEMA)
