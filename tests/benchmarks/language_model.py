"""The figures on the card of the built-in language model, beside a 5-gram model of the same tokens and texts.

    python tests/benchmarks/language_model.py --data ../shared/data [--adapt]

Bits per byte on the test texts of `lm_text` and on 500 texts each of AG News, SST-2 and the demo; how well each
measure tells 400 AG News texts from the same words in a random order, and the demo's messages from its off-topic
rows (AUC); with `--adapt`, what one epoch on the corpus itself does to bits per byte.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from eudscore import locations
from eudscore.models.causal import CausalModel
from eudscore.models.loading import resolve_language_model
from eudscore.records import Corpus, Roles
from eudscore.store.scores import Scores
from eudscore.store.workspace import Workspace
from eudscore.training.lm_text import read_texts
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score

SEED = 0
BITS = 12  # of a token: five of them fit into an int64
DEV_EVERY = 100  # as in the training, which leaves these texts out


class NGrams:
    """Interpolated n-gram model with Witten-Bell weights: p_k = (c(h, w) + T(h) p_(k-1)) / (c(h) + T(h)).

    T(h) is the number of different tokens that followed h. Source: Witten & Bell (1991); Chen & Goodman (1999).
    """

    def __init__(self, rows: Sequence[NDArray[np.int64]], *, order: int, vocabulary: int) -> None:
        self.order, self.vocabulary = order, vocabulary
        self._tables = []
        for size in range(1, order + 1):
            keys, counts = np.unique(np.concatenate([grams(row, size) for row in rows]), return_counts=True)
            contexts, first = np.unique(keys >> BITS, return_index=True)
            totals = np.add.reduceat(counts, first)
            kinds = np.diff(np.append(first, len(keys)))
            self._tables.append((keys, counts, contexts, totals, kinds))

    def surprisal(self, row: NDArray[np.int64]) -> float:
        """Nats of all tokens but the first, which is the mark of the beginning."""
        probability = np.full(len(row) - 1, 1 / self.vocabulary)
        for size, (keys, counts, contexts, totals, kinds) in enumerate(self._tables, 1):
            wanted = grams(row, size)
            count = looked_up(keys, counts, wanted)
            total = looked_up(contexts, totals, wanted >> BITS)
            kind = looked_up(contexts, kinds, wanted >> BITS)
            seen = total > 0
            mixed = (count + kind * probability) / np.maximum(total + kind, 1)
            probability = np.where(seen, mixed, probability)
        return float(-np.log(probability).sum())


def grams(row: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Each token but the first with the `size` - 1 before it, as one integer; the first repeats before itself."""
    padded = np.concatenate([np.full(size, row[0]), row[1:]])
    keys = np.zeros(len(row) - 1, dtype=np.int64)
    for place in range(size):
        keys = keys << BITS | padded[place + 1 : place + len(row)]
    return keys


def looked_up(keys: NDArray[np.int64], values: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def scored(texts: Sequence[str], **options: bool) -> Scores:
    """All generative columns of some texts."""
    corpus = Corpus("texts", "texts", pa.table({"text": list(texts)}), Roles("text"), (), np.full(len(texts), -1))
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        request = ScoreRequest((Entropy.GENERATIVE,), device="cpu", **options)
        scores = score(workspace, workspace.keep_corpus(corpus), request)
        columns = {name: np.array(values) for name, values in scores.columns.items()}
    return Scores(scores.corpus, scores.tokens, columns, scores.cards)


def sample(path: Path, count: int) -> list[str]:
    texts = [text for text in pq.read_table(path)["text"].to_pylist() if text]
    return [texts[row] for row in np.random.default_rng(SEED).permutation(len(texts))[:count]]


def bits_per_byte(model: CausalModel, texts: Sequence[str]) -> float:
    batches = list(model.measure(texts))
    return float(sum(b.surprisal.sum(dtype=float) for b in batches) / np.log(2) / sum(b.size.sum() for b in batches))


def compare(data: Path, demo: Path) -> None:
    """Bits per byte of the model and of the 5-gram model."""
    model = CausalModel(resolve_language_model("builtin"), device="cpu", dtype="float32")
    beginning = model.tokenizer.bos_token_id

    def tokens(texts: Sequence[str]) -> list[NDArray[np.int64]]:
        return [np.array([beginning, *row], dtype=np.int64) for row in model._ids(list(texts))]

    train = [text for row, text in enumerate(read_texts(data / "lm_text" / "train.parquet")) if row % DEV_EVERY]
    grams_model = NGrams(tokens(train), order=5, vocabulary=len(model.tokenizer))
    sets = {
        "lm_text, test": read_texts(data / "lm_text" / "test.parquet"),
        "AG News, 500": sample(data / "ag_news" / "test.parquet", 500),
        "SST-2, 500": sample(data / "sst2" / "test.parquet", 500),
        "demo, 500": sample(demo, 500),
    }
    print("| bits per byte | built-in | 5-gram |\n| --- | --- | --- |")
    for name, texts in sets.items():
        size = sum(len(text.encode()) for text in texts)
        other = sum(map(grams_model.surprisal, tokens(texts))) / np.log(2) / size
        print(f"| {name} | {bits_per_byte(model, texts):.3f} | {other:.3f} |", flush=True)


def tell_apart(data: Path, demo: Path) -> None:
    """AUC of every measure for shuffled against ordered words, and for the demo's off-topic rows."""
    texts = sample(data / "ag_news" / "test.parquet", 400)
    draw = np.random.default_rng(SEED)
    shuffled = [" ".join(draw.permutation(text.split())) for text in texts]
    both = scored([*texts, *shuffled]).columns
    answer = np.repeat([0, 1], 400)
    table = pq.read_table(demo)
    planted = np.array(table["planted"].to_pylist())
    messages = scored(table["text"].to_pylist()).columns
    rows = np.isin(planted, ("clean", "off_topic"))
    print("\n| AUC | AG News, shuffled | demo, off-topic |\n| --- | --- | --- |")
    for name in sorted(both):
        if name.startswith("generative"):
            order = roc_auc_score(answer, both[name])
            topic = roc_auc_score(planted[rows] == "off_topic", messages[name][rows])
            print(f"| `{name}` | {order:.3f} | {topic:.3f} |", flush=True)


def adaptation(data: Path, demo: Path) -> None:
    """Bits per byte before and after one epoch, each text under the model that has not seen it."""
    print("\n| adapted to | before | after |\n| --- | --- | --- |")
    for name, path in (("AG News, train", data / "ag_news" / "train.parquet"), ("demo", demo)):
        outcome = scored(read_texts(path), adapt=True).cards["generative_nll"].outcome
        print(f"| {name} | {outcome['bits_per_byte_before']:.3f} | {outcome['bits_per_byte_after']:.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder with lm_text, ag_news and sst2")
    parser.add_argument("--adapt", action="store_true")
    options = parser.parse_args()
    demo = locations.assets() / "demo" / "train.parquet"
    compare(options.data, demo)
    tell_apart(options.data, demo)
    if options.adapt:
        adaptation(options.data, demo)


if __name__ == "__main__":
    main()
