/** Which strategy orders the rows, what is to be known of it, and how budget and interval are tied. */

import { choose } from "./frame.js";
import { el } from "./look.js";

const WAYS = [
  ["inside", "draw inside", "The budget is drawn inside of the interval, which may be wider"],
  ["budget", "fix the budget", "Move the interval: it always holds just the budget"],
  ["interval", "fix the interval", "The budget is whatever the interval holds"],
];

export class StrategyChooser {
  /** `hooks`: `onStrategy(name)`, `onWay(name)`. */
  constructor(strategies, { strategy, way }, hooks) {
    this.strategies = strategies;
    this.chooser = choose("Strategy", strategies.map(({ name, label }) => [name, label]), strategy, hooks.onStrategy);
    this.line = el("span");
    this.about = el("span", { class: "about", id: "strategy-about" });
    this.frank = el("button", { type: "button", class: "frank", "aria-expanded": "false", onclick: () => this.#unfold() }, this.line);
    this.ways = WAYS.map(([name, label, title]) =>
      el("button", { type: "button", title, "aria-pressed": String(name === way), onclick: () => hooks.onWay(name) }, label));
    this.tied = el("div", { class: "ways tied", role: "group", "aria-label": "How budget and interval are tied" }, ...this.ways);
    this.progress = el("p", { class: "ranking", role: "status", hidden: true });
    this.element = el("div", { class: "strategy" }, el("div", { class: "strategy-line" }, this.chooser.element, this.frank), this.about, this.progress, this.tied);
  }

  draw({ strategy, way }, about) {
    this.chooser.select.value = strategy;
    const loses = `Loses: ${about.loses}`;
    this.line.textContent = loses;
    this.frank.title = `${loses}\nCost: ${about.cost}\nSource: ${about.source}`;
    this.about.replaceChildren(...[["Loses", about.loses], ["Cost", about.cost], ["Source", about.source]].map(([name, text]) =>
      el("span", {}, el("b", {}, name), ` ${text}`)));
    this.tied.hidden = !about.banded;
    this.ways.forEach((button, at) => button.setAttribute("aria-pressed", String(WAYS[at][0] === way)));
  }

  /** How far a ranking is that is not there yet; "" = it is there. */
  say(text) {
    this.progress.hidden = text === "";
    this.progress.textContent = text;
  }

  #unfold() {
    const open = this.frank.getAttribute("aria-expanded") !== "true";
    this.frank.setAttribute("aria-expanded", String(open));
    this.about.classList.toggle("open", open);
  }
}
