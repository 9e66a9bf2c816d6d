/**
 * Linked views of one data set: map, brushes, classes, two scores and search share one selection in the browser.
 *
 * Columns come over HTTP, once; a move of the hand is answered here, on a sample of the rows where there are very
 * many, and told to the server, which confirms it.
 */

import { CLASS, Colouring } from "./colouring.js";
import { recorded } from "./columns.js";
import { Course, initialOf, startOf } from "./course.js";
import { evaluated } from "./evaluate.js";
import { card } from "./frame.js";
import { undoKeys } from "./keys.js";
import { CALM, LIVE } from "./live.js";
import { el } from "./look.js";
import { MapView } from "./map.js";
import { Pool } from "./pool.js";
import { QueryBar } from "./query.js";
import { Report } from "./report.js";
import { Side } from "./side.js";
import { inverted, NONE, withBand, withClasses, withMark } from "./where.js";
import { areasOf, conditions, numberOf } from "./words.js";

const MOST_FOUND = 200; // rows that a search by meaning picks
const mounted = new WeakMap();

/** Show `data` in an element; called again whenever the data or the theme changes. */
export function mount({ parentElement, data, setStateValue }) {
  let shown = mounted.get(parentElement);
  if (!shown || shown.data.row_url !== data.row_url) {
    shown?.release();
    shown = new Explore(parentElement, data);
    mounted.set(parentElement, shown);
  }
  shown.report.send = (choice) => setStateValue("choice", choice);
  shown.follow(data);
}

/** Take down what `mount` put up. */
export function unmount(parentElement) {
  mounted.get(parentElement)?.release();
  mounted.delete(parentElement);
}

class Explore {
  constructor(host, data) {
    this.host = host;
    this.data = data;
    this.pool = new Pool(data);
    this.report = new Report((choice) => [initialOf(choice)]);
    this.course = new Course(startOf(data), {
      need: (where) => this.pool.need(where),
      shown: (before) => this.#shown(before),
      say: (sentence) => this.bar.warn(sentence),
    });
    this.initial = initialOf(data.initial);
    this.told = this.#word();
    this.#build();
    this.unheard = undoKeys((way) => this.course.back(way));
    this.#load().catch((error) => this.#fail(error));
  }

  /** What is seen and picked. */
  get choice() {
    return this.course.choice;
  }

  /** The page has something new: scores, a better layout, a choice set anew, another theme. */
  follow(data) {
    const before = this.data;
    this.data = this.pool.data = data;
    if (JSON.stringify(before.columns) !== JSON.stringify(data.columns)) this.#newColumns();
    this.bar.allowMeaning(data.meaning);
    if (before.points_url !== data.points_url) this.#loadMap().catch((error) => this.cards.map.say(error.message, true));
    const initial = initialOf(data.initial);
    if (data.turn !== before.turn) this.#turn(startOf(data));
    else if (initial !== this.initial && !this.report.echoes(initial)) this.course.take({ ...startOf(data), camera: this.choice.camera });
    else if (this.picked && this.isDark() !== this.wasDark) this.#repaint();
    if ((data.initial.row ?? null) !== (before.initial.row ?? null)) this.#pin(data.initial.row ?? null);
    this.initial = initial;
    this.wasDark = this.isDark();
  }

  isDark() {
    return getComputedStyle(this.grid).colorScheme.includes("dark");
  }

  look() {
    return { palette: this.data.palettes[this.isDark() ? "dark" : "light"] };
  }

  #build() {
    const { data } = this;
    this.bar = new QueryBar(data.n, this.#barHooks(), data);
    this.cards = {};
    this.grid = el("section", { class: "explorer exploring", style: `--height:${data.height}px` });
    this.grid.append(this.bar.element, this.#buildMap(), this.#buildSide());
    const style = el("link", { rel: "stylesheet", href: new URL("explorer.css", import.meta.url).href });
    const frame = el("div", { class: "frame", style: `min-height:${data.height}px; visibility:hidden` }, this.grid);
    for (const done of ["load", "error"]) style.addEventListener(done, () => frame.style.removeProperty("visibility"));
    this.host.replaceChildren(style, frame);
  }

  #barHooks() {
    return {
      onSearch: (way, text) => this.#search(way === "words" ? { words: text } : { meaning: text, most: MOST_FOUND }),
      onAll: () => this.course.pick({}),
      onNone: () => this.course.pick(NONE),
      onInvert: () => this.course.pick(inverted(this.choice.where)),
      onUndo: () => this.course.back("undo"),
      onRedo: () => this.course.back("redo"),
    };
  }

