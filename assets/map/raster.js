/** The same points counted into pixels without a graphics card, for browsers without WebGL2: all of them, a little coarser. */

import { IN_BAND, KEPT, WITHHELD } from "./band.js";

export class RasterPoints {
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
    if (states.length < this.n && this.states?.length === this.n) this.states.set(states);
    else this.states = states.slice();
  }

  setTable(colours) {
    this.table = colours;
  }

  draw(view, style, limit) {
    const { width, height } = this.canvas;
    if (this.image?.width !== width || this.image?.height !== height) this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.pixels.fill(0);
    const last = Math.min(limit, this.n);
    const grey = packed(style.context, style.contextAlpha);
    const withheld = packed(style.withheld, 0.95);
    const tables = [0, style.droppedAlpha, style.keptAlpha].map((alpha) => this.#colours(alpha));
    this.#dots(view, last, style.contextSize, (j) => {
      if (this.states[j] === WITHHELD) return withheld;
      return this.states[j] === IN_BAND ? tables[IN_BAND][this.codes[j]] : grey;
    }, false);
    this.#dots(view, last, style.keptSize, (j) => tables[KEPT][this.codes[j]], true);
    this.context.putImageData(this.image, 0, 0);
  }

  #colours(alpha) {
    return Uint32Array.from({ length: 256 }, (_, code) => packed(this.table.subarray(4 * code, 4 * code + 3), alpha));
  }

  #dots(view, last, size, colourOf, kept) {
    const { xy, states, pixels } = this;
    const { width, height } = this.canvas;
    const side = Math.max(1, Math.round(0.85 * size)); // a square covers more than the disc of the same width
    const [perX, perY] = [(view.scale[0] * width) / 2, (-view.scale[1] * height) / 2];
    const [offX, offY] = [width / 2 - view.centre[0] * perX - side / 2, height / 2 - view.centre[1] * perY - side / 2];
    for (let j = 0; j < last; j += 1) {
      if ((states[j] === KEPT) !== kept) continue;
      const left = Math.round(offX + xy[2 * j] * perX); // a nan fails the test below
      const top = Math.round(offY + xy[2 * j + 1] * perY);
      if (!(left >= 0 && top >= 0 && left + side <= width && top + side <= height)) continue;
      const colour = colourOf(j);
      for (let y = top; y < top + side; y += 1) {
        for (let at = y * width + left, end = at + side; at < end; at += 1) pixels[at] = colour;
      }
    }
  }

  timed(done) {
    done(0);
  }

  release() {}
}

const packed = ([red, green, blue], alpha) => ((Math.round(255 * alpha) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
