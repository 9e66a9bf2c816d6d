"""What the browser picks against what the server picks, row for row."""

from dataclasses import dataclass

import numpy as np
import pytest

from eudscore.selection.codes import LAST, axis_of, codes_of
from eudscore.selection.order import hash_order
from eudscore.selection.where import parse_where, rows_where
from tests.ui.front_end import in_node

PROGRAM = """
import { inOrder } from "./band.js";
import { Facet, jointly } from "./facet.js";
import { heldHere, inverted, needs, rowsWhere, withMark } from "./where.js";
import { readFileSync } from "node:fs";

const cases = JSON.parse(readFileSync(0, "utf8"));
const answers = cases.map((asked) => {
  const order = Uint32Array.from(asked.order);
  const xy = new Float32Array(2 * order.length);
  order.forEach((row, j) => xy.set(asked.xy[row].map((value) => value ?? NaN), 2 * j));
  const facets = Object.fromEntries(Object.entries(asked.codes).map(([name, { axis, codes }]) => [
    name, new Facet({ name, label: name, unit: "" }, axis, inOrder(Uint16Array.from(codes), order)),
  ]));
  const pool = {
    classes: asked.classes,
    labels: inOrder(Int32Array.from(asked.labels), order),
    codes: (name) => facets[name].codes,
    held: (mark) => (mark.words ? Uint8Array.from(order, (row) => row % 2) : heldHere(mark, { xy, order })),
  };
  const rowsOf = (where) => {
    const picked = rowsWhere(where, pool, order.length);
    return [...order].filter((_, j) => picked[j]).sort((a, b) => a - b);
  };
  const picked = rowsWhere(asked.where, pool, order.length);
  return {
    rows: rowsOf(asked.where),
    inverted: rowsOf(inverted(asked.where)),
    added: rowsOf(withMark(asked.where, { rows: [0, 1] }, "add")),
    cut: rowsOf(withMark(asked.where, { rows: [0, 1] }, "cut")),
    only: rowsOf(withMark(asked.where, { rows: [0, 1] }, "only")),
    counts: Object.values(facets).map((facet) => [...facet.count(picked, order.length)]),
    all: Object.values(facets).map((facet) => [...facet.all]),
    shares: Object.entries(facets).map(([name, facet]) => facet.share(asked.where.bands?.[name] ?? [0, 65534])),
    joint: [...jointly(facets.a, facets.b, picked, order.length, [5, 4])],
    columns: needs(asked.where).columns,
  };
});
process.stdout.write(JSON.stringify(answers));
"""


@dataclass
class Data:
    """Random rows as `rows_where` asks for them."""

    labels: np.ndarray
    positions: np.ndarray
    values: dict

    def codes(self, column):
        return codes_of(self.values[column], axis_of(self.values[column]))

    def found(self, mark):
        return np.arange(len(self.labels)) % 2 == 1


def random_data(rng):
    n = int(rng.integers(1, 200))
    positions = (rng.normal(size=(n, 2)) * 3).astype(np.float32)
    positions[rng.random(n) < 0.1] = np.nan
    values = {"a": rng.normal(size=n).astype(np.float32), "b": rng.integers(0, 90, n).astype(np.float32)}
    values["a"][rng.random(n) < 0.2] = np.nan
    return Data(rng.integers(-1, 3, n), positions, values)


def random_where(rng, deep=0):
    where = {}
    if rng.random() < 0.5:
        where["bands"] = {
            str(name): sorted(rng.integers(0, LAST + 1, 2).tolist()) for name in rng.choice(["a", "b"], 2)
        }
    if rng.random() < 0.4:
        where["classes"] = sorted({int(label) for label in rng.integers(-1, 3, 2)})
    if rng.random() < 0.7:
        where["marks"] = [random_mark(rng, deep) for _ in range(int(rng.integers(1, 4)))]
    return where


