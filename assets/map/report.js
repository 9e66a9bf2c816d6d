/** Word to the server, at most eight times a second; the last one always arrives. */

const EVERY = 125; // milliseconds
const REMEMBERED = 64;

export class Report {
  /** `textsOf(choice)`: as what a page that sends back what it heard may send a choice. */
  constructor(textsOf) {
    this.textsOf = textsOf;
    this.send = () => {};
    this.revision = Date.now(); // rises from one component to the next, too
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
    this.said = [...this.said, ...this.textsOf(this.next)].slice(-REMEMBERED);
    this.send({ ...this.next, revision: this.revision });
  }

  stop() {
    clearTimeout(this.waiting);
    this.waiting = null;
  }
}
