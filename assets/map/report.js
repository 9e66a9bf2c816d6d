/** Word to the server, at most eight times a second; the last one always arrives. */

import { initialOf } from "./choice.js";

const EVERY = 125; // milliseconds
const REMEMBERED = 64;

export class Report {
  constructor() {
    this.send = () => {};
    this.revision = 0;
    this.said = [];
  }

  /** Send `choice` now, or as soon as the last word is long enough ago. */
  tell(choice) {
    this.next = choice;
    if (this.waiting) return;
    const left = EVERY - (performance.now() - (this.last ?? -EVERY));
    this.waiting = setTimeout(() => this.#flush(), Math.max(0, left));
  }

  /** Whether a page that sends back what it heard sends this. */
  echoes(text) {
    return this.said.includes(text);
  }

  #flush() {
    this.waiting = null;
    this.last = performance.now();
    this.revision += 1;
    const follows = this.next.auto ? [initialOf({ ...this.next, lo: null, hi: null })] : [];
    this.said = [...this.said, initialOf(this.next), ...follows].slice(-REMEMBERED);
    this.send({ ...this.next, revision: this.revision });
  }

  stop() {
    clearTimeout(this.waiting);
    this.waiting = null;
  }
}
