/** Two columns against one another as a density, with a rectangle that brushes both at once. */

import { jointly, LAST } from "./facet.js";
import { choose } from "./frame.js";
import { alongScale, el } from "./look.js";

const CELLS = [56, 36];
const LEAST_DRAG = 3; // pixels

export class Joint {
  /** @param {object} hooks `onPick(0 | 1, column)`, `onBands({column: band | null}, phase)`, `look()` */
  constructor(columns, pair, hooks) {
    this.hooks = hooks;
    const names = columns.map(({ name, label }) => [name, label]);
    this.pickers = ["Across", "Up"].map((label, which) => choose(label, names, pair[which], (name) => hooks.onPick(which, name)));
    this.canvas = el("canvas", { role: "img", "aria-label": "Density of two scores; brush each of them in the list of scores by keyboard" });
    this.frame = el("div", { class: "rectangle", hidden: true });
    this.plot = el("div", { class: "plot joint" }, this.canvas, this.frame);
    this.axis = el("div", { class: "axis" }, el("span"), el("span"));
    this.upper = el("div", { class: "axis up" }, el("span"), el("span"));
    this.element = el("div", { class: "joint-box" }, el("div", { class: "pair" }, this.pickers[1].element, this.pickers[0].element), this.upper, this.plot, this.axis);
    this.#listen();
  }

  /** Other columns to choose from. */
  fill(columns, pair) {
    this.pickers.forEach(({ select }, which) => select.replaceChildren(
      ...columns.map(({ name, label }) => el("option", { value: name, selected: name === pair[which] }, label)),
    ));
  }

  setPair(x, y) {
    [this.x, this.y] = [x, y];
    this.pickers.forEach(({ select }, which) => { select.value = (which ? y : x).about.name; });
    this.all = jointly(x, y, null, x.codes.length, CELLS);
    for (const [axis, facet] of [[this.axis, x], [this.upper, y]]) {
      [axis.firstChild.textContent, axis.lastChild.textContent] = facet.axisEnds();
    }
  }

  /** Counts of the picked among the first n places, and the bands of all columns. */
  draw(picked, n, bands) {
    if (!this.x) return;
    this.counts = jointly(this.x, this.y, picked, n, CELLS);
    this.scale = this.x.codes.length / Math.max(1, n);
    this.bands = [bands?.[this.x.about.name], bands?.[this.y.about.name]];
    this.paint();
    const [[left, right], [bottom, top]] = this.bands.map((band) => (band ?? [0, LAST]).map((code) => (100 * code) / LAST));
    this.frame.hidden = !this.bands[0] && !this.bands[1];
    Object.assign(this.frame.style, { left: `${left}%`, width: `${right - left}%`, bottom: `${bottom}%`, height: `${top - bottom}%` });
  }

  paint() {
    const { canvas, plot } = this;
    if (!this.counts || !plot.clientWidth) return;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [Math.round(plot.clientWidth * ratio), Math.round(plot.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    const { palette } = this.hooks.look();
    const most = Math.sqrt(this.all.reduce((best, one) => Math.max(best, one), 1));
    const [across, up] = [width / CELLS[0], height / CELLS[1]];
    this.all.forEach((amount, cell) => {
      if (!amount) return;
      const [i, k] = [cell % CELLS[0], Math.floor(cell / CELLS[0])];
      const held = Math.min(this.counts[cell] * this.scale, amount);
      context.fillStyle = held > 0 ? `rgb(${alongScale(palette.scale, 0.06 + (0.94 * Math.sqrt(held)) / most).slice(0, 3).join(" ")})` : palette.idle;
      context.fillRect(i * across, height - (k + 1) * up, across + 0.5, up + 0.5);
    });
  }

  #listen() {
    this.plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.x) return;
      event.preventDefault();
      this.plot.setPointerCapture(event.pointerId);
      this.#drag(event);
    });
    this.plot.addEventListener("dblclick", () => {
      for (const phase of ["begin", "end"]) this.#tell([null, null], phase);
    });
  }

  #tell([x, y], phase) {
    const same = this.x.about.name === this.y.about.name;
    this.hooks.onBands(same ? { [this.x.about.name]: x } : { [this.x.about.name]: x, [this.y.about.name]: y }, phase);
  }

  #drag(begin) {
    const box = this.plot.getBoundingClientRect();
    const codesAt = ({ clientX, clientY }) =>
      [(clientX - box.left) / box.width, (box.bottom - clientY) / box.height].map((place) => Math.round(Math.min(Math.max(place, 0), 1) * LAST));
    const at = codesAt(begin);
    let [phase, last] = ["begin", null];
    const move = (event) => {
      if (phase === "begin" && Math.hypot(event.clientX - begin.clientX, event.clientY - begin.clientY) < LEAST_DRAG) return;
      const now = codesAt(event);
      last = [0, 1].map((axis) => [Math.min(at[axis], now[axis]), Math.max(at[axis], now[axis])]);
      this.#tell(last, phase);
      phase = "move";
    };
    const release = () => {
      for (const [name, heard] of heards) this.plot.removeEventListener(name, heard);
      if (last) this.#tell(last, "end");
    };
    const heards = [["pointermove", move], ["pointerup", release], ["pointercancel", release]];
    for (const [name, heard] of heards) this.plot.addEventListener(name, heard);
  }
}
