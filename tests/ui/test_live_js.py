"""What the Select page shows of very many rows while the hand moves, against what it shows once the hand is still."""

import pytest

from tests.ui.front_end import in_node

PROGRAM = """
import { makePool, tally, withOthers, withShares } from "./band.js";
import { renewed, settled, withBand } from "./coupling.js";
import { glimpsed, sampleOf } from "./live.js";
import { preference } from "./preference.js";

let seed = 7;
const random = () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const made = (Kind, n, one) => { const all = new Kind(n); for (let j = 0; j < n; j += 1) all[j] = one(); return all; };

function world(n) {
  const u = made(Float32Array, n, () => (random() < 0.05 ? NaN : random()));
  const eligible = made(Uint8Array, n, () => random() < 0.97);
  const labels = made(Int32Array, n, () => Math.floor(9 * random() ** 2) - 1);
  const clusters = made(Int32Array, n, () => Math.floor(300 * random()));
  const tokens = made(Int32Array, n, () => Math.floor(80 * random() ** 3));
  const groups = made(Int32Array, n, () => Math.floor(n * random() ** 2)); // some large ones
  const v = made(Float32Array, n, random);
  const bins = u.map((one) => Math.floor(20 * one)); // nan = 0, which is no matter
  const draw = preference("draw", { n, eligible });
  const highest = preference("highest", { n, eligible, values: v });
  const given = { turn: draw, u, banded: true, valued: true, eligible, labels, named: 8, balance: "proportional",
    shares: null, atLeastOne: true, rooted: false, byCluster: false, groups: null, cap: null, tokens, withheld: null };
  return { n, u, v, bins, labels, clusters, groups, draw, highest, given };
}

/** Pools and choices of every kind; each as a pool of all rows and how it is narrowed. */
function cases({ n, v, clusters, groups, highest, given }) {
  const choice = { k: Math.round(0.16 * n), tokens: null, lo: 0.3, hi: 0.7, auto: false, way: "inside" };
  const further = [{ u: v, lo: 0.2, hi: 0.6 }];
  const ranked = { ...given, turn: highest, banded: false };
  return {
    plain: [given, [], choice],
    squeezed: [given, [], { ...choice, lo: 0.4, hi: 0.45 }],
    further: [given, further, choice],
    decided: [given, [], { ...choice, way: "interval" }],
    "decided in two": [given, further, { ...choice, way: "interval" }],
    balanced: [{ ...given, balance: "balanced" }, [], { ...choice, k: n }],
    capped: [{ ...given, groups, cap: 1 }, [], { ...choice, way: "interval" }],
    "capped, for tokens": [
      { ...given, labels: clusters, named: 300, groups, cap: 2 }, [], { ...choice, tokens: 2 * n }],
    ranked: [ranked, [], choice],
    "ranked in part": [{ ...ranked, turn: highest.slice(0, n / 10) }, [{ u: v, lo: 0.92, hi: 0.98 }], choice],
    tokens: [given, [], { ...choice, tokens: n }],
  };
}

const poolOf = ([input, others]) => withOthers(makePool(input), others);
const textOf = ({ choice, selected }) => JSON.stringify({ choice, ...selected, state: [...selected.state] });
"""

ALIKE = """
const answers = {};
for (const n of [40, 3000]) {
  for (const [name, one] of Object.entries(cases(world(n)))) {
    const pool = poolOf(one);
    const before = textOf(settled(pool, one[2]));
    const same = sampleOf(pool, n) === pool && sampleOf(pool) === pool;
    const whole = textOf(glimpsed(pool, one[2], n)) === before && textOf(glimpsed(pool, one[2])) === before;
    const glimpse = glimpsed(pool, one[2], n / 4).selected;
    const after = textOf(settled(pool, one[2])) === before;
    answers[`${n} ${name}`] = { same, whole, after, partly: glimpse.partly === true && glimpse.state.length === n / 4 };
  }
}
process.stdout.write(JSON.stringify(answers));
"""

NEAR = """
const answers = {};
const there = world(1000000);
for (const [name, one] of Object.entries(cases(there))) {
  const pool = poolOf(one);
  const { labels, named } = one[0];
  const told = ({ choice, selected }) => ({
    k: choice.k, kept: selected.kept, inBand: selected.inBand, tokens: selected.tokens, about: selected.about ?? false,
    bins: [...tally(selected.state, there.bins, 20).kept].map((one) => one / selected.kept),
    classes: [...tally(selected.state, there.labels, 8).kept].map((one) => one / selected.kept),
  });
  const [glimpse, exact] = [told(glimpsed(pool, one[2])), told(settled(pool, one[2]))];
  const share = 150000 / there.n;
  glimpse.bins = glimpse.bins.map((one) => one / share);
  glimpse.classes = glimpse.classes.map((one) => one / share);
  answers[name] = { glimpse, exact };
}
process.stdout.write(JSON.stringify(answers));
"""

SOLVED = """
const there = world(1000000);
const { given, v } = there;
const start = { k: 160000, tokens: null, lo: 0.3, hi: 0.7, auto: false, way: "budget" };
const answers = [];
for (const tokens of [null, 3000000]) {
  for (const others of [[], [{ u: v, lo: 0.1, hi: 0.7 }]]) {
    const equal = makePool({ ...given, balance: "custom", shares: Array(8).fill(1) });
    const all = withShares(equal, [0, 3, 1, 1, 1, 1, 1, 1]);
    const choice = { ...start, tokens };
    const sample = withOthers(sampleOf(all), others);
    const [glimpse, exact] = [renewed(sample, choice), renewed(withOthers(all, others), choice)];
    const moved = withBand(sample, glimpse, 0.2, 0.5, "lo");
    answers.push({ glimpse, exact, moved: [moved, withBand(withOthers(all, others), exact, 0.2, 0.5, "lo")] });
  }
}
process.stdout.write(JSON.stringify(answers));
"""


def test_few_rows_are_all_looked_at_and_a_glimpse_leaves_no_trace():
    for name, answer in in_node(PROGRAM + ALIKE).items():
        assert answer == {"same": True, "whole": True, "after": True, "partly": True}, name


def test_a_glimpse_of_a_million_rows_is_within_a_few_per_cent_of_them():
    answers = in_node(PROGRAM + NEAR)
    assert len(answers) == 11
    for name, answer in answers.items():
        glimpse, exact = answer["glimpse"], answer["exact"]
        for number in ("kept", "inBand", "tokens", "k"):
            assert glimpse[number] == pytest.approx(exact[number], rel=0.02), (name, number)
        if not glimpse["about"]:
            assert (glimpse["kept"], glimpse["k"]) == (exact["kept"], exact["k"]), name
        for parts in ("bins", "classes"):
            assert glimpse[parts] == pytest.approx(exact[parts], rel=0.1, abs=0.006), (name, parts)
    certain = {name for name, answer in answers.items() if not answer["glimpse"]["about"]}
    assert {"plain", "squeezed", "decided", "ranked"} <= certain
    assert not {"further", "capped", "tokens"} & certain  # there are fewer rows than the budget, or a sum decides


def test_an_interval_solved_on_a_sample_is_near_the_one_of_all_rows():
    for answer in in_node(PROGRAM + SOLVED):
        for near, exact in ((answer["glimpse"], answer["exact"]), answer["moved"]):
            assert (near["lo"], near["hi"]) == pytest.approx((exact["lo"], exact["hi"]), abs=0.01)
            assert near["k"] == exact["k"]
