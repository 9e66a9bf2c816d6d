"""A stored data set of any size that looks like one: blobs on a map, skewed scores, uneven classes."""

import numpy as np
import pyarrow as pa

from eudscore.corpus.roles import assign_roles
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


def keep_doubtful(workspace: Workspace, name: str, n: int, *, seed: int = 0) -> CorpusRef:
    """Four uneven classes with vectors, sources and a map of their own; a fourth of the rows is short and mislabelled.

    Some texts are there nearly twice, some would be run by a spreadsheet, three are empty. Nothing is scored.
    """
    rng, classes = np.random.default_rng(seed), CLASSES[:4]
    topic = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    vectors = (np.eye(6)[topic] + rng.normal(0, 0.25, (n, 6))).astype(np.float32)
    wrong = np.arange(n) % 4 == 0
    label = np.where(wrong, (topic + 1) % 4, topic)
    lengths = np.where(wrong, 2, rng.integers(6, 16, n)).tolist()
    texts = [f"{classes[topic[row]]} {' '.join(rng.choice(WORDS, length))} {row}" for row, length in enumerate(lengths)]
    for row in range(0, n, 24):
        texts[row] = f"=HYPERLINK({texts[row]})"
    for row in range(5, n - 1, 40):
        texts[row + 1], label[row + 1], vectors[row + 1] = f"{texts[row]}.", label[row], vectors[row] + 0.01
    texts[1:4] = [""] * 3
    columns = {
        "text": texts, "label": [classes[one] for one in label], "desk": [f"desk {row % 8}" for row in range(n)],
        "vector": pa.array(vectors.tolist(), pa.list_(pa.float32())),
        "x": vectors[:, 0] - vectors[:, 1], "y": vectors[:, 2] - vectors[:, 3],
    }  # fmt: skip
    roles = Roles("text", "label", group="desk", vectors=("vector",), coordinates=("x", "y"))
    return workspace.keep_corpus(assign_roles(pa.table(columns), name=name, source=f"{name}.csv", roles=roles))
