/** The map: points, the names of regions, the point under the pointer and the pinned one. */

import { Camera, steer } from "./camera.js";
import { Points } from "./gl.js";
import { count, el, rgb } from "./look.js";
import { Nearest } from "./nearest.js";
import { PlainPoints, SAMPLE } from "./plain.js";
import { Tip } from "./tip.js";

const SMOOTH = 30; // milliseconds a frame may take while something moves
const CALM = 140; // milliseconds without a move until everything is drawn
const REACH = 12; // pixels

export class MapView {
  /**
   * @param {object} hooks `rowUrl`, `describe(row)` for the tip, `onPin(row | null)`, `palette()` and `isDark()` of the theme
   */
  constructor(hooks) {
    this.hooks = hooks;
    this.canvas = el("canvas", {
      tabindex: 0,
      role: "application",
      "aria-label": "Map of the texts: arrows move, plus and minus zoom, 0 shows everything, Enter picks the text in the middle",
    });
    this.ring = el("div", { class: "ring", hidden: true });
    this.regions = el("div", { class: "regions", "aria-hidden": "true" });
    this.note = el("p", { class: "fallback", hidden: true });
    this.tip = new Tip(hooks.rowUrl, hooks.describe);
    this.camera = new Camera(() => this.moved());
    this.element = el("div", { class: "stage" }, this.canvas, this.regions, this.ring, this.#tools(), this.tip.element);
    this.limit = 60000;
    this.#listen();
  }

  /** Positions in hash order and the row of each place. */
  setPoints(xy, order) {
    this.xy = xy;
    this.order = order;
    try {
      this.points = new Points(this.canvas);
    } catch {
      this.points = new PlainPoints(this.canvas);
      this.note.hidden = false;
      const part = xy.length / 2 > SAMPLE ? `, a sample of ${count(SAMPLE)} points` : "";
      this.note.textContent = `drawn without WebGL${part}`;
    }
    this.points.setPositions(xy);
    this.camera.fit(xy);
    this.grid = null;
    this.watching = new ResizeObserver(() => this.#resize());
    this.watching.observe(this.element);
  }

  setStates(states) {
    this.points.setStates(states);
    this.chosen = true;
    this.moved();
  }

  setColours(codes, table) {
    this.points.setCodes(codes);
    this.points.setTable(table);
    this.coloured = true;
    this.moved();
  }

  setRegions(regions) {
    this.places = regions.map(({ label, x, y }) => ({ x, y, element: el("span", {}, label) }));
    this.regions.replaceChildren(...this.places.map((place) => place.element));
  }

  pin(row) {
    this.pinned = row;
    this.pinnedAt = row === null ? -1 : this.order.indexOf(row);
    this.#overlay();
  }

  /** Something changed: draw a quick picture now and the whole one when it is calm. */
  moved() {
    if (!this.chosen || !this.coloured || !this.sized) return;
    this.#soon(this.limit);
    clearTimeout(this.calm);
    if (this.limit < this.points.n) this.calm = setTimeout(() => this.#soon(Infinity), CALM);
  }

  #soon(limit) {
    this.wanted = limit;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#draw(this.wanted);
    });
  }

  #draw(limit) {
    this.points.draw(this.camera.view, this.#style(), limit);
    this.#overlay();
    if (limit !== this.limit || this.measuring) return;
    this.measuring = true;
    this.points.timed((taken) => {
      this.measuring = false;
      const ratio = Math.min(Math.max(SMOOTH / Math.max(taken, 1), 0.5), 2);
      this.limit = Math.min(Math.max(this.limit * ratio, 20000), 4e6);
    });
  }

