/**
 * Map, budget and class balance as one component that keeps its state in the browser.
 *
 * The server sends addresses once; columns come over HTTP; a move of a handle is answered here and
 * reported to the server afterwards.
 */

import { makePool, WITHHELD, withOthers } from "./band.js";
import { BalanceCard } from "./balance.js";
import { BandCard } from "./bandcard.js";
import { identityOf, initialOf, ranks, startOf, toldOf } from "./choice.js";
import { recorded } from "./columns.js";
import { renewed, settled, withBand, withBudget } from "./coupling.js";
import { card, choose, classLegend, scaleLegend, stateLegend } from "./frame.js";
import { count, el } from "./look.js";
import { MapView } from "./map.js";
import { classPaint, columnPaint } from "./paint.js";
import { Report } from "./report.js";
import { Sources } from "./sources.js";

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
    this.ranking = data.ranking;
    this.identity = identityOf(data);
    this.report = before?.report ?? new Report(echoesOf);
    this.initial = initialOf(data);
    this.givenRow = data.row ?? null;
    const goesOn = before && before.data.row_url === data.row_url && before.initial === this.initial;
    this.choice = goesOn ? before.choice : startOf(data);
    this.sources = new Sources(data);
    this.#build();
    this.#load();
  }

  /** The page or the theme changed: colours, a ranking that came, and a choice the page set anew. */
  follow(data) {
    const initial = initialOf(data);
    const ranked = JSON.stringify(data.ranking) !== JSON.stringify(this.ranking);
    this.ranking = data.ranking;
    if (initial !== this.initial && !this.report.echoes(initial)) {
      this.choice = { ...startOf(data), row: this.choice.row };
      this.#anew(() => this.#paint());
    } else if (ranked && this.sources.order) this.#anew();
    else if (this.isDark() !== this.wasDark) this.#paint();
    if ((data.row ?? null) !== this.givenRow) this.#pin(data.row ?? null);
    this.initial = initial;
    this.wasDark = this.isDark();
    this.givenRow = data.row ?? null;
  }

  #anew(then = () => {}) {
    this.#prepare().then(then).catch((error) => this.band.say(error.message, true));
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
    this.band = new BandCard(data, this.choice, {
      onBand: (lo, hi, first, part) => this.#moveBand(lo, hi, first, part),
      onBudget: (budget) => this.#choose(withBudget(this.pool, this.choice, budget)),
      onChange: (part) => this.#change(part),
      onOther: (name, lo, hi) => this.#moveOther(name, lo, hi),
      onReset: () => this.#choose(withBudget(this.pool, { ...this.choice, auto: true }, this.choice)),
    });
    this.balance = new BalanceCard(data, this.choice, (part) => this.#change(part));
    this.grid = el("section", { class: "explorer selecting", style: `--height:${data.height}px` });
    this.grid.append(this.#buildMap(), el("div", { class: "side" }, this.band.element, this.balance.element));
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
    this.mapCard = made;
    return made.element;
  }

  async #load() {
    try {
      await this.sources.start();
      await this.#prepare();
    } catch (error) {
      for (const made of [this.mapCard, this.band, this.balance]) made.say(error.message, true);
      return;
    }
    if (this.data.points_url) await this.#loadMap().catch((error) => this.mapCard.say(error.message, true));
  }

  async #loadMap() {
    const xy = await this.sources.points();
    if (this.released) return;
    this.mapCard.say("");
    this.map.setRegions(this.data.regions);
    this.map.setPoints(xy, this.sources.order);
    this.map.pin(this.choice.row);
    if (this.selected) this.map.setStates(this.selected.state);
    await this.#paint();
  }

  #strategy() {
    return this.data.strategies.find(({ name }) => name === this.choice.strategy) ?? this.data.strategies[0];
  }

  /** Fetch what the choice stands on, and choose anew. */
  async #prepare() {
    const { choice, sources, ranking } = this;
    const about = this.#strategy();
    const byCluster = about.clustered || choice.per === "cluster";
    const [drawn, turn, tokens, groups, clusters, withheld, ...others] = await Promise.all([
      sources.score(choice.by),
      sources.turn(about, choice, ranking),
      sources.tokens(),
      choice.group_cap !== null && sources.groups(),
      byCluster && sources.clusters(),
      sources.withheld(choice, ranking),
      ...Object.keys(choice.bands).map((name) => sources.score(name)),
    ]);
    if (this.released || choice !== this.choice || ranking !== this.ranking) return;
    this.drawn = drawn;
    this.others = new Map(others.map((one) => [one.about.name, one]));
    const rooted = Boolean(ranks(ranking, choice) && ranking.rooted);
    this.given = { turn, tokens, groups: groups || null, clusters: clusters || null, withheld, about, rooted };
    this.#pool();
    this.band.prepare({ choice, about, drawn, waiting: this.#waiting(about) });
    this.balance.prepare({ choice, about, labels: byCluster ? clusters : sources.labels, byCluster, rooted });
    this.#choose(renewed(this.pool, this.choice));
    if (this.legend.children.length && withheld !== this.withheld) await this.#paint();
    this.withheld = withheld;
  }

  /** What stands in the way of a ranking that is not there. */
  #waiting(about) {
    const needed = about.order === "ranking" || (about.clustered && !this.data.clusters_url);
    if (!needed || (ranks(this.ranking, this.choice) && this.ranking.url)) return "";
    const note = ranks(this.ranking, this.choice) ? this.ranking.note : "";
    return note || "Ranking…";
  }

  #pool() {
    const { choice, given, sources, data } = this;
    const byCluster = given.about.clustered || choice.per === "cluster";
    this.pool = makePool({
      ...given,
      u: this.drawn.u,
      banded: given.about.banded,
      valued: given.about.valued,
      byCluster,
      eligible: sources.eligible || null,
      labels: byCluster ? given.clusters : sources.labels || null,
      named: byCluster ? data.clusters.length : data.classes.length,
      balance: choice.balance,
      shares: choice.shares,
      atLeastOne: choice.at_least_one,
      cap: given.groups && choice.group_cap,
    });
    this.#narrow();
  }

  #narrow() {
    const others = Object.entries(this.choice.bands).map(([name, [lo, hi]]) => ({ u: this.others.get(name).u, lo, hi }));
    this.pool = withOthers(this.pool, others);
  }

  #moveBand(lo, hi, first, part) {
    if (first) this.wanted = this.choice.k; // a budget squeezed by a drag comes back when the drag turns round
    this.#choose(withBand(this.pool, { ...this.choice, k: this.wanted }, lo, hi, part));
  }

  #moveOther(name, lo, hi) {
    this.choice = { ...this.choice, bands: { ...this.choice.bands, [name]: [lo, hi] } };
    this.#narrow();
    this.#choose(renewed(this.pool, this.choice));
  }

  /** One of the choosers, or a pin. */
  async #change(part) {
    this.choice = { ...this.choice, ...part, ...this.#along(part) };
    if ("row" in part) this.#pin(part.row);
    const quick = "shares" in part && !("per" in part) && !("balance" in part);
    const there = "row" in part || "color" in part;
    try {
      if ("color" in part) await this.#paint();
      if (quick) {
        this.#pool();
        this.#choose(renewed(this.pool, this.choice));
      } else if (!there) await this.#prepare();
    } catch (error) {
      ("color" in part ? this.mapCard : this.band).say(error.message, true);
    }
    if (!quick) this.#tell();
    if ("by" in part || "strategy" in part) await this.#paint();
  }

  /** What goes along with a change: an interval of one's own, and the strata of a strategy that shares by cluster. */
  #along({ way, strategy }) {
    if (way) return { auto: false };
    const clustered = (name) => this.data.strategies.find((one) => one.name === name)?.clustered ?? false;
    if (!strategy || clustered(strategy) === clustered(this.choice.strategy)) return {};
    const per = clustered(strategy) || !this.data.classes.length ? "cluster" : "class";
    return { per, ...(this.choice.balance === "custom" && { balance: "auto", shares: null }) };
  }

  #choose(choice) {
    ({ choice: this.choice, selected: this.selected } = settled(this.pool, choice));
    this.#draw(false);
    if (this.map.points) this.map.setStates(this.selected.state);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.#draw(true), SETTLED);
    this.#tell();
  }

  #draw(isSettled) {
    if (!isSettled) this.band.draw(this.choice, this.selected, this.pool, this.others);
    this.balance.draw(this.choice, this.selected.state, isSettled);
  }

  #tell() {
    const text = JSON.stringify(toldOf(this.choice));
    if (text === (this.told ?? JSON.stringify(toldOf(startOf(this.data))))) return;
    this.told = text;
    this.report.tell({ ...toldOf(this.choice), kept: this.selected?.kept ?? 0 });
  }

  async #paint() {
    if (!this.map.points) return;
    const { color } = this.choice;
    const { palettes, classes } = this.data;
    const { labels } = this.sources;
    const byClass = color === "class" && labels;
    const paint = byClass ? classPaint(labels, classes, palettes) : columnPaint(await this.sources.score(this.#colourColumn()));
    if (color !== this.choice.color || this.released) return;
    this.map.setColours(paint.codes, paint.table(this.palette()));
    const label = this.data.columns.find(({ name }) => name === this.#colourColumn()).label;
    const colours = byClass ? classLegend(paint.legend, palettes) : scaleLegend(label, paint.domain, palettes);
    const withheld = this.selected?.state.includes(WITHHELD);
    this.legend.replaceChildren(...colours, stateLegend({ banded: this.#strategy().banded, withheld }));
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

/** As what a page may send back a choice: as it was told, or without the interval that follows the budget. */
const echoesOf = (choice) => [initialOf(choice), ...(choice.auto ? [initialOf({ ...choice, lo: null, hi: null })] : [])];
