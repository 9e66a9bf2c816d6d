/**
 * Word to the server, at most eight times a second; the last one always arrives.
 *
 * What waits is sent before a press can lead elsewhere: once the page is left it would be taken for word of the old one.
 */

import { attend, leave } from "./links.js";

const EVERY = 125; // milliseconds
const REMEMBERED = 64;
const PRESSES = ["pointerdown", "keydown", "click"]; // of a click alone, if no hand is behind it
const FIRST = { capture: true }; // before what is pressed hears of it

export class Report {
  /** `textsOf(choice)`: as what a page that sends back what it heard may send a choice. */
  constructor(textsOf) {
    this.textsOf = textsOf;
    this.send = () => {};
    this.revision = Date.now(); // rises from one component to the next, too
    this.said = [];
    attend(this);
    this.hurry = ({ key = "Enter" }) => (key === "Enter" || key === " ") && this.#flush();
  }

  /** Send `choice` now, or as soon as the last word is long enough ago. */
  tell(choice) {
    this.next = choice;
    if (this.waiting) return;
    const left = EVERY - (performance.now() - (this.last ?? -EVERY));
    this.waiting = setTimeout(() => this.#flush(), Math.max(0, left));
    for (const press of PRESSES) window.addEventListener(press, this.hurry, FIRST);
  }

  /** `change` is a promise: what it leads to is told at its end. */
  during(change) {
    this.changes = Promise.allSettled([this.changes, change]).then(() => {});
  }

  /** The last revision that was told, once everything is told; nothing if nothing ever was. */
  async settled() {
    let seen;
    while (seen !== this.changes) {
      seen = this.changes;
      await seen;
    }
    if (this.waiting) this.#flush();
    return this.last === undefined ? undefined : this.revision;
  }

  /** Whether a page that sends back what it heard sends this. */
  echoes(text) {
    return this.said.includes(text);
  }

  #flush() {
    this.stop();
    this.last = performance.now();
    this.revision += 1;
    this.said = [...this.said, ...this.textsOf(this.next)].slice(-REMEMBERED);
    this.send({ ...this.next, revision: this.revision });
  }

  /** What was not sent is not sent any more. */
  end() {
    this.stop();
    leave(this);
  }

  stop() {
    clearTimeout(this.waiting);
    this.waiting = null;
    for (const press of PRESSES) window.removeEventListener(press, this.hurry, FIRST);
  }
}
