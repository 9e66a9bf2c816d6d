/**
 * What is picked, as one value: the twin of `eudscore/selection/where.py`. No DOM.
 *
 * A where is `{bands: {column: [first, last]}, classes: [...], marks: [{op: "add" | "cut", area | words | meaning |
 * like | rows | where: ..., most}]}`; what says nothing is left out. All arrays are in hash order.
 */

import { inside } from "./outline.js";

const ADD = "add";
const CUT = "cut";
export const NONE = { marks: [{ op: ADD, rows: [] }] };

/**
 * @param {object} where what is picked
 * @param {object} pool `codes(column)`, `labels`, `held(mark)`: what was loaded for it before
 * @param {number} n only the first so many places are looked at: they are a random sample
 * @returns {Uint8Array} (n,) 1 = picked
 */
export function rowsWhere(where, pool, n) {
  const picked = new Uint8Array(n).fill(1);
  for (const [column, [first, last]] of Object.entries(where.bands ?? {})) {
    const codes = pool.codes(column);
    for (let j = 0; j < n; j += 1) if (codes[j] < first || codes[j] > last) picked[j] = 0;
  }
  if (where.classes) {
    const wanted = new Set(where.classes);
    const asked = Uint8Array.from({ length: pool.classes + 1 }, (_, label) => (wanted.has(label - 1) ? 1 : 0));
    for (let j = 0; j < n; j += 1) picked[j] &= asked[(pool.labels ? pool.labels[j] : -1) + 1];
  }
  if (where.marks?.length) {
    const held = marked(where.marks, pool, n);
    for (let j = 0; j < n; j += 1) picked[j] &= held[j];
  }
  return picked;
}

function marked(marks, pool, n) {
  const held = new Uint8Array(n).fill(marks[0].op === CUT ? 1 : 0);
  for (const mark of marks) {
    const rows = mark.where ? rowsWhere(mark.where, pool, n) : pool.held(mark);
    if (mark.op === ADD) for (let j = 0; j < n; j += 1) held[j] |= rows[j];
    else for (let j = 0; j < n; j += 1) held[j] &= 1 - rows[j];
  }
  return held;
}

/** (n,) 1 = inside or listed, for the kinds of marks that need no server. */
export function heldHere(mark, { xy, order }) {
  if (mark.area) return inside(xy, mark.area);
  const wanted = new Set(mark.rows);
  const held = new Uint8Array(order.length);
  if (wanted.size) for (let j = 0; j < order.length; j += 1) held[j] = wanted.has(order[j]) ? 1 : 0;
  return held;
}

/** All columns and marks that a where speaks of, those within it too. */
export function needs(where) {
  const own = where.marks ?? [];
  const inner = own.filter((mark) => mark.where).map((mark) => needs(mark.where));
  return {
    columns: [...new Set([...Object.keys(where.bands ?? {}), ...inner.flatMap(({ columns }) => columns)])],
    marks: [...own.filter((mark) => !mark.where), ...inner.flatMap(({ marks }) => marks)],
  };
}

export const isEverything = (where) => !where.classes && !where.marks?.length && !Object.keys(where.bands ?? {}).length;

/** With another band of a column; null takes it away. */
export function withBand(where, column, band) {
  const bands = { ...where.bands };
  if (band) bands[column] = band;
  else delete bands[column];
  return tidy({ ...where, bands });
}

/** With the classes wanted; all of them or none are no condition. */
export function withClasses(where, classes) {
  return tidy({ ...where, classes: classes?.length ? [...classes].sort((a, b) => a - b) : undefined });
}

/** With some rows in place of other outlines and searches, added to what is picked, or cut out of it. */
export function withMark(where, mark, how) {
  if (how === "only") return tidy({ ...where, marks: [{ op: ADD, ...mark }] });
  if (how === CUT) return tidy({ ...where, marks: [...(where.marks ?? []), { op: CUT, ...mark }] });
  if (isEverything(where)) return { marks: [{ op: ADD, ...mark }] };
  const onlyMarks = !where.classes && !Object.keys(where.bands ?? {}).length;
  const before = onlyMarks ? where.marks : [{ op: ADD, where }];
  return { marks: [...before, { op: ADD, ...mark }] };
}

/** Without one of the marks, as if it had never been set. */
export function withoutMark(where, at) {
  const marks = where.marks.filter((_, i) => i !== at);
  return tidy({ ...where, marks });
}

/** What was not picked. */
export function inverted(where) {
  if (isEverything(where)) return NONE;
  const [only, ...more] = where.marks ?? [];
  const single = only && !more.length && !where.bands && !where.classes;
  if (single && only.op === ADD && only.rows?.length === 0) return {};
  return single && only.op === CUT && only.where ? only.where : { marks: [{ op: CUT, where }] };
}

function tidy({ bands, classes, marks }) {
  return {
    ...(bands && Object.keys(bands).length ? { bands } : {}),
    ...(classes ? { classes } : {}),
    ...(marks?.length ? { marks } : {}),
  };
}
