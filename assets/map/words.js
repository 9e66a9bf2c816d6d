/** What is picked, in words: one for each condition, with the where that is left without it. No DOM. */

import { figure } from "./look.js";
import { withBand, withClasses, withoutMark } from "./where.js";

const MOST_CLASSES = 3;

/** `[[text, where without it], ...]`; `facets` are the columns that are there, by name. */
export function conditions(where, { columns, classes }, facets) {
  const bands = Object.entries(where.bands ?? {}).map(([name, band]) => [bandText(name, band, columns, facets), withBand(where, name, null)]);
  const own = where.classes ? [[classText(where.classes, classes), withClasses(where, null)]] : [];
  const marks = (where.marks ?? []).map((mark, at) => [markText(mark, at, { columns, classes }, facets), withoutMark(where, at)]);
  return [...bands, ...own, ...marks];
}

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

function markText(mark, at, about, facets) {
  const text = kindText(mark, about, facets);
  if (mark.op === "cut") return at === 0 && mark.where ? `not (${text})` : `without ${text}`;
  return at === 0 ? text : `or ${text}`;
}

function kindText({ area, words, meaning, like, rows, where }, about, facets) {
  if (area) return "outline on the map";
  if (words) return `“${words}”`;
  if (meaning) return `meaning like “${meaning}”`;
  if (like !== undefined) return `like row ${like}`;
  if (rows) return rows.length ? `${rows.length} rows` : "no row";
  return conditions(where, about, facets).map(([text]) => text).join(", ") || "every row";
}
