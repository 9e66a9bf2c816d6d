/**
 * Map, budget and class balance as one component that keeps its state in the browser.
 *
 * The server sends addresses once; columns come over HTTP; a move of a handle is answered here and
 * reported to the server afterwards.
 */

import { inOrder, makePool, select, tally } from "./band.js";
import { ClassBars } from "./bars.js";
import { Budget } from "./budget.js";
import { identityOf, initialOf, startOf } from "./choice.js";
import { column, recorded } from "./columns.js";
import { withBand, withBudget } from "./coupling.js";
import { card, choose, classLegend, scaleLegend, stateLegend } from "./frame.js";
import { Histogram } from "./histogram.js";
import { count, el } from "./look.js";
import { MapView } from "./map.js";
import { classPaint, columnPaint } from "./paint.js";
import { Report } from "./report.js";
import { BINS, series } from "./series.js";

const SETTLED = 350; // milliseconds without a change
const mounted = new WeakMap();

/** Show `data` in an element; called again whenever the data or the theme changes. */
export function mount({ parentElement, data, setStateValue }) {
  let shown = mounted.get(parentElement);
  if (!shown || shown.identity !== identityOf(data)) {
    const before = shown;
    before?.release();
    shown = new Explorer(parentElement, data, before);
    mounted.set(parentElement, shown);
  }
  shown.report.send = (choice) => setStateValue("choice", choice);
  shown.follow(data);
}

/** Take down what `mount` put up. */
export function unmount(parentElement) {
  mounted.get(parentElement)?.report.stop();
  mounted.get(parentElement)?.release();
  mounted.delete(parentElement);
}

class Explorer {
  constructor(host, data, before) {
    this.host = host;
    this.data = data;
    this.identity = identityOf(data);
    this.report = before?.report ?? new Report(echoesOf);
    this.initial = initialOf(data);
    this.givenRow = data.row ?? null;
    const goesOn = before && before.data.row_url === data.row_url && before.initial === this.initial;
    this.choice = goesOn ? before.choice : startOf(data);
    this.columns = new Map();
    this.#build();
    this.#load();
  }

  /** The page or the theme changed: colours, and a choice the page set anew. */
  follow(data) {
    const initial = initialOf(data);
    if (initial !== this.initial && !this.report.echoes(initial)) {
      this.choice = { ...startOf(data), row: this.choice.row };
      this.#take(this.choice.by).then(() => this.#paint());
    } else if (this.isDark() !== this.wasDark) this.#paint();
    if ((data.row ?? null) !== this.givenRow) this.#pin(data.row ?? null);
    this.initial = initial;
    this.wasDark = this.isDark();
    this.givenRow = data.row ?? null;
  }