  #buildMap() {
    const { data } = this;
    const made = card("map", "Map", data.map_note);
    this.colouring = new Colouring({ onPick: (color) => this.#change({ color }), look: () => this.look() });
    this.colouring.fill(data, this.choice.color);
    made.head.append(this.colouring.chooser);
    this.map = new MapView({
      tell: (row, signal) => this.#tellRow(row, signal),
      onPin: (row) => this.#pinned(row),
      onArea: (area, op) => this.course.pick(withMark(this.choice.where, { area }, op)),
      onCamera: (camera) => this.#remember({ camera }),
      palette: () => this.look().palette,
      isDark: () => this.isDark(),
    });
    this.map.camera.stand = this.choice.camera;
    made.body.append(this.map.element, el("footer", {}, this.colouring.legend, this.map.note));
    made.say(data.points_url ? `Loading ${data.n.toLocaleString("en-US")} points…` : data.map_note);
    this.cards.map = made;
    return made.element;
  }

  #buildSide() {
    const bands = (changed) =>
      Object.entries(changed).reduce((where, [name, band]) => withBand(where, name, band), this.choice.where);
    this.side = new Side(this.data, this.choice, {
      facet: (name) => this.pool.facet(name),
      onBands: (changed, phase) => this.#gesture(bands(changed), phase),
      onClass: (label, more) => this.#pickClass(label, more),
      onPair: (which, name) => this.#change({ joint: this.choice.joint.map((old, at) => (at === which ? name : old)) }),
      onTab: (tab) => this.#change({ tab }),
      look: () => this.look(),
    });
    this.cards.scores = this.side.card;
    return this.side.element;
  }

  async #load() {
    const first = this.choice.color === CLASS ? this.data.by : this.choice.color;
    const mapped = this.data.points_url && this.pool.positions(this.data.points_url).then(
      () => true,
      (error) => this.cards.map.say(error.message, true), // all else works without a map
    );
    await Promise.all([this.pool.started, mapped, this.pool.facet(first), this.#showPair()]);
    await this.pool.need(this.choice.where).catch((error) => {
      this.course.put({ where: {} });
      this.bar.warn(`${error.message} All rows are shown.`);
    });
    if (this.released) return;
    this.#evaluate(false);
    if (await mapped) await this.#showMap();
  }

  async #loadMap() {
    if (!this.picked || !this.data.points_url) return;
    if (JSON.stringify(this.choice.where).includes('"area"')) {
      this.course.put({ where: {} });
      this.bar.warn("The map was drawn anew, so what was outlined on the earlier one is no longer picked.");
    }
    this.course.put({ camera: null });
    await this.pool.positions(this.data.points_url);
    await this.#showMap();
    this.#evaluate(false);
  }

  async #showMap() {
    this.cards.map.say("");
    this.cards.map.head.querySelector("small").textContent = this.data.map_note;
    this.map.setRegions(this.data.regions);
    this.map.setPoints(this.pool.xy, this.pool.order);
    this.map.camera.stand = this.choice.camera;
    this.map.setStates(this.states);
    this.map.setOutlines(this.#outlines());
    this.map.pin(this.choice.row);
    await this.#paint();
  }