def random_mark(rng, deep):
    kinds = {
        "area": lambda: (rng.normal(size=2 * int(rng.integers(3, 12))) * 3).round(3).tolist(),
        "rows": lambda: rng.integers(0, 250, 5).tolist(),
        "words": lambda: "odd",
        "where": lambda: random_where(rng, deep + 1),
    }
    kind = str(rng.choice(list(kinds)[: 4 if deep < 2 else 3]))
    return {"op": str(rng.choice(["add", "cut"])), kind: kinds[kind]()}


@pytest.fixture(scope="module")
def compared():
    rng = np.random.default_rng(11)
    data = [random_data(rng) for _ in range(150)]
    wheres = [random_where(rng) for _ in data]
    cases = [
        {
            "order": hash_order(len(one.labels), 0).tolist(),
            "xy": [[None if np.isnan(value) else float(value) for value in point] for point in one.positions],
            "labels": one.labels.tolist(),
            "classes": 3,
            "codes": {
                name: {"axis": vars(axis_of(values)), "codes": one.codes(name).tolist()}
                for name, values in one.values.items()
            },
            "where": where,
        }
        for one, where in zip(data, wheres, strict=True)
    ]
    picked = [
        rows_where(parse_where(where, columns=["a", "b"], classes=3), one)
        for one, where in zip(data, wheres, strict=True)
    ]
    return list(zip(data, wheres, picked, in_node(PROGRAM, cases), strict=True))


def test_the_browser_picks_the_rows_of_the_server(compared):
    assert sum(0 < picked.sum() < len(picked) for _, _, picked, _ in compared) > 40
    for _, _, picked, answer in compared:
        assert answer["rows"] == np.flatnonzero(picked).tolist()


def test_invert_add_cut_and_only_are_what_they_say(compared):
    for data, where, picked, answer in compared:
        two = np.arange(len(picked)) < 2
        others = {name: wanted for name, wanted in where.items() if name != "marks"}
        elsewhere = rows_where(parse_where(others, columns=["a", "b"], classes=3), data)
        assert answer["inverted"] == np.flatnonzero(~picked).tolist()
        assert answer["cut"] == np.flatnonzero(picked & ~two).tolist()
        assert answer["only"] == np.flatnonzero(two & elsewhere).tolist()  # brushes and classes stay
        everything = not where
        assert answer["added"] == np.flatnonzero(two if everything else picked | two).tolist()


def test_bars_count_every_row_with_a_value_once(compared):
    for data, _, picked, answer in compared:
        for values, counts, all_counts in zip(data.values.values(), answer["counts"], answer["all"], strict=True):
            scored = np.isfinite(values)
            assert sum(all_counts) == scored.sum()
            assert sum(counts) == (scored & picked).sum()
            assert all(one <= whole for one, whole in zip(counts, all_counts, strict=True))


def test_bars_of_whole_numbers_hold_equally_many_of_them_each(compared):
    for data, _, _, answer in compared:
        values = data.values["b"].astype(int)
        span = values.max() - values.min() + 1
        per_bin = -(-span // 60)
        expected = np.bincount((values - values.min()) // per_bin, minlength=-(-span // per_bin))
        assert answer["all"][1] == expected.tolist()


def test_shares_of_a_band_are_counted_not_guessed(compared):
    for data, where, _, answer in compared:
        for (name, values), share in zip(data.values.items(), answer["shares"], strict=True):
            first, last = where.get("bands", {}).get(name, [0, LAST])
            codes = data.codes(name)[np.isfinite(values)]
            expected = ((codes >= first) & (codes <= last)).mean() if len(codes) else 0
            assert share == pytest.approx(expected)


def test_the_joint_density_holds_the_picked_rows_with_both_values(compared):
    for data, _, picked, answer in compared:
        both = picked & np.isfinite(data.values["a"]) & np.isfinite(data.values["b"])
        assert sum(answer["joint"]) == both.sum()
