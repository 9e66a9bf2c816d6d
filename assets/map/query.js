/** The bar above everything: search, what is picked in words, and how many rows that is. */

import { iconButton } from "./tools.js";
import { count, el, percent } from "./look.js";

const WAYS = [["words", "Words"], ["meaning", "Meaning"]];
const BY_MEANING = "The texts nearest in meaning, by the encoder";
const UNDO = "M7 5L3.5 8.5 7 12M4 8.5h8a4 4 0 0 1 0 8H9";
const REDO = "M13 5l3.5 3.5L13 12M16 8.5H8a4 4 0 0 0 0 8h3";

export class QueryBar {
  /** @param {object} hooks `onSearch(way, text)`, `onAll()`, `onNone()`, `onInvert()`, `onUndo()`, `onRedo()` */
  constructor(n, hooks, { meaning, help }) {
    this.n = n;
    this.hooks = hooks;
    this.way = "words";
    this.field = el("input", { type: "search", "aria-label": "Search the texts", autocomplete: "off", spellcheck: "false", maxlength: 300, onkeydown: (event) => event.key === "Enter" && this.#search() });
    this.ways = WAYS.map(([way, text]) => el("button", { type: "button", title: way === "words" ? help : BY_MEANING, onclick: () => this.#choose(way) }, text));
    this.allowMeaning(meaning);
    this.chips = el("ul", { class: "chips", "aria-label": "What is picked" });
    this.figure = el("output", { class: "picked" });
    this.hint = el("p", { class: "hint", role: "alert", hidden: true });
    const button = (text, action, title) => el("button", { type: "button", class: "quiet", title, onclick: action }, text);
    this.undo = iconButton("Undo (Ctrl+Z)", UNDO, hooks.onUndo);
    this.redo = iconButton("Redo (Ctrl+Shift+Z)", REDO, hooks.onRedo);
    this.all = button("All", hooks.onAll, "Pick every row");
    this.invert = button("Invert", hooks.onInvert, "Pick what is not picked");
    const search = el("div", { class: "search", role: "search" }, this.field, el("span", { class: "ways", role: "group", "aria-label": "Search by" }, ...this.ways));
    const buttons = el("div", { class: "buttons" }, this.all, button("None", hooks.onNone, "Pick no row"), this.invert, this.undo, this.redo);
    this.element = el("div", { class: "card query" }, search, this.chips, this.figure, buttons, this.hint);
    this.#choose("words", false);
  }

  /** Whether there are vectors to search in. */
  allowMeaning(allowed) {
    const [, meaning] = this.ways;
    meaning.disabled = !allowed;
    meaning.title = allowed ? BY_MEANING : "Score semantic entropy first: it brings the sentence vectors";
  }

  #choose(way, byHand = true) {
    this.way = way;
    this.ways.forEach((button, at) => button.setAttribute("aria-pressed", String(WAYS[at][0] === way)));
    this.field.placeholder = way === "words" ? "Search words" : "Search by meaning";
    if (byHand && this.field.value.trim()) this.#search();
  }

  #search() {
    this.warn("");
    if (this.field.value.trim()) this.hooks.onSearch(this.way, this.field.value.trim());
  }

  /** A sentence under the bar; "" takes it away. `busy`: it is no complaint. */
  warn(sentence, busy = false) {
    this.hint.hidden = sentence === "";
    this.hint.textContent = sentence;
    this.hint.classList.toggle("busy", busy);
  }

  /** Conditions as `[text, take away, aside]`; whether there is anything to undo or redo. */
  show(conditions, past) {
    if (!conditions.length) this.field.value = "";
    this.chips.replaceChildren(...conditions.map(([text, takeAway, aside]) =>
      el("li", { title: aside ? `${text}: ${aside}` : text }, el("span", {}, text), ...(aside ? [el("small", {}, aside)] : []), el("button", { type: "button", "aria-label": `Without: ${text}`, onclick: takeAway }, "×"))));
    // Not disabled: a disabled button that has the focus would swallow the keys that undo and redo.
    this.undo.setAttribute("aria-disabled", String(!past.behind.length));
    this.redo.setAttribute("aria-disabled", String(!past.ahead.length));
    this.all.setAttribute("aria-disabled", String(conditions.length === 0));
  }

  /** How many rows are picked; `about` while only a sample was counted. */
  count(rows, about) {
    const share = percent(rows / Math.max(1, this.n));
    this.figure.replaceChildren(el("b", {}, `${about ? "≈ " : ""}${count(rows)}`), ` of ${count(this.n)} · ${share}`);
  }
}
