/** What is picked, in words: one for each condition, with the where that is left without it. No DOM. */

import { count, figure } from "./look.js";
import { withBand, withClasses, withoutMark } from "./where.js";

const MOST_CLASSES = 3;

/** `[[text, where without it, aside], ...]`; `pool` knows the columns that are there and how alike the found rows are. */
export function conditions(where, { columns, classes }, pool, areas = areasOf(where)) {
  const bands = Object.entries(where.bands ?? {}).map(([name, band]) => [bandText(name, band, columns, pool.facets), withBand(where, name, null), ""]);
  const own = where.classes ? [[classText(where.classes, classes), withClasses(where, null), ""]] : [];
  const marks = (where.marks ?? []).map((mark, at) => [markText(mark, at, { columns, classes }, pool, areas), withoutMark(where, at), alikeText(pool.alike(mark))]);
  return [...bands, ...own, ...marks];
}

/** The marks of a where that are outlines, those within it too, in the order in which they were drawn. */
export function areasOf(where) {
  return (where.marks ?? []).flatMap((mark) => (mark.where ? areasOf(mark.where) : mark.area ? [mark] : []));
}

/** The number of an outline, "" where it is the only one. */
export const numberOf = (mark, areas) => (areas.length > 1 ? String(areas.indexOf(mark) + 1) : "");

function bandText(name, band, columns, facets) {
  const label = columns.find((one) => one.name === name)?.label ?? name;
  const ends = facets.get(name)?.ends(band);
  return ends ? `${label} ${figure(ends[0])} to ${figure(ends[1])}` : label;
}

function classText(wanted, classes) {
  const names = wanted.map((label) => (label < 0 ? "unlabelled" : classes[label]));
  const more = names.length > MOST_CLASSES ? ` and ${names.length - MOST_CLASSES} more` : "";
  return `Class ${names.slice(0, MOST_CLASSES).join(", ")}${more}`;
}

function markText(mark, at, about, pool, areas) {
  const text = kindText(mark, about, pool, areas);
  if (mark.op === "cut") return at === 0 && mark.where ? `not (${text})` : `without ${text}`;
  return at === 0 ? text : `or ${text}`;
}

function kindText(mark, about, pool, areas) {
  const { area, words, meaning, like, rows, where } = mark;
  if (area) return areas.length > 1 ? `outline ${numberOf(mark, areas)}` : "outline on the map";
  if (words) return `“${words}”`;
  if (meaning) return `meaning like “${meaning}”`;
  if (like !== undefined) return `like row ${like}`;
  if (rows) return rows.length ? `${rows.length} rows` : "no row";
  return conditions(where, about, pool, areas).map(([text]) => text).join(", ") || "every row";
}

/** How near the found texts are; the server says the cosines, as it says them elsewhere. */
function alikeText(alike) {
  if (!alike) return "";
  const { rows, nearest, last } = alike;
  return `${count(rows)} nearest, cosine ${nearest === last ? nearest : `${nearest} to ${last}`}`;
}
