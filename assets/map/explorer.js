/**
 * Map, budget and class balance as one component that keeps its state in the browser.
 *
 * The server sends addresses once; columns come over HTTP; a move of a handle is answered here and
 * reported to the server afterwards.
 */

import { makePool, WITHHELD, withOthers, withShares } from "./band.js";
import { BalanceCard } from "./balance.js";
import { BandCard } from "./bandcard.js";
import { echoesOf, identityOf, initialOf, ranks, startOf, toldOf, waitingFor } from "./choice.js";
import { recorded } from "./columns.js";
import { renewed, settled, withBand, withBudget } from "./coupling.js";
import { card, choose, classLegend, scaleLegend, stateLegend } from "./frame.js";
import { CALM, glimpsed, sampleOf } from "./live.js";
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
  mounted.get(parentElement)?.report.end();
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
      this.#settle();
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
      onBudget: (budget) => this.#moveBudget(budget),
      onChange: this.#change,
      onOther: (name, lo, hi) => this.#moveOther(name, lo, hi),
      onReset: () => this.#moveBudget(this.choice, true),
    });
    this.balance = new BalanceCard(data, this.choice, this.#change);
    this.grid = el("section", { class: "explorer selecting", style: `--height:${data.height}px` });
    this.grid.append(this.#buildMap(), el("div", { class: "side" }, this.band.element, this.balance.element));
    for (const end of ["pointerup", "pointercancel"]) this.grid.addEventListener(end, () => this.#settle());
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
    this.#settle();
    if (this.selected) this.map.setStates(this.selected.state);
    await this.#paint();
  }

  #strategy() {
    return this.data.strategies.find(({ name }) => name === this.choice.strategy) ?? this.data.strategies[0];
  }

  /** Fetch what the choice stands on, and choose anew. */
  async #prepare() {
    const asked = (this.asked = {});
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
    if (this.released || asked !== this.asked) return;
    this.drawn = drawn;
    this.others = new Map(others.map((one) => [one.about.name, one]));
    const waiting = waitingFor(about, choice, ranking, this.data);
    const rooted = Boolean(ranks(ranking, choice) && ranking.rooted);
    const ranked = { turn, withheld, rooted, about, by: choice.by };
    const before = this.given?.about === about && this.given.by === choice.by && this.given.turn.length > 0;
    // A ranking that has to reach further begins as the one before: until it is there, that is what is seen.
    const kept = waiting && before && { turn: this.given.turn, withheld: this.given.withheld, rooted: this.given.rooted };
    this.given = { ...ranked, ...kept, tokens, groups: groups || null, clusters: clusters || null };
    this.#pool();
    this.band.prepare({ choice: this.choice, about, drawn, waiting: kept ? `${waiting} Until then the earlier ranking is shown.` : waiting });
    this.balance.prepare({ ...this.given, choice: this.choice, labels: byCluster ? clusters : sources.labels, byCluster });
    this.#choose(renewed(this.pool, this.choice));
    const changed = this.withheld !== this.given.withheld;
    this.withheld = this.given.withheld;
    if (this.legend.children.length && changed) await this.#paint();
  }

  #pool() {
    const { choice, given, sources, data } = this;
    const byCluster = given.about.clustered || choice.per === "cluster";
    this.all = makePool({
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
    sampleOf(this.all); // it takes a while the first time
    this.#narrow(this.all);
  }

  /** `all`: a pool, or a sample of it, in which rows must be in the further intervals, too. */
  #narrow(all) {
    const there = Object.entries(this.choice.bands).filter(([name]) => this.others.has(name));
    this.pool = withOthers(all, there.map(([name, [lo, hi]]) => ({ u: this.others.get(name).u, lo, hi })));
  }

  #moveBudget(budget, auto = this.choice.auto) {
    this.#widen();
    this.#move(withBudget(this.pool, { ...this.choice, auto }, budget));
  }

  #moveBand(lo, hi, first, part) {
    this.#widen();
    if (first) this.wanted = this.choice.k; // a budget squeezed by a drag comes back when the drag turns round
    this.#move(withBand(this.pool, { ...this.choice, k: this.wanted }, lo, hi, part));
  }

  #moveOther(name, lo, hi) {
    this.choice = { ...this.choice, bands: { ...this.choice.bands, [name]: [lo, hi] } };
    this.#again();
  }

  /** Further intervals or shares moved. */
  #again() {
    const from = this.#isWhole() ? {} : this.firm; // not from what was solved on a sample
    this.#narrow(sampleOf(this.all));
    this.#move(renewed(this.pool, { ...this.choice, ...from }));
  }

  /** The hand moved: seen on a sample at once where there are very many rows, on all of them once it is calm. */
  #move(choice) {
    this.#choose(choice, glimpsed);
    if (!this.selected.partly) return;
    this.calm = setTimeout(() => this.#settle(), CALM);
    this.report.during(new Promise((done) => setTimeout(done, CALM)));
  }

  /** See on all rows what a sample showed. */
  #settle() {
    if (!this.selected?.partly) return;
    this.#widen();
    this.#choose(this.choice);
  }

  /** Have the pool of all rows where it is one of a sample, and what is solved in it. */
  #widen() {
    if (this.#isWhole()) return;
    this.#narrow(this.all);
    this.choice = renewed(this.pool, { ...this.choice, ...this.firm });
  }

  #isWhole() {
    return !this.pool || this.pool.m === this.pool.n;
  }

  /** One of the choosers, or a pin. */
  #change = (part) => this.report.during(this.#changed(part));

  async #changed(part) {
    const quick = "shares" in part && !("per" in part) && !("balance" in part);
    if (!quick) this.#settle();
    this.choice = { ...this.choice, ...part, ...this.#along(part) };
    if ("row" in part) this.#pin(part.row);
    const there = "row" in part || "color" in part;
    try {
      if ("color" in part) await this.#paint();
      if (quick) {
        this.all = withShares(this.all, part.shares);
        this.#again();
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

  #choose(choice, look = settled) {
    clearTimeout(this.calm);
    ({ choice: this.choice, selected: this.selected } = look(this.pool, choice));
    if (this.#isWhole()) this.firm = { lo: this.choice.lo, hi: this.choice.hi };
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

  /** Only what is certain is told: not what was counted or solved on a sample. */
  #tell() {
    if (this.selected?.about || (this.choice.way === "budget" && !this.#isWhole())) return;
    const text = JSON.stringify(toldOf(this.choice));
    if (text === (this.told ?? JSON.stringify(toldOf(startOf(this.data))))) return;
    this.told = text;
    this.report.tell({ ...toldOf(this.choice), kept: this.selected?.kept ?? 0 });
  }

  async #paint() {
    if (!this.map.points) return;
    const { choice: { color }, data: { palettes, classes }, sources: { labels } } = this;
    const byClass = color === "class" && labels;
    const paint = byClass ? classPaint(labels, classes, palettes) : columnPaint(await this.sources.score(this.#colourColumn()));
    if (color !== this.choice.color || this.released) return;
    this.map.setColours(paint.codes, paint.table(this.palette()));
    const label = this.data.columns.find(({ name }) => name === this.#colourColumn()).label;
    const colours = byClass ? classLegend(paint.legend, palettes) : scaleLegend(label, paint.domain, palettes);
    const withheld = this.pool?.blank.includes(WITHHELD);
    this.legend.replaceChildren(...colours, stateLegend({ banded: this.#strategy().banded, withheld }));
  }

  #colourColumn() {
    return this.data.columns.some(({ name }) => name === this.choice.color) ? this.choice.color : this.choice.by;
  }

  release() {
    this.released = true;
    for (const waiting of [this.settling, this.calm]) clearTimeout(waiting);
    this.map.release();
  }
}
