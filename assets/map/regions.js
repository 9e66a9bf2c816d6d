/** Names on the map: the coarse ones first, finer ones as one zooms in, none on another. */

import { el } from "./look.js";

const PER_LEVEL = 2.2; // how much closer one must be to see a level more
const [LINE, APART] = [18, 6]; // pixels

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
    this.element.replaceChildren(...this.places.map((place) => place.element));
  }

  /** Put the names where the camera has them. */
  place() {
    const { size, zoom } = this.camera;
    const finest = Math.log(Math.max(zoom, 1)) / Math.log(PER_LEVEL);
    const taken = [];
    for (const { x, y, level, element, half } of this.places) {
      const [left, top] = this.camera.toPixel(x, y);
      const inside = left > half && left < size[0] - half && top > 10 && top < size[1] - 10;
      const shown = inside && level <= finest && taken.every(([l, t, h]) => Math.abs(t - top) > LINE || Math.abs(l - left) > h + half + APART);
      element.hidden = !shown;
      if (!shown) continue;
      taken.push([left, top, half]);
      element.style.transform = `translate(-50%, -50%) translate(${left}px, ${top}px)`;
    }
  }
}
