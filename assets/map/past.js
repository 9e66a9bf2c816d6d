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

  /** What was before `now`, or null. */
  undo(now) {
    if (!this.behind.length) return null;
    this.ahead.push(now);
    return this.behind.pop();
  }

  /** What was undone last, or null. */
  redo(now) {
    if (!this.ahead.length) return null;
    this.behind.push(now);
    return this.ahead.pop();
  }
}
