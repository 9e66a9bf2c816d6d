/** Which point lies nearest to a place, by a grid of cells. No DOM. */

export class Nearest {
  /** @param {Float32Array} xy (n pairs), nan = not there */
  constructor(xy) {
    this.xy = xy;
    const n = xy.length / 2;
    this.side = Math.max(1, Math.min(512, Math.round(Math.sqrt(n / 2))));
    this.low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    for (let i = 0; i < xy.length; i += 1) {
      if (!Number.isFinite(xy[i])) continue;
      if (xy[i] < this.low[i & 1]) this.low[i & 1] = xy[i];
      if (xy[i] > high[i & 1]) high[i & 1] = xy[i];
    }
    this.cell = high.map((value, axis) => Math.max((value - this.low[axis]) / this.side, 1e-9));
    this.#sortIntoCells(n);
  }

  #sortIntoCells(n) {
    this.begins = new Uint32Array(this.side * this.side + 1);
    const cells = new Int32Array(n);
    for (let j = 0; j < n; j += 1) {
      cells[j] = this.#cellOf(j);
      if (cells[j] >= 0) this.begins[cells[j] + 1] += 1;
    }
    for (let c = 0; c < this.side * this.side; c += 1) this.begins[c + 1] += this.begins[c];
    const next = this.begins.slice();
    this.members = new Uint32Array(this.begins[this.side * this.side]);
    for (let j = 0; j < n; j += 1) {
      if (cells[j] < 0) continue;
      this.members[next[cells[j]]] = j;
      next[cells[j]] += 1;
    }
  }

  #cellOf(j) {
    const [x, y] = [this.xy[2 * j], this.xy[2 * j + 1]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) return -1;
    return this.#along(x, 0) + this.side * this.#along(y, 1);
  }

  #along(value, axis) {
    return Math.min(Math.max(Math.floor((value - this.low[axis]) / this.cell[axis]), 0), this.side - 1);
  }

  /** The nearest point within `reach` (half width and height, in units of the points), or -1. */
  find([x, y], [reachX, reachY]) {
    const [left, right] = [this.#along(x - reachX, 0), this.#along(x + reachX, 0)];
    const [bottom, top] = [this.#along(y - reachY, 1), this.#along(y + reachY, 1)];
    let [best, bestDistance] = [-1, 1];
    for (let row = bottom; row <= top; row += 1) {
      for (let i = this.begins[left + this.side * row]; i < this.begins[right + this.side * row + 1]; i += 1) {
        const j = this.members[i];
        const distance = ((this.xy[2 * j] - x) / reachX) ** 2 + ((this.xy[2 * j + 1] - y) / reachY) ** 2;
        if (distance < bestDistance) [best, bestDistance] = [j, distance];
      }
    }
    return best;
  }
}
