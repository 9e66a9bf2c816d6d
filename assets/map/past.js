/** What was before, to go back to and forward again. No DOM. */

const MOST = 100;

export class Past {
  constructor() {
    this.behind = [];
    this.ahead = [];
  }

  /** A step is about to be taken away from `now`. */
  leave(now) {
    this.behind = [...this.behind, now].slice(-MOST);
    this.ahead = [];
  }

  /** Where a step leads, `undo` or `redo`; null = nowhere. */
  next(way) {
    return (way === "undo" ? this.behind : this.ahead).at(-1) ?? null;
  }

  /** Take that step away from `now`. */
  step(way, now) {
    const [from, to] = way === "undo" ? [this.behind, this.ahead] : [this.ahead, this.behind];
    from.pop();
    to.push(now);
  }
}
