/** What a page sends, taken apart: what is fixed, and where a person begins. No DOM. */

import { defaultBand } from "./coupling.js";

/** The choice a page begins with; without an interval it is the budget's own. */
export function startOf({ by, k, n, lo, hi, balance, color, row }) {
  const given = lo === null ? defaultBand(k / n) : { lo, hi };
  return { by, k, ...given, auto: lo === null, balance, color, row: row ?? null };
}

/** The part of a choice that a page may set, as text to compare. */
export function initialOf({ by, k, lo, hi, balance, color }) {
  return JSON.stringify([by, k, lo, hi, balance, color]);
}

/** All of the data but what a person changes by hand. */
export function identityOf(data) {
  const { by, k, lo, hi, balance, color, row, ...fixed } = data;
  return JSON.stringify(fixed);
}