  #newColumns() {
    this.colouring.fill(this.data, this.choice.color);
    this.side.fill(this.data.columns, this.choice.joint);
  }

  // What is picked

  /** A drag: the first word of it can be undone as one step. */
  #gesture(where, phase) {
    this.course.drag(where, phase);
    if (!this.pool.has(where)) return;
    this.#evaluate(phase !== "end");
    this.#tell();
  }

  #pickClass(label, more) {
    const now = this.choice.where.classes ?? [];
    const others = more ? now.filter((other) => other !== label) : [];
    const alone = now.includes(label) && (more || now.length === 1);
    this.course.pick(withClasses(this.choice.where, alone ? others : [...others, label]));
  }

  #search(mark) {
    this.course.pick(withMark(this.choice.where, mark, "only"));
    this.bar.warn(mark.meaning ? "Looking for texts that mean the like…" : "Looking through the texts…", true);
  }

  /** A choice that the browser's history led to. */
  async #turn(choice) {
    this.course.leave();
    this.#pin(choice.row);
    this.map.camera.stand = choice.camera;
    if (!choice.camera) this.map.camera.reset();
    await this.course.take(choice);
    this.map.moved();
  }

  /** Another choice counts now than the one before. */
  async #shown({ color, joint, tab }) {
    const { choice } = this;
    this.bar.warn("");
    this.#evaluate(false);
    this.#tell();
    try {
      if (choice.color !== color) await this.#paint();
      if (choice.tab !== tab || String(choice.joint) !== String(joint)) await this.#showPair();
    } catch (error) {
      this.bar.warn(error.message);
    }
  }

  /** Which rows are picked, and every view of it; `live`: on a sample now, on all rows once it is calm. */
  #evaluate(live) {
    const { pool } = this;
    const m = live ? Math.min(pool.n, LIVE) : pool.n;
    clearTimeout(this.calm);
    if (m < pool.n) this.calm = setTimeout(() => this.#evaluate(false), CALM);
    const { picked, states, rows, about } = evaluated(this.choice.where, pool, m);
    this.picked = picked;
    this.states = states;
    if (this.map.points) this.map.setStates(states);
    this.map.setOutlines(this.#outlines());
    this.bar.count(rows, about);
    this.side.draw(picked, states, pool, this.choice.where);
    this.colouring.draw(picked, pool.n);
    this.#showBar();
  }

  #showBar() {
    const told = conditions(this.choice.where, this.data, this.pool);
    this.bar.show(told.map(([text, where, aside]) => [text, () => this.course.pick(where), aside]), this.course.past);
  }

  #outlines() {
    const areas = areasOf(this.choice.where);
    const own = (this.choice.where.marks ?? []).filter(({ area }) => area);
    return own.map((mark) => ({ area: mark.area, cut: mark.op === "cut", name: numberOf(mark, areas) }));
  }

  // How it is shown

  async #change(part) {
    if ("color" in part || "joint" in part) this.course.leave();
    this.course.put(part);
    try {
      if ("color" in part) await this.#paint();
      if ("joint" in part || "tab" in part) await this.#showPair();
    } catch (error) {
      this.bar.warn(error.message);
    }
    this.#showBar();
    this.#tell();
  }

  #showPair() {
    return this.side.show(this.choice.tab, this.choice.joint);
  }

  #remember(part) {
    this.course.put(part);
    this.#tell();
  }

  #pinned(row) {
    this.#pin(row);
    this.#tell();
  }

  #pin(row) {
    this.course.put({ row });
    if (this.map.points) this.map.pin(row);
  }

  async #paint() {
    const { color } = this.choice;
    await this.colouring.paint(this.map, color, this.pool, this.data, () => color === this.choice.color && !this.released);
    this.map.tip.forget();
    if (this.picked) this.colouring.draw(this.picked, this.pool.n);
  }

  #repaint() {
    this.side.paint();
    if (this.picked) this.colouring.draw(this.picked, this.pool.n);
    this.#paint().catch((error) => this.bar.warn(error.message));
  }

  async #tellRow(row, signal) {
    const names = [...new Set([this.data.by, this.choice.color])].filter((name) => name !== CLASS);
    const found = (this.choice.where.marks ?? []).filter(({ words }) => words).map(({ words }) => words);
    return recorded(this.data, row, names, signal, found[0]);
  }

  #tell() {
    const word = this.#word();
    if (word === this.told) return;
    this.told = word;
    this.report.tell(JSON.parse(word));
  }

  /** What is seen and picked, and the turn of the browser's history that it follows. */
  #word() {
    return JSON.stringify({ ...this.choice, turn: this.data.turn });
  }

  #fail(error) {
    for (const made of Object.values(this.cards)) made.say(error.message, true);
  }

  release() {
    this.released = true;
    this.unheard();
    this.course.stop();
    clearTimeout(this.calm);
    this.report.end();
    this.side.release();
    this.map.release();
  }
}