  #pin(row) {
    this.choice = { ...this.choice, row };
    if (this.map.points) this.map.pin(row);
  }

  isDark() {
    return getComputedStyle(this.grid).colorScheme.includes("dark");
  }

  palette() {
    return this.data.palettes[this.isDark() ? "dark" : "light"];
  }

  #build() {
    const { data } = this;
    this.cards = {};
    this.grid = el("section", { class: "explorer", style: `--height:${data.height}px` });
    this.grid.append(this.#buildMap(), el("div", { class: "side" }, this.#buildBand(), this.#buildClasses()));
    const style = el("link", { rel: "stylesheet", href: new URL("explorer.css", import.meta.url).href });
    const frame = el("div", { style: `min-height:${data.height}px; visibility:hidden` }, this.grid);
    frame.className = "frame";
    for (const done of ["load", "error"]) style.addEventListener(done, () => frame.style.removeProperty("visibility"));
    this.host.replaceChildren(style, frame);
  }

  #buildMap() {
    const { data } = this;
    const made = card("map", "Map", data.points_url ? data.map_note : "");
    const names = data.columns.map(({ name, label }) => [name, label]);
    if (data.classes.length) names.push(["class", "Class"]);
    this.colourBy = choose("Colour", names, this.choice.color, (color) => this.#change({ color }));
    made.head.append(this.colourBy.element);
    this.map = new MapView({
      tell: (row, signal) => recorded(data, row, [...new Set([this.choice.by, this.#colourColumn()])], signal),
      onPin: (row) => this.#change({ row }),
      palette: () => this.palette(),
      isDark: () => this.isDark(),
    });
    this.legend = el("div", { class: "legend" });
    made.body.append(this.map.element, el("footer", {}, this.legend, this.map.note));
    made.say(data.points_url ? `Loading ${count(data.n)} points…` : data.map_note);
    this.cards.map = made;
    return made.element;
  }

  #buildBand() {
    const { data } = this;
    const made = card("band", "");
    this.histogram = new Histogram(data.palettes, (lo, hi, first) => this.#moveBand(lo, hi, first));
    this.budget = new Budget(data.n, (k) => this.#choose(withBudget(this.pool, this.choice, k)));
    const names = data.columns.map(({ name, label }) => [name, label]);
    this.bandBy = choose("Interval of", names, this.choice.by, (by) => this.#change({ by }));
    this.reset = el("button", { type: "button", class: "quiet", onclick: () => this.#resetBand() });
    const scale = el("small", {}, "height = √count");
    made.body.append(this.budget.element, this.histogram.element, el("footer", {}, this.bandBy.element, scale, this.reset));
    made.say("Loading the scores…");
    this.cards.band = made;
    return made.element;
  }

  #buildClasses() {
    const { data } = this;
    const made = card("classes", "Class balance", "subset, all rows as a tick");
    this.cards.classes = made;
    if (!data.classes.length || !data.labels_url) {
      made.say("These rows carry no labels, so there is no balance to show. Choose a label column on the Data page.");
      return made.element;
    }
    const ways = [["proportional", "as in all rows"], ["none", "as they come"]];
    this.balanceBy = choose("Classes", ways, this.choice.balance, (balance) => this.#change({ balance }));
    made.head.append(this.balanceBy.element);
    this.bars = new ClassBars(data.classes);
    made.body.append(this.bars.element);
    made.say("Loading the labels…");
    return made.element;
  }

  async #load() {
    const { data } = this;
    try {
      const [order, labels, eligible] = await Promise.all([
        column(data.order_url, Uint32Array),
        data.labels_url && column(data.labels_url, Int32Array),
        data.eligible_url && column(data.eligible_url, Uint8Array),
      ]);
      for (const array of [order, labels, eligible]) this.#check(array);
      this.order = order;
      this.labels = labels && inOrder(labels, order);
      this.eligible = eligible && inOrder(eligible, order);
      await this.#take(this.choice.by);
    } catch (error) {
      for (const made of Object.values(this.cards)) made.say(error.message, true);
      return;
    }
    if (data.points_url) await this.#loadMap().catch((error) => this.cards.map.say(error.message, true));
  }

  async #loadMap() {
    const given = await column(this.data.points_url, Float32Array);
    this.#check(given, 2);
    const xy = new Float32Array(given.length);
    this.order.forEach((row, j) => {
      xy[2 * j] = given[2 * row];
      xy[2 * j + 1] = given[2 * row + 1];
    });
    if (this.released) return;
    this.cards.map.say("");
    this.map.setRegions(this.data.regions);
    this.map.setPoints(xy, this.order);
    this.map.pin(this.choice.row);
    if (this.selected) this.map.setStates(this.selected.state);
    await this.#paint();
  }

  #check(array, per = 1) {
    if (array && array.length !== per * this.data.n) {
      throw new Error(`The server sent ${count(array.length / per)} rows where ${count(this.data.n)} belong: reload the page.`);
    }
  }

  /** A column ready to draw, with its quantiles. */
  #column(name) {
    if (!this.columns.has(name)) this.columns.set(name, this.#fetchColumn(name));
    return this.columns.get(name);
  }

  async #fetchColumn(name) {
    const about = this.data.columns.find((one) => one.name === name);
    const [values, u] = await Promise.all([column(about.values_url, Float32Array), column(about.quantiles_url, Float32Array)]);
    for (const array of [values, u]) this.#check(array);
    return { about, ...series(inOrder(values, this.order)), u: inOrder(u, this.order) };
  }

  /** Put the interval on a column. */
  async #take(name) {
    const drawn = await this.#column(name);
    if (this.released || name !== this.choice.by) return;
    this.drawn = drawn;
    this.#pool();
    this.histogram.setSeries(drawn, axisLabel(drawn.about));
    this.cards.band.say(this.pool.scored ? "" : `No row has a value of ${drawn.about.label}: score the data first.`);
    if (this.bars) this.cards.classes.say("");
    this.#choose(withBudget(this.pool, this.choice, this.choice.k));
  }

  #pool() {
    this.pool = makePool({
      u: this.drawn.u,
      labels: this.labels,
      classes: this.data.classes.length,
      eligible: this.eligible,
      proportional: this.choice.balance === "proportional",
    });
  }

  #moveBand(lo, hi, first) {
    if (first) this.wanted = this.choice.k; // a budget squeezed by a drag comes back when the drag turns round
    this.#choose(withBand(this.pool, { ...this.choice, k: this.wanted }, lo, hi));
  }

  #resetBand() {
    this.#choose(withBudget(this.pool, { ...this.choice, auto: true }, this.choice.k));
  }

  /** One of the drop-downs, or a pin. */
  async #change(part) {
    this.choice = { ...this.choice, ...part };
    try {
      if ("by" in part) await this.#take(part.by);
      if ("color" in part) await this.#paint();
    } catch (error) {
      this.cards["by" in part ? "band" : "map"].say(error.message, true);
    }
    if ("balance" in part) {
      this.#pool();
      this.#choose(this.choice);
    }
    if ("row" in part) this.#pin(part.row);
    if (!("by" in part) && !("balance" in part)) this.#tell();
  }

  #choose(choice) {
    this.choice = choice;
    this.selected = select(this.pool, choice.lo, choice.hi, choice.k);
    this.#draw(false);
    if (this.map.points) this.map.setStates(this.selected.state);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.#draw(true), SETTLED);
    this.#tell();
  }

  #draw(settled) {
    const { state, kept } = this.selected;
    if (!settled) {
      this.budget.draw(kept);
      if (this.pool.scored) this.histogram.draw(tally(state, this.drawn.bins, BINS), this.choice);
      this.#drawReset();
    }
    if (this.bars && this.labels) this.bars.draw(tally(state, this.labels, this.data.classes.length), settled);
  }

  #drawReset() {
    const { auto } = this.choice;
    this.reset.textContent = auto ? "follows the budget" : "Follow the budget";
    this.reset.disabled = auto;
  }

  #tell() {
    const { by, lo, hi, auto, balance, color, row } = this.choice;
    const k = this.selected?.kept ?? this.choice.k;
    const told = { by, k, lo, hi, auto, balance, color, row };
    const text = JSON.stringify(told);
    if (text === (this.told ?? JSON.stringify(startOf(this.data)))) return;
    this.told = text;
    this.report.tell(told);
  }

  async #paint() {
    if (!this.map.points) return;
    const { color } = this.choice;
    const { palettes, classes } = this.data;
    const byClass = color === "class" && this.labels;
    const paint = byClass ? classPaint(this.labels, classes, palettes) : columnPaint(await this.#column(this.#colourColumn()));
    if (color !== this.choice.color || this.released) return;
    this.map.setColours(paint.codes, paint.table(this.palette()));
    const label = this.data.columns.find(({ name }) => name === this.#colourColumn()).label;
    const colours = byClass ? classLegend(paint.legend, palettes) : scaleLegend(label, paint.domain, palettes);
    this.legend.replaceChildren(...colours, stateLegend());
  }

  #colourColumn() {
    return this.data.columns.some(({ name }) => name === this.choice.color) ? this.choice.color : this.choice.by;
  }

  release() {
    this.released = true;
    clearTimeout(this.settling);
    this.map.release();
  }
}

const axisLabel = ({ label, unit }) => (unit ? `${label} (${unit})` : label);

/** As what a page may send back a choice: as it was told, or without the interval that follows the budget. */
const echoesOf = (choice) => [initialOf(choice), ...(choice.auto ? [initialOf({ ...choice, lo: null, hi: null })] : [])];
