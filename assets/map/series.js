/** One column made ready to draw: where its values lie, in which bin, and in which colour. No DOM. */

import { firstAbove, firstAtLeast } from "./band.js";
import { NO_VALUE } from "./look.js";

export const BINS = 60;

/**
 * @param {Float32Array} values (n,) in hash order, nan = no value
 * @returns values, their sorted finite ones, the drawn domain, and per row the bin (255 = none) and colour code
 */
export function series(values) {
  const sorted = values.filter(Number.isFinite).sort();
  const domain = domainOf(sorted);
  const bins = new Uint8Array(values.length).fill(255);
  const codes = new Uint8Array(values.length).fill(NO_VALUE);
  for (let j = 0; j < values.length; j += 1) {
    if (!Number.isFinite(values[j])) continue;
    const place = placeOf(domain, values[j]);
    bins[j] = Math.min(Math.floor(place * BINS), BINS - 1);
    codes[j] = Math.round(place * (NO_VALUE - 1));
  }
  return { values, sorted, domain, bins, codes };
}

/** Smallest to largest value; a few far outliers share the end bins, where they would flatten all others. */
function domainOf(sorted) {
  if (sorted.length === 0) return [0, 1];
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const [first, last, low, high] = [at(0), at(1), at(0.002), at(0.998)];
  const spread = high - low;
  const from = low - first > spread / 3 ? low : first;
  const to = last - high > spread / 3 ? high : last;
  return to > from ? [from, to] : [from - 0.5, from + 0.5];
}

/** Where a value lies on the drawn domain, in [0, 1]. */
export function placeOf([from, to], value) {
  return Math.min(Math.max((value - from) / (to - from), 0), 1);
}

/** The value at a quantile, between two neighbours where it falls between them. */
export function valueAt(sorted, quantile) {
  const at = Math.min(Math.max(quantile * sorted.length - 0.5, 0), sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** The quantile of a place on the drawn domain: the share of values below it, equal ones by half. */
export function quantileAt(sorted, domain, place) {
  if (place <= 0) return 0;
  if (place >= 1) return 1;
  const value = domain[0] + place * (domain[1] - domain[0]);
  return (firstAtLeast(sorted, value) + firstAbove(sorted, value)) / (2 * sorted.length);
}
