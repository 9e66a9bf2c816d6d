/** A small histogram of one column with a two-ended brush. */

import { LAST } from "./facet.js";
import { alongScale, el, figure, percent } from "./look.js";

const STEP = Math.round(LAST / 100);
const STEPS = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -10 * STEP, PageUp: 10 * STEP };
const LEAST_DRAG = 3; // pixels

export class Brush {
  /**
   * @param {object} about the column
   * @param {object} hooks `onBand([first, last] | null, phase)` with phase `begin`, `move` or `end`, `look()` of the theme
   */
  constructor(about, hooks) {
    this.about = about;
    this.hooks = hooks;
    this.said = el("span", { class: "said" });
    this.clear = el("button", { type: "button", class: "clear", "aria-label": `All of ${about.label}`, title: "Clear", hidden: true, onclick: () => this.#set(null) }, "×");
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.middle = el("div", { class: "middle", hidden: true });
    this.ends = [0, 1].map((which) => this.#end(which));
    this.plot = el("div", { class: "plot small" }, this.canvas, this.middle, ...this.ends);
    this.axis = el("div", { class: "axis" }, el("span"), el("span", { class: "unit" }, about.unit), el("span"));
    const head = el("div", { class: "brush-head" }, el("span", { class: "name", title: about.label }, about.label), this.said, this.clear);
    this.element = el("li", { class: "brush" }, head, this.plot, this.axis);
    this.band = null;
    this.#listen();
  }

  setFacet(facet) {
    this.facet = facet;
    [this.axis.firstChild.textContent, this.axis.lastChild.textContent] = facet.axisEnds();
    this.element.classList.toggle("no-values", facet.scored === 0);
  }

  /** Rows per bin that are picked, of `scale` times as many; and the band. */
  draw(counts, scale, band) {
    this.counts = counts;
    this.scale = scale;
    this.band = band ?? null;
    this.paint();
    this.#place();
  }

  /** The bars again: another size or theme. */
  paint() {
    const { canvas, facet } = this;
    if (!facet || !this.counts) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [Math.round(this.plot.clientWidth * ratio), Math.round(this.plot.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    drawBars(canvas.getContext("2d"), [width, height], facet, this.counts, this.scale, this.hooks.look());
  }

  #place() {
    const shown = this.band ?? [0, LAST];
    const [left, right] = shown.map((code) => (100 * code) / LAST);
    this.middle.hidden = !this.band;
    this.clear.hidden = !this.band;
    this.middle.style.left = `${left}%`;
    this.middle.style.width = `${right - left}%`;
    const values = this.facet.ends(shown);
    this.ends.forEach((end, which) => {
      end.style.left = `${which ? right : left}%`;
      end.setAttribute("aria-valuenow", Number(values[which].toPrecision(6)));
      end.setAttribute("aria-valuetext", `${figure(values[which])} ${this.about.unit}`.trim());
      end.setAttribute("aria-valuemin", Number(this.facet.axis.lo.toPrecision(6)));
      end.setAttribute("aria-valuemax", Number(this.facet.axis.hi.toPrecision(6)));
    });
    this.element.classList.toggle("brushed", Boolean(this.band));
    this.said.textContent = this.band ? `${figure(values[0])} to ${figure(values[1])} · ${percent(this.facet.share(this.band))}` : "";
  }

  #end(which) {
    return el("div", {
      class: `grip ${which ? "hi" : "lo"}`,
      role: "slider",
      tabindex: 0,
      "aria-label": `${which ? "Upper" : "Lower"} end of ${this.about.label}`,
      onkeydown: (event) => this.#key(event, which),
    });
  }

  #key(event, which) {
    if (!this.facet) return;
    const now = this.band ?? [0, LAST];
    let moved = [...now];
    if (event.key in STEPS && event.shiftKey) moved = shifted(now, STEPS[event.key]);
    else if (event.key in STEPS) moved[which] = now[which] + STEPS[event.key];
    else if (event.key === "Home") moved[which] = which ? now[0] : 0;
    else if (event.key === "End") moved[which] = which ? LAST : now[1];
    else if (event.key === "Delete" || event.key === "Backspace") moved = [0, LAST];
    else return;
    event.preventDefault();
    moved[which] = which ? Math.min(Math.max(moved[1], now[0]), LAST) : Math.max(Math.min(moved[0], now[1]), 0);
    this.#set(moved);
  }

  #set(band) {
    this.#tell(band, "begin");
    this.#tell(band, "end");
  }

  #tell(band, phase) {
    this.hooks.onBand(band && band[0] <= 0 && band[1] >= LAST ? null : band, phase);
  }

  #listen() {
    this.plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.facet?.scored) return;
      event.preventDefault();
      this.plot.setPointerCapture(event.pointerId);
      const which = this.ends.indexOf(event.target);
      if (which >= 0) event.target.focus();
      this.#drag(event, which >= 0 ? which : event.target === this.middle ? "both" : "new");
    });
    this.plot.addEventListener("dblclick", () => this.#set(null));
  }

  #drag(begin, part) {
    const box = this.plot.getBoundingClientRect();
    const codeAt = (x) => Math.round(Math.min(Math.max((x - box.left) / box.width, 0), 1) * LAST);
    const [at, before] = [codeAt(begin.clientX), this.band ?? [0, LAST]];
    let phase = "begin";
    const move = (event) => {
      if (phase === "begin" && Math.abs(event.clientX - begin.clientX) < LEAST_DRAG) return;
      const now = codeAt(event.clientX);
      let band = [Math.min(at, now), Math.max(at, now)];
      if (part === "both") band = shifted(before, now - at);
      else if (part !== "new") band = ordered(before, part, now);
      this.#tell(band, phase);
      phase = "move";
    };
    const release = () => {
      for (const [name, heard] of heards) this.plot.removeEventListener(name, heard);
      if (phase === "move") this.#tell(this.band, "end");
    };
    const heards = [["pointermove", move], ["pointerup", release], ["pointercancel", release]];
    for (const [name, heard] of heards) this.plot.addEventListener(name, heard);
  }
}

const ordered = ([first, last], which, now) => (which ? [first, Math.max(first, now)] : [Math.min(now, last), last]);

/** Moved by a distance as far as the axis allows, its width kept. */
function shifted([first, last], by) {
  const distance = Math.min(Math.max(by, -first), LAST - last);
  return [first + distance, last + distance];
}

/** Bars of all rows and, before them in colour, of the picked ones; the height is the root of the count. */
export function drawBars(context, [width, height], facet, counts, scale, { palette }) {
  context.clearRect(0, 0, width, height);
  const most = Math.sqrt(facet.all.reduce((best, one) => Math.max(best, one), 1));
  const step = facet.step * width;
  const gap = step > 4 ? 1 : 0;
  const bar = (bin, amount) => {
    const tall = (height * Math.sqrt(amount)) / most;
    context.fillRect(bin * step, height - tall, Math.max(Math.min(step, width - bin * step) - gap, 0.5), tall);
  };
  context.fillStyle = palette.idle;
  facet.all.forEach((amount, bin) => bar(bin, amount));
  facet.all.forEach((_, bin) => {
    context.fillStyle = `rgb(${alongScale(palette.scale, (bin + 0.5) * facet.step).slice(0, 3).join(" ")})`;
    bar(bin, counts[bin] * scale);
  });
}
