/** Intervals of further scores: a row must be in all of them. */

import { tally } from "./band.js";
import { Histogram } from "./histogram.js";
import { el } from "./look.js";
import { BINS } from "./series.js";

export class Intervals {
  /** `hooks`: `onBands(bands)` hears of a new set of them, `onMove(name, lo, hi)` of one that moves. */
  constructor(columns, palettes, hooks) {
    this.columns = columns;
    this.palettes = palettes;
    this.hooks = hooks;
    this.shown = new Map();
    this.list = el("div", { class: "intervals" });
    this.add = el("select", { class: "add", "aria-label": "Add a further score that rows must lie within", onchange: () => this.#added() });
  }

  /** What can be added; the score of the first interval cannot. */
  fill(by, bands) {
    this.bands = bands;
    const free = this.columns.filter(({ name }) => name !== by && !(name in bands));
    this.add.replaceChildren(el("option", { value: "" }, "+ interval"), ...free.map(({ name, label }) => el("option", { value: name }, label)));
    this.add.hidden = this.columns.length < 2;
    this.add.disabled = free.length === 0;
    for (const name of [...this.shown.keys()]) if (!(name in bands)) this.shown.delete(name);
    for (const name of Object.keys(bands)) if (!this.shown.has(name)) this.shown.set(name, this.#made(name));
    this.list.replaceChildren(...Object.keys(bands).map((name) => this.shown.get(name).element));
  }

  draw(state, series, bands) {
    this.bands = bands;
    for (const [name, [lo, hi]] of Object.entries(bands)) {
      const histogram = this.shown.get(name)?.histogram;
      const drawn = series.get(name);
      if (!histogram || !drawn?.sorted.length) continue; // one that was added is on its way
      if (histogram.drawn !== drawn) histogram.setSeries(drawn, drawn.about.label);
      histogram.draw(tally(state, drawn.bins, BINS), { lo, hi });
    }
  }

  #added() {
    const name = this.add.value;
    if (name) this.hooks.onBands({ ...this.bands, [name]: [0, 1] });
  }

  #made(name) {
    const { label } = this.columns.find((one) => one.name === name);
    const histogram = new Histogram(this.palettes, (lo, hi) => this.#moved(name, lo, hi), { of: label });
    const remove = el("button", { type: "button", class: "clear", "aria-label": `Remove the interval of ${label}`, onclick: () => this.#removed(name) }, "×");
    const head = el("div", { class: "brush-head" }, el("span", { class: "name", title: label }, label), remove);
    return { element: el("div", { class: "interval" }, head, histogram.element), histogram };
  }

  #moved(name, lo, hi) {
    if (lo < hi) this.hooks.onMove(name, Math.max(0, lo), Math.min(1, hi));
  }

  #removed(name) {
    const { [name]: gone, ...rest } = this.bands;
    this.hooks.onBands(rest);
    this.add.focus();
  }
}
