/**
 * Which rows are kept, row for row as `eudscore/selection/recipe.py` chooses them. No DOM.
 *
 * Arrays are in draw order: place j belongs to row `order[j]`. A strategy's order of preference (`turn`) is a list of
 * places, best first; one pass along it takes rows as the server does.
 */

import { firstAbove, firstAtLeast } from "./sorting.js";
import { shares, sum } from "./turns.js";

export { firstAbove, firstAtLeast };

export const OUTSIDE = 0;
export const IN_BAND = 1; // in every interval and in the strategy's order, but not kept
export const KEPT = 2;
export const WITHHELD = 3; // for a person to look at, whatever the budget

/** The entries of `values` in draw order. */
export function inOrder(values, order) {
  const moved = new values.constructor(order.length);
  for (let j = 0; j < order.length; j += 1) moved[j] = values[order[j]];
  return moved;
}

/**
 * What stays the same while interval and budget move.
 *
 * @param {object} input each array (n,) in draw order
 * @param {Uint32Array} input.turn places by preference
 * @param {Float32Array} input.u mid-ranks of the column, nan where there is no value
 * @param {boolean} input.banded whether the strategy has an interval of that column
 * @param {boolean} input.valued whether a row without a value counts nothing when shares are proportional
 * @param {Uint8Array | null} input.eligible 0 = never chosen
 * @param {Int32Array | null} input.labels classes or clusters, whichever shares the budget; -1 = none
 * @param {number} input.named how many of them there are
 * @param {string} input.balance as `Balance`
 * @param {boolean} input.rooted whether the ranking shares by the roots of the classes' sizes where nothing is said
 * @param {boolean} input.byCluster whether `labels` are clusters
 * @param {number[] | null} input.shares by hand, one a class or cluster
 * @param {boolean} input.atLeastOne whether each has a row before any has its second
 * @param {Int32Array | null} input.groups of near-duplicates
 * @param {number | null} input.cap most rows of a group
 * @param {Int32Array | null} input.tokens
 * @param {Uint8Array | null} input.withheld 0 = not withheld
 */
export function makePool(input) {
  const { turn, eligible, tokens = null, groups = null, cap = null, withheld = null, atLeastOne = false } = input;
  const n = input.u.length;
  const { usable, sorted } = usableOf(input.u, eligible);
  const pool = { n, m: n, share: 1, turn, u: usable, banded: input.banded, eligible, tokens, cap, atLeastOne, sorted };
  pool.groups = cap === null ? null : groups;
  pool.ids = n; // of groups, at most
  pool.there = countEligible(eligible, n);
  pool.scored = input.banded || input.valued ? sorted.length : pool.there;
  pool.blank = new Uint8Array(n);
  if (withheld) for (let j = 0; j < n; j += 1) if (withheld[j]) pool.blank[j] = WITHHELD;
  Object.assign(pool, strataOf(input, usable));
  return withOthers(pool, []);
}

const usables = new WeakMap(); // the same column is pooled anew with every quota

/** Quantiles of the rows that may be chosen, nan for the others, and the same sorted. */
function usableOf(u, eligible) {
  const known = usables.get(u);
  if (known?.eligible === eligible) return known;
  const usable = Float32Array.from(u);
  if (eligible) for (let j = 0; j < u.length; j += 1) if (!eligible[j]) usable[j] = NaN;
  usables.set(u, { eligible, usable, sorted: usable.filter(Number.isFinite).sort() });
  return usables.get(u);
}

/** The pool where rows must be in further intervals, `[{u, lo, hi}]`, too. */
export function withOthers(pool, others) {
  const { n, turn, eligible } = pool;
  const open = new Uint8Array(n);
  if (eligible) open.set(eligible);
  else open.fill(1);
  for (const { u, lo, hi } of others) {
    const [low, high] = [Math.fround(lo), Math.fround(hi)];
    for (const j of turn) if (!(u[j] >= low && u[j] <= high)) open[j] = 0;
  }
  return { ...pool, open, narrowed: others.length > 0, free: null };
}

/** The pool under other shares by hand. */
export function withShares(pool, given) {
  return { ...pool, weights: weightsOf(pool.parts, given), free: null };
}

/** The balance that `auto` comes to, as `select` has it: what the ranking of the default selector was found to do best with. */
export function balanceOf({ balance, rooted, labels, byCluster }) {
  if (balance !== "auto") return balance;
  return rooted && labels && !byCluster ? "root" : "proportional";
}

function strataOf({ turn, labels, named, shares: given, valued, banded, ...how }, usable) {
  const n = usable.length;
  const balance = balanceOf({ ...how, labels });
  const parted = balance !== "none" && labels;
  const strata = parted ? named + 1 : 1;
  const stratum = new Uint32Array(n);
  if (parted) for (let j = 0; j < n; j += 1) stratum[j] = labels[j] >= 0 ? labels[j] : named;
  const sizes = new Float64Array(strata);
  for (const j of turn) if (!(banded || valued) || usable[j] === usable[j]) sizes[stratum[j]] += 1;
  const parts = { sizes, balance, unlabelled: parted ? named : -1 };
  return { stratum, strata, parts, weights: weightsOf(parts, given) };
}

