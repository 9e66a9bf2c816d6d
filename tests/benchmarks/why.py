"""What the inspector says of rows whose fault is known: confusion tables, and what an answer costs.

    python tests/benchmarks/why.py demo
    python tests/benchmarks/why.py planted --data ../shared/data
    python tests/benchmarks/why.py noisy --data ../shared/data
    python tests/benchmarks/why.py timing --rows 100000

`demo` scores the demo by the standard request. `planted` puts faults into real data sets: 5 % of the labels are
another one, 6 % of the texts are two texts of different classes joined (with the label of either), 3 % come from
another data set (with any label), 6 % repeat a text with a small edit. `noisy` has label errors that people made.
The thresholds of the verdict were looked at on `demo` and `planted` alike; `noisy` was only run.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eudscore.corpus.read import read_source
from eudscore.corpus.roles import assign_roles
from eudscore.entropy.verdict import Kind
from eudscore.records import Card, Corpus, Roles
from eudscore.scorers.likeliest import likeliest
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.explaining import explain
from eudscore.workflow.requests import Entropy, ScoreRequest, default_request
from eudscore.workflow.scoring import score

EXPECTED = {
    "mislabelled": Kind.MISLABELLED, "ambiguous": Kind.AMBIGUOUS,
    "off_topic": Kind.OFF_TOPIC, "near_duplicate": Kind.DUPLICATE,
}  # fmt: skip
COPIED = "clean, copied"  # a clean row that a planted near-duplicate repeats: both are duplicates
SHARES = {"mislabelled": 0.05, "ambiguous": 0.06, "off_topic": 0.03, "near_duplicate": 0.06}
PAIRS = (("trec", "sst2", 5_452), ("ag_news", "banking77", 3_000), ("banking77", "trec", 4_000))
WITHOUT_LM = (Entropy.INFORMATION, Entropy.SEMANTIC, Entropy.PREDICTIVE)  # the verdict reads no generative column
COLUMNS = 24  # of the synthetic workspace, as many as the standard request stores


def verdicts(workspace: Workspace, ref: CorpusRef) -> np.ndarray:
    """(n,) what each row looks like first of all, as the page says it."""
    return np.array([explain(workspace, ref, row).kind.value for row in range(len(workspace.corpus(ref)))])


def truth_of(corpus: Corpus) -> np.ndarray:
    """(n,) what was planted in each row; clean rows that a near-duplicate repeats have a name of their own."""
    planted = np.array(corpus.table["planted"].to_pylist(), dtype="U20")
    place = {name: row for row, name in enumerate(corpus.table["id"].to_pylist())}
    copied = [place[name] for name in corpus.table["duplicate_of"].to_pylist() if name in place]
    planted[[row for row in copied if planted[row] == "clean"]] = COPIED
    return planted


def share_right(truth: np.ndarray, found: np.ndarray) -> float:
    """Share of the planted rows whose first reason is the planted one."""
    planted = np.isin(truth, list(EXPECTED))
    return float(
        np.mean([EXPECTED[kind].value == said for kind, said in zip(truth[planted], found[planted], strict=True)])
    )


def print_tables(title: str, truth: np.ndarray, found: np.ndarray) -> None:
    """The confusion table, then precision and recall of each kind."""
    kinds = [kind.value for kind in Kind]
    print(f"\n{title}: {share_right(truth, found):.1%} of the planted rows right")
    print(f"| planted, rows | {' | '.join(kinds)} |\n| --- |{' --- |' * len(kinds)}")
    for name in [name for name in ("clean", COPIED, *EXPECTED) if (truth == name).any()]:
        cells = [str(int(((truth == name) & (found == kind)).sum())) for kind in kinds]
        print(f"| {name}, {(truth == name).sum():,} | {' | '.join(cells)} |")
    print("\n| kind | recall | precision | of the clean rows |\n| --- | --- | --- | --- |")
    for name, kind in EXPECTED.items():
        said, right = found == kind.value, truth == name
        if kind is Kind.DUPLICATE:
            right |= truth == COPIED
        if right.any():
            precision = (said & right).sum() / max(1, said.sum())
            recall = (said & (truth == name)).sum() / (truth == name).sum()
            print(f"| {kind.value} | {recall:.0%} | {precision:.0%} | {said[truth == 'clean'].mean():.1%} |")
    clean = found[truth == "clean"]
    print(f"| rare | | | {(clean == Kind.RARE.value).mean():.1%} |")
    print(f"| nothing stands out | | | {(clean == Kind.NOTHING.value).mean():.1%} |")


def demo(folder: Path) -> None:
    workspace, corpus = Workspace(folder), read_source("demo")
    ref = workspace.keep_corpus(corpus)
    score(workspace, ref, default_request(corpus))
    print_tables("demo", truth_of(corpus), verdicts(workspace, ref))


def planted(folder: Path, data: Path) -> None:
    workspace = Workspace(folder)
    for name, foreign, rows in PAIRS:
        corpus = plant(data, name, foreign, rows)
        ref = workspace.keep_corpus(corpus)
        score(workspace, ref, ScoreRequest(WITHOUT_LM))
        print_tables(f"{name} with texts of {foreign}", truth_of(corpus), verdicts(workspace, ref))


def noisy(folder: Path, data: Path, rows: int) -> None:
    workspace = Workspace(folder)
    table = pq.read_table(data / "noisy_agnews" / "train.parquet").slice(0, rows)
    corpus = assign_roles(table, name="noisy_agnews", source="noisy_agnews", roles=Roles("text", "label_name"))
    ref = workspace.keep_corpus(corpus)
    score(workspace, ref, ScoreRequest(WITHOUT_LM))
    truth = np.where(np.array(table["is_noisy"].to_pylist()), "mislabelled", "clean")
    print_tables("noisy_agnews", truth, verdicts(workspace, ref))


def plant(data: Path, name: str, foreign: str, rows: int, seed: int = 0) -> Corpus:
    """Some rows of a data set with faults, and the columns `planted` and `duplicate_of` that say which."""
    rng = np.random.default_rng(seed)
    table = pq.read_table(data / name / "train.parquet")
    rows = min(rows, table.num_rows)
    table = table.take(pa.array(np.sort(rng.permutation(table.num_rows)[:rows])))
    source = np.array(table["text"].to_pylist(), dtype=object)
    texts, labels = source.copy(), np.array(table["label_name"].to_pylist(), dtype=object)
    classes = sorted(set(labels))
    others = pq.read_table(data / foreign / "train.parquet")["text"].to_pylist()
    order, kinds, start = rng.permutation(rows), np.full(rows, "clean", dtype="U20"), 0
    chosen: dict[str, np.ndarray] = {}
    for kind, share in SHARES.items():
        chosen[kind] = order[start : start + round(share * rows)]
        kinds[chosen[kind]] = kind
        start += len(chosen[kind])
    clean, duplicate_of = order[start:], np.full(rows, None, dtype=object)
    for row in chosen["mislabelled"]:
        labels[row] = str(rng.choice([other for other in classes if other != labels[row]]))
    for row in chosen["ambiguous"]:
        other = rng.choice(clean[labels[clean] != labels[row]])
        texts[row] = " ".join([source[row], source[other]][:: 1 if rng.random() < 0.5 else -1])
        labels[row] = str(rng.choice([labels[row], labels[other]]))
    for row, other in zip(chosen["off_topic"], rng.permutation(len(others)), strict=False):
        texts[row], labels[row] = others[other], str(rng.choice(classes))
    for row, other in zip(chosen["near_duplicate"], rng.permutation(clean), strict=False):
        texts[row], labels[row], duplicate_of[row] = edited(source[other], rng), labels[other], str(other)
    columns: Mapping[str, list[object]] = {
        "id": [str(row) for row in range(rows)], "text": texts.tolist(), "label": labels.tolist(),
        "planted": kinds.tolist(), "duplicate_of": duplicate_of.tolist(),
    }  # fmt: skip
    return assign_roles(pa.table(columns), name=f"{name}+{foreign}", source=name, roles=Roles("text", "label", id="id"))


def edited(text: str, rng: np.random.Generator) -> str:
    """The text with a greeting, without its last word, or with a slip in one word."""
    words = text.split()
    kind = rng.integers(4)
    if kind == 0:
        return f"Hi, {text}"
    if kind == 1 and len(words) > 3:
        return " ".join(words[:-1])
    place = int(rng.integers(len(words)))
    word = words[place]
    cut = int(rng.integers(max(1, len(word) - 1)))
    words[place] = word + word[-1] if kind == 2 else word[:cut] + word[cut : cut + 2][::-1] + word[cut + 2 :]
    return " ".join(words)


def timing(folder: Path, rows: int) -> None:
    workspace = Workspace(folder)
    ref = synthetic(workspace, rows)
    started = time.perf_counter()
    explain(workspace, ref, 0)
    first = time.perf_counter() - started
    asked = np.random.default_rng(1).integers(rows, size=200)
    seconds = []
    for row in asked:
        started = time.perf_counter()
        explain(workspace, ref, int(row))
        seconds.append(time.perf_counter() - started)
    at, high = np.quantile(seconds, [0.5, 0.95])
    print("\n| rows | first answer | median of 200 | 95 % |\n| --- | --- | --- | --- |")
    print(f"| {rows:,} | {first:.2f} s | {1e3 * at:.0f} ms | {1e3 * high:.0f} ms |")


def synthetic(workspace: Workspace, rows: int) -> CorpusRef:
    """A corpus with columns, class probabilities and a graph of random numbers."""
    rng = np.random.default_rng(0)
    words = np.array([f"word{number}" for number in range(5_000)])
    texts = [" ".join(line) for line in words[rng.integers(len(words), size=(rows, 30))]]
    labels = rng.integers(10, size=rows)
    names = tuple(f"class {number}" for number in range(10))
    table = pa.table({"text": texts, "label": [names[label] for label in labels]})
    ref = workspace.keep_corpus(Corpus("synthetic", "made", table, Roles("text", "label"), names, labels))
    named = ["information_surprisal", "predictive_entropy", "predictive_label_gap"]
    named += [f"predictive_{number}" for number in range(COLUMNS - len(named))]
    cards = [Card(name, "random numbers", model="m", revision="r") for name in named]
    values = {name: rng.random(rows, dtype=np.float32) for name in named}
    probs = rng.dirichlet(np.ones(10), size=rows)
    workspace.keep_family(ref.id, "0" * 16, cards[:1], {named[0]: values[named[0]]})
    kept = {**{name: values[name] for name in named[1:]}, **likeliest(probs)}
    workspace.keep_family(ref.id, "1" * 16, cards[1:], kept)
    indices = rng.integers(rows, size=(rows, 20))
    cosines = -np.sort(-rng.random((rows, 20), dtype=np.float32), axis=1)
    workspace.keep_graph(ref.id, Card("neighbours", "random", model="m", revision="r"), indices, cosines)
    return ref


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", choices=["demo", "planted", "noisy", "timing"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the real data sets")
    parser.add_argument("--rows", type=int, default=100_000, help="of the synthetic workspace; noisy has 10,000")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if "demo" in asked.what:
            demo(root)
        if "planted" in asked.what:
            planted(root, asked.data)
        if "noisy" in asked.what:
            noisy(root, asked.data, min(asked.rows, 10_000))
        if "timing" in asked.what:
            timing(root, asked.rows)


if __name__ == "__main__":
    main()
