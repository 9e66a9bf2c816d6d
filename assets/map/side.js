/** Beside the map: a brush for every score, and below them the classes or two scores against one another. */

import { Compare } from "./compare.js";
import { card } from "./frame.js";
import { el } from "./look.js";
import { ScoreList } from "./scores.js";

export class Side {
  /**
   * @param {object} data what the page shows
   * @param {object} choice where a person begins
   * @param {object} hooks `facet(name)` fetches a column; `onBands({column: band | null}, phase)`, `onClass(label, more)`,
   *   `onPair(which, name)`, `onTab(tab)`; `look()` of the theme
   */
  constructor(data, choice, hooks) {
    this.hooks = hooks;
    this.card = card("scores", "Scores", "drag to brush, height = √count");
    this.scores = new ScoreList({
      facet: hooks.facet,
      onBand: (name, band, phase) => hooks.onBands({ [name]: band }, phase),
      onError: (error) => this.card.say(error.message, true),
      look: hooks.look,
    });
    this.scores.fill(data.columns);
    this.card.body.append(this.scores.element);
    this.compare = new Compare(data, choice, hooks);
    this.element = el("div", { class: "side" }, this.card.element, this.compare.element);
  }

  /** Other columns to brush and to choose from. */
  fill(columns, pair) {
    this.scores.fill(columns);
    this.compare.fill(columns, pair);
  }

  /** Turn to a tab without telling anybody; two scores are fetched first. */
  async show(tab, pair) {
    if (tab === "joint") this.compare.joint.setPair(...(await Promise.all(pair.map(this.hooks.facet))));
    this.compare.show(tab);
  }

  /** Which of the first places of a pool are picked, and by what. */
  draw(picked, states, pool, where) {
    this.scores.draw(picked, pool.n, where.bands);
    this.compare.draw(states, pool, where);
  }

  /** The same again: another theme. */
  paint() {
    this.scores.paint();
    this.compare.paint();
  }

  release() {
    this.scores.release();
  }
}