  #style() {
    const ratio = this.canvas.width / Math.max(1, this.camera.size[0]);
    const n = Math.max(this.points.n, 1);
    const grow = Math.min(this.camera.zoom ** 0.3, 3) * ratio;
    const size = Math.min(Math.max(10.2 - 1.45 * Math.log10(n), 1.6), 6);
    const thin = Math.min(1, (20000 / n) ** 0.3 * Math.max(1, this.camera.zoom ** 0.4));
    const dark = this.hooks.isDark();
    return {
      dropped: rgb(this.hooks.palette().dropped),
      droppedAlpha: Math.max(0.12, (dark ? 0.42 : 0.46) * thin),
      droppedSize: 0.86 * size * grow,
      keptAlpha: Math.max(0.35, 0.92 * Math.sqrt(thin)),
      keptSize: size * grow,
    };
  }

  #overlay() {
    const shown = this.pinnedAt >= 0 && this.xy && Number.isFinite(this.xy[2 * this.pinnedAt]);
    this.ring.hidden = !shown;
    if (shown) {
      const [left, top] = this.camera.toPixel(this.xy[2 * this.pinnedAt], this.xy[2 * this.pinnedAt + 1]);
      this.ring.style.transform = `translate(${left}px, ${top}px)`;
    }
    const taken = [];
    for (const { x, y, element } of this.places ?? []) {
      const [left, top] = this.camera.toPixel(x, y);
      const half = 3.6 * element.textContent.length;
      const free = taken.every(([l, t, h]) => Math.abs(t - top) > 18 || Math.abs(l - left) > h + half + 6);
      const inside = left > half && left < this.camera.size[0] - half && top > 10 && top < this.camera.size[1] - 10;
      element.hidden = !(free && inside);
      if (free && inside) taken.push([left, top, half]);
      element.style.transform = `translate(-50%, -50%) translate(${left}px, ${top}px)`;
    }
  }

  #resize() {
    const [width, height] = [this.element.clientWidth, this.element.clientHeight];
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.camera.resize(width, height);
    this.sized = width > 0;
    this.moved();
  }

  #tools() {
    const button = (name, path, action) => {
      const icon = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${path}"/></svg>`;
      const made = el("button", { type: "button", "aria-label": name, title: name, onclick: action });
      made.innerHTML = icon;
      return made;
    };
    return el(
      "div",
      { class: "tools" },
      button("Zoom in", "M10 4v12M4 10h12", () => this.camera.zoomBy(1.5)),
      button("Zoom out", "M4 10h12", () => this.camera.zoomBy(1 / 1.5)),
      button("Show everything", "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4", () => this.camera.reset()),
    );
  }

  #listen() {
    steer(this.canvas, this.camera, (left, top) => this.#pick(left, top));
    this.canvas.addEventListener("webglcontextlost", () => {
      this.note.hidden = false;
      this.note.textContent = "The graphics card dropped the map: reload the page.";
    });
    this.canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.canvas.addEventListener("pointerleave", () => this.tip.hide());
    this.canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter") this.#pick(this.camera.size[0] / 2, this.camera.size[1] / 2, 8);
      else if (event.key === "Escape") this.hooks.onPin(null);
      else if (!this.camera.key(event.key)) return;
      event.preventDefault();
    });
  }

  #nearest(left, top, times = 1) {
    if (!this.xy) return -1;
    this.grid ??= new Nearest(this.xy);
    const { scale } = this.camera.view;
    const reach = scale.map((perUnit, axis) => (2 * times * REACH) / (perUnit * this.camera.size[axis]));
    return this.grid.find(this.camera.toPoint(left, top), reach);
  }

  #hover(event) {
    if (event.buttons !== 0) {
      this.tip.hide();
      return;
    }
    const box = this.canvas.getBoundingClientRect();
    const at = this.#nearest(event.clientX - box.left, event.clientY - box.top);
    this.canvas.classList.toggle("on-point", at >= 0);
    if (at < 0) this.tip.hide();
    else this.#tell(at);
  }

  #tell(at) {
    const pixel = this.camera.toPixel(this.xy[2 * at], this.xy[2 * at + 1]);
    this.tip.show(this.order[at], pixel, this.camera.size);
  }

  #pick(left, top, times = 1) {
    const at = this.#nearest(left, top, times);
    if (at >= 0) this.#tell(at);
    this.hooks.onPin(at < 0 || this.order[at] === this.pinned ? null : this.order[at]);
  }

  release() {
    this.watching?.disconnect();
    clearTimeout(this.calm);
    if (this.frame) cancelAnimationFrame(this.frame);
    this.tip.hide();
    this.points?.release();
  }
}
