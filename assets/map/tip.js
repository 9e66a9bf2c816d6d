/** The text of the point under the pointer, fetched when the pointer rests. */

import { el } from "./look.js";

const REST = 60; // milliseconds
const MOST = 200;

export class Tip {
  /** `tell(row, signal)` answers `{text, facts: [[name, value], ...], matches: [[start, end], ...]}`. */
  constructor(tell) {
    this.ask = tell;
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

  /** What is told of a row has changed. */
  forget() {
    this.known.clear();
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
      const told = this.known.get(row) ?? (await this.ask(row, this.asked.signal));
      this.known.set(row, told);
      if (this.known.size > MOST) this.known.delete(this.known.keys().next().value);
      if (row === this.row) this.#fill(told);
    } catch (error) {
      if (error.name !== "AbortError" && row === this.row) this.#fill({ text: error.message, facts: [] });
    }
  }

  #fill(told) {
    this.element.replaceChildren(
      el("p", {}, ...(told.text.trim() ? marked(told.text, told.matches ?? []) : ["(empty text)"])),
      el("dl", {}, ...told.facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
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

/** A text with some stretches of it marked. */
export function marked(text, matches) {
  let at = 0;
  const parts = matches.flatMap(([start, end]) => {
    const before = text.slice(at, start);
    at = end;
    return [before, el("mark", {}, text.slice(start, end))];
  });
  return [...parts, text.slice(at)];
}
