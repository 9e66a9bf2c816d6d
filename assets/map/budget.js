/** The budget: a slider, a field to type into, and what it comes to in rows. */

import { parseBudget } from "./coupling.js";
import { count, el, percent } from "./look.js";

const STEP = 0.5; // per cent
const KEYS = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -5, PageUp: 5 };

export class Budget {
  /** `onBudget({k} | {tokens})` hears of every change by hand. */
  constructor(n, onBudget) {
    this.n = n;
    this.onBudget = onBudget;
    this.field = el("input", {
      class: "amount",
      inputmode: "decimal",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": "Budget, as a share such as 16%, as a number of rows or as 40000 tokens",
      oninput: () => (this.typing = true),
      onblur: () => this.typing && this.#giveUp(),
      onchange: () => this.#typed(),
      onkeydown: (event) => event.key === "Escape" && this.#giveUp(),
      onfocus: () => this.field.select(),
    });
    this.range = el("input", {
      type: "range",
      min: 0,
      max: 100,
      step: "any",
      "aria-label": "Budget",
      oninput: () => this.#set(Math.round(this.range.value / STEP) * STEP),
      onkeydown: (event) => this.#key(event),
    });
    this.rows = el("span", { class: "rows" });
    this.hint = el("p", { class: "hint", role: "alert", hidden: true });
    this.element = el(
      "div",
      { class: "budget-line" },
      el("div", { class: "budget-head" }, el("h3", {}, "Budget"), this.field, this.rows),
      this.hint,
      this.range,
    );
  }

  /**
   * Show k rows, what they cost in tokens (null = not known), and the tokens that were asked for, if any.
   *
   * `about`: whether `rows` and their `tokens` are estimates.
   */
  draw(k, spent, tokens, about = {}) {
    [this.k, this.spent, this.tokens, this.about] = [k, spent, tokens, about];
    this.#show();
  }

  #show() {
    const share = this.k / this.n;
    const text = this.tokens === null ? percent(share) : `${count(this.tokens)} tokens`;
    const refused = this.field.getRootNode().activeElement === this.field && !this.hint.hidden;
    if (!refused && !this.typing) {
      this.field.value = text;
      this.field.style.width = `${text.length + 1.5}ch`;
    }
    this.range.value = 100 * share;
    this.range.style.setProperty("--filled", `${100 * share}%`);
    this.range.setAttribute("aria-valuetext", `${text}, ${near(this.about.rows)}${count(this.k)} of ${count(this.n)} rows${this.#paid(", ")}`);
    this.rows.replaceChildren(near(this.about.rows), el("b", {}, count(this.k)), ` of ${count(this.n)} rows`, el("span", { class: "paid" }, this.#paid(" · ")));
    this.rows.title = `${percent(share)} of the rows${this.#paid(", ")}`;
  }

  #paid(before) {
    return this.spent === null ? "" : `${before}${near(this.about.tokens)}${count(this.spent)} tokens`;
  }

  #set(percentage) {
    this.#warn("");
    this.onBudget({ k: Math.max(1, Math.round((percentage / 100) * this.n)) });
  }

  #key(event) {
    const now = (100 * this.k) / this.n;
    const ends = { Home: 0, End: 100 };
    if (event.key in ends) this.#set(ends[event.key]);
    else if (event.key in KEYS) this.#set(next(now, KEYS[event.key]));
    else return;
    event.preventDefault();
  }

  /** Show the budget again in place of what was being typed. */
  #giveUp() {
    this.typing = false;
    this.#show();
  }

  #typed() {
    this.typing = false;
    const budget = parseBudget(this.field.value, this.n);
    if (budget === null) {
      this.#warn(`A budget is a share up to 100%, a number of rows up to ${count(this.n)}, or tokens such as 40000 tokens.`);
      return;
    }
    this.#warn("");
    this.onBudget(budget);
  }

  #warn(sentence) {
    this.hint.hidden = sentence === "";
    this.hint.textContent = sentence;
    this.field.setAttribute("aria-invalid", sentence !== "");
  }
}

const near = (about) => (about ? "≈ " : "");

/** The next multiple of half a per cent in the direction of `by`, within 0 and 100. */
function next(now, by) {
  const at = now / STEP;
  const landed = by > 0 ? Math.floor(at + 1e-6) * STEP + by : Math.ceil(at - 1e-6) * STEP + by;
  return Math.min(Math.max(landed, 0), 100);
}
