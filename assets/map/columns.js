/** Binary columns from the server, each fetched once. */

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
  const answer = await asked(url);
  return new Kind(await answer.arrayBuffer());
}

/** JSON from the server. */
export async function record(url, signal) {
  return (await asked(url, signal)).json();
}

async function asked(url, signal) {
  let answer;
  try {
    answer = await fetch(url, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server cannot be reached: see whether it still runs, then reload the page.");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  throw new Error(said?.error ?? `The server answered ${answer.status}: reload the page.`);
}
