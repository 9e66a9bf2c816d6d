/** What the map is coloured by: the choice, the colours, and the legend, which is the histogram of the column. */

import { drawBars } from "./brush.js";
import { choose, classLegend, histogramLegend } from "./frame.js";
import { el } from "./look.js";
import { classPaint, facetPaint } from "./paint.js";

export const CLASS = "class";

export class Colouring {
  /** @param {object} hooks `onPick(color)`, `look()` of the theme */
  constructor(hooks) {
    this.hooks = hooks;
    const chosen = choose("Colour", [], "", hooks.onPick);
    this.chooser = chosen.element;
    this.select = chosen.select;
    this.legend = el("div", { class: "legend" });
    this.bars = el("canvas", { class: "bars", width: 240, height: 44, "aria-hidden": "true" });
  }

  /** What can be chosen. */
  fill({ columns, classes }, color) {
    const names = columns.map(({ name, label }) => [name, label]);
    if (classes.length) names.push([CLASS, "Class"]);
    this.select.replaceChildren(...names.map(([name, label]) => el("option", { value: name, selected: name === color }, label)));
  }

  /** Colour a map by classes or by a column; without a map the legend alone changes. */
  async paint(map, color, pool, { palettes, classes }, isCurrent) {
    this.select.value = color;
    this.facet = color === CLASS && pool.labels ? null : await pool.facet(color);
    if (!isCurrent()) return;
    const paint = this.facet ? facetPaint(this.facet) : classPaint(pool.labels, classes, palettes);
    const { facet, bars } = this;
    const legend = facet ? histogramLegend(facet.about.label, facet.axisEnds(), bars) : classLegend(paint.legend, palettes);
    this.legend.replaceChildren(...legend);
    if (map.points) map.setColours(paint.codes, paint.table(this.hooks.look().palette));
  }

  /** Show which of the first places of n are picked. */
  draw(picked, n) {
    if (!this.facet) return;
    const m = picked.length;
    const { width, height } = this.bars;
    drawBars(this.bars.getContext("2d"), [width, height], this.facet, this.facet.count(picked, m), n / Math.max(1, m), this.hooks.look());
  }
}
