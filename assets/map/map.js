/** The map: points, the names of regions, outlines, the point under the pointer and the pinned one. */

import { Camera, steer } from "./camera.js";
import { Points } from "./gl.js";
import { el, rgb } from "./look.js";
import { Nearest } from "./nearest.js";
import { Outlines } from "./outlines.js";
import { RasterPoints } from "./raster.js";
import { Regions } from "./regions.js";
import { Tip } from "./tip.js";
import { toolbar } from "./tools.js";

const SMOOTH = 30; // milliseconds a frame may take while something moves
const CALM = 140; // milliseconds without a move until everything is drawn
const TRAVEL = 900; // milliseconds from one layout to the next
const REACH = 12; // pixels
const KEYS_SAY = "arrows move, plus and minus zoom, 0 shows everything, Enter picks the text in the middle";

export class MapView {
  /**
   * @param {object} hooks `tell(row, signal)` for the tip, `onPin(row | null)`, `palette()` and `isDark()` of the theme;
   *   where areas may be outlined, `onArea(area, op)` with `only`, `add` or `cut`; `onCamera(stand)` once it rests
   */
  constructor(hooks) {
    this.hooks = hooks;
    const outlined = hooks.onArea ? `, L, B and V choose lasso, box and hand, S selects what is in view, Escape gives up what is being drawn` : "";
    this.canvas = el("canvas", { tabindex: 0, role: "application", "aria-label": `Map of the texts: ${KEYS_SAY}${outlined}` });
    this.ring = el("div", { class: "ring", hidden: true });
    this.note = el("p", { class: "fallback", hidden: true });
    this.tip = new Tip(hooks.tell);
    this.camera = new Camera(() => this.moved());
    this.regions = new Regions(this.camera);
    this.outlines = new Outlines(this.camera);
    this.tools = toolbar(this.camera, hooks.onArea && ((tool) => this.useTool(tool)));
    this.element = el(
      "div",
      { class: "stage" },
      ...[this.canvas, this.outlines.element, this.regions.element, this.ring, this.tools.element, this.tip.element],
    );
    this.limit = 60000;
    this.tool = "pan";
    this.#listen();
  }

  /** Positions in hash order and the row of each place; later ones are moved to. */
  setPoints(xy, order) {
    const before = this.points && this.xy.length === xy.length ? this.xy : null;
    this.xy = xy;
    this.order = order;
    this.grid = null;
    if (!this.points) {
      this.points = this.#pointsOf(this.canvas);
      this.watching = new ResizeObserver(() => this.#resize());
      this.watching.observe(this.element);
    }
    const travels = before && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.points.setPositions(xy, travels ? before : null);
    this.camera.fit(xy);
    this.stood = JSON.stringify(this.camera.stand);
    if (travels) this.#travel(performance.now());
    else this.moved();
  }

  #pointsOf(canvas) {
    try {
      return new Points(canvas);
    } catch {
      this.note.hidden = false;
      this.note.textContent = "drawn without WebGL, pixel by pixel";
      return new RasterPoints(canvas);
    }
  }

  #travel(begin) {
    const share = Math.min((performance.now() - begin) / TRAVEL, 1);
    this.travelled = share * share * (3 - 2 * share);
    if (share === 1) this.points.setPositions(this.xy);
    this.moved();
    if (share < 1 && !this.released) requestAnimationFrame(() => this.#travel(begin));
  }

  /** State of each place, or of the first ones alone while something is dragged. */
  setStates(states) {
    this.points.setStates(states);
    this.chosen = true;
    this.known = states.length;
    this.partly = this.known < this.points.n;
    this.moved();
  }

  setColours(codes, table) {
    this.points.setCodes(codes);
    this.points.setTable(table);
    this.coloured = true;
    this.moved();
  }

  setRegions(regions) {
    this.regions.set(regions);
  }

  /** Outlines to be seen, each `{area, cut, name}` in units of the points. */
  setOutlines(outlines) {
    this.outlines.set(outlines);
  }

  pin(row) {
    this.pinned = row;
    this.pinnedAt = row === null ? -1 : this.order.indexOf(row);
    this.#overlay();
  }

