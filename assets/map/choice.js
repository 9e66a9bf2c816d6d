/** What a page sends, taken apart: what is fixed, and where a person begins. No DOM. */

import { defaultBand } from "./coupling.js";

/** What a person sets by hand and a page may set anew; the interval and the pinned row aside. */
const SET = ["strategy", "by", "k", "tokens", "way", "balance", "per", "shares", "at_least_one", "group_cap", "bands", "color"];

const part = (data, names) => Object.fromEntries(names.map((name) => [name, data[name] ?? null]));

/** The choice a page begins with; without an interval it is the budget's own. */
export function startOf(data) {
  const { k, n, lo, hi, row } = data;
  const given = lo === null ? defaultBand(k / n) : { lo, hi };
  return { ...part(data, SET), ...given, auto: lo === null, row: row ?? null };
}

/** The part of a choice that a page may set, as text to compare. */
export function initialOf(choice) {
  return JSON.stringify(part(choice, [...SET, "lo", "hi"]));
}

/** A choice as the page hears it. */
export function toldOf(choice) {
  return part(choice, [...SET, "lo", "hi", "auto", "row"]);
}

/** All of the data but what a person changes by hand, and the ranking, which comes when it is there. */
export function identityOf(data) {
  const fixed = { ...data };
  for (const name of [...SET, "lo", "hi", "row", "ranking"]) delete fixed[name];
  return JSON.stringify(fixed);
}

/** Whether a ranking is the one that a choice needs. */
export function ranks(ranking, { strategy, by }) {
  return ranking?.strategy === strategy && (ranking.by === null || ranking.by === by);
}

/** What stands in the way of a ranking that is not there; "" where none is waited for. */
export function waitingFor({ order, clustered }, choice, ranking, { clusters_url }) {
  const needed = order === "ranking" || (clustered && !clusters_url);
  if (!needed || (ranks(ranking, choice) && ranking.url)) return "";
  const note = ranks(ranking, choice) ? ranking.note : "";
  return note || "Ranking…";
}

/** As what a page may send back a choice: as it was told, or without the interval that follows the budget. */
export function echoesOf(choice) {
  return [initialOf(choice), ...(choice.auto ? [initialOf({ ...choice, lo: null, hi: null })] : [])];
}
