"""The browser's arithmetic of a selection against the server's, row for row."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from eudscore.errors import RequestError
from eudscore.records import Band
from eudscore.selection.band import default_band, holding_band
from eudscore.selection.order import draw_order
from eudscore.selection.quantiles import mid_ranks
from eudscore.selection.ranking import Ranking
from eudscore.selection.recipe import Provenance, select
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy, Tokens
from eudscore.selection.strategies import STRATEGIES, Need
from tests.ui.front_end import in_node

PROGRAM = """
import { inOrder, makePool, select, withOthers } from "./band.js";
import { defaultBand, holdingBand, parseBudget, renewed, settled, withBand, withBudget } from "./coupling.js";
import { placesOf, preference } from "./preference.js";
import { readFileSync } from "node:fs";

const numbers = (list) => Float32Array.from(list, (value) => value ?? NaN);
const cases = JSON.parse(readFileSync(0, "utf8"));
const answers = cases.map((asked) => {
  const order = Uint32Array.from(asked.order);
  const n = order.length;
  const sorted = (list, kind) => (list ? inOrder(kind.from(list), order) : null);
  const column = ({ u, ...ends }) => ({ u: inOrder(numbers(u), order), ...ends });
  const eligible = sorted(asked.eligible, Uint8Array);
  const tokens = sorted(asked.tokens, Int32Array);
  const ranking = asked.ranking && placesOf(asked.ranking, order);
  const values = inOrder(numbers(asked.values), order);
  const turn = preference(asked.from, { n, eligible, values, tokens, ranking });
  const pool = withOthers(makePool({
    ...asked, turn, eligible, tokens, u: inOrder(numbers(asked.u), order),
    labels: sorted(asked.labels, Int32Array), groups: sorted(asked.groups, Int32Array),
    withheld: sorted(asked.withheld, Uint8Array),
  }), asked.others.map(column));
  const { state, kept, inBand, tokens: spent } = select(pool, { ...asked, tokens: asked.pay ?? null });
  const rows = [...order].filter((_, j) => state[j] === 2).sort((a, b) => a - b);
  const start = { k: asked.k, tokens: null, lo: asked.lo, hi: asked.hi, auto: false, way: "inside" };
  const ways = (way) => [
    withBudget(pool, { ...start, way }, { k: asked.k }),
    ...["lo", "hi", "both"].map((part) => withBand(pool, { ...start, way }, asked.lo, asked.hi, part)),
  ].map((choice) => ({ ...choice, kept: select(pool, { ...choice, tokens: null }).kept,
    inside: select(pool, { ...choice, tokens: null }).inBand }));
  return {
    rows, kept, inBand, spent,
    withheld: [...order].filter((_, j) => state[j] === 3).sort((a, b) => a - b),
    held: holdingBand(pool, { lo: asked.lo, hi: asked.hi }, asked.k),
    unasked: defaultBand(asked.k / pool.n),
    raised: withBudget(pool, start, { k: asked.k }),
    following: withBudget(pool, { ...start, auto: true }, { k: asked.k }),
    squeezed: withBand(pool, start, asked.lo, asked.hi),
    solved: ways("budget"),
    paid: withBand(pool, { ...start, way: "budget", tokens: 40 }, asked.lo, asked.hi, "lo"),
    whole: settled(pool, renewed(pool, { ...start, way: "interval" })).choice,
    typed: (asked.typed ?? []).map((text) => parseBudget(text, pool.n)),
  };
});
process.stdout.write(JSON.stringify(answers));
"""
FROM = {Strategy.TOP: "highest", Strategy.BOTTOM: "lowest", Strategy.LONGEST: "longest"}
DRAWN = (Strategy.BAND, Strategy.RANDOM, Strategy.STRATIFIED)
LIVE = (*DRAWN, *FROM)


@dataclass
class Stored:
    """Materials in memory."""

    keys: Any
    eligible: Any
    labels: Any
    tokens: Any
    groups: Any
    clusters: Any
    columns: dict[str, Any]
    classes: tuple[str, ...] = ()
    vectors: Any = None
    neighbours: Any = None
    likeliest: Any = None

    def column(self, name):
        return self.columns[name]


@dataclass
class Case:
    stored: Stored
    request: SelectionRequest
    ranking: Ranking | None = None
    typed: list[str] = field(default_factory=list)

    @property
    def quantiles(self):
        return np.where(self.stored.eligible, mid_ranks(self.stored.column("igse")), np.float32(np.nan))

    @property
    def k(self) -> int:
        budget = self.request.budget
        return budget if isinstance(budget, int) else len(self.stored.keys)

    def rows(self):
        """What the server chooses, in order; nothing where it refuses to choose nothing."""
        provenance = Provenance("c" * 16, "l" * 16, {}, self.stored.classes)
        try:
            return select(self.stored, self.request, provenance, ranking=self.ranking).rows
        except RequestError:
            return np.zeros(0, dtype=np.int64)


def in_browser(cases):
    return in_node(PROGRAM, [_sent(case) for case in cases])


def _sent(case: Case):
    stored, request = case.stored, case.request
    per_cluster = request.per is Per.CLUSTER or request.strategy is Strategy.STRATIFIED
    strata = stored.clusters if per_cluster else stored.labels
    names = [str(c) for c in range(int(stored.clusters.max()) + 1)] if per_cluster else stored.classes
    band = request.band or Band(0.0, 1.0)
    withheld = np.zeros(len(stored.keys), dtype=np.uint8)
    for code, rows in enumerate(case.ranking.withheld.values() if case.ranking else (), start=1):
        withheld[rows] = code
    return {
        "u": plain(case.quantiles),
        "values": plain(stored.column("igse")),
        "labels": None if strata is None else strata.tolist(),
        "named": len(names),
        "eligible": stored.eligible.astype(int).tolist(),
        "tokens": stored.tokens.tolist(),
        "groups": stored.groups.tolist(),
        "order": draw_order(stored.keys, stored.labels, request.seed).tolist(),
        "from": "ranking" if case.ranking else FROM.get(request.strategy, "draw"),
        "ranking": None if case.ranking is None else case.ranking.order.tolist(),
        "withheld": withheld.tolist(),
        "banded": request.strategy is Strategy.BAND,
        "valued": Need.VALUES in STRATEGIES[request.strategy].needs,
        "balance": request.balance.value,
        "rooted": request.strategy is Strategy.COVERAGE,
        "byCluster": per_cluster,
        "shares": None if request.shares is None else [request.shares.get(name, 0) for name in names],
        "atLeastOne": request.at_least_one,
        "cap": request.group_cap,
        "others": [
            {"u": plain(mid_ranks(stored.column(name))), "lo": ends.lo, "hi": ends.hi}
            for name, ends in request.bands.items()
        ],
        "lo": band.lo,
        "hi": band.hi,
        "k": case.k,
        **({"pay": request.budget.count} if isinstance(request.budget, Tokens) else {}),
        "typed": case.typed,
    }


def plain(values):
    return [None if np.isnan(value) else float(value) for value in values]


def random_stored(rng) -> Stored:
    n = int(rng.integers(1, 400))
    classes = int(rng.integers(1, 9))
    columns = {}
    for name in ("igse", "length", "third"):
        values = rng.normal(size=n).round(int(rng.integers(0, 4))).astype(np.float32)  # rounding makes ties
        values[rng.random(n) < rng.choice([0.0, 0.2, 0.9])] = np.nan
        columns[name] = values
    labels = rng.choice(classes, n, p=rng.dirichlet(np.ones(classes)))
    labels[rng.random(n) < rng.choice([0.0, 0.3])] = -1
    clusters = rng.integers(-1, int(rng.integers(1, 30)), n)
    clusters[0] = max(clusters[0], 0)
    return Stored(
        keys=rng.integers(0, rng.choice([n // 3 + 1, 2**62]), n).astype(np.uint64),  # some texts are equal
        eligible=np.ones(n, dtype=bool) if rng.random() < 0.5 else rng.random(n) < 0.8,
        labels=None if rng.random() < 0.1 else labels,
        tokens=rng.integers(0, 30, n),
        groups=rng.integers(0, n, n) if rng.random() < 0.5 else rng.integers(0, n // 4 + 1, n),
        clusters=clusters,
        columns=columns,
        classes=tuple(f"class {c}" for c in range(int(labels.max(initial=0)) + 1)),
    )


def random_band(rng) -> Band:
    ends = np.sort(rng.random(2)) if rng.random() < 0.8 else np.array([0.5, 0.5 + rng.random() / 100])
    return Band(float(ends[0]), float(ends[1]))


def random_case(seed, *, strategies=LIVE, ranked=0.3) -> Case:
    """Any request; a part of them with a ranking that was kept, whichever strategy it is of."""
    rng = np.random.default_rng(seed)
    stored = random_stored(rng)
    n = len(stored.keys)
    strategy = Strategy.BAND if rng.random() < 0.4 else strategies[int(rng.integers(len(strategies)))]
    per = Per.CLUSTER if strategy is Strategy.STRATIFIED or rng.random() < 0.4 else Per.CLASS
    ranking = random_ranking(rng, stored) if rng.random() < ranked else None
    if ranking is not None and rng.random() < 0.3:
        strategy = Strategy.COVERAGE
    balance = list(Balance)[int(rng.integers(len(Balance)))]
    if per is Per.CLASS and stored.labels is None and balance is Balance.CUSTOM:
        balance = Balance.BALANCED
    names = [str(c) for c in range(int(stored.clusters.max()) + 1)] if per is Per.CLUSTER else stored.classes
    weights = rng.choice([0, 0, 1, 2, 2.5, 100], len(names))
    weights[int(rng.integers(len(names)))] = 1
    request = SelectionRequest(
        budget=int(rng.integers(1, n + 1)),
        strategy=strategy,
        band=random_band(rng) if strategy is Strategy.BAND else None,
        balance=balance,
        seed=int(rng.integers(0, 5)),
        per=per,
        shares=dict(zip(names, weights.tolist(), strict=True)) if balance is Balance.CUSTOM else None,
        at_least_one=bool(rng.random() < 0.5),
        group_cap=None if rng.random() < 0.6 else int(rng.integers(1, 4)),
        bands={name: random_band(rng) for name in ("length", "third") if rng.random() < 0.2},
    )
    return Case(stored, request, ranking)


def random_ranking(rng, stored) -> Ranking | None:
    """Some of the eligible rows in any order; some of the rest withheld."""
    there = rng.permutation(np.flatnonzero(stored.eligible & np.isfinite(stored.column("igse"))))
    if len(there) == 0:
        return None
    cut = max(1, int(len(there) * rng.choice([0.3, 0.9, 1.0])))
    rest = there[cut:]
    return Ranking(there[:cut], {"outlier": rest[::2], "near-duplicate": rest[1::4]})


def answered(cases):
    return zip(cases, in_browser(cases), strict=True)


def test_browser_and_server_keep_the_same_rows():
    kept = 0
    for case, answer in answered([random_case(seed) for seed in range(700)]):
        rows = case.rows()
        assert answer["rows"] == sorted(rows.tolist())
        assert answer["kept"] == len(rows)
        assert answer["spent"] == case.stored.tokens[rows].sum()
        kept += len(rows) > 3
    assert kept > 300


def test_a_budget_in_tokens_pays_for_the_same_rows():
    cases = [random_case(seed) for seed in range(3000, 3300)]
    for number, case in enumerate(cases):
        spendable = int(case.stored.tokens.sum()) + 3
        count = int(np.random.default_rng(number).integers(1, spendable))
        case.request = SelectionRequest(**{**vars(case.request), "budget": Tokens(count)})
    sent = [_sent(case) for case in cases]
    assert all("pay" in one for one in sent)
    for case, answer in answered(cases):
        rows = case.rows()
        assert answer["rows"] == sorted(rows.tolist())
        assert answer["spent"] == case.stored.tokens[rows].sum()


def test_what_is_withheld_is_a_state_of_its_own():
    seen = 0
    for case, answer in answered([random_case(seed, ranked=0.7) for seed in range(4000, 4060)]):
        withheld = case.ranking.withheld.values() if case.ranking else [[]]
        expected = sorted(np.concatenate(list(withheld)).tolist())
        assert answer["withheld"] == expected
        seen += len(expected) > 0
    assert seen > 10


def test_equal_strata_take_turns_in_the_order_of_their_classes_in_both():
    n, classes = 60, 6  # all keys of one round are equal, so only the tie rule decides
    values = np.arange(n, dtype=np.float32)
    stored = Stored(
        keys=np.arange(n, dtype=np.uint64), eligible=np.ones(n, dtype=bool), labels=np.arange(n) % classes,
        tokens=np.ones(n, dtype=np.int64), groups=np.arange(n), clusters=np.zeros(n, dtype=np.int64),
        columns={"igse": values}, classes=tuple("abcdef"),
    )  # fmt: skip
    cases = [
        Case(stored, SelectionRequest(k, band=Band(0.0, 1.0), seed=3, at_least_one=once))
        for k in range(1, n + 1)
        for once in (False, True)
    ]
    for case, answer in answered(cases):
        assert answer["rows"] == sorted(case.rows().tolist())


def test_a_band_that_must_make_room_is_the_same_in_both():
    for case, answer in answered([random_case(seed) for seed in range(1000, 1200)]):
        if case.request.band is None:
            continue
        held = holding_band(case.quantiles, case.request.band, case.k)
        assert (answer["held"]["lo"], answer["held"]["hi"]) == (held.lo, held.hi)
        own = default_band(case.k / len(case.quantiles))
        assert (answer["unasked"]["lo"], answer["unasked"]["hi"]) == pytest.approx((own.lo, own.hi), abs=0)


def simple_cases(seeds):
    """Band cases in which nothing but the interval keeps rows out."""
    cases = [random_case(seed, strategies=(Strategy.BAND,), ranked=0) for seed in seeds]
    for case in cases:
        plainer = {"balance": Balance.PROPORTIONAL, "shares": None, "group_cap": None, "bands": {}}
        case.request = SelectionRequest(**{**vars(case.request), **plainer})
    return cases


def test_a_raised_budget_widens_the_interval_and_a_narrowed_interval_lowers_the_budget():
    for case, answer in answered(simple_cases(range(2000, 2100))):
        quantiles, rows = case.quantiles, case.rows()
        scored = int(np.isfinite(quantiles).sum())
        wanted = min(case.k, max(1, scored))
        for choice in (answer["raised"], answer["following"]):
            assert choice["k"] == wanted
            if scored:
                held = (quantiles >= np.float32(choice["lo"])) & (quantiles <= np.float32(choice["hi"]))
                assert held.sum() >= wanted
        if answer["inBand"]:
            assert answer["squeezed"]["k"] == len(rows)
        else:  # an interval that would hold nothing is refused
            assert answer["squeezed"]["k"] == case.k


def test_a_fixed_budget_solves_the_interval_that_holds_just_it():
    for case, answer in answered(simple_cases(range(2100, 2250))):
        quantiles = case.quantiles
        values, equal = np.unique(quantiles[np.isfinite(quantiles)], return_counts=True)
        wanted = min(case.k, len(quantiles[np.isfinite(quantiles)]))
        for solved in answer["solved"] if len(values) else []:
            assert 0 <= solved["lo"] < solved["hi"] <= 1
            assert solved["kept"] == wanted
            assert solved["inside"] < wanted + 2 * equal.max()  # rows of one value are in or out together
            if equal.max() == 1:
                assert solved["inside"] == wanted


def test_a_fixed_budget_of_tokens_solves_an_interval_that_spends_them():
    for case, answer in answered(simple_cases(range(2250, 2350))):
        quantiles, tokens = case.quantiles, case.stored.tokens
        values, equal = np.unique(quantiles[np.isfinite(quantiles)], return_counts=True)
        if len(values) and equal.max() == 1:
            ends = answer["paid"]
            held = (quantiles >= np.float32(ends["lo"])) & (quantiles <= np.float32(ends["hi"]))
            assert tokens[held].sum() <= 40 or held.sum() == 1
            if tokens[np.isfinite(quantiles)].sum() > 40:
                assert tokens[held].sum() > 40 - 2 * 30


def test_a_fixed_interval_makes_the_budget_whatever_it_holds():
    for _case, answer in answered(simple_cases(range(2400, 2450))):
        assert answer["whole"]["k"] == max(1, answer["inBand"])


def test_the_field_reads_shares_numbers_of_rows_and_tokens():
    case = random_case(7)
    n = len(case.stored.keys)
    amounts = ["16%", " 5 % ", "100%", "3", "40000 tokens", "1,000 Tokens", "1 token"]
    case.typed = [*amounts, "0", "0%", "101%", "abc", "", str(n + 1), "-5", "0 tokens"]
    (answer,) = in_browser([case])
    rows = [read["k"] for read in answer["typed"][:4]]
    assert rows == pytest.approx([max(1, round(0.16 * n)), max(1, round(0.05 * n)), n, 3], abs=1)
    assert answer["typed"][4:7] == [{"tokens": 40000}, {"tokens": 1000}, {"tokens": 1}]
    assert answer["typed"][7:] == [None] * 8
