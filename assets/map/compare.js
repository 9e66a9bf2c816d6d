/** The card below the scores: the balance of the classes, or two scores against one another. */

import { tally } from "./band.js";
import { ClassBars } from "./bars.js";
import { card, tabs } from "./frame.js";
import { Joint } from "./joint.js";
import { el } from "./look.js";

const NO_LABELS = "These rows carry no labels. Choose a label column on the Data page to compare classes.";
const NOTES = { classes: "picked, all rows as a tick", joint: "drag to brush both" };

export class Compare {
  /** @param {object} hooks `onClass(label, more)`, `onPair(which, name)`, `onBands(bands, phase)`, `onTab(tab)`, `look()` */
  constructor(data, { tab, joint }, hooks) {
    this.classes = data.classes.length;
    this.bars = data.classes.length && data.labels_url ? new ClassBars(data.classes, hooks.onClass) : null;
    this.joint = new Joint(data.columns, joint, { onPick: hooks.onPair, onBands: hooks.onBands, look: hooks.look });
    const classes = el("div", { class: "tab-body" }, this.bars?.element ?? el("p", { class: "missing" }, NO_LABELS));
    const pair = el("div", { class: "tab-body" }, this.joint.element);
    this.note = el("small");
    this.tabs = tabs("Below the scores", [["classes", "Classes", classes], ["joint", "Two scores", pair]], (chosen) => {
      this.#show(chosen);
      hooks.onTab(chosen);
    });
    const made = card("classes", "");
    made.body.append(el("header", {}, this.tabs.element, this.note), classes, pair);
    this.element = made.element;
    this.show(tab);
  }

  /** Other columns to choose from. */
  fill(columns, pair) {
    this.joint.fill(columns, pair);
  }

  /** Turn to a tab without telling anybody. */
  show(tab) {
    this.tabs.show(tab);
    this.#show(tab);
  }

  #show(tab) {
    this.tab = tab;
    this.note.textContent = tab === "classes" && !this.bars ? "" : NOTES[tab];
    this.#drawTab();
  }

  /** Show the states of the first places of a pool, and what is picked by hand. */
  draw(states, pool, where) {
    [this.states, this.pool, this.where] = [states, pool, where];
    this.#drawTab();
  }

  #drawTab() {
    const { states, pool, where } = this;
    if (!states) return;
    if (this.bars && this.tab === "classes") {
      this.bars.draw(tally(states, pool.labels, this.classes), states.length === pool.n);
      this.bars.press(where.classes);
    }
    if (this.tab === "joint") this.joint.draw(states, states.length, where.bands);
  }

  paint() {
    if (this.tab === "joint") this.joint.paint();
  }
}
