/**
 * The order in which a strategy takes rows, as `eudscore/selection/strategies.py` ranks them. No DOM.
 *
 * Places are in draw order, so that of rows that are equally good the one drawn first is taken.
 */

import { sortedPlaces } from "./sorting.js";

/** Where the browser gets the order of preference from: the draw itself, a column it has, or the server's ranking. */
export const ORDERS = { draw: "draw", highest: "highest", lowest: "lowest", longest: "longest", ranking: "ranking" };

/**
 * Places by preference, best first; rows that are not in it are never kept.
 *
 * @param {string} kind of `ORDERS`
 * @param {object} input `n`, `eligible` (n,) or null, `values` (n,) of the score, `tokens` (n,), `ranking` places
 */
export function preference(kind, { n, eligible, values, tokens, ranking }) {
  if (kind === ORDERS.ranking) return ranking;
  const cost = { [ORDERS.highest]: values, [ORDERS.lowest]: values, [ORDERS.longest]: tokens }[kind];
  const places = new Uint32Array(n);
  let m = 0;
  for (let j = 0; j < n; j += 1) {
    if ((!eligible || eligible[j]) && (!cost || Number.isFinite(cost[j]))) places[m++] = j;
  }
  const there = places.subarray(0, m);
  if (!cost) return there;
  return sortedPlaces(kind === ORDERS.lowest ? cost : Float32Array.from(cost, (value) => -value), there);
}

/** Rows as the server numbers them, as places. */
export function placesOf(rows, order) {
  const place = new Uint32Array(order.length);
  order.forEach((row, j) => {
    place[row] = j;
  });
  return Uint32Array.from(rows, (row) => place[row]);
}