/** What each stratum counts when rows are shared; 0 = it gives none. */
function weightsOf({ sizes, balance, unlabelled }, given) {
  if (balance === "root") return sizes.map(Math.sqrt);
  if (balance !== "balanced" && balance !== "custom") return sizes;
  const wanted = (s) => (s === unlabelled ? 0 : balance === "custom" ? (given?.[s] ?? 0) : 1);
  return sizes.map((size, s) => (size > 0 ? wanted(s) : 0));
}

const countEligible = (eligible, n) => (eligible ? sum(eligible) : n);

/** Rows with a text and lo <= u <= hi, whatever further intervals say. */
export function countIn(pool, lo, hi) {
  const from = firstAtLeast(pool.sorted, Math.fround(lo));
  return Math.max(0, firstAbove(pool.sorted, Math.fround(hi)) - from);
}

/**
 * Which rows the intervals hold and which of them a budget keeps.
 *
 * @param {object} pool of `makePool`; one of the first m places alone has its `share` of the budget
 * @param {object} choice the interval `lo`, `hi`; `k` rows, or as many as `tokens` pay for
 * @returns {{state: Uint8Array, inBand: number, kept: number, most: number, tokens: number}} state is in draw order;
 *   `most` might be kept whatever the budget
 */
export function select(pool, { lo, hi, k, tokens = null }) {
  const state = pool.blank.slice(0, pool.m);
  const held = hold(pool, lo, hi, state);
  const most = pool.weights.reduce((total, weight, s) => total + (weight > 0 ? held.counts[s] : 0), 0);
  const spend = tokens !== null && pool.tokens;
  const kept = spend ? payable(pool, held, tokens * pool.share, most) : Math.min(Math.round(k * pool.share), most);
  const open = shares(held.counts, pool.weights, kept, pool.atLeastOne);
  let spent = 0;
  for (let i = 0, left = kept; left > 0; i += 1) {
    const j = held.places[i];
    const s = pool.stratum[j];
    if (open[s] <= 0) continue;
    open[s] -= 1;
    state[j] = KEPT;
    left -= 1;
    if (pool.tokens) spent += pool.tokens[j];
  }
  return { state, inBand: held.inBand, kept, most, tokens: spent };
}

/** Marks what is in every interval, and lists what of it is within the cap, by preference. */
function hold(pool, lo, hi, state) {
  const { turn, u, open, stratum, groups, cap, banded, m } = pool;
  const [low, high] = banded ? [Math.fround(lo), Math.fround(hi)] : [-Infinity, Infinity];
  const seen = groups && new Uint32Array(pool.ids);
  const places = new Uint32Array(turn.length);
  const counts = new Float64Array(pool.strata);
  let [inBand, all] = [0, 0];
  for (let i = 0; i < turn.length; i += 1) {
    const j = turn[i];
    if (!open[j]) continue;
    if (banded && !(u[j] >= low && u[j] <= high)) continue; // a nan is neither above nor below
    if (j < m) {
      state[j] = IN_BAND;
      inBand += 1;
    }
    if (groups && groups[j] >= 0 && ++seen[groups[j]] > cap) continue;
    if (j >= m) continue; // it is looked at for its group's sake
    places[all++] = j;
    counts[stratum[j]] += 1;
  }
  return { places: places.subarray(0, all), counts, inBand };
}

/** How many rows some tokens pay for in the order of choice; at least one. */
function payable(pool, { places, counts }, tokens, most) {
  const starts = new Uint32Array(pool.strata + 1);
  counts.forEach((count, s) => {
    starts[s + 1] = starts[s] + count + 1;
  });
  const spent = new Float64Array(starts[pool.strata]); // per stratum: what its first 0, 1, 2, ... rows cost
  const at = starts.slice();
  for (const j of places) {
    const here = at[pool.stratum[j]]++;
    spent[here + 1] = spent[here] + pool.tokens[j];
  }
  const cost = (rows) => {
    const taken = shares(counts, pool.weights, rows, pool.atLeastOne);
    let total = 0;
    for (let s = 0; s < taken.length; s += 1) total += spent[starts[s] + taken[s]];
    return total;
  };
  let [within, beyond] = [Math.min(1, most), most];
  let [low, high] = [0, cost(most)];
  if (high <= tokens) return most;
  for (let step = 0; beyond - within > 1; step += 1) {
    const along = step % 3 === 2 ? 1 / 2 : (tokens - low) / (high - low); // rows cost about the same, so few steps do
    const middle = Math.min(Math.max(Math.floor(within + (beyond - within) * along), within + 1), beyond - 1);
    const paid = cost(middle);
    if (paid <= tokens) [within, low] = [middle, paid];
    else [beyond, high] = [middle, paid];
  }
  return within;
}

/** How many rows of each group (a histogram bin, a class) are kept, in the intervals, and there at all. */
export function tally(state, groups, size) {
  const counts = new Uint32Array(4 * size);
  for (let j = 0; j < state.length; j += 1) {
    const group = groups[j];
    if (group >= 0 && group < size) counts[4 * group + state[j]] += 1;
  }
  const [kept, inBand, all] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let group = 0; group < size; group += 1) {
    const [outside, within, taken, withheld] = counts.subarray(4 * group, 4 * group + 4);
    kept[group] = taken;
    inBand[group] = within + taken;
    all[group] = outside + within + taken + withheld;
  }
  return { kept, inBand, all };
}
