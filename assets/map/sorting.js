/** Sorting of typed arrays, and searching in sorted ones. No DOM. */

const DIGIT = 11; // bits of a key that one pass looks at

/** Some places of an array in the order of their finite values; equal ones stay in the order they were given in. */
export function sortedPlaces(values, places) {
  let from = { keys: keysOf(values, places), places: Uint32Array.from(places) };
  let to = { keys: new Uint32Array(places.length), places: new Uint32Array(places.length) };
  for (let shift = 0; shift < 32; shift += DIGIT) {
    pass(from, to, shift);
    [from, to] = [to, from];
  }
  return from.places;
}

/** Whole numbers that compare as the values do. */
function keysOf(values, places) {
  const numbers = new Float32Array(places.length);
  for (let i = 0; i < places.length; i += 1) numbers[i] = values[places[i]] + 0; // -0 becomes 0
  const keys = new Uint32Array(numbers.buffer);
  for (let i = 0; i < keys.length; i += 1) keys[i] ^= keys[i] >>> 31 ? 0xffffffff : 0x80000000;
  return keys;
}

function pass(from, to, shift) {
  const starts = new Uint32Array((1 << DIGIT) + 1);
  const digit = (key) => (key >>> shift) & ((1 << DIGIT) - 1);
  for (const key of from.keys) starts[digit(key) + 1] += 1;
  for (let d = 1; d < starts.length; d += 1) starts[d] += starts[d - 1];
  for (let i = 0; i < from.keys.length; i += 1) {
    const at = starts[digit(from.keys[i])]++;
    to.keys[at] = from.keys[i];
    to.places[at] = from.places[i];
  }
}

/** First place in a sorted array whose entry is at least `bound`. */
export function firstAtLeast(sorted, bound) {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < bound) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** First place in a sorted array whose entry is above `bound`. */
export function firstAbove(sorted, bound) {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] <= bound) from = middle + 1;
    else to = middle;
  }
  return from;
}
