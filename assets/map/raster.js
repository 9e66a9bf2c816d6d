/** The same points on a plain canvas, for browsers without WebGL2: a sample, drawn more slowly. */

import { KEPT } from "./band.js";

export const SAMPLE = 20000;

export class PlainPoints {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.n = 0;
  }

  setPositions(xy) {
    this.xy = xy;
    this.n = xy.length / 2;
  }

  setCodes(codes) {
    this.codes = codes;
  }

  setStates(states) {
    this.states = states;
  }

  setTable(colours) {
    this.colours = [...Array(256)].map((_, code) => `rgb(${colours.slice(4 * code, 4 * code + 3).join(" ")})`);
  }

  draw(view, style, limit) {
    const { context, canvas } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const last = Math.min(limit, SAMPLE, this.n);
    context.globalAlpha = style.droppedAlpha;
    context.fillStyle = `rgb(${style.dropped.join(" ")})`;
    this.#dots(view, last, style.droppedSize, (j) => this.states[j] !== KEPT);
    context.globalAlpha = style.keptAlpha;
    this.#dots(view, last, style.keptSize, (j) => {
      if (this.states[j] !== KEPT) return false;
      context.fillStyle = this.colours[this.codes[j]];
      return true;
    });
  }

  #dots(view, last, size, wanted) {
    const { context, canvas, xy } = this;
    for (let j = 0; j < last; j += 1) {
      if (!Number.isFinite(xy[2 * j]) || !wanted(j)) continue;
      const x = (1 + (xy[2 * j] - view.centre[0]) * view.scale[0]) * (canvas.width / 2);
      const y = (1 - (xy[2 * j + 1] - view.centre[1]) * view.scale[1]) * (canvas.height / 2);
      context.beginPath();
      context.arc(x, y, size / 2, 0, 2 * Math.PI);
      context.fill();
    }
  }

  timed(done) {
    done(0);
  }

  release() {}
}
