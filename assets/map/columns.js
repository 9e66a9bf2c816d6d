/** Binary columns from the server, each fetched once. */

import { figure } from "./look.js";

const MOST = 32;
const fetched = new Map();

/** The array at an address; its kind is a typed array class. Fails with the server's own sentence. */
export function column(url, Kind) {
  if (!fetched.has(url)) {
    const asked = get(url, Kind).catch((error) => {
      fetched.delete(url);
      throw error;
    });
    fetched.set(url, asked);
    if (fetched.size > MOST) fetched.delete(fetched.keys().next().value);
  }
  return fetched.get(url);
}

async function get(url, Kind) {
  return new Kind(await bytes(url));
}

/** What an address answers, for a caller that keeps it; the browser's own cache keeps it too. */
export async function bytes(url) {
  return (await asked(url)).arrayBuffer();
}

/** The same with what a header of the answer says; null where it says nothing. */
export async function bytesAnd(url, header) {
  const answer = await asked(url);
  return [await answer.arrayBuffer(), answer.headers.get(header)];
}

/**
 * A row as the tip tells it: its text, and the label and scores as facts.
 *
 * `names` are the columns wanted; `words` is a search whose matches are to be marked.
 */
export async function recorded({ row_url, columns }, row, names, signal, words) {
  const wanted = names.map((name) => columns.find((one) => one.name === name)).filter(Boolean);
  const asks = new URLSearchParams(wanted.map((about) => ["value", (about.codes_url ?? about.values_url).split("/").slice(-2).join("/")]));
  if (words) asks.set("words", words);
  const { text, label, values, matches } = await (await asked(`${row_url}${row}?${asks}`, signal)).json();
  const facts = wanted.map(({ label: name, unit }, at) => [name, `${figure(values[at] ?? NaN)}${unit ? ` ${unit}` : ""}`]);
  return { text, matches, facts: [...(label === null ? [] : [["label", label]]), ...facts] };
}

async function asked(url, signal) {
  let answer;
  try {
    // What the page asked for while this module was on its way is taken once.
    const ahead = globalThis.eudscoreAhead?.get(url);
    globalThis.eudscoreAhead?.delete(url);
    answer = (await ahead) ?? (await fetch(url, { signal }));
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server cannot be reached: see whether it still runs, then reload the page.");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  throw new Error(said?.error ?? `The server answered ${answer.status}: reload the page.`);
}
