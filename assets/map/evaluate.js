/** Which of the first places of a pool are picked, as the views take it. No DOM. */

import { KEPT } from "./band.js";
import { rowsWhere } from "./where.js";

/**
 * @param {object} where what is picked; all it speaks of is in the pool
 * @param {number} m only the first so many places are looked at: they are a random sample
 * @returns `picked` (m,) 1 = picked; `states` (m,) as the map takes them; `rows` that are picked of all, and whether
 *   that is `about` so many
 */
export function evaluated(where, pool, m) {
  const picked = rowsWhere(where, pool, m);
  const states = new Uint8Array(m);
  let held = 0;
  for (let j = 0; j < m; j += 1) {
    states[j] = picked[j] * KEPT;
    held += picked[j];
  }
  const known = countedAtOnce(where, pool);
  return { picked, states, rows: known ?? (held * pool.n) / Math.max(1, m), about: known === null && m < pool.n };
}

/** The number of rows where one band is all there is, from its cumulative counts; null = it takes counting. */
function countedAtOnce({ bands, ...others }, pool) {
  const [one, ...more] = Object.entries(bands ?? {});
  if (!one || more.length || Object.keys(others).length) return null;
  const { below } = pool.facets.get(one[0]);
  return below[one[1][1] + 1] - below[one[1][0]];
}
