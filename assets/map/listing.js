/** Texts in a table: a bar for the score, what was searched for marked, and a row to pick by click or key. */

import { el, figure } from "./look.js";
import { marked } from "./tip.js";

const mounted = new WeakMap();
const KEYS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -1e6, End: 1e6 };

/** Show `data` in an element; called again whenever it changes. */
export function mount({ parentElement, data, setStateValue }) {
  let shown = mounted.get(parentElement);
  if (!shown) mounted.set(parentElement, (shown = new Listing(parentElement)));
  shown.pick = (row) => setStateValue("pick", { row, at: Date.now() }); // the same row again is word, too
  shown.show(data);
}

/** Take down what `mount` put up. */
export function unmount(parentElement) {
  mounted.delete(parentElement);
}

class Listing {
  constructor(host) {
    this.body = el("tbody");
    this.head = el("tr");
    this.box = el("div", { class: "listing", onkeydown: (event) => this.#key(event) }, el("table", {}, el("thead", {}, this.head), this.body));
    const style = el("link", { rel: "stylesheet", href: new URL("explorer.css", import.meta.url).href });
    const frame = el("div", { class: "frame", style: "visibility:hidden" }, this.box);
    for (const done of ["load", "error"]) style.addEventListener(done, () => frame.style.removeProperty("visibility"));
    host.replaceChildren(style, frame);
  }

  show(data) {
    this.box.style.setProperty("--height", `${data.height}px`);
    const same = JSON.stringify(data.rows) === this.drawn;
    if (!same) this.#draw(data);
    this.#press(data.picked);
  }

  #draw(data) {
    this.drawn = JSON.stringify(data.rows);
    const labelled = data.rows.some(({ label }) => label !== null);
    const names = [["Row", "number"], [data.measure, "measure"], ...(labelled ? [["Label", "label"]] : []), ["Text", "text"]];
    this.head.replaceChildren(...names.map(([name, kind]) => el("th", { class: kind, scope: "col", title: name }, name)));
    this.rows = data.rows.map((one) => [one.row, this.#line(one, labelled)]);
    this.body.replaceChildren(...this.rows.map(([, line]) => line));
    this.box.scrollTop = 0;
  }

  #line({ row, value, share, label, text, matches }, labelled) {
    const bar = el("i", { class: "bar", style: `width:${(100 * share).toFixed(1)}%` });
    const cells = [
      el("td", { class: "number" }, row.toLocaleString("en-US")),
      el("td", { class: "measure" }, el("span", { class: "track" }, bar), el("span", {}, figure(value ?? NaN, 3))),
      ...(labelled ? [el("td", { class: "label", title: label ?? "" }, label ?? "")] : []),
      el("td", { class: "text" }, ...(text ? marked(text, matches) : [el("em", {}, "empty")])),
    ];
    return el("tr", { tabindex: -1, onclick: () => this.#choose(row) }, ...cells);
  }

  #press(picked) {
    let stop = this.rows[0]?.[1];
    for (const [row, line] of this.rows) {
      line.setAttribute("aria-selected", String(row === picked));
      line.tabIndex = -1;
      if (row === picked) stop = line;
    }
    if (stop) stop.tabIndex = 0;
  }

  #choose(row) {
    this.#press(row);
    this.pick(row);
  }

  #key(event) {
    const at = this.rows.findIndex(([, line]) => line === event.target);
    if (at < 0) return;
    if (event.key === "Enter" || event.key === " ") this.#choose(this.rows[at][0]);
    else if (event.key in KEYS) this.rows[Math.min(Math.max(at + KEYS[event.key], 0), this.rows.length - 1)][1].focus();
    else return;
    event.preventDefault();
  }
}