  useTool(tool) {
    this.tool = tool;
    this.tools.show(tool);
    this.element.dataset.tool = tool;
  }

  /** Something changed: draw a quick picture now and the whole one when it is calm. */
  moved() {
    if (!this.chosen || !this.coloured || !this.sized) return;
    this.#soon(this.limit);
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.#settle(), CALM);
  }

  #settle() {
    if (this.limit < this.points.n && !this.partly) this.#soon(Infinity);
    const stand = JSON.stringify(this.camera.stand);
    if (stand !== this.stood) this.hooks.onCamera?.(this.camera.stand);
    this.stood = stand;
  }

  #soon(limit) {
    this.wanted = limit;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.#draw(this.wanted);
    });
  }

  #draw(limit) {
    const known = Math.min(limit, this.partly ? this.known : Infinity);
    this.points.draw(this.camera.view, this.#style(), known);
    this.#overlay();
    const whole = known >= this.points.n;
    if (whole) this.points.timed(() => this.element.dispatchEvent(new CustomEvent("drawn", { bubbles: true, composed: true })));
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
    return {
      context: rgb(this.hooks.palette().dropped),
      withheld: rgb(this.hooks.palette().categorical[2]),
      contextAlpha: Math.max(0.12, (this.hooks.isDark() ? 0.42 : 0.46) * thin),
      contextSize: 0.86 * size * grow,
      droppedAlpha: Math.max(0.16, 0.34 * thin),
      keptAlpha: Math.max(0.35, 0.92 * Math.sqrt(thin)),
      keptSize: size * grow,
      moved: this.travelled ?? 1,
    };
  }

  #overlay() {
    const shown = this.pinnedAt >= 0 && this.xy && Number.isFinite(this.xy[2 * this.pinnedAt]);
    this.ring.hidden = !shown;
    if (shown) {
      const [left, top] = this.camera.toPixel(this.xy[2 * this.pinnedAt], this.xy[2 * this.pinnedAt + 1]);
      this.ring.style.transform = `translate(${left}px, ${top}px)`;
    }
    this.regions.place();
    this.outlines.place();
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

  #listen() {
    this.giveUp = steer(this.canvas, this.camera, {
      onClick: (left, top) => this.#pick(left, top),
      draws: () => this.tool !== "pan",
      draw: (line, event) => this.#outline(line, event),
    });
    this.canvas.addEventListener("webglcontextlost", () => {
      if (this.released) return;
      this.note.hidden = false;
      this.note.textContent = "The graphics card dropped the map: reload the page.";
    });
    this.canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.canvas.addEventListener("pointerleave", () => this.tip.hide());
    this.canvas.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && this.#key(event)) event.preventDefault();
    });
  }

  #key({ key, shiftKey }) {
    const tool = { l: "lasso", b: "box", v: "pan" }[key.toLowerCase()];
    if (key === "Enter") this.#pick(this.camera.size[0] / 2, this.camera.size[1] / 2, 8);
    else if (key === "Escape") this.#escape();
    else if (this.hooks.onArea && tool) this.useTool(tool);
    else if (this.hooks.onArea && key.toLowerCase() === "s") this.#take(this.outlines.whole(), shiftKey ? "add" : "only");
    else return this.camera.key(key);
    return true;
  }

  #escape() {
    if (this.giveUp()) this.outlines.finished();
    else this.hooks.onPin(null);
  }

  /** The line that is being drawn; null = it is finished. */
  #outline(line, event) {
    this.tip.hide();
    if (line) this.outlines.sketch(line, this.tool);
    else if (event.type === "pointerup") this.#take(this.outlines.finished(), event.altKey ? "cut" : event.shiftKey ? "add" : "only");
    else this.outlines.finished();
  }

  #take(area, op) {
    if (area.length >= 6 && this.xy) this.hooks.onArea(area, op);
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
    this.released = true;
    this.watching?.disconnect();
    clearTimeout(this.calm);
    if (this.frame) cancelAnimationFrame(this.frame);
    this.tip.hide();
    this.points?.release();
  }
}
