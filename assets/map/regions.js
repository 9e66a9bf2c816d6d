/** Names on the map: the coarse ones first, finer ones as one zooms in, none on another. */

import { el } from "./look.js";

const PER_LEVEL = 2.2; // how much closer one must be to see a level more
const [LINE, APART] = [18, 6]; // pixels
const EDGE = 4; // pixels between a name and the edge
// Where else a coarse name may stand, from its own place, the nearest first.
const STEPS = [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6];
const MOVES = STEPS.flatMap((across) => STEPS.map((down) => [(LINE + 1) * across, (LINE + 1) * down])).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));

export class Regions {
  constructor(camera) {
    this.camera = camera;
    this.element = el("div", { class: "regions", "aria-hidden": "true" });
    this.places = [];
  }

  /** Regions as `{label, x, y, level}`, the most important first. */
  set(regions) {
    this.places = regions.map(({ label, x, y, level = 0 }) => {
      const element = el("span", { class: `level-${Math.min(level, 2)}`, hidden: true }, label);
      return { x, y, level, element, half: 3.6 * [...label].length };
    });
    this.coarsest = Math.min(...this.places.map(({ level }) => level));
    this.element.replaceChildren(...this.places.map((place) => place.element));
  }

  /** Put the names where the camera has them; a coarse one that is in view has a place in any case. */
  place() {
    const { zoom } = this.camera;
    const finest = this.coarsest + Math.log(Math.max(zoom, 1)) / Math.log(PER_LEVEL);
    const taken = [];
    const around = this.#around();
    for (const place of this.places) {
      const at = this.camera.toPixel(place.x, place.y);
      const coarse = place.level === this.coarsest && (this.#inView(at) || place === around);
      const found = coarse ? this.#moved(at, place.half, taken) : place.level <= finest && this.#asItIs(at, place.half, taken);
      place.element.hidden = !found;
      if (!found) continue;
      taken.push([...found, place.half]);
      place.element.style.transform = `translate(-50%, -50%) translate(${found[0]}px, ${found[1]}px)`;
    }
  }

  /** So close that no coarse name is in view: the region that the middle is part of, to be named at the edge. */
  #around() {
    const { size } = this.camera;
    let [nearest, least] = [null, Infinity];
    for (const place of this.places) {
      if (place.level !== this.coarsest) continue;
      const at = this.camera.toPixel(place.x, place.y);
      if (this.#inView(at)) return null;
      const away = Math.hypot(at[0] - size[0] / 2, at[1] - size[1] / 2);
      if (away < least) [nearest, least] = [place, away];
    }
    return nearest;
  }

  #inView([left, top]) {
    const { size } = this.camera;
    return left >= 0 && left <= size[0] && top >= 0 && top <= size[1];
  }

  #asItIs([left, top], half, taken) {
    const { size } = this.camera;
    const inside = left > half && left < size[0] - half && top > LINE / 2 && top < size[1] - LINE / 2;
    return inside && isFree(left, top, half, taken) ? [left, top] : null;
  }

  /** The free place nearest to its own, within the edges. */
  #moved([left, top], half, taken) {
    const { size } = this.camera;
    const within = (value, margin, whole) => Math.max(Math.min(value, whole - margin), Math.min(margin, whole / 2));
    const places = MOVES.map(([across, down]) => [
      within(left + across, half + EDGE, size[0]),
      within(top + down, LINE / 2 + EDGE, size[1]),
    ]);
    return places.find(([x, y]) => isFree(x, y, half, taken)) ?? places[0];
  }
}

const isFree = (left, top, half, taken) => taken.every(([l, t, h]) => Math.abs(t - top) > LINE || Math.abs(l - left) > h + half + APART);
