/**
 * How budget and interval move each other, with the bands of `eudscore/selection/band.py`. No DOM.
 *
 * A choice is `{k, tokens, lo, hi, auto, way}`: k rows (or as many as `tokens` pay for), the interval [lo, hi] of
 * quantiles, whether the interval still follows the budget or was set by hand, and the way the two are tied:
 * `inside` draws the budget inside of a wider interval, `budget` solves the interval that holds just the budget,
 * `interval` takes all that the interval holds.
 */

import { countIn, select } from "./band.js";
import { firstAbove, firstAtLeast, sortedPlaces } from "./sorting.js";

const HALVINGS = 20; // to a millionth, as the server does

/** The interval a budget gets unasked: about the middle, half as wide again as the budget, at least a quarter. */
export function defaultBand(share) {
  const width = Math.min(1, Math.max(1.5 * share, 0.25));
  return { lo: 0.5 - width / 2, hi: 0.5 + width / 2 };
}

/** The band if it is at least `width` wide, else widened about its centre and shifted into [0, 1]. */
export function fitBand({ lo, hi }, width) {
  if (hi - lo >= width) return { lo, hi };
  const from = Math.min(Math.max(0, (lo + hi - width) / 2), 1 - width);
  return { lo: from, hi: Math.min(1, from + width) };
}

/** The narrowest widening of a band that holds k rows, or all there are. */
export function holdingBand(pool, band, k) {
  const wanted = Math.min(k, pool.sorted.length);
  const holds = ({ lo, hi }) => countIn(pool, lo, hi) >= wanted;
  if (holds(band)) return band;
  let [narrow, wide] = [band.hi - band.lo, 1];
  for (let step = 0; step < HALVINGS; step += 1) {
    const middle = (narrow + wide) / 2;
    if (holds(fitBand(band, middle))) wide = middle;
    else narrow = middle;
  }
  return fitBand(band, wide);
}

/** The choice after the budget was set to `{k}` rows or to `{tokens}`: the interval follows, or makes room. */
export function withBudget(pool, choice, { k, tokens = null }) {
  const asked = tokens === null || !pool.tokens ? Math.round(k ?? choice.k) : rowsFor(pool, tokens);
  const rows = Math.min(Math.max(1, asked), Math.max(1, pool.scored));
  const spent = { k: rows, tokens: pool.tokens ? tokens : null };
  if (!pool.banded) return { ...choice, ...spent };
  if (choice.way !== "inside") return { ...choice, ...solved(pool, spent, "both", choice), ...spent, auto: false };
  const band = choice.auto ? defaultBand(rows / pool.n) : { lo: choice.lo, hi: choice.hi };
  return { ...choice, ...holdingBand(pool, band, rows), ...spent };
}

/**
 * The choice after the interval was set by hand; `part` is what was moved: `lo`, `hi` or `both` ends.
 *
 * A budget that it cannot hold shrinks to what it holds; an interval that would hold nothing is refused.
 */
export function withBand(pool, choice, lo, hi, part = "both") {
  const ends = { lo: Math.min(Math.max(lo, 0), 1), hi: Math.min(Math.max(hi, 0), 1) };
  if (choice.way === "budget") return { ...choice, ...solved(pool, choice, part, ends), auto: false };
  const held = ends.lo < ends.hi ? countIn(pool, ends.lo, ends.hi) : 0;
  if (held < 1) return choice;
  return { ...choice, ...ends, k: Math.min(choice.k, held), auto: false };
}

/** The choice after the pool changed, or the way in which budget and interval are tied. */
export function renewed(pool, choice) {
  return choice.way === "interval" && pool.banded ? choice : withBudget(pool, choice, choice);
}

/** What is kept, and the choice with the budget that comes to where the interval decides it. */
export function settled(pool, choice) {
  if (!pool.banded || choice.way !== "interval") return { choice, selected: select(pool, choice) };
  const selected = select(pool, { ...choice, k: pool.n, tokens: null });
  return { choice: { ...choice, k: Math.max(1, selected.kept), tokens: null }, selected };
}

/** About how many rows some tokens are. */
export function rowsFor(pool, tokens) {
  pool.tokensPerRow ??= meanTokens(pool);
  return Math.min(pool.n, Math.max(1, Math.floor(tokens / pool.tokensPerRow)));
}

function meanTokens({ tokens, eligible, n }) {
  let [total, rows] = [0, 0];
  for (let j = 0; j < n; j += 1) {
    if (eligible && !eligible[j]) continue;
    total += tokens[j];
    rows += 1;
  }
  return rows > 0 ? Math.max(1, total / rows) : 1;
}

