/** The text of the point under the pointer, fetched when the pointer rests. */

import { record } from "./columns.js";
import { el } from "./look.js";

const REST = 60; // milliseconds
const MOST = 200;

export class Tip {
  constructor(rowUrl, describe) {
    this.rowUrl = rowUrl;
    this.describe = describe;
    this.known = new Map();
    this.element = el("div", { class: "tip", role: "status", hidden: true });
  }

  /** Show point `row` beside a pixel of a box. */
  show(row, [left, top], [width, height]) {
    this.place = { left, top, width, height };
    if (row === this.row) {
      this.#settle();
      return;
    }
    this.row = row;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.#fetch(row), this.known.has(row) ? 0 : REST);
  }

  hide() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    this.row = -1;
    this.element.hidden = true;
  }

  async #fetch(row) {
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const told = this.known.get(row) ?? (await record(`${this.rowUrl}${row}`, this.asked.signal));
      this.known.set(row, told);
      if (this.known.size > MOST) this.known.delete(this.known.keys().next().value);
      if (row === this.row) this.#fill(told);
    } catch (error) {
      if (error.name !== "AbortError" && row === this.row) this.#fill({ row, text: error.message, label: null });
    }
  }

  #fill(told) {
    const facts = [...(told.label === null ? [] : [["label", told.label]]), ...this.describe(told.row)];
    this.element.replaceChildren(
      el("p", {}, told.text.trim() || "(empty text)"),
      el("dl", {}, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    );
    this.element.hidden = false;
    this.#settle();
  }

  #settle() {
    const { left, top, width, height } = this.place;
    const [own, tall] = [this.element.offsetWidth, this.element.offsetHeight];
    const x = left + 14 + own > width ? left - 14 - own : left + 14;
    const y = Math.min(Math.max(8, top - tall / 2), Math.max(8, height - tall - 8));
    this.element.style.transform = `translate(${Math.max(8, x)}px, ${y}px)`;
  }
}
