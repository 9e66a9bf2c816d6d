/** What a page sends, taken apart: what is fixed, and where a person begins. No DOM. */

import { defaultBand } from "./coupling.js";

/** The choice a page begins with; without an interval it is the budget's own. */
export function startOf({ by, k, n, lo, hi, balance, color, row, panels }) {
  const hasBudget = panels.includes("budget");
  const own = hasBudget ? defaultBand(k / n) : { lo: 0, hi: 1 };
  const given = lo === null ? own : { lo, hi };
  return { by, k, ...given, auto: lo === null && hasBudget, balance, color, row: row ?? null };
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
