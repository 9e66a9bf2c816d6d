/** The list of all scores, each a small histogram with a brush; a score is fetched when it comes into sight. */

import { Brush } from "./brush.js";
import { el } from "./look.js";

export class ScoreList {
  /** @param {object} hooks `facet(name)`, `onBand(name, band, phase)`, `look()`, `onError(error)` */
  constructor(hooks) {
    this.hooks = hooks;
    this.brushes = new Map();
    this.element = el("ul", { class: "brushes", tabindex: -1 });
    this.seeing = new IntersectionObserver((seen) => this.#seen(seen), { root: this.element, rootMargin: "60px" });
    this.watching = new ResizeObserver(() => this.paint());
    this.watching.observe(this.element);
  }

  /** One brush a score; those that are there already stay as they are. */
  fill(columns) {
    const elements = columns.map((about) => {
      const known = this.brushes.get(about.name);
      return known?.about.codes_url === about.codes_url ? known.element : this.#add(about);
    });
    this.element.replaceChildren(...elements);
    this.#drawSeen();
  }

  #add(about) {
    const { look, onBand } = this.hooks;
    const brush = new Brush(about, { look, onBand: (band, phase) => onBand(about.name, band, phase) });
    brush.element.dataset.column = about.name;
    this.brushes.set(about.name, brush);
    this.seeing.observe(brush.element);
    return brush.element;
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const brush = this.brushes.get(target.dataset.column);
      if (brush) brush.seen = isIntersecting;
    }
    this.#drawSeen();
  }

  /** Show which of the first places of n are picked, and the bands. */
  draw(picked, n, bands) {
    [this.picked, this.n, this.bands] = [picked, n, bands];
    this.#drawSeen();
  }

  #drawSeen() {
    if (!this.picked) return;
    for (const brush of this.brushes.values()) {
      if (!brush.seen) continue;
      if (brush.facet) this.#drawOne(brush);
      else if (!brush.asked) this.#fetch(brush);
    }
  }

  async #fetch(brush) {
    brush.asked = true;
    try {
      brush.setFacet(await this.hooks.facet(brush.about.name));
      this.#drawOne(brush);
    } catch (error) {
      brush.asked = false;
      this.hooks.onError(error);
    }
  }

  #drawOne(brush) {
    const m = this.picked.length;
    brush.draw(brush.facet.count(this.picked, m), this.n / Math.max(1, m), this.bands?.[brush.about.name]);
  }

  /** The bars again: another size or theme. */
  paint() {
    for (const brush of this.brushes.values()) if (brush.seen) brush.paint();
  }

  release() {
    this.seeing.disconnect();
    this.watching.disconnect();
  }
}
