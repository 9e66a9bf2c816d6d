/** One column as 16-bit codes along its axis (`eudscore/selection/codes.py`), ready to count and to colour. No DOM. */

import { figure, NO_VALUE } from "./look.js";

export const LAST = 65534;
const NONE = 255;
const MOST_BINS = 60;
const HEADER = 40; // bytes: the fields of the axis

/** What a codes address answers: `{axis: {lo, hi, whole}, codes}`, in row order. */
export function opened(buffer) {
  const [lo, hi, whole, least, most] = new Float64Array(buffer, 0, 5);
  return { axis: { lo, hi, whole: whole === 1, least, most }, codes: new Uint16Array(buffer, HEADER) };
}

export class Facet {
  /** @param {object} about the column; codes are in hash order */
  constructor(about, axis, codes) {
    this.about = about;
    this.axis = axis;
    this.codes = codes;
    this.step = stepOf(axis);
    this.bins = Math.ceil(1 / this.step - 1e-9);
    this.binOf = new Uint8Array(LAST + 2).fill(NONE);
    for (let code = 0; code <= LAST; code += 1) this.binOf[code] = Math.min(Math.floor(code / LAST / this.step), this.bins - 1);
    this.below = new Uint32Array(LAST + 2); // rows with a smaller code
    for (let j = 0; j < codes.length; j += 1) if (codes[j] <= LAST) this.below[codes[j] + 1] += 1;
    for (let code = 0; code <= LAST; code += 1) this.below[code + 1] += this.below[code];
    this.scored = this.below[LAST + 1];
    this.all = this.count(null, codes.length);
  }

  /** Rows per bin among the first n places; `picked` says which of them count, null = all. */
  count(picked, n) {
    const counts = new Float64Array(256);
    const { codes, binOf } = this;
    if (picked) for (let j = 0; j < n; j += 1) counts[binOf[codes[j]]] += picked[j];
    else for (let j = 0; j < n; j += 1) counts[binOf[codes[j]]] += 1;
    return counts.subarray(0, this.bins);
  }

  value(code) {
    return this.axis.lo + (code * (this.axis.hi - this.axis.lo)) / LAST;
  }

  /** The values that a band begins and ends with; of whole numbers those inside it, at an end of the axis the extreme. */
  ends([first, last]) {
    const { whole, least, most } = this.axis;
    const [from, to] = [this.value(first), this.value(last)];
    const inside = whole ? [Math.ceil(from), Math.floor(to)] : [from, to];
    return this.scored ? [first <= 0 ? least : inside[0], last >= LAST ? most : inside[1]] : inside;
  }

  /** The ends of the axis in words: where it was cut, values lie beyond. */
  axisEnds() {
    const { lo, hi, whole, least, most } = this.axis;
    const cut = [least < lo, most > hi];
    const [from, to] = whole ? [Math.ceil(lo), Math.floor(hi)] : [lo, hi];
    return [`${cut[0] ? "≤ " : ""}${figure(cut[0] ? from : this.ends([0, LAST])[0])}`, `${cut[1] ? "≥ " : ""}${figure(cut[1] ? to : this.ends([0, LAST])[1])}`];
  }

  /** Share of the rows with a value that a band holds. */
  share([first, last]) {
    return this.scored ? (this.below[last + 1] - this.below[first]) / this.scored : 0;
  }

  /** One byte of colour per place. */
  colours() {
    const table = Uint8Array.from({ length: LAST + 2 }, (_, code) => Math.round((code / LAST) * (NO_VALUE - 1)));
    table[LAST + 1] = NO_VALUE;
    const colours = new Uint8Array(this.codes.length); // loops, where a million calls of a function would be felt
    for (let j = 0; j < colours.length; j += 1) colours[j] = table[this.codes[j]];
    return colours;
  }
}

/** The share of the axis that a bin covers; of whole numbers each bin holds equally many, the last one maybe fewer. */
function stepOf({ lo, hi, whole }) {
  if (!whole) return 1 / MOST_BINS;
  const values = Math.round(hi - lo);
  return Math.ceil(values / MOST_BINS) / values;
}

/** Counts of two columns against one another, `across` x `up` cells, row by row from below. */
export function jointly(x, y, picked, n, [across, up]) {
  const counts = new Float64Array(across * up + 1);
  const places = (facet, size) =>
    Uint16Array.from({ length: LAST + 2 }, (_, code) => (code > LAST ? 65535 : Math.min(Math.floor((code / LAST) * size), size - 1)));
  const [column, line] = [places(x, across), places(y, up)];
  for (let j = 0; j < n; j += 1) {
    if (picked && !picked[j]) continue;
    const [i, k] = [column[x.codes[j]], line[y.codes[j]]];
    if (i < across && k < up) counts[i + across * k] += 1;
  }
  return counts.subarray(0, across * up);
}
