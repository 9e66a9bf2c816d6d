/** What part of the map is in view, and the hands that move it. */

const [CLOSEST, FARTHEST] = [400, 0.5];
const STRETCH = 1.3; // how unlike the two axes may be scaled to fill the card
const MARGIN = 0.93;
const PAN = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, 0.2], ArrowDown: [0, -0.2] };
const ZOOM = { "+": 1.4, "=": 1.4, "-": 1 / 1.4, _: 1 / 1.4 };

export class Camera {
  constructor(onMove) {
    this.onMove = onMove;
    this.home = { centre: [0, 0], half: [1, 1] };
    this.size = [1, 1];
    this.reset(false);
  }

  /** Where the view stands, to come back to it: the middle, in units of the points, and the zoom; null = all in view. */
  get stand() {
    const home = this.zoom === 1 && this.centre.every((value, axis) => value === this.home.centre[axis]);
    return home ? null : [...this.centre, this.zoom].map((value) => Number(value.toPrecision(6)));
  }

  set stand(stand) {
    if (stand) [this.centre, this.zoom] = [stand.slice(0, 2), Math.min(Math.max(stand[2], FARTHEST), CLOSEST)];
  }

  /** Fit the view to the points, a few far ones left outside. */
  fit(xy) {
    const extents = [0, 1].map((axis) => extent(xy, axis));
    this.home = {
      centre: extents.map(([from, to]) => (from + to) / 2),
      half: extents.map(([from, to]) => Math.max((to - from) / 2, 1e-6)),
    };
    this.reset(false);
  }

  resize(width, height) {
    this.size = [Math.max(1, width), Math.max(1, height)];
  }

  reset(tell = true) {
    this.centre = [...this.home.centre];
    this.zoom = 1;
    if (tell) this.onMove();
  }

  /** Centre and scale that take a point to clip space [-1, 1]. */
  get view() {
    const perUnit = this.size.map((pixels, axis) => (MARGIN * pixels) / (2 * this.home.half[axis]));
    const least = Math.min(...perUnit);
    const scale = perUnit.map((own, axis) => (2 * Math.min(own, least * STRETCH) * this.zoom) / this.size[axis]);
    return { centre: this.centre, scale };
  }

  /** Pixel of a point, from the upper left corner. */
  toPixel(x, y) {
    const { centre, scale } = this.view;
    return [
      ((1 + (x - centre[0]) * scale[0]) * this.size[0]) / 2,
      ((1 - (y - centre[1]) * scale[1]) * this.size[1]) / 2,
    ];
  }

  /** Point under a pixel. */
  toPoint(left, top) {
    const { centre, scale } = this.view;
    return [
      centre[0] + ((2 * left) / this.size[0] - 1) / scale[0],
      centre[1] - ((2 * top) / this.size[1] - 1) / scale[1],
    ];
  }

  panBy(pixelsX, pixelsY) {
    const { scale } = this.view;
    this.centre[0] -= (2 * pixelsX) / this.size[0] / scale[0];
    this.centre[1] += (2 * pixelsY) / this.size[1] / scale[1];
    this.onMove();
  }

  /** Zoom about a pixel, which stays where it is; about the middle without one. */
  zoomBy(factor, left = this.size[0] / 2, top = this.size[1] / 2) {
    const before = this.toPoint(left, top);
    this.zoom = Math.min(Math.max(this.zoom * factor, FARTHEST), CLOSEST);
    const after = this.toPoint(left, top);
    this.centre = this.centre.map((value, axis) => value + before[axis] - after[axis]);
    this.onMove();
  }

  /** Whether the key was one of ours. */
  key(name) {
    if (name in PAN) this.panBy(-PAN[name][0] * this.size[0], PAN[name][1] * this.size[1]);
    else if (name in ZOOM) this.zoomBy(ZOOM[name]);
    else if (name === "0" || name === "Home") this.reset();
    else return false;
    return true;
  }
}

/**
 * Drag, wheel and fingers on an element.
 *
 * @param {object} hands `onClick(left, top)` hears of a press that was no drag; `draw(points, event)` of the pixels of a
 *   drag that draws, which `draws()` says; with `null` for the points the drag is over, whatever came of it
 * @returns {Function} gives up a drag that draws; whether there was one
 */
export function steer(element, camera, { onClick, draws = () => false, draw = () => {} }) {
  const pointers = new Map();
  let travelled = 0;
  let line = null;
  const place = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    if (pointers.size > 1 && line) draw(null, event); // a second finger zooms instead
    line = pointers.size === 1 && draws() ? [place(event)] : null;
    travelled = pointers.size > 1 ? Infinity : 0;
  });
  element.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const now = place(event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    travelled += Math.hypot(now[0] - last[0], now[1] - last[1]);
    pointers.set(event.pointerId, now);
    if (travelled < 4) return;
    if (line) {
      line.push(now);
      draw(line, event);
      return;
    }
    element.classList.add("grabbing");
    if (other) camera.zoomBy(distance(now, other) / Math.max(1, distance(last, other)), ...other);
    else camera.panBy(now[0] - last[0], now[1] - last[1]);
  });
  const release = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    element.classList.remove("grabbing");
    if (line && travelled >= 4) draw(null, event);
    line = null;
    if (event.type === "pointerup" && travelled < 4) onClick(...place(event));
  };
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener("dblclick", (event) => camera.zoomBy(2, ...place(event)));
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      camera.zoomBy(Math.exp(-0.0016 * lines * event.deltaY), ...place(event));
    },
    { passive: false },
  );
  return () => {
    if (!line) return false;
    line = null;
    pointers.clear(); // what the pressed pointer does from here on is nothing
    return true;
  };
}

const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

function extent(xy, axis) {
  const step = Math.max(1, Math.floor(xy.length / 2 / 100000)); // a sample is enough for a frame
  const values = [];
  for (let j = 0; j < xy.length / 2; j += step) if (Number.isFinite(xy[2 * j + axis])) values.push(xy[2 * j + axis]);
  const sorted = Float32Array.from(values).sort();
  if (sorted.length === 0) return [-1, 1];
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return [at(0.0008), at(0.9992)];
}
