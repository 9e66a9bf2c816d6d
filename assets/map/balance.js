/** The card of the classes or clusters: how they share the budget, and what each has of the subset. */

import { balanceOf, tally } from "./band.js";
import { ClassBars } from "./bars.js";
import { card } from "./frame.js";
import { Quotas, sharesOf, withShare } from "./quotas.js";

const NONE = "These rows carry no labels, so there is no balance to show. Choose a label column on the Data page.";

export class BalanceCard {
  /** `onChange(part)` hears of a choice. */
  constructor(data, choice, onChange) {
    this.data = data;
    this.onChange = onChange;
    const made = card("classes", "Class balance", "subset, all rows as a tick");
    this.say = made.say;
    this.element = made.element;
    this.title = made.head.querySelector("h3");
    this.bars = {};
    this.labelled = data.classes.length > 0 && Boolean(data.labels_url);
    if (!this.labelled && !data.clusters_url) {
      made.say(NONE);
      return;
    }
    this.quotas = new Quotas(data, choice, (part) => this.#changed(part));
    made.head.append(this.quotas.balance.element);
    made.body.append(this.quotas.element);
    this.body = made.body;
    made.say("Loading the labels…");
  }

  /** Other strata, or another way to share. */
  prepare({ choice, about, labels, byCluster, rooted }) {
    if (!this.quotas) return;
    this.choice = choice;
    this.labels = labels;
    this.shown = this.#barsOf(byCluster);
    this.title.textContent = byCluster ? "Cluster balance" : "Class balance";
    for (const [name, bars] of Object.entries(this.bars)) bars.element.hidden = name !== (byCluster ? "cluster" : "class");
    this.quotas.draw(choice, about.clustered, balanceOf({ ...choice, rooted, labels, byCluster }));
    this.say(labels ? "" : byCluster ? "The clusters of meaning are not there yet." : NONE);
  }

  draw(choice, state, isSettled) {
    if (!this.quotas || !this.labels) return;
    this.choice = choice;
    const counts = tally(state, this.labels, this.shown.classes.length);
    const byHand = choice.balance === "custom" ? choice.shares : null;
    if (!isSettled) this.shown.setShares(byHand, (at, share) => this.onChange({ shares: withShare(this.choice.shares, at, share) }));
    this.shown.draw(counts, isSettled);
  }

  #barsOf(byCluster) {
    const name = byCluster ? "cluster" : "class";
    if (!this.bars[name]) {
      this.bars[name] = new ClassBars(byCluster ? this.data.clusters : this.data.classes);
      this.body.append(this.bars[name].element);
    }
    return this.bars[name];
  }

  #sizes() {
    return this.labels ? tally(new Uint8Array(this.labels.length), this.labels, this.shown.classes.length).all : [];
  }

  /** A balance by hand begins as the rows lie; other strata begin anew. */
  #changed(part) {
    if (part.balance === "custom") part = { ...part, shares: sharesOf(this.#sizes()) };
    else if ("balance" in part) part = { ...part, shares: null };
    if ("per" in part && this.choice.balance === "custom") part = { ...part, balance: "auto" };
    this.onChange(part);
  }
}
