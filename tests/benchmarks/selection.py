"""Does a selection beat a random subset of its size? The protocol of the method, section 7.2, on eight data sets.

    python tests/benchmarks/selection.py probe [SET ...] --data ../shared/data
    python tests/benchmarks/selection.py finetune trec noisy_agnews --data ../shared/data
    python tests/benchmarks/selection.py render [--against "random by cluster"]
    python tests/benchmarks/selection.py summary
    python tests/benchmarks/selection.py speed --rows 100000

`probe` trains logistic regression (the product's own probe) on frozen vectors of the built-in encoder. Each of ten
seeds draws nine tenths of the training rows as its pool, scores and ranks this pool alone, and is shared by all arms,
so that differences are paired; random arms are the mean of three draws. `finetune` fine-tunes the built-in encoder on
the whole pool's selections, three seeds. Results are added to `selection.jsonl` beside this file, a line each, and
what is there is not computed again; `render` prints the tables of `README.md`, `summary` that of the project's README.

The test split is read only to measure accuracy. The default strategy was tuned on sst2, ag_news, trec and the demo;
the other sets were looked at once.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import stats

from eudscore.corpus.read import read_source
from eudscore.entropy.clusters import cluster_count
from eudscore.entropy.combine import mean_rank
from eudscore.entropy.hashes import hash_column
from eudscore.entropy.predictive import label_gap, predictive_entropy
from eudscore.geometry.duplicates import duplicate_groups
from eudscore.geometry.kmeans import kmeans_clusters
from eudscore.geometry.neighbours import NeighbourGraph, neighbour_graph
from eudscore.models.one_thread import one_thread_each
from eudscore.models.probe import STRENGTH, cross_fitted, fit, group_folds
from eudscore.records import Card, Corpus, Floats, Ints, Roles, Scorer
from eudscore.scorers.information import InformationScorer
from eudscore.scorers.likeliest import CLASSES, PROBABILITIES, likeliest
from eudscore.scorers.semantic import SemanticScorer
from eudscore.selection.matching import matched_in_length
from eudscore.selection.order import draw_order
from eudscore.selection.ranking import Ranking
from eudscore.selection.recipe import Provenance, ranked, select
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy
from eudscore.store.workspace import Workspace
from eudscore.workflow.ranking import rank_anew
from eudscore.workflow.requests import BUILTIN, Entropy, ScoreRequest, silent
from eudscore.workflow.scoring import score
from eudscore.workflow.vectors import space_of

SETS = ("sst2", "ag_news", "trec", "demo", "banking77", "clinc150", "noisy_agnews", "goemotions")
TUNED_ON = SETS[:4]
BASE = {"probe": "random", "finetune": "random by class"}
IN_IGSE = ("information_entropy", "generative_entropy", "semantic_entropy")
BUDGETS = (0.05, 0.16, 0.30)
SEEDS = 10
POOL = 0.9  # share of the training rows that a seed draws
DRAWS = 3  # of the random arms
SST2_ROWS = 20_000
LONG = 200_000  # rows beyond which what takes rows times budget is not timed
RESULTS = Path(__file__).with_suffix(".jsonl")
CACHE = Path(tempfile.gettempdir()) / "eudscore-selection-benchmark"


@dataclass(frozen=True, eq=False)
class DataSet:
    """A training pool and its test split, encoded."""

    train: Corpus
    vectors: Floats
    test_vectors: Floats
    test_labels: Ints

    @cached_property
    def generative(self) -> Floats:
        """Of each training text by the built-in language model, which reads each by itself; kept in the cache."""
        workspace = Workspace(CACHE)
        ref = workspace.keep_corpus(self.train, listed=False)
        return score(workspace, ref, ScoreRequest((Entropy.GENERATIVE,))).columns["generative_entropy"]


@dataclass(frozen=True, eq=False)
class Sample:
    """`selection.pool.Materials` of a part of a data set: scored and ranked as if it were all there is."""

    corpus: Corpus
    vectors: Floats
    graph: NeighbourGraph
    columns: dict[str, Floats]
    likeliest: tuple[Ints, Floats]
    groups: Ints
    generative: Callable[[], Floats]
    seed: int = 0
    labelled: bool = True

    @cached_property
    def keys(self) -> np.ndarray:
        return hash_column(self.corpus.text_column)

    @property
    def eligible(self) -> np.ndarray:
        return self.corpus.has_text

    @property
    def labels(self) -> Ints | None:
        return self.corpus.labels if self.labelled else None

    @cached_property
    def tokens(self) -> Ints:
        return self.column("tokens").astype(np.int64)

    @cached_property
    def clusters(self) -> Ints:
        return kmeans_clusters(self.vectors, draw_order(self.keys, None, 0), cluster_count(len(self.corpus)))

    @property
    def neighbours(self) -> tuple[Ints, Floats]:
        return self.graph.indices, self.graph.similarities

    def column(self, name: str) -> Floats:
        """A score; those that only some arms read are found when they are asked for."""
        if name not in self.columns and name.startswith("predictive"):
            raise KeyError(name)
        if name == "igse" and name not in self.columns:
            parts = {part: self.column(part).astype(np.float64) for part in IN_IGSE}
            self.columns[name] = mean_rank(parts, self.tokens, adjust=frozenset(IN_IGSE[:1])).values.astype(np.float32)
        if name == "generative_entropy" and name not in self.columns:
            self.columns[name] = self.generative()
        if name not in self.columns:
            card = Card("vectors", "of the built-in encoder")
            flags = np.zeros(len(self.corpus), dtype=np.uint8)
            semantic = SemanticScorer(self.vectors, flags, self.graph, card, {}, len(self.corpus.classes), self.seed)
            self.columns.update(scored(self.corpus, semantic if name.startswith("semantic") else InformationScorer()))
        return self.columns[name]

    @cached_property
    def unlabelled(self) -> "Sample":
        """The same where nobody labelled anything."""
        return replace(
            self, columns={name: one for name, one in self.columns.items() if not name.startswith("predictive")},
            labelled=False,
        )  # fmt: skip


def scored(corpus: Corpus, scorer: Scorer) -> dict[str, Floats]:
    """All columns of a scorer."""
    rows = np.arange(len(corpus))
    columns = {name: np.full(len(corpus), np.nan, dtype=np.float32) for name in scorer.cards}
    for batch in scorer.score(corpus, rows):
        for column, values in batch.values.items():
            columns[column][batch.rows] = values
    return columns


def read(name: str, data: Path) -> tuple[Corpus, Corpus]:
    """Training and test rows of a data set by its name."""
    if name == "demo":
        return read_source("demo"), read_source("demo", split="test")
    tables = [pq.read_table(data / name / f"{split}.parquet") for split in ("train", "test")]
    if name == "sst2":
        tables[0] = tables[0].take(np.sort(np.random.default_rng(13).permutation(len(tables[0]))[:SST2_ROWS]))
    if name == "clinc150":
        tables = [table.filter(pc.invert(table["is_oos"])) for table in tables]
    if name == "goemotions":
        tables = [table.filter(pc.equal(table["n_labels"], 1)) for table in tables]
    classes = tuple(sorted(set(tables[0]["label_name"].to_pylist())))
    train, test = (
        Corpus(name, name, table.select(["text", "label_name"]), Roles("text", "label_name"), classes,
               np.array([classes.index(one) for one in table["label_name"].to_pylist()], dtype=np.int64))
        for table in tables
    )  # fmt: skip
    return train, test


def part(corpus: Corpus, rows: Ints) -> Corpus:
    """Some rows as a corpus of their own, with the same classes."""
    table = corpus.table.take(pa.array(rows))
    return Corpus(corpus.name, corpus.source, table, Roles(corpus.roles.text, corpus.roles.label), corpus.classes,
                  corpus.labels[rows])  # fmt: skip


def encoded(name: str, data: Path) -> DataSet:
    """A data set with the vectors of the built-in encoder, kept in a cache."""
    train, test = read(name, data)
    workspace = Workspace(CACHE)
    found = []
    for corpus in (train, test):
        workspace.keep_corpus(corpus, listed=False)
        found.append(np.asarray(space_of(workspace, corpus, ScoreRequest((Entropy.SEMANTIC,)), silent).vectors))
    return DataSet(train, found[0], found[1], test.labels)


def sample_of(whole: DataSet, seed: int, share: float = POOL) -> Sample:
    """The pool of a seed: vectors are those of the whole, all else is found anew."""
    size = round(share * len(whole.train))
    rows = np.sort(np.random.default_rng(1000 + seed).permutation(len(whole.train))[:size])
    corpus, vectors = part(whole.train, rows), whole.vectors[rows]
    graph = neighbour_graph(vectors)
    groups = duplicate_groups(corpus.texts(), graph)
    probabilities = np.zeros((size, len(corpus.classes)))
    folds = group_folds(corpus.labels, groups, seed=seed)
    for fold in cross_fitted(vectors, corpus.labels, folds, classes=len(corpus.classes)):
        probabilities[fold.rows] = fold.probs
    kept = likeliest(probabilities)
    columns = {
        "predictive_entropy": predictive_entropy(probabilities).astype(np.float32),
        "predictive_label_gap": label_gap(probabilities, corpus.labels).astype(np.float32),
    }
    return Sample(corpus, vectors, graph, columns, (kept[CLASSES].astype(np.int64), kept[PROBABILITIES]), groups,
                  lambda: whole.generative[rows], seed)  # fmt: skip


Arm = Callable[[Sample, float, int], list[Ints]]


def by_strategy(strategy: Strategy, *, labels: bool = True, **more: object) -> Arm:
    """The rows that a strategy chooses."""

    def arm(sample: Sample, budget: float, seed: int) -> list[Ints]:
        made = sample if labels else sample.unlabelled
        request = SelectionRequest(budget, strategy=strategy, seed=seed, **more)  # type: ignore[arg-type]
        ranking = covered(made, request) if strategy is Strategy.COVERAGE else None
        return [select(made, request, provenance(made), ranking=ranking).rows]

    return arm


@lru_cache(maxsize=4)
def _covered(sample: Sample, seed: int) -> Ranking:
    request = SelectionRequest(1.0, strategy=Strategy.COVERAGE, seed=seed)
    found = rank_anew(sample, request)
    for note in found.notes:
        print(f"  {sample.corpus.name}: {note}", flush=True)
    return found


def covered(sample: Sample, request: SelectionRequest) -> Ranking:
    """The ranking of the default strategy, as the product makes it; it serves all budgets."""
    return _covered(sample, request.seed)


def drawn(strategy: Strategy, **more: object) -> Arm:
    """The same under three seeds of the draw, whose mean counts."""
    one = by_strategy(strategy, **more)
    return lambda sample, budget, seed: [one(sample, budget, DRAWS * seed + draw)[0] for draw in range(DRAWS)]


def partly_covered(every: int) -> Arm:
    """Without labels: one row in so many from the order of covering, the others drawn by cluster."""

    def arm(sample: Sample, budget: float, seed: int) -> list[Ints]:
        covers = ARMS["coverage without labels"](sample, 1.0, seed)[0]
        drawings = ARMS["random by cluster"](sample, 1.0, seed)
        return [_in_turns(covers, by_cluster, every)[: round(budget * len(sample.corpus))] for by_cluster in drawings]

    return arm


def _in_turns(first: Ints, second: Ints, every: int) -> Ints:
    """All rows, one in so many the next of the first order, the others those of the second, each once."""
    places = np.concatenate([every * np.arange(len(first)), np.arange(len(second)) * every / (every - 1) + 0.5])
    mixed = np.concatenate([first, second])[np.argsort(places, kind="stable")]
    return mixed[np.sort(np.unique(mixed, return_index=True)[1])]


def provenance(sample: Sample) -> Provenance:
    return Provenance("", "", {}, sample.corpus.classes)


ARMS: dict[str, Arm] = {
    "random": drawn(Strategy.RANDOM, balance=Balance.NONE),
    "random by class": drawn(Strategy.RANDOM),
    "random by cluster": drawn(Strategy.STRATIFIED, labels=False),
    "random, lengths of coverage": lambda sample, budget, seed: [
        matched_in_length(sample.tokens, ARMS["coverage"](sample, budget, seed)[0], DRAWS * seed + draw)
        for draw in range(DRAWS)
    ],
    "coverage": by_strategy(Strategy.COVERAGE),
    "coverage without labels": by_strategy(Strategy.COVERAGE, labels=False),
    "longest": by_strategy(Strategy.LONGEST),
    "band of information": by_strategy(Strategy.BAND, by="information_entropy"),
    "band of generative": by_strategy(Strategy.BAND, by="generative_entropy"),
    "band of semantic": by_strategy(Strategy.BAND, by="semantic_entropy"),
    "band of igse": by_strategy(Strategy.BAND),
    "band of predictive": by_strategy(Strategy.BAND, by="predictive_entropy"),
    "top of predictive": by_strategy(Strategy.TOP, by="predictive_entropy"),
    "facility": by_strategy(Strategy.FACILITY),
    "ccs": by_strategy(Strategy.CCS, by="predictive_label_gap"),
    "d2": by_strategy(Strategy.D2, by="predictive_entropy"),
    "typical": by_strategy(Strategy.TYPICAL),
    "moderate": by_strategy(Strategy.MODERATE),
    "kcenter": by_strategy(Strategy.KCENTER),
    "badge": by_strategy(Strategy.BADGE),
}


# Ways to do without labels that are not the product's: asked for by `--arms`, on the sets the default was tuned on.
TRIED: dict[str, Arm] = {
    "no labels: coverage by cluster": by_strategy(Strategy.COVERAGE, labels=False, per=Per.CLUSTER),
    "no labels: half covered, half by cluster": partly_covered(2),
    "no labels: a quarter covered, the rest by cluster": partly_covered(4),
}


def probe(name: str, data: Path, seeds: int, arms: list[str]) -> None:
    """Every arm, budget and seed of a data set that is not there yet."""
    there = {(one["set"], one["arm"], one["budget"], one["seed"]) for one in results("probe")}
    whole: DataSet | None = None
    for seed in range(seeds):
        wanted = [(arm, b) for arm in arms for b in BUDGETS if (name, arm, b, seed) not in there]
        full = (name, "full", 1.0, seed) not in there
        if not wanted and not full:
            continue
        whole = whole or encoded(name, data)
        began = time.perf_counter()
        sample = sample_of(whole, seed)
        subsets = [(arm, b, (ARMS | TRIED)[arm](sample, b, seed)) for arm, b in wanted]
        if full:
            subsets.append(("full", 1.0, [np.arange(len(sample.corpus))]))
        jobs = [(place, rows) for place, (_, _, many) in enumerate(subsets) for rows in many]
        found = one_thread_each(partial(accuracy, whole, sample), [rows for _, rows in jobs])
        for place, (arm, budget, many) in enumerate(subsets):
            mine = [value for (at, _), value in zip(jobs, found, strict=True) if at == place]
            keep({"kind": "probe", "set": name, "arm": arm, "budget": budget, "seed": seed, "rows": len(many[0]),
                  "accuracy": round(float(np.mean(mine)), 6)})  # fmt: skip
        print(f"{name}: seed {seed}, {len(subsets)} arms in {time.perf_counter() - began:.0f} s", flush=True)


def accuracy(whole: DataSet, sample: Sample, rows: Ints) -> float:
    """Of the product's probe, trained on some rows, on the test split."""
    labels = sample.corpus.labels[rows]
    if len(np.unique(labels)) < 2:
        return float((whole.test_labels == labels[0]).mean())
    model = fit(sample.vectors[rows], labels, STRENGTH)
    return float((model.predict(whole.test_vectors) == whole.test_labels).mean())


