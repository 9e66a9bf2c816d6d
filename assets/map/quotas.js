/** How classes or clusters share the budget: the choosers above the bars, and the shares by hand. */

import { choose } from "./frame.js";
import { el } from "./look.js";

const BALANCES = [
  ["auto", "automatic"],
  ["proportional", "as in all rows"],
  ["root", "by the root of their size"],
  ["balanced", "the same for each"],
  ["none", "as they come"],
  ["custom", "by hand"],
];
const CAPS = [["", "near-duplicates: all"], ["1", "near-duplicates: 1 each"], ["2", "near-duplicates: 2 each"], ["3", "near-duplicates: 3 each"]];

export class Quotas {
  /** `onChange(part)` hears of what was changed; choosers of what is not known are left out. */
  constructor({ classes, clusters_url, groups_url }, choice, onChange) {
    this.balance = choose("Classes", BALANCES, choice.balance, (balance) => onChange({ balance }));
    this.per = choose("Per", [["class", "per class"], ["cluster", "per cluster"]], choice.per, (per) => onChange({ per, shares: null }));
    this.per.element.hidden = !(classes.length && clusters_url);
    this.once = el("input", { type: "checkbox", onchange: () => onChange({ at_least_one: this.once.checked }) });
    this.onceLabel = el("label", { class: "switch", title: "Each has a row before any has its second" }, this.once, "one each at least");
    this.cap = choose("Most near-duplicates of one text", CAPS, "", (cap) => onChange({ group_cap: cap === "" ? null : Number(cap) }));
    this.cap.element.hidden = !groups_url;
    for (const { element } of [this.per, this.cap]) element.classList.add("unlabelled"); // their options say it
    this.element = el("div", { class: "quotas" }, this.per.element, this.onceLabel, this.cap.element);
  }

  /** `comes`: the balance that `auto` comes to. */
  draw({ balance, per, at_least_one, group_cap }, clustered, comes) {
    this.balance.select.value = balance;
    this.balance.select.title = balance === "auto" ? `Here: ${BALANCES.find(([name]) => name === comes)[1]}` : "";
    this.per.select.value = clustered ? "cluster" : per;
    this.per.select.disabled = clustered;
    this.once.checked = at_least_one;
    this.onceLabel.hidden = balance === "none";
    this.cap.select.value = group_cap === null ? "" : String(group_cap);
  }
}

/** Shares by hand, in per cent, that begin as the rows lie. */
export function sharesOf(sizes) {
  const all = sizes.reduce((total, size) => total + size, 0);
  return Array.from(sizes, (size) => (all > 0 ? rounded((100 * size) / all) : 1));
}

/** The shares after one was set to some per cent: the others keep their proportions and fill up the rest. */
export function withShare(shares, at, share) {
  const wanted = Math.min(Math.max(share, 0), 100);
  const others = shares.reduce((total, one, i) => (i === at ? total : total + one), 0);
  if (others <= 0) return shares.map((_, i) => rounded(i === at ? wanted : (100 - wanted) / Math.max(1, shares.length - 1)));
  return shares.map((one, i) => rounded(i === at ? wanted : (one * (100 - wanted)) / others));
}

const rounded = (share) => Math.round(1000 * share) / 1000;
