/**
 * Linked views of one data set: map, brushes, classes, two scores and search share one selection in the browser.
 *
 * Columns come over HTTP, once; a move of the hand is answered here, on a sample of the rows where there are very
 * many, and told to the server, which confirms it.
 */

import { KEPT } from "./band.js";
import { CLASS, Colouring } from "./colouring.js";
import { recorded } from "./columns.js";
import { Compare } from "./compare.js";
import { card } from "./frame.js";
import { el } from "./look.js";
import { MapView } from "./map.js";
import { Past } from "./past.js";
import { Pool } from "./pool.js";
import { QueryBar } from "./query.js";
import { Report } from "./report.js";
import { ScoreList } from "./scores.js";
import { inverted, NONE, rowsWhere, withBand, withClasses, withMark } from "./where.js";
import { conditions } from "./words.js";

const LIVE = 150000; // rows counted while something is dragged: the first in hash order, so a random sample
const CALM = 120; // milliseconds without a move until all rows are counted
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

const initialOf = ({ where, color, joint, tab }) => JSON.stringify([where, color, joint, tab]);

class Explore {
  constructor(host, data) {
    this.host = host;
    this.data = data;
    this.pool = new Pool(data);
    this.past = new Past();
    this.report = new Report((choice) => [initialOf(choice)]);
    this.choice = startOf(data);
    this.initial = initialOf(data.initial);
    this.told = this.#word();
    this.#build();
    this.#load().catch((error) => this.#fail(error));
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
    else if (initial !== this.initial && !this.report.echoes(initial)) this.#take({ ...startOf(data), camera: this.choice.camera });
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
    frame.addEventListener("keydown", (event) => this.#key(event));
    this.host.replaceChildren(style, frame);
  }

  #barHooks() {
    return {
      onSearch: (way, text) => this.#search(way === "words" ? { words: text } : { meaning: text, most: MOST_FOUND }),
      onAll: () => this.#pick({}),
      onNone: () => this.#pick(NONE),
      onInvert: () => this.#pick(inverted(this.choice.where)),
      onUndo: () => this.#back(this.past.undo(this.choice)),
      onRedo: () => this.#back(this.past.redo(this.choice)),
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
      onArea: (area, op) => this.#pick(withMark(this.choice.where, { area }, op)),
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
    const look = () => this.look();
    const bands = (changed, phase) =>
      this.#gesture(Object.entries(changed).reduce((where, [name, band]) => withBand(where, name, band), this.choice.where), phase);
    const made = card("scores", "Scores", "drag to brush, height = √count");
    this.scores = new ScoreList({
      facet: (name) => this.pool.facet(name),
      onBand: (name, band, phase) => bands({ [name]: band }, phase),
      onError: (error) => made.say(error.message, true),
      look,
    });
    this.scores.fill(this.data.columns);
    made.body.append(this.scores.element);
    this.compare = new Compare(this.data, this.choice, {
      onClass: (label, more) => this.#pickClass(label, more),
      onPair: (which, name) => this.#change({ joint: this.choice.joint.map((old, at) => (at === which ? name : old)) }),
      onBands: bands,
      onTab: (tab) => this.#change({ tab }),
      look,
    });
    this.cards.scores = made;
    return el("div", { class: "side" }, made.element, this.compare.element);
  }

  async #load() {
    const first = this.choice.color === CLASS ? this.data.by : this.choice.color;
    const mapped = this.data.points_url && this.pool.positions(this.data.points_url).then(
      () => true,
      (error) => this.cards.map.say(error.message, true), // all else works without a map
    );
    await Promise.all([this.pool.started, mapped, this.pool.facet(first), this.choice.tab === "joint" && this.#loadJoint()]);
    await this.pool.need(this.choice.where).catch((error) => {
      this.choice = { ...this.choice, where: {} };
      this.bar.warn(`${error.message} All rows are shown.`);
    });
    if (this.released) return;
    this.#evaluate(false);
    if (await mapped) await this.#showMap();
  }

  async #loadMap() {
    if (!this.picked || !this.data.points_url) return;
    if (JSON.stringify(this.choice.where).includes('"area"')) {
      this.choice = { ...this.choice, where: {} };
      this.bar.warn("The map was drawn anew, so what was outlined on the earlier one is no longer picked.");
    }
    this.choice = { ...this.choice, camera: null };
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

  async #loadJoint() {
    const [x, y] = await Promise.all(this.choice.joint.map((name) => this.pool.facet(name)));
    this.compare.joint.setPair(x, y);
  }

  #newColumns() {
    this.colouring.fill(this.data, this.choice.color);
    this.scores.fill(this.data.columns);
    this.compare.fill(this.data.columns, this.choice.joint);
  }

  // What is picked

