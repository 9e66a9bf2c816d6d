/** The histogram of a column with the two ends of the interval on it; it is the map's legend too. */

import { alongScale, el, figure, percent, svg, themed, ticks } from "./look.js";
import { BINS, placeOf, quantileAt, valueAt } from "./series.js";

const [WIDTH, HEIGHT, TOP] = [600, 132, 30]; // user units; the width is stretched to the card's
const STEPS = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1 };

export class Histogram {
  /**
   * `onBand(lo, hi, first, part)` hears of every move by hand; `first` begins a gesture, `part` is `lo`, `hi` or `both`.
   * `of`: whose interval it is where there are several, which are drawn smaller.
   */
  constructor(palettes, onBand, { of = "" } = {}) {
    this.onBand = onBand;
    this.bars = [...Array(BINS)].map((_, bin) => barsOf(bin, palettes));
    this.lines = svg("g", { class: "grid-lines" });
    this.plot = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.plot.append(this.lines, ...this.bars.flatMap((bar) => [bar.all, bar.inBand, bar.kept]));
    this.middle = el("div", { class: "middle", title: "Drag to move the interval" });
    const whose = of ? ` of ${of}` : "";
    this.ends = { lo: this.#end("lo", `Lower end of the interval${whose}`), hi: this.#end("hi", `Upper end of the interval${whose}`) };
    this.axis = el("div", { class: "axis", "aria-hidden": "true" });
    this.frame = el("div", { class: "plot" }, this.plot, this.middle, this.ends.lo.box, this.ends.hi.box);
    this.element = el("div", { class: of ? "histogram small" : "histogram" }, this.frame, this.axis);
    this.#listenToPointer();
  }

  /** Another column: its axis and its bars. */
  setSeries(drawn, label) {
    this.drawn = drawn;
    this.label = label;
    const marks = ticks(...drawn.domain).map((value) => [100 * placeOf(drawn.domain, value), value]);
    this.axis.replaceChildren(
      ...marks.map(([place, value]) => el("span", { style: `left:${place}%` }, figure(value))),
    );
    this.lines.replaceChildren(
      ...[0.25, 0.5, 0.75].map((share) => {
        const y = HEIGHT - share * (HEIGHT - TOP);
        return svg("line", { x1: 0, x2: WIDTH, y1: y, y2: y });
      }),
    );
  }

  /** Whether there is an interval to move. */
  setBanded(banded) {
    for (const part of [this.middle, this.ends.lo.box, this.ends.hi.box]) part.hidden = !banded;
  }

  /** Counts per bin (`tally`) and the ends of the interval. */
  draw({ all, inBand, kept }, { lo, hi }) {
    const most = Math.sqrt(Math.max(1, ...all));
    const height = (amount) => ((HEIGHT - TOP) * Math.sqrt(amount)) / most;
    this.bars.forEach((bar, bin) => {
      setHeight(bar.all, height(all[bin]));
      setHeight(bar.inBand, height(inBand[bin]));
      setHeight(bar.kept, height(kept[bin]));
    });
    this.band = { lo, hi };
    const places = { lo: this.#placeOfEnd(lo), hi: this.#placeOfEnd(hi) };
    this.middle.style.left = `${100 * places.lo}%`;
    this.middle.style.width = `${100 * (places.hi - places.lo)}%`;
    this.#drawEnd("lo", lo, places);
    this.#drawEnd("hi", hi, places);
  }

  #placeOfEnd(quantile) {
    if (quantile <= 0) return 0;
    if (quantile >= 1) return 1;
    return placeOf(this.drawn.domain, valueAt(this.drawn.sorted, quantile));
  }

  #drawEnd(name, quantile, places) {
    const { box, handle, tag } = this.ends[name];
    const value = figure(valueAt(this.drawn.sorted, quantile));
    box.style.left = `${100 * places[name]}%`;
    tag.textContent = `${value} · ${percent(quantile)}`;
    // A label stands outside the interval, and inside where the card ends; never on the other one.
    const inward = name === "lo" ? places.lo < 0.2 : places.hi > 0.8;
    box.classList.toggle("inward", inward);
    const close = places.hi - places.lo < 0.24;
    box.classList.toggle("lower", inward && close && name === "hi");
    handle.setAttribute("aria-valuenow", (100 * quantile).toFixed(1));
    handle.setAttribute("aria-valuetext", `${this.label} ${value}, ${percent(quantile)} of the values are below`);
  }

