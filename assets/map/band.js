/**
 * The arithmetic of interval and budget, row for row as `eudscore/selection/band.py` has it. No DOM.
 *
 * Everything here is in hash order: place j of an array belongs to row `order[j]`. The order decides
 * between rows that are equally good, so one pass from front to back takes them as the server does.
 */

export const OUTSIDE = 0;
export const IN_BAND = 1;
export const KEPT = 2;

/** The entries of `values` in hash order. */
export function inOrder(values, order) {
  const moved = new values.constructor(order.length);
  for (let j = 0; j < order.length; j += 1) moved[j] = values[order[j]];
  return moved;
}

/**
 * What stays the same while interval and budget move.
 *
 * @param {object} input
 * @param {Float32Array} input.u (n,) mid-ranks of the column in hash order, nan where there is no value
 * @param {Int32Array | null} input.labels (n,) classes in hash order, -1 = unlabelled
 * @param {number} input.classes how many classes there are
 * @param {Uint8Array | null} input.eligible (n,) in hash order, 0 = never chosen
 * @param {boolean} input.proportional whether classes share the budget as in the whole data
 */
export function makePool({ u, labels, classes, eligible, proportional }) {
  const n = u.length;
  const strata = proportional ? classes + 1 : 1;
  const stratum = new Uint32Array(n);
  const usable = Float32Array.from(u);
  const weights = new Float64Array(strata);
  let scored = 0;
  for (let j = 0; j < n; j += 1) {
    if (eligible && !eligible[j]) usable[j] = NaN;
    if (proportional) stratum[j] = labels && labels[j] >= 0 ? labels[j] : classes;
    if (!Number.isFinite(usable[j])) continue;
    weights[stratum[j]] += 1;
    scored += 1;
  }
  const sorted = usable.filter(Number.isFinite).sort();
  return { n, u: usable, stratum, strata, weights, scored, sorted };
}

/** Rows of the pool with lo <= u <= hi. */
export function countIn(pool, lo, hi) {
  const from = firstAtLeast(pool.sorted, Math.fround(lo));
  return Math.max(0, firstAbove(pool.sorted, Math.fround(hi)) - from);
}

/**
 * Which rows an interval holds and which of them a budget keeps.
 *
 * Row j of a stratum with weight w has the key (2j + 1) / 2w; the k smallest keys are kept
 * (Webster / Sainte-Lague), so that a smaller budget is always part of a larger one.
 *
 * @returns {{state: Uint8Array, inBand: number, kept: number}} state is in hash order
 */
export function select(pool, lo, hi, k) {
  const { n, u, stratum } = pool;
  const state = new Uint8Array(n);
  const counts = new Float64Array(pool.strata);
  const [low, high] = [Math.fround(lo), Math.fround(hi)];
  let inBand = 0;
  for (let j = 0; j < n; j += 1) {
    const quantile = u[j]; // a nan is neither above nor below
    if (quantile >= low && quantile <= high) {
      state[j] = IN_BAND;
      counts[stratum[j]] += 1;
      inBand += 1;
    }
  }
  const kept = Math.min(k, inBand);
  const open = shares(counts, pool.weights, kept);
  for (let j = 0, left = kept; left > 0; j += 1) {
    if (state[j] === IN_BAND && open[stratum[j]] > 0) {
      open[stratum[j]] -= 1;
      state[j] = KEPT;
      left -= 1;
    }
  }
  return { state, inBand, kept };
}

/** How many rows each stratum gives: the `total` smallest keys, ties to the lower stratum. */
export function shares(counts, weights, total) {
  let [below, above] = [0, 2]; // a stratum never counts more than its weight, so no key exceeds 1
  for (let step = 0; step < 64 && above > below; step += 1) {
    const middle = (below + above) / 2;
    if (sum(keysBelow(counts, weights, middle)) <= total) below = middle;
    else above = middle;
  }
  const taken = keysBelow(counts, weights, below);
  for (let left = total - sum(taken); left > 0; left -= 1) taken[nextStratum(taken, counts, weights)] += 1;
  return taken;
}

/** How many rows of each group (a histogram bin, a class) are kept, in the interval, and there at all. */
export function tally(state, groups, size) {
  const [kept, inBand, all] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let j = 0; j < state.length; j += 1) {
    const group = groups[j];
    if (!(group >= 0 && group < size)) continue;
    all[group] += 1;
    if (state[j] >= IN_BAND) inBand[group] += 1;
    if (state[j] === KEPT) kept[group] += 1;
  }
  return { kept, inBand, all };
}

const keyOf = (j, weight) => (2 * j + 1) / (2 * weight);

function keysBelow(counts, weights, bound) {
  return counts.map((count, s) => {
    if (count === 0) return 0;
    let j = Math.min(count, Math.max(0, Math.round(bound * weights[s])));
    while (j > 0 && keyOf(j - 1, weights[s]) >= bound) j -= 1;
    while (j < count && keyOf(j, weights[s]) < bound) j += 1;
    return j;
  });
}

function nextStratum(taken, counts, weights) {
  let [best, bestKey] = [-1, Infinity];
  for (let s = 0; s < counts.length; s += 1) {
    if (taken[s] >= counts[s]) continue;
    const key = keyOf(taken[s], weights[s]);
    if (key < bestKey) [best, bestKey] = [s, key];
  }
  return best;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** First place in a sorted array whose entry is at least `bound`. */
export function firstAtLeast(sorted, bound) {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < bound) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** First place in a sorted array whose entry is above `bound`. */
export function firstAbove(sorted, bound) {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] <= bound) from = middle + 1;
    else to = middle;
  }
  return from;
}
