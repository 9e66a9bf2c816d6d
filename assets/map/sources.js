/** The columns of a data set, fetched when they are needed and put into draw order. No DOM. */

import { inOrder } from "./band.js";
import { ranks } from "./choice.js";
import { column } from "./columns.js";
import { count } from "./look.js";
import { ORDERS, placesOf, preference } from "./preference.js";
import { series } from "./series.js";

export class Sources {
  constructor(data) {
    this.data = data;
    this.kept = new Map();
  }

  /** What everything stands on. */
  async start() {
    const { data } = this;
    const [order, labels, eligible] = await Promise.all([
      column(data.order_url, Uint32Array),
      data.labels_url && column(data.labels_url, Int32Array),
      data.eligible_url && column(data.eligible_url, Uint8Array),
    ]);
    for (const array of [order, labels, eligible]) this.#check(array);
    this.order = order;
    this.labels = labels && inOrder(labels, order);
    this.eligible = eligible && inOrder(eligible, order);
  }

  /** (2 n,) positions on the map. */
  async points() {
    const given = await column(this.data.points_url, Float32Array);
    this.#check(given, 2);
    const xy = new Float32Array(given.length);
    this.order.forEach((row, j) => {
      xy[2 * j] = given[2 * row];
      xy[2 * j + 1] = given[2 * row + 1];
    });
    return xy;
  }

  /** A score ready to draw, with its quantiles. */
  score(name) {
    return this.#once(`score ${name}`, async () => {
      const about = this.data.columns.find((one) => one.name === name);
      const [values, u] = await Promise.all([column(about.values_url, Float32Array), column(about.quantiles_url, Float32Array)]);
      for (const array of [values, u]) this.#check(array);
      return { about, ...series(inOrder(values, this.order)), u: inOrder(u, this.order) };
    });
  }

  tokens() {
    return this.#placed(this.data.tokens_url, Float32Array);
  }

  groups() {
    return this.#placed(this.data.groups_url, Int32Array);
  }

  clusters() {
    return this.#placed(this.data.clusters_url, Int32Array);
  }

  /** Places by preference under a choice; none while a ranking is not there yet. */
  async turn({ order, clustered }, choice, ranking) {
    const kind = clustered && !this.data.clusters_url ? ORDERS.ranking : order;
    const given = { n: this.data.n, eligible: this.eligible };
    if (kind === ORDERS.ranking) {
      if (!ranks(ranking, choice) || !ranking.url) return new Uint32Array(0);
      return this.#once(ranking.url, async () => placesOf(await column(ranking.url, Uint32Array), this.order));
    }
    if (kind === ORDERS.draw) return this.#once(kind, () => preference(kind, given));
    if (kind === ORDERS.longest) return this.#once(kind, async () => preference(kind, { ...given, tokens: await this.tokens() }));
    const { values } = await this.score(choice.by);
    return this.#once(`${kind} ${choice.by}`, () => preference(kind, { ...given, values }));
  }

  /** Codes of what a ranking withholds; null where it withholds nothing. */
  withheld(choice, ranking) {
    const there = ranks(ranking, choice) && ranking.url && ranking.withheld_url;
    return there ? this.#placed(ranking.withheld_url, Uint8Array) : null;
  }

  #placed(url, Kind) {
    if (!url) return null;
    return this.#once(url, async () => {
      const array = await column(url, Kind);
      this.#check(array);
      return inOrder(array, this.order);
    });
  }

  #once(key, make) {
    if (!this.kept.has(key)) {
      const made = Promise.resolve().then(make);
      made.catch(() => this.kept.delete(key));
      this.kept.set(key, made);
    }
    return this.kept.get(key);
  }

  #check(array, per = 1) {
    if (array && array.length !== per * this.data.n) {
      throw new Error(`The server sent ${count(array.length / per)} rows where ${count(this.data.n)} belong: reload the page.`);
    }
  }
}
