/**
 * What is seen and picked, one choice after another, and the way back. No DOM.
 *
 * A choice counts once all it needs is there, and of those asked for only the newest. Steps back and forth wait for one
 * another instead, so that none is lost; whatever a person does anew ends the steps that still wait.
 */

import { Past } from "./past.js";

/** What the page says a person begins with, as a choice. */
export function startOf({ initial, by }) {
  const { where, color, joint, tab, row, camera } = initial;
  return { where, color: color ?? by, joint, tab, row: row ?? null, camera: camera ?? null };
}

/** As what it is compared: the pinned row and the place on the map come and go by themselves. */
export const initialOf = ({ where, color, joint, tab }) => JSON.stringify([where, color, joint, tab]);

export class Course {
  /**
   * @param {object} choice where a person begins
   * @param {object} hooks `need(where)` fetches what a where speaks of; `shown(before)` draws a choice that has come to
   *   count, and may take its time; `say(sentence)` tells why one did not, and "" that there is nothing to tell
   */
  constructor(choice, hooks) {
    this.choice = choice;
    this.hooks = hooks;
    this.past = new Past();
    this.asked = null; // what is waited for
    this.round = 0; // of steps that wait for one another
    this.queue = Promise.resolve();
  }

  /** Another part of the choice, at once. */
  put(part) {
    this.choice = { ...this.choice, ...part };
  }

  /** What is now can be come back to. */
  leave() {
    this.past.leave(this.choice);
  }

  /** Other rows: one step that can be undone. */
  pick(where) {
    this.#overtake();
    return this.#become({ where }, () => this.leave());
  }

  /** Rows that follow the hand; its first word is the step that can be undone. */
  drag(where, phase) {
    this.#overtake();
    if (phase === "begin") this.leave();
    this.put({ where });
  }

  /** A whole choice at once; the pinned row stays. */
  take(choice) {
    this.#overtake();
    return this.#become(choice);
  }

  /** One step through the past, `undo` or `redo`, after those that were asked for before. */
  back(way) {
    const { round } = this;
    this.queue = this.queue.then(() => round === this.round && this.#step(way));
    return this.queue;
  }

  /** Nothing counts any more. */
  stop() {
    this.round += 1;
    this.asked = null;
  }

  async #step(way) {
    if (this.asked) { // a search on its way is what was done last: not to wait for it is to undo it
      this.#giveUp();
      return;
    }
    const there = this.past.next(way);
    if (!there) return;
    const { camera, ...seen } = there; // the map was moved for its own sake
    await this.#become(seen, () => {
      if (this.past.next(way) !== there) return false; // something was done meanwhile
      this.past.step(way, this.choice);
      return true;
    });
  }

  #overtake() {
    this.round += 1;
    if (this.asked) this.#giveUp();
  }

  #giveUp() {
    this.asked = null;
    this.hooks.say("");
  }

  /** Whether it came to that; `first` is done just before, and `false` from it ends the matter. */
  async #become(part, first = () => {}) {
    const asked = (this.asked = {});
    try {
      await this.hooks.need(part.where);
    } catch (error) {
      if (this.asked !== asked) return false;
      this.asked = null;
      this.hooks.say(error.message);
      return false;
    }
    if (this.asked !== asked) return false;
    this.asked = null;
    if (first() === false) return false;
    const before = this.choice;
    this.choice = { ...before, ...part, row: before.row };
    await this.hooks.shown(before);
    return true;
  }
}
