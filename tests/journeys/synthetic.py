"""A stored data set of any size that looks like one: blobs on a map, skewed scores, uneven classes."""

import numpy as np
import pyarrow as pa

from eudscore.records import UNLABELLED, Card, Corpus, Roles
from eudscore.store.workspace import CorpusRef, Workspace

CLASSES = ("billing", "shipping", "returns", "login", "outage", "praise", "feature request", "other")
FAMILY = "0123456789abcdef"
WORDS = ("delivery", "coupon", "return", "cancel", "error", "item", "charge", "refund", "invoice", "screen")


def keep_synthetic(workspace: Workspace, name: str, n: int, *, classes: tuple[str, ...] = CLASSES) -> CorpusRef:
    rng = np.random.default_rng(n)
    blobs = 24
    weights = rng.dirichlet(np.full(blobs, 2.0))
    blob = rng.choice(blobs, n, p=weights)
    xy = rng.normal(size=(blobs, 2))[blob] * 5 + rng.normal(size=(n, 2)) * rng.uniform(0.3, 0.9, blobs)[blob, None]
    xy[rng.random(n) < 0.002] = np.nan
    uncertain = rng.beta(1.3, 4.0, n) * 0.55 + rng.beta(2, 2, blobs)[blob] * 0.35
    uncertain[rng.random(n) < 0.004] = np.nan
    label = (blob * 7 % max(1, len(classes))).astype(np.int64) if classes else np.full(n, UNLABELLED)
    label[rng.random(n) < 0.01] = UNLABELLED
    words = np.array(WORDS)[rng.integers(0, len(WORDS), (n, 9))]
    texts = [f"{' '.join(line)} {row}" for row, line in enumerate(words.tolist())]
    table = pa.table({"text": texts})
    corpus = Corpus(name, "synthetic", table, Roles("text"), classes, label)
    ref = workspace.keep_corpus(corpus)
    columns = {
        "igse": uncertain.astype(np.float32),
        "semantic_entropy": (uncertain * rng.lognormal(0, 0.3, n)).astype(np.float32),
    }
    cards = [Card(column, "synthetic") for column in columns]
    workspace.keep_family(ref.id, FAMILY, cards, columns)
    workspace.keep_layout(ref.id, Card("layout", "synthetic", parameters={"method": "UMAP"}), xy.astype(np.float32))
    return ref
