/** What is seen while the hand moves: a sample of the rows where there are very many. No DOM. */

import { countIn, select } from "./band.js";
import { settled } from "./coupling.js";

export const LIVE = 150000; // rows looked at while something is dragged: the first in draw order, so a random sample
export const CALM = 120; // milliseconds without a move until all rows are looked at
const SURE = 6; // standard deviations of a count in a sample

const samples = new WeakMap(); // of the places of a turn

/**
 * The pool of the first places alone, which get their share of a budget; the pool itself where it has no more.
 *
 * Where a group has a cap, the others of the groups of those rows are looked at, too.
 */
export function sampleOf(pool, m = LIVE) {
  if (pool.m <= m) return pool;
  return { ...pool, m, ...lookedAt(pool, m), free: null };
}

function lookedAt({ turn, groups, cap, n }, m) {
  const known = samples.get(turn);
  if (known?.groups === groups && known.cap === cap && known.m === m) return known.looked;
  const first = turn.filter((j) => j < m);
  const share = first.length / turn.length || 1; // none of them: nothing is scaled
  const looked = { share, turn: first, ...(groups && withTheirs(turn, first, groups, cap, n, m)) };
  samples.set(turn, { groups, cap, m, looked });
  return looked;
}

/** The first places and the others of their groups where one has more than `cap`; those groups are numbered anew. */
function withTheirs(turn, first, groups, cap, n, m) {
  const sizes = new Uint32Array(n);
  for (const j of turn) sizes[groups[j]] += 1;
  const numbers = new Int32Array(n).fill(-1); // of groups
  let ids = 0;
  for (const j of first) if (sizes[groups[j]] > cap && numbers[groups[j]] < 0) numbers[groups[j]] = ids++;
  const own = new Int32Array(n).fill(-1);
  for (const j of turn) own[j] = numbers[groups[j]];
  const isDrawn = turn.every((j, i) => i === 0 || j > turn[i - 1]);
  if (!isDrawn) return { turn: turn.filter((j) => j < m || own[j] >= 0), groups: own, ids };
  // In draw order the first places would always be the first of their groups, so they are mixed among the others.
  const theirs = turn.filter((j) => j >= m && own[j] >= 0);
  const mixed = new Uint32Array(first.length + theirs.length);
  let [here, there] = [0, 0];
  for (let i = 0; i < mixed.length; i += 1) {
    const next = there === theirs.length || (here < first.length && first[here] * (n - m) <= (theirs[there] - m) * m);
    mixed[i] = next ? first[here++] : theirs[there++];
  }
  return { turn: mixed, groups: own, ids };
}

/**
 * What is kept as a sample tells it, in place of `settled`.
 *
 * @param {object} pool of all rows, or a sample of them already
 * @returns the choice, and as `selected` the states of the first places alone, with the numbers of all rows; `partly`:
 *   there are more rows; `about`: the number kept is not certain
 */
export function glimpsed(pool, choice, m = LIVE) {
  const sample = sampleOf(pool, m);
  if (sample.m === pool.n) return settled(pool, choice);
  const decides = pool.banded && choice.way === "interval";
  const asked = decides ? { ...choice, k: pool.n, tokens: null } : choice;
  const found = select(sample, asked);
  const { share } = sample;
  const spends = asked.tokens !== null && pool.tokens;
  const known = spends ? null : keptOf(pool, asked, found.most, share);
  const kept = known ?? Math.min(spends ? pool.n : asked.k, Math.round((spends ? found.kept : found.most) / share));
  const selected = { ...found, kept, inBand: Math.round(found.inBand / share), tokens: Math.round(found.tokens / share) };
  const spent = decides ? { k: Math.max(1, kept), tokens: null } : {};
  return { choice: { ...choice, ...spent }, selected: { ...selected, partly: true, about: known === null } };
}

/** How many rows are kept of all; null where a sample with `most` rows that might be does not say. */
function keptOf(pool, { k, lo, hi }, most, share) {
  if (pool.banded && isPlain(pool)) return Math.min(k, countIn(pool, lo, hi));
  return most - k * share > SURE * Math.sqrt(most) ? k : null;
}

/** Whether nothing but its interval keeps a row out. */
function isPlain({ narrowed, groups, parts, weights, n, m, there, turn, share }) {
  const all = m === n ? turn.length : Math.round(turn.length / share);
  return !narrowed && !groups && all === there && weights.every((weight, s) => weight > 0 || parts.sizes[s] === 0);
}
