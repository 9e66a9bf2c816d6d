"""Does a forecast from small probes come true? Four data sets, two rules of selection, 2, 4 and 8 times the probes.

    python tests/benchmarks/forecast.py measure [SET ...] --data ../shared/data
    python tests/benchmarks/forecast.py render

`measure` trains logistic regression (the product's own probe) on frozen vectors of the built-in encoder. Each of eight
seeds draws nine tenths of the training rows as its pool. A draw is the selection from a random four fifths of the pool,
ranked anew: three draws at each of four sizes are the probes, two other draws at 2, 4 and 8 times the largest size are
what is forecast (8 times: all that a draw may choose from; coverage withholds a part of it, so that its last runs have
fewer rows, and the forecast is for as many as they have). Runs are added to `forecast.jsonl` beside this file, a
line for each set, rule and seed, and what is there is not computed again; `render` forecasts and prints the tables of
`README.md`.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from selection import DataSet, Sample, accuracy, encoded, provenance, sample_of

from eudscore.models.one_thread import one_thread_each
from eudscore.records import Ints
from eudscore.selection.part import Part
from eudscore.selection.recipe import select
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.study.forecast import forecast
from eudscore.study.probes import Probes
from eudscore.workflow.ranking import rank_anew

TUNED_ON = ("trec", "ag_news")
SETS = (*TUNED_ON, "banking77", "sst2")
RULES = {"random by class": Strategy.RANDOM, "coverage": Strategy.COVERAGE}
SEEDS = 8
PART = 0.8  # of the pool, that a draw chooses from
PROBES, HELD_OUT = (0, 1, 2), (3, 4)  # numbers of the draws
AHEAD = (2, 4, 8)
RESULTS = Path(__file__).with_suffix(".jsonl")


def sizes_of(pool: int) -> tuple[list[int], list[int]]:
    """The four sizes of the probes, and the three that are forecast; the last is all of a part."""
    largest = int(PART * pool) // AHEAD[-1]
    return [largest // 8, largest // 4, largest // 2, largest], [largest * times for times in AHEAD]


def measure(name: str, data: Path, seeds: int) -> None:
    """Every rule and seed of a data set that is not there yet."""
    there = {(one["set"], one["rule"], one["seed"]) for one in results()}
    whole: DataSet | None = None
    for seed in range(seeds):
        wanted = [rule for rule in RULES if (name, rule, seed) not in there]
        if not wanted:
            continue
        whole = whole or encoded(name, data)
        began = time.perf_counter()
        sample = sample_of(whole, seed)
        probes, ahead = sizes_of(len(sample.corpus))
        for rule in wanted:
            runs = [rows for draw in PROBES for rows in chosen(sample, rule, draw, probes)]
            runs += [rows for draw in HELD_OUT for rows in chosen(sample, rule, draw, ahead)]
            found = one_thread_each(partial(accuracy, whole, sample), runs)
            told = [[len(rows), round(value, 6)] for rows, value in zip(runs, found, strict=True)]
            cut = len(probes) * len(PROBES)
            keep({"set": name, "rule": rule, "seed": seed, "classes": len(sample.corpus.classes),
                  "probes": told[:cut], "held_out": told[cut:]})  # fmt: skip
        print(f"{name}: seed {seed} in {time.perf_counter() - began:.0f} s", flush=True)


def chosen(sample: Sample, rule: str, draw: int, sizes: list[int]) -> list[Ints]:
    """Rows of the pool that a draw selects, for each size."""
    rng = np.random.default_rng([sample.seed, draw])
    rows = np.sort(rng.permutation(len(sample.corpus))[: int(PART * len(sample.corpus))])
    part = Part(sample, rows)
    request = SelectionRequest(1.0, strategy=RULES[rule], seed=len(PROBES + HELD_OUT) * sample.seed + draw)
    ranking = rank_anew(part, request) if RULES[rule] is Strategy.COVERAGE else None
    asked = [SelectionRequest(size, strategy=request.strategy, seed=request.seed) for size in sizes]
    return [rows[select(part, one, provenance(sample), ranking=ranking).rows] for one in asked]


def results() -> list[dict]:
    """What was measured so far."""
    return [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()] if RESULTS.exists() else []


def keep(record: dict) -> None:
    """Add a line, so that a run that is stopped goes on where it was."""
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


@dataclass(frozen=True)
class Row:
    """How forecasts at one distance came out, in points."""

    missed: float
    last_value: float
    inside: float
    width: float


def row(records: list[dict], place: int) -> Row:
    """All pools of a set and a rule; `place` is that of the distance in `AHEAD`."""
    missed, last, inside, widths = [], [], [], []
    for record in records:
        probes = probes_of(record)
        sizes, found = (np.array(part) for part in zip(*record["held_out"][place :: len(AHEAD)], strict=True))
        expected = forecast(probes, seed=record["seed"]).at(sizes)
        largest = probes.accuracies[probes.sizes == probes.steps[-1]]
        missed += list(np.abs(found - expected.accuracy))
        last += list(np.abs(found - largest.mean()))
        inside += list((expected.low <= found) & (found <= expected.high))
        widths += list(expected.high - expected.low)
    return Row(100 * np.mean(missed), 100 * np.mean(last), 100 * np.mean(inside), 100 * np.mean(widths))


def probes_of(record: dict) -> Probes:
    """The small runs of a line."""
    sizes, values = zip(*record["probes"], strict=True)
    return Probes(np.array(sizes), np.array(values), record["classes"])


def render() -> Iterator[str]:
    """The tables, as Markdown: at each distance the error, that of the last value, the share inside and the width."""
    records = results()
    yield "| set | rule | probes | " + " | ".join(f"{times}x" for times in AHEAD) + " | not a power law |"
    yield "| --- | --- | --- |" + " --- |" * (len(AHEAD) + 1)
    for name in SETS:
        for rule in RULES:
            mine = [one for one in records if (one["set"], one["rule"]) == (name, rule)]
            if not mine:
                continue
            rows = [row(mine, place) for place in range(len(AHEAD))]
            told = [f"{one.missed:.1f} ({one.last_value:.1f}), {one.inside:.0f} %, {one.width:.1f}" for one in rows]
            sizes = sorted({size for size, _ in mine[0]["probes"]})
            odd = sum(bool(forecast(probes_of(one), seed=one["seed"]).oddity) for one in mine)
            yield f"| {name} | {rule} | {sizes[0]} to {sizes[-1]} | {' | '.join(told)} | {odd} of {len(mine)} |"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["measure", "render"])
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    asked = parser.parse_args()
    if asked.what == "render":
        print("\n".join(render()))
        return
    for name in asked.sets or SETS:
        measure(name, asked.data, asked.seeds)


if __name__ == "__main__":
    main()
