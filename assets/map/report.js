/**
 * Word to the server, at most eight times a second; the last one always arrives.
 *
 * What waits is sent before a press can lead elsewhere: once the page is left it would be taken for word of the old one.
 * A link to a file says what was told before it was pressed, so that the file is not of an earlier choice.
 */

const EVERY = 125; // milliseconds
const REMEMBERED = 64;
const PRESSES = ["pointerdown", "keydown", "click"]; // of a click alone, if no hand is behind it
const FIRST = { capture: true }; // before what is pressed hears of it

let latest; // the component that is on the page

function date({ target }) {
  const link = target.closest?.("a[download]");
  if (!link || latest?.last === undefined) return;
  const address = new URL(link.href);
  address.searchParams.set("after", latest.revision);
  link.href = address;
}

export class Report {
  /** `textsOf(choice)`: as what a page that sends back what it heard may send a choice. */
  constructor(textsOf) {
    this.textsOf = textsOf;
    this.send = () => {};
    this.revision = Date.now(); // rises from one component to the next, too
    this.said = [];
    latest = this;
    window.addEventListener("click", date);
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
    if (latest === this) latest = undefined;
  }

  stop() {
    clearTimeout(this.waiting);
    this.waiting = null;
    for (const press of PRESSES) window.removeEventListener(press, this.hurry, FIRST);
  }
}