def finetune(name: str, data: Path, seeds: int, arms: list[str]) -> None:
    """The built-in encoder fine-tuned on 16 % by each arm, and on all rows; three epochs."""
    from eudscore.workflow.fitting import fit_here
    from eudscore.workflow.requests import FitOptions

    there = {(one["set"], one["arm"], one["budget"], one["seed"]) for one in results("finetune")}
    train, test = read(name, data)
    workspace = Workspace(CACHE)
    sample: Sample | None = None
    for seed in range(seeds):
        for arm in arms:
            budget = 1.0 if arm == "full" else 0.16
            if (name, arm, budget, seed) in there:
                continue
            if sample is None:
                sample = sample_of(encoded(name, data), 0, 1.0)
            rows = np.arange(len(train)) if arm == "full" else ARMS[arm](sample, budget, seed)[0]
            run = fit_here(workspace, train, rows, test, FitOptions(model=BUILTIN, seed=seed))
            found = {"accuracy": round(run.metrics["accuracy"], 6), "seconds": round(run.metrics["seconds"], 1)}
            told = {"kind": "finetune", "set": name, "arm": arm, "budget": budget, "seed": seed}
            keep({**told, "rows": len(rows), **found})
            print(f"{name} {arm} seed {seed}: {run.sentence}", flush=True)


