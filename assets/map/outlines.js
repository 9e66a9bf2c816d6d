/** Outlines on the map: those that are set follow the camera, the one that is being drawn follows the pointer. */

import { el, svg } from "./look.js";
import { simplified } from "./outline.js";

const EXACT = 0.7; // pixels a corner may be away from the line that was drawn
const MOST_CORNERS = 200;
const ABOVE = 5; // pixels between an outline and its name
const FINE = 20; // steps within a pixel that corners are rounded to

export class Outlines {
  constructor(camera) {
    this.camera = camera;
    this.drawing = svg("path", { class: "drawing" });
    this.kept = svg("g");
    this.picture = svg("svg", { "aria-hidden": "true" });
    this.picture.append(this.kept, this.drawing);
    this.element = el("div", { class: "outlines" }, this.picture);
    this.areas = [];
  }

  /** Outlines to be seen, each `{area, cut, name}` in units of the points; the name stands at its highest corner. */
  set(outlines) {
    this.areas = outlines.map(({ area, cut, name }) => ({ area, path: svg("path", { class: cut ? "cut" : "" }), text: svg("text", {}, name) }));
    this.kept.replaceChildren(...this.areas.flatMap(({ path, text }) => [path, text]));
    this.place();
  }

  place() {
    for (const { area, path, text } of this.areas) {
      const pixels = corners(area).map((point) => this.camera.toPixel(...point));
      path.setAttribute("d", pathOf(pixels));
      const [left, top] = pixels.reduce((best, pixel) => (pixel[1] < best[1] ? pixel : best));
      text.setAttribute("x", left.toFixed(1));
      text.setAttribute("y", (top - ABOVE).toFixed(1));
    }
  }

  /** Show what is being drawn: a line, or the box between its ends. */
  sketch(line, tool) {
    this.line = tool === "box" ? boxOf(line[0], line[line.length - 1]) : line;
    this.drawing.setAttribute("d", pathOf(this.line));
  }

  /** The area that was drawn, in units of the points; fewer than three corners where it was none. */
  finished() {
    const line = this.line ?? [];
    this.line = null;
    this.drawing.removeAttribute("d");
    return this.#area(line);
  }

  /** The area that is in view. */
  whole() {
    return this.#area(boxOf([0, 0], this.camera.size));
  }

  #area(line) {
    let [exact, drawn] = [EXACT, line];
    while (drawn.length > MOST_CORNERS || drawn === line) {
      drawn = simplified([...line], exact);
      exact *= 1.5;
    }
    const { scale } = this.camera.view;
    const digits = scale.map((perUnit, axis) => Math.max(0, Math.ceil(Math.log10((FINE * perUnit * this.camera.size[axis]) / 2))));
    return drawn.flatMap((pixel) => this.camera.toPoint(...pixel).map((value, axis) => Number(value.toFixed(Math.min(digits[axis], 12)))));
  }
}

const corners = (area) => [...Array(area.length / 2)].map((_, i) => [area[2 * i], area[2 * i + 1]]);
const boxOf = ([x0, y0], [x1, y1]) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
const pathOf = (pixels) => (pixels.length ? `M${pixels.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z` : "");
