/** What a where is evaluated on: columns, labels and found rows, each fetched once and put into hash order. No DOM. */

import { inOrder } from "./band.js";
import { bytes, bytesAnd, column } from "./columns.js";
import { Facet, opened } from "./facet.js";
import { count } from "./look.js";
import { heldHere, needs } from "./where.js";

const ALIKE = "Eudscore-Alike"; // of an answer: how many rows, cosine of the nearest, cosine of the last
const MOST_MARKS = 24; // a mask of all rows each

export class Pool {
  constructor(data) {
    this.data = data;
    this.n = data.n;
    this.classes = data.classes.length;
    this.labels = null;
    this.facets = new Map();
    this.asked = new Map();
    this.masks = new Map();
    this.likenesses = new Map();
    this.started = this.#start();
  }

  async #start() {
    const { order_url, labels_url } = this.data;
    const [order, labels] = await Promise.all([column(order_url, Uint32Array), labels_url && column(labels_url, Int32Array)]);
    this.#check(order.length);
    if (labels) this.#check(labels.length);
    this.order = order;
    this.labels = labels && inOrder(labels, order);
  }

  /** Positions in hash order; the outlines found on others are forgotten. */
  async positions(url) {
    await this.started;
    const given = new Float32Array(await bytes(url));
    this.#check(given.length / 2);
    const xy = new Float32Array(given.length);
    for (let j = 0; j < this.n; j += 1) {
      const row = this.order[j];
      xy[2 * j] = given[2 * row];
      xy[2 * j + 1] = given[2 * row + 1];
    }
    this.xy = xy;
    this.masks.clear();
    return xy;
  }

  /** A column, once it is there. */
  facet(name) {
    const about = this.data.columns.find((one) => one.name === name);
    if (!about) return Promise.reject(new Error(`There is no score ${name} here: reload the page.`));
    const known = this.asked.get(name);
    if (known?.url === about.codes_url) return known.promise;
    const promise = this.#fetch(about).catch((error) => {
      this.asked.delete(name);
      throw error;
    });
    this.asked.set(name, { url: about.codes_url, promise });
    return promise;
  }

  async #fetch(about) {
    await this.started;
    const { axis, codes } = opened(await bytes(about.codes_url));
    this.#check(codes.length);
    const facet = new Facet(about, axis, inOrder(codes, this.order));
    this.facets.set(about.name, facet);
    return facet;
  }

  codes(name) {
    return this.facets.get(name).codes;
  }

  held(mark) {
    return this.masks.get(keyOf(mark));
  }

  /** How alike the rows are that a search by meaning or likeness found, `{rows, nearest, last}`; else undefined. */
  alike(mark) {
    return this.likenesses.get(keyOf(mark));
  }

  /** Fetch and compute whatever a where speaks of; afterwards it can be evaluated at once. */
  async need(where) {
    const { columns, marks } = needs(where);
    await Promise.all([...columns.map((name) => this.facet(name)), ...marks.map((mark) => this.#hold(mark))]);
  }

  has(where) {
    const { columns, marks } = needs(where);
    return columns.every((name) => this.facets.has(name)) && marks.every((mark) => this.masks.has(keyOf(mark)));
  }

  async #hold(mark) {
    const key = keyOf(mark);
    if (this.masks.has(key)) return;
    await this.started;
    if (mark.area && !this.xy) throw new Error("The selection holds an outline, and there is no map yet.");
    const mask = mark.area || mark.rows ? heldHere(mark, this) : await this.#found(mark);
    this.masks.set(key, mask);
    if (this.masks.size > MOST_MARKS) this.masks.delete(this.masks.keys().next().value);
  }

  async #found(mark) {
    const { words, meaning, like, most } = mark;
    const asked = new URLSearchParams({ ...(words && { words }), ...(meaning && { meaning }), ...(like !== undefined && { like }), ...(most && { most }) });
    const [answer, said] = await bytesAnd(`${this.data.found_url}?${asked}`, ALIKE);
    const bits = new Uint8Array(answer);
    this.#check(this.n <= 8 * bits.length && 8 * bits.length < this.n + 8 ? this.n : 8 * bits.length);
    const mask = new Uint8Array(this.n);
    for (let j = 0; j < this.n; j += 1) mask[j] = (bits[this.order[j] >> 3] >> (this.order[j] & 7)) & 1;
    const [rows, nearest, last] = said?.split(" ") ?? [];
    if (rows) this.likenesses.set(keyOf(mark), { rows: Number(rows), nearest, last });
    return mask;
  }

  #check(length) {
    if (length !== this.n) throw new Error(`The server sent ${count(length)} rows where ${count(this.n)} belong: reload the page.`);
  }
}

function keyOf({ op, ...what }) {
  return JSON.stringify(what);
}
