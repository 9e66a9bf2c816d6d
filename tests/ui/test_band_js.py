"""The browser's arithmetic of interval and budget against the server's, row for row."""

import json
import os
import shutil
import subprocess

import numpy as np
import pytest

from eudscore import locations
from eudscore.entropy.ranks import mid_ranks
from eudscore.records import Balance, Band
from eudscore.selection.band import default_band, holding_band, select_band
from eudscore.selection.order import hash_order

PROGRAM = """
import { inOrder, makePool, select } from "%(band)s";
import { defaultBand, holdingBand, parseBudget, withBand, withBudget } from "%(coupling)s";
import { readFileSync } from "node:fs";

const cases = JSON.parse(readFileSync(0, "utf8"));
const answers = cases.map((asked) => {
  const order = Uint32Array.from(asked.order);
  const u = inOrder(Float32Array.from(asked.u, (value) => value ?? NaN), order);
  const labels = asked.labels && inOrder(Int32Array.from(asked.labels), order);
  const eligible = asked.eligible && inOrder(Uint8Array.from(asked.eligible), order);
  const pool = makePool({ u, labels, classes: asked.classes, eligible, proportional: asked.proportional });
  const { state, kept, inBand } = select(pool, asked.lo, asked.hi, asked.k);
  const rows = [...order].filter((_, j) => state[j] === 2).sort((a, b) => a - b);
  const start = { k: asked.k, lo: asked.lo, hi: asked.hi, auto: false };
  return {
    rows, kept, inBand,
    held: holdingBand(pool, { lo: asked.lo, hi: asked.hi }, asked.k),
    unasked: defaultBand(asked.k / pool.n),
    raised: withBudget(pool, start, asked.k),
    following: withBudget(pool, { ...start, auto: true }, asked.k),
    squeezed: withBand(pool, start, asked.lo, asked.hi),
    typed: (asked.typed ?? []).map((text) => parseBudget(text, pool.n)),
  };
});
process.stdout.write(JSON.stringify(answers));
"""


def in_browser(cases):
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI"):
            pytest.fail("node is missing, so the front end cannot be compared")
        pytest.skip("node is not on this machine")
    folder = locations.assets() / "map"
    program = PROGRAM % {name: (folder / f"{name}.js").as_uri() for name in ("band", "coupling")}
    command = [node, "--input-type=module", "-e", program]
    done = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sent(quantiles, labels, *, classes, k, band, balance, seed, eligible=None):
    return {
        "u": [None if np.isnan(value) else float(value) for value in quantiles],
        "labels": None if labels is None else labels.tolist(),
        "eligible": None if eligible is None else eligible.astype(int).tolist(),
        "classes": classes,
        "order": hash_order(len(quantiles), seed).tolist(),
        "proportional": balance is Balance.PROPORTIONAL,
        "lo": band.lo,
        "hi": band.hi,
        "k": k,
    }


def random_case(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 400))
    classes = int(rng.integers(1, 9))
    values = rng.normal(size=n).round(int(rng.integers(0, 4)))  # rounding makes ties
    values[rng.random(n) < rng.choice([0.0, 0.2, 0.9])] = np.nan
    labels = rng.choice(classes, n, p=rng.dirichlet(np.ones(classes)))
    labels[rng.random(n) < rng.choice([0.0, 0.3])] = -1
    ends = np.sort(rng.random(2)) if rng.random() < 0.8 else np.array([0.5, 0.5 + rng.random() / 100])
    return {
        "quantiles": mid_ranks(values).astype(np.float32),
        "labels": None if rng.random() < 0.1 else labels,
        "classes": classes,
        "k": int(rng.integers(1, n + 1)),
        "band": Band(float(ends[0]), float(ends[1])),
        "balance": Balance.PROPORTIONAL if rng.random() < 0.7 else Balance.NONE,
        "seed": int(rng.integers(0, 5)),
        "eligible": None if rng.random() < 0.5 else rng.random(n) < 0.8,
    }


def on_server(case):
    quantiles = case["quantiles"].copy()
    if case["eligible"] is not None:
        quantiles[~case["eligible"]] = np.nan
    rows = select_band(
        quantiles,
        case["labels"],
        budget=case["k"],
        band=case["band"],
        balance=case["balance"],
        seed=case["seed"],
    )
    return quantiles, rows


def test_browser_and_server_keep_the_same_rows():
    cases = [random_case(seed) for seed in range(600)]
    answers = in_browser([sent(**case) for case in cases])
    for case, answer in zip(cases, answers, strict=True):
        _quantiles, rows = on_server(case)
        assert answer["rows"] == sorted(rows.tolist())
        assert answer["kept"] == len(rows) == min(case["k"], answer["inBand"])
    assert sum(len(answer["rows"]) > 3 for answer in answers) > 200


def test_equal_strata_take_turns_in_the_order_of_their_classes_in_both():
    n, classes = 60, 6  # all keys of one round are equal, so only the tie rule decides
    case = {
        "quantiles": mid_ranks(np.arange(n, dtype=float)).astype(np.float32),
        "labels": np.arange(n) % classes,
        "classes": classes,
        "band": Band(0.0, 1.0),
        "balance": Balance.PROPORTIONAL,
        "seed": 3,
        "eligible": None,
    }
    cases = [{**case, "k": k} for k in range(1, n + 1)]
    answers = in_browser([sent(**each) for each in cases])
    for each, answer in zip(cases, answers, strict=True):
        assert answer["rows"] == sorted(on_server(each)[1].tolist())


def test_a_band_that_must_make_room_is_the_same_in_both():
    cases = [random_case(seed) for seed in range(1000, 1200)]
    answers = in_browser([sent(**case) for case in cases])
    for case, answer in zip(cases, answers, strict=True):
        quantiles, _rows = on_server(case)
        held = holding_band(quantiles, case["band"], case["k"])
        assert (answer["held"]["lo"], answer["held"]["hi"]) == (held.lo, held.hi)
        own = default_band(case["k"] / len(quantiles))
        assert (answer["unasked"]["lo"], answer["unasked"]["hi"]) == pytest.approx((own.lo, own.hi), abs=0)


def test_a_raised_budget_widens_the_interval_and_a_narrowed_interval_lowers_the_budget():
    for case, answer in pairs(range(2000, 2100)):
        quantiles, rows = on_server(case)
        scored = int(np.isfinite(quantiles).sum())
        wanted = min(case["k"], max(1, scored))
        for choice in (answer["raised"], answer["following"]):
            assert choice["k"] == wanted
            if scored:
                held = (quantiles >= np.float32(choice["lo"])) & (quantiles <= np.float32(choice["hi"]))
                assert held.sum() >= wanted
        if answer["inBand"]:
            assert answer["squeezed"]["k"] == len(rows)
        else:  # an interval that would hold nothing is refused
            assert answer["squeezed"]["k"] == case["k"]


def pairs(seeds):
    cases = [random_case(seed) for seed in seeds]
    return zip(cases, in_browser([sent(**case) for case in cases]), strict=True)


def test_the_field_reads_shares_and_numbers_of_rows():
    case = sent(**{**random_case(7), "k": 1})
    n = len(case["u"])
    case["typed"] = ["16%", " 5 % ", "100%", "3", "0", "0%", "101%", "abc", "", str(n + 1), "-5"]
    (answer,) = in_browser([case])
    expected = [max(1, round(0.16 * n)), max(1, round(0.05 * n)), n, 3]
    assert answer["typed"][:4] == pytest.approx(expected, abs=1)
    assert answer["typed"][4:] == [None] * 7