  /** One step that can be undone. */
  async #pick(where) {
    const left = this.choice;
    if (await this.#set({ ...this.choice, where })) {
      this.past.leave(left);
      this.#showBar();
    }
  }

  /** A drag: the first word of it can be undone as one step. */
  #gesture(where, phase) {
    if (phase === "begin") this.past.leave(this.choice);
    this.wanted = null; // what was asked for before is out of date
    this.choice = { ...this.choice, where };
    if (!this.pool.has(where)) return;
    this.#evaluate(phase !== "end");
    this.#tell();
  }

  #pickClass(label, more) {
    const now = this.choice.where.classes ?? [];
    const others = more ? now.filter((other) => other !== label) : [];
    const alone = now.includes(label) && (more || now.length === 1);
    this.#pick(withClasses(this.choice.where, alone ? others : [...others, label]));
  }

  #search(mark) {
    this.bar.warn(mark.meaning ? "Looking for texts that mean the like…" : "Looking through the texts…", true);
    this.#pick(withMark(this.choice.where, mark, "only"));
  }

  #back(choice) {
    if (choice) this.#take({ ...choice, row: this.choice.row, camera: this.choice.camera });
  }

  /** A whole choice at once, from the page or from the past. */
  async #take(choice) {
    const { color, joint, tab } = this.choice;
    if (!(await this.#set(choice))) return;
    if (choice.color !== color) await this.#paint();
    if (choice.tab !== tab || String(choice.joint) !== String(joint)) await this.#showPair();
  }

  /** A choice that the browser's history led to. */
  async #turn(choice) {
    this.past.leave(this.choice);
    this.#pin(choice.row);
    this.map.camera.stand = choice.camera;
    if (!choice.camera) this.map.camera.reset();
    await this.#take(choice);
    this.map.moved();
  }

  /** Make a choice count once all it needs is there; whether it came to that. */
  async #set(choice) {
    this.wanted = choice;
    try {
      await this.pool.need(choice.where);
    } catch (error) {
      if (this.wanted === choice) this.bar.warn(error.message);
      return false;
    }
    if (this.wanted !== choice || this.released) return false;
    this.bar.warn("");
    this.choice = { ...choice, row: this.choice.row };
    this.#evaluate(false);
    this.#tell();
    return true;
  }

  /** Which rows are picked, and every view of it; `live`: on a sample now, on all rows once it is calm. */
  #evaluate(live) {
    const { pool } = this;
    const m = live ? Math.min(pool.n, LIVE) : pool.n;
    clearTimeout(this.calm);
    if (m < pool.n) this.calm = setTimeout(() => this.#evaluate(false), CALM);
    this.picked = rowsWhere(this.choice.where, pool, m);
    this.states = new Uint8Array(m);
    let held = 0;
    for (let j = 0; j < m; j += 1) {
      this.states[j] = this.picked[j] * KEPT;
      held += this.picked[j];
    }
    if (this.map.points) this.map.setStates(this.states);
    this.map.setOutlines(this.#outlines());
    const known = this.#countedAtOnce();
    this.bar.count(known ?? (held * pool.n) / Math.max(1, m), known === null && m < pool.n);
    this.#drawViews();
    this.#showBar();
  }

  /** The number of rows where one band is all there is, from its cumulative counts; null = it takes counting. */
  #countedAtOnce() {
    const { bands, ...others } = this.choice.where;
    const [one, ...more] = Object.entries(bands ?? {});
    if (!one || more.length || Object.keys(others).length) return null;
    const { below } = this.pool.facets.get(one[0]);
    return below[one[1][1] + 1] - below[one[1][0]];
  }

  #drawViews() {
    this.scores.draw(this.picked, this.pool.n, this.choice.where.bands);
    this.compare.draw(this.states, this.pool, this.choice.where);
    this.colouring.draw(this.picked, this.pool.n);
  }

  #showBar() {
    const told = conditions(this.choice.where, this.data, this.pool.facets);
    this.bar.show(told.map(([text, where]) => [text, () => this.#pick(where)]), this.past);
  }

  #outlines() {
    const marks = this.choice.where.marks ?? [];
    return marks.filter(({ area }) => area).map(({ area, op }) => ({ area, cut: op === "cut" }));
  }

  // How it is shown

  async #change(part) {
    if ("color" in part || "joint" in part) this.past.leave(this.choice);
    this.choice = { ...this.choice, ...part };
    try {
      if ("color" in part) await this.#paint();
      if ("joint" in part || "tab" in part) await this.#showPair();
    } catch (error) {
      this.bar.warn(error.message);
    }
    this.#showBar();
    this.#tell();
  }

  async #showPair() {
    if (this.choice.tab === "joint") await this.#loadJoint();
    this.compare.show(this.choice.tab);
  }

  #remember(part) {
    this.choice = { ...this.choice, ...part };
    this.#tell();
  }

  #pinned(row) {
    this.#pin(row);
    this.#tell();
  }

  #pin(row) {
    this.choice = { ...this.choice, row };
    if (this.map.points) this.map.pin(row);
  }

  async #paint() {
    const { color } = this.choice;
    await this.colouring.paint(this.map, color, this.pool, this.data, () => color === this.choice.color && !this.released);
    this.map.tip.forget();
    if (this.picked) this.colouring.draw(this.picked, this.pool.n);
  }

  #repaint() {
    this.#repaintBars();
    this.#paint().catch((error) => this.bar.warn(error.message));
  }

  #repaintBars() {
    this.scores.paint();
    this.compare.paint();
    if (this.picked) this.colouring.draw(this.picked, this.pool.n);
  }

  async #tellRow(row, signal) {
    const names = [...new Set([this.data.by, this.choice.color])].filter((name) => name !== CLASS);
    const found = (this.choice.where.marks ?? []).filter(({ words }) => words).map(({ words }) => words);
    return recorded(this.data, row, names, signal, found[0]);
  }

  #key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.target === this.bar.field) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    this.#back(key === "y" || event.shiftKey ? this.past.redo(this.choice) : this.past.undo(this.choice));
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
    clearTimeout(this.calm);
    this.report.stop();
    this.scores.release();
    this.map.release();
  }
}

function startOf({ initial, by }) {
  const { where, color, joint, tab, row, camera } = initial;
  return { where, color: color ?? by, joint, tab, row: row ?? null, camera: camera ?? null };
}
