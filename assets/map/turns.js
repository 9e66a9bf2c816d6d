/**
 * How strata (classes, clusters) share a budget by taking turns, as `take_turns` of `eudscore/selection/quotas.py`
 * does it. No DOM.
 *
 * Row j (from 0) of a stratum of weight w has the key (2j + 1) / 2w; the smallest keys have their turn first
 * (Webster / Sainte-Laguë), ties go to the lower stratum, so that a smaller budget is always part of a larger one.
 */

const FEW = 12; // rows that are sooner dealt one by one

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
  const [taken, all] = takenBelow(there, weights, least, total);
  for (let left = total - all; left > 0; left -= 1) taken[nextStratum(taken, there, weights)] += 1;
  return taken;
}

/** What each gives whose keys are below some bound: `total` rows, or a few less. Returns it and its sum. */
function takenBelow(there, weights, least, total) {
  let [below, above, weight] = [0, 0, 0];
  for (let s = 0; s < there.length; s += 1) {
    if (there[s] === 0) continue;
    above = Math.max(above, keyOf(there[s], weights[s]));
    weight += weights[s];
  }
  let found = [least, sum(least)];
  let most = sum(there);
  let bound = total / weight; // just that where every stratum has rows enough
  for (let step = 0; step < 64 && total - found[1] > FEW; step += 1) {
    const taken = keysBelow(there, weights, least, bound);
    const all = sum(taken);
    if (all <= total) [below, found] = [bound, [taken, all]];
    else [above, most] = [bound, all];
    const along = step % 3 === 2 ? 1 / 2 : (total - found[1]) / (most - found[1]);
    bound = below + (above - below) * along;
  }
  return found;
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
  const taken = new Float64Array(there.length);
  for (let s = 0; s < there.length; s += 1) {
    const [count, weight] = [there[s], weights[s]];
    if (count === 0) continue;
    let j = Math.min(count, Math.max(least[s], Math.round(bound * weight)));
    while (j > least[s] && keyOf(j - 1, weight) >= bound) j -= 1;
    while (j < count && keyOf(j, weight) < bound) j += 1;
    taken[s] = j;
  }
  return taken;
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

export function sum(numbers) {
  let total = 0;
  for (let i = 0; i < numbers.length; i += 1) total += numbers[i];
  return total;
}