/**
 * The interval that holds just the budget, one end or its centre where it is asked for.
 *
 * Only rows that may be kept count: in every further interval, and of a class that has a share. Its ends lie half way
 * to the next rows; rows of one value are in or out together, so that it may hold a few more.
 */
function solved(pool, asked, part, { lo, hi }) {
  const { sorted, spent } = (pool.free ??= freeRows(pool));
  const m = sorted.length;
  if (m === 0) return {};
  const k = Math.max(1, Math.round(asked.k * pool.share));
  const tokens = asked.tokens === null ? null : asked.tokens * pool.share;
  const costs = (from, to) => (tokens === null ? to - from : spent[to] - spent[from]);
  const budget = tokens ?? k;
  const upFrom = (from) => (tokens === null ? Math.min(m, from + k) : Math.max(from + 1, firstAbove(spent, spent[from] + tokens) - 1));
  const downFrom = (to) => (tokens === null ? Math.max(0, to - k) : Math.min(to - 1, firstAtLeast(spent, spent[to] - tokens)));
  let [from, to] = [0, m];
  if (part === "hi") {
    to = Math.max(1, firstAbove(sorted, Math.fround(hi)));
    from = downFrom(to);
  } else {
    from = Math.min(m - 1, firstAtLeast(sorted, Math.fround(part === "lo" ? lo : (lo + hi) / 2)));
    if (part === "both") from = halfBelow(from, { k, tokens, spent });
    to = upFrom(from);
  }
  if (from === 0) to = upFrom(0);
  else if (to === m && costs(from, to) < budget) from = downFrom(m);
  return { lo: lowerEnd(sorted, from), hi: upperEnd(sorted, to) };
}

function halfBelow(centre, { k, tokens, spent }) {
  if (tokens === null) return Math.max(0, centre - Math.floor(k / 2));
  return Math.min(centre, firstAtLeast(spent, spent[centre] - tokens / 2));
}

/** Quantiles of the rows that may be kept, sorted, and what the first 0, 1, 2, ... of them cost in tokens. */
function freeRows(pool) {
  const { u, open, stratum, weights, tokens } = pool;
  const ranked = rankedPlaces(pool);
  const sorted = new Float32Array(ranked.length);
  const spent = tokens && new Float64Array(ranked.length + 1);
  let m = 0;
  for (const j of ranked) {
    if (!open[j] || !(weights[stratum[j]] > 0)) continue;
    sorted[m] = u[j];
    if (spent) spent[m + 1] = spent[m] + tokens[j];
    m += 1;
  }
  return { sorted: sorted.subarray(0, m), spent: spent && spent.subarray(0, m + 1) };
}

const rankings = new WeakMap(); // of the places of a turn

/** Places with a quantile, sorted by it. */
function rankedPlaces({ m, turn, u }) {
  const known = rankings.get(turn);
  if (known?.u === u && known.m === m) return known.places;
  const places = sortedPlaces(u, turn.filter((j) => j < m && u[j] === u[j]));
  rankings.set(turn, { u, m, places });
  return places;
}

function lowerEnd(sorted, from) {
  const first = firstAtLeast(sorted, sorted[from]);
  return first === 0 ? 0 : (sorted[first - 1] + sorted[first]) / 2;
}

function upperEnd(sorted, to) {
  const next = firstAbove(sorted, sorted[to - 1]);
  return next === sorted.length ? 1 : (sorted[next - 1] + sorted[next]) / 2;
}

/** Budget from what a person typed: `16%` or `1600` as `{k}`, `40000 tokens` as `{tokens}`; null where it is neither. */
export function parseBudget(text, n) {
  const paid = /^\s*([\d,_]*\d)\s*tokens?\s*$/i.exec(text);
  if (paid) {
    const tokens = Number(paid[1].replace(/[,_]/g, ""));
    return tokens >= 1 && Number.isSafeInteger(tokens) ? { tokens } : null;
  }
  const typed = /^\s*([\d.,\s]+?)\s*(%?)\s*$/.exec(text);
  if (!typed) return null;
  const amount = Number(typed[1].replace(/[,\s]/g, ""));
  const written = typed[1].includes(".") ? amount : null; // 0.16 and 1.0 are shares, as on the command line
  const share = typed[2] ? amount / 100 : written;
  const rows = share === null ? amount : Math.round(share * n);
  return Number.isFinite(rows) && amount > 0 && rows <= n ? { k: Math.max(1, rows) } : null;
}