def speed(rows: int) -> None:
    """Seconds to rank made-up rows by each strategy, and to serve a tenth and a twentieth of them from the ranking."""
    rng = np.random.default_rng(0)
    classes, topics = 20, 200
    middles = rng.normal(size=(topics, 384)).astype(np.float32)
    topic = rng.integers(0, topics, rows)
    vectors = middles[topic] + 1.2 * rng.normal(size=(rows, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = (topic % classes).astype(np.int64)
    began = time.perf_counter()
    graph = neighbour_graph(vectors)
    print(f"neighbours of {rows:,} rows: {time.perf_counter() - began:.1f} s")
    probabilities = -np.sort(-rng.dirichlet(np.full(5, 0.3), rows), axis=1).astype(np.float32)
    entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-9))).sum(axis=1)
    table = pa.table({"text": [f"text {row}" for row in range(rows)]})
    names = tuple(str(one) for one in range(classes))
    sample = Sample(
        Corpus("made up", "made up", table, Roles("text"), names, labels), vectors, graph,
        {"igse": rng.random(rows).astype(np.float32), "predictive_entropy": entropy,
         "predictive_label_gap": (1 - probabilities[:, 0]).astype(np.float32)},
        (np.column_stack([(labels + step) % classes for step in range(5)]), probabilities), np.arange(rows),
        partial(rng.random, rows),
    )  # fmt: skip
    for strategy in Strategy:
        if strategy in (Strategy.KCENTER, Strategy.BADGE) and rows > LONG:
            print(f"{strategy.value}: not run, its time grows with rows times budget")
            continue
        request = SelectionRequest(rows // 10, strategy=strategy)
        began = time.perf_counter()
        ranking = covered(sample, request) if strategy is Strategy.COVERAGE else ranked(sample, request)
        took = time.perf_counter() - began
        served = []
        for part_of in (10, 20):
            began = time.perf_counter()
            select(sample, replace(request, budget=rows // part_of), provenance(sample), ranking=ranking)
            served.append(1000 * (time.perf_counter() - began))
        print(f"{strategy.value}: ranked in {took:.2f} s, served in {served[0]:.0f} and {served[1]:.0f} ms", flush=True)


def results(kind: str) -> list[dict]:
    """What was measured so far."""
    if not RESULTS.exists():
        return []
    lines = RESULTS.read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, lines) if one["kind"] == kind]


def keep(record: dict) -> None:
    """Add a line, so that a run that is stopped goes on where it was."""
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def render(against: str | None = None) -> Iterator[str]:
    """The tables, as Markdown: mean accuracy, and the paired difference to an arm with its 95 % t-interval."""
    for kind in ("probe", "finetune"):
        found = results(kind)
        for budget in sorted({one["budget"] for one in found if one["arm"] != "full"}):
            sets = [name for name in SETS if any(o["set"] == name and o["budget"] == budget for o in found)]
            base = against or BASE[kind]
            yield f"\n{kind}, {budget:.0%}: points against {base}, 95 % interval of the paired difference\n"
            yield "| arm | " + " | ".join(sets) + " |"
            yield "| --- |" + " --- |" * len(sets)
            arms = [arm for arm in (*ARMS, *TRIED, "full") if any(one["arm"] == arm for one in found)]
            for arm in arms:
                yield f"| {arm} | " + " | ".join(_cell(found, name, arm, budget, base) for name in sets) + " |"


def summary() -> Iterator[str]:
    """The default strategy against random at every budget, as Markdown."""
    found = results("probe")
    heads = ("data set", "random 16 %", *(f"{budget:.0%}".replace("%", " %") for budget in BUDGETS))
    yield "| " + " | ".join((*heads, "all rows, against random 16 %")) + " |"
    yield "| --- |" + " --- |" * (len(heads))
    for name in SETS:
        gains = [_cell(found, name, "coverage", budget, "random") for budget in BUDGETS]
        base, full = (_cell(found, name, arm, 0.16, "random") for arm in ("random", "full"))
        yield "| " + " | ".join((name, base, *gains, full)) + " |"


def _cell(found: list[dict], name: str, arm: str, budget: float, against: str) -> str:
    at = 1.0 if arm == "full" else budget
    mine = {one["seed"]: one["accuracy"] for one in found if (one["set"], one["arm"], one["budget"]) == (name, arm, at)}
    base = {
        one["seed"]: one["accuracy"]
        for one in found
        if (one["set"], one["arm"], one["budget"]) == (name, against, budget)
    }
    seeds = sorted(mine.keys() & base.keys())
    if not seeds:
        return ""
    if arm == against:
        return f"{100 * np.mean(list(base.values())):.1f} %"
    differences = 100 * np.array([mine[seed] - base[seed] for seed in seeds])
    if len(differences) < 2:
        return f"{differences.mean():+.1f}"
    half = stats.t.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / len(differences) ** 0.5
    mark = "**" if abs(differences.mean()) > half else ""
    return f"{mark}{differences.mean():+.1f} ± {half:.1f}{mark}"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["probe", "finetune", "render", "summary", "speed"])
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--arms", default="")
    parser.add_argument("--against", choices=list(ARMS), help="of `render`: the arm that the others are compared with")
    parser.add_argument("--seeds", type=int, help="fewer than ten (probe) or three (finetune)")
    parser.add_argument("--rows", type=int, default=100_000)
    asked = parser.parse_args()
    if asked.what == "speed":
        speed(asked.rows)
        return
    if asked.what in ("render", "summary"):
        print("\n".join(render(asked.against) if asked.what == "render" else summary()))
        return
    arms = [arm.strip() for arm in asked.arms.split(";") if arm.strip()]
    for name in asked.sets or SETS:
        if asked.what == "probe":
            probe(name, asked.data, asked.seeds or SEEDS, arms or list(ARMS))
        else:
            finetune(name, asked.data, asked.seeds or 3, arms or ["random by class", "coverage", "full"])


if __name__ == "__main__":
    main()
