/**
 * How strata (classes, clusters) share a budget by taking turns, as `take_turns` of `eudscore/selection/quotas.py`
 * does it. No DOM.
 *
 * Row j (from 0) of a stratum of weight w has the key (2j + 1) / 2w; the smallest keys have their turn first
 * (Webster / Sainte-Laguë), ties go to the lower stratum, so that a smaller budget is always part of a larger one.
 */

/**
 * How many rows each stratum gives.
 *
 * @param {Float64Array} counts rows each stratum has
 * @param {Float64Array} weights what each counts; 0 = it gives none
 * @param {number} total rows wanted
 * @param {boolean} atLeastOne whether every stratum has its first turn before any has its second
 */
export function shares(counts, weights, total, atLeastOne) {
  const there = counts.map((count, s) => (weights[s] > 0 ? count : 0));
  const least = there.map((count) => (atLeastOne && count > 0 ? 1 : 0));
  if (sum(there) <= total) return there;
  if (sum(least) >= total && atLeastOne) return firstTurns(there, weights, total);
  let [below, above] = [0, 0];
  there.forEach((count, s) => {
    if (count > 0) above = Math.max(above, keyOf(count, weights[s]));
  });
  for (let step = 0; step < 64; step += 1) {
    const middle = (below + above) / 2;
    const taken = keysBelow(there, weights, least, middle);
    const all = sum(taken);
    if (all === total) return taken;
    if (all < total) below = middle;
    else above = middle;
  }
  const taken = keysBelow(there, weights, least, below);
  for (let left = total - sum(taken); left > 0; left -= 1) taken[nextStratum(taken, there, weights)] += 1;
  return taken;
}

const keyOf = (j, weight) => (2 * j + 1) / (2 * weight);

/** One row each for the weightiest `total` strata. */
function firstTurns(there, weights, total) {
  const waiting = [...there.keys()].filter((s) => there[s] > 0);
  waiting.sort((a, b) => keyOf(0, weights[a]) - keyOf(0, weights[b]) || a - b);
  const taken = new Float64Array(there.length);
  for (const s of waiting.slice(0, total)) taken[s] = 1;
  return taken;
}

function keysBelow(there, weights, least, bound) {
  return there.map((count, s) => {
    if (count === 0) return 0;
    const weight = weights[s];
    let j = Math.min(count, Math.max(least[s], Math.round(bound * weight)));
    while (j > least[s] && keyOf(j - 1, weight) >= bound) j -= 1;
    while (j < count && keyOf(j, weight) < bound) j += 1;
    return j;
  });
}

function nextStratum(taken, there, weights) {
  let [best, bestKey] = [-1, Infinity];
  for (let s = 0; s < there.length; s += 1) {
    if (taken[s] >= there[s]) continue;
    const key = keyOf(taken[s], weights[s]);
    if (key < bestKey) [best, bestKey] = [s, key];
  }
  return best;
}

export const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
