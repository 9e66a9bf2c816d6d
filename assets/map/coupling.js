/**
 * How budget and interval move each other, with the bands of `eudscore/selection/band.py`. No DOM.
 *
 * A choice is `{k, lo, hi, auto}`: k rows, the interval [lo, hi] of quantiles, and whether the interval
 * still follows the budget or was set by hand.
 */

import { countIn } from "./band.js";

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
  const wanted = Math.min(k, pool.scored);
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

/** The choice after the budget was set to k rows: the interval follows, or makes room. */
export function withBudget(pool, choice, k) {
  const rows = Math.min(Math.max(1, Math.round(k)), Math.max(1, pool.scored));
  const band = choice.auto ? defaultBand(rows / pool.n) : { lo: choice.lo, hi: choice.hi };
  return { ...choice, ...holdingBand(pool, band, rows), k: rows };
}

/** The choice after the interval was set by hand: a budget it cannot hold shrinks to what it holds. */
export function withBand(pool, choice, lo, hi) {
  const ends = { lo: Math.min(Math.max(lo, 0), 1), hi: Math.min(Math.max(hi, 0), 1) };
  const held = ends.lo <= ends.hi ? countIn(pool, ends.lo, ends.hi) : 0;
  if (held < 1) return choice;
  return { ...choice, ...ends, k: Math.min(choice.k, held), auto: false };
}

/** Budget from what a person typed, `16%` or `1600`; null where it is neither. */
export function parseBudget(text, n) {
  const typed = /^\s*([\d.,\s]+?)\s*(%?)\s*$/.exec(text);
  if (!typed) return null;
  const amount = Number(typed[1].replace(/[,\s]/g, ""));
  const rows = typed[2] ? Math.round((amount / 100) * n) : amount;
  return Number.isFinite(rows) && amount > 0 && rows <= n ? Math.max(1, Math.round(rows)) : null;
}