  #end(name, label) {
    const tag = el("span", { class: "tag", "aria-hidden": "true" });
    const handle = el("div", {
      class: "handle",
      role: "slider",
      tabindex: 0,
      "aria-label": label,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      onkeydown: (event) => this.#key(event, name),
    });
    return { box: el("div", { class: `end ${name}` }, tag, handle), handle, tag };
  }

  #key(event, name) {
    const ends = { Home: name === "lo" ? 0 : this.band.lo, End: name === "hi" ? 1 : this.band.hi };
    const { lo, hi } = this.band;
    let moved = { ...this.band };
    let part = name;
    if (event.key in ends) moved[name] = ends[event.key];
    else if (!(event.key in STEPS)) return;
    else if (event.shiftKey) [moved, part] = [shifted(lo, hi, STEPS[event.key]), "both"];
    else moved[name] = Math.round(100 * (moved[name] + STEPS[event.key])) / 100;
    event.preventDefault();
    if (name === "lo") moved.lo = Math.min(moved.lo, moved.hi);
    else moved.hi = Math.max(moved.lo, moved.hi);
    this.onBand(Math.max(0, moved.lo), Math.min(1, moved.hi), true, part);
  }

  #listenToPointer() {
    const grips = [[this.ends.lo.box, "lo"], [this.ends.hi.box, "hi"], [this.middle, "both"]];
    for (const [element, part] of grips) {
      element.addEventListener("pointerdown", (event) => this.#grip(event, part, element));
    }
  }

  #grip(event, part, element) {
    if (event.button !== 0) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    if (part !== "both") this.ends[part].handle.focus();
    const begin = { x: event.clientX, ...this.band };
    const places = { lo: this.#placeOfEnd(begin.lo), hi: this.#placeOfEnd(begin.hi) };
    let first = true;
    const move = (now) => {
      const by = (now.clientX - begin.x) / this.frame.clientWidth;
      this.onBand(...this.#dragged(part, begin, places, by), first, part);
      first = false;
    };
    const release = () => {
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", release);
      element.removeEventListener("pointercancel", release);
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", release);
    element.addEventListener("pointercancel", release);
  }

  #dragged(part, begin, places, by) {
    const quantile = (place) => quantileAt(this.drawn.sorted, this.drawn.domain, place);
    if (part === "lo") return [Math.min(quantile(places.lo + by), begin.hi), begin.hi];
    if (part === "hi") return [begin.lo, Math.max(quantile(places.hi + by), begin.lo)];
    const middle = (places.lo + places.hi) / 2;
    const { lo, hi } = shifted(begin.lo, begin.hi, quantile(middle + by) - quantile(middle));
    return [lo, hi];
  }
}

/** Moved by a distance as far as [0, 1] allows, its width kept. */
function shifted(lo, hi, by) {
  const distance = Math.min(Math.max(by, -lo), 1 - hi);
  return { lo: lo + distance, hi: hi + distance };
}

function barsOf(bin, palettes) {
  const colour = themed(palettes, (palette) => alongScale(palette.scale, bin / (BINS - 1)));
  const box = { x: (bin * WIDTH) / BINS + 1, width: WIDTH / BINS - 2, y: HEIGHT, height: 0 };
  return {
    all: svg("rect", { ...box, class: "bar all" }),
    inBand: svg("rect", { ...box, class: "bar in-band", style: `fill:${colour}` }),
    kept: svg("rect", { ...box, class: "bar kept", style: `fill:${colour}` }),
  };
}

function setHeight(bar, height) {
  bar.setAttribute("y", HEIGHT - height);
  bar.setAttribute("height", height);
}
