/** The card of the budget: its slider, the strategy, the interval on the histogram, and further intervals. */

import { tally } from "./band.js";
import { Budget } from "./budget.js";
import { card, choose } from "./frame.js";
import { Histogram } from "./histogram.js";
import { Intervals } from "./intervals.js";
import { el } from "./look.js";
import { BINS } from "./series.js";
import { StrategyChooser } from "./strategies.js";

export class BandCard {
  /** `hooks`: `onBand`, `onBudget`, `onChange(part)` of a choice, `onOther(name, lo, hi)`, `onReset`. */
  constructor(data, choice, hooks) {
    const { onChange } = hooks;
    const made = card("band", "");
    this.say = made.say;
    this.element = made.element;
    this.histogram = new Histogram(data.palettes, hooks.onBand);
    this.budget = new Budget(data.n, hooks.onBudget);
    this.strategies = new StrategyChooser(data.strategies, choice, {
      onStrategy: (strategy) => onChange({ strategy }),
      onWay: (way) => onChange({ way }),
    });
    const names = data.columns.map(({ name, label }) => [name, label]);
    this.by = choose("Interval of", names, choice.by, (by) => onChange({ by, bands: without(this.bands, by) }));
    this.reset = el("button", { type: "button", class: "quiet", onclick: hooks.onReset });
    this.intervals = new Intervals(data.columns, data.palettes, { onBands: (bands) => onChange({ bands }), onMove: hooks.onOther });
    const footer = el("footer", {}, this.by.element, this.intervals.add, this.reset);
    made.body.append(this.budget.element, this.strategies.element, this.histogram.element, footer, this.intervals.list);
    made.say("Loading the scores…");
  }

  /** Another column, strategy or set of intervals; `waiting`: for a ranking, a sentence. */
  prepare({ choice, about, drawn, waiting }) {
    this.drawn = drawn;
    this.waiting = waiting !== "";
    this.strategies.say(waiting);
    this.banded = about.banded;
    this.bands = choice.bands;
    this.strategies.draw(choice, about);
    this.by.select.value = choice.by;
    this.by.element.firstChild.textContent = about.banded ? "Interval of" : about.valued ? "By" : "Shown";
    if (this.histogram.drawn !== drawn) this.histogram.setSeries(drawn, axisLabel(drawn.about));
    this.histogram.setBanded(about.banded);
    this.intervals.fill(choice.by, choice.bands);
    const missing = drawn.sorted.length === 0 && (about.banded || about.valued);
    this.say(missing ? `No row has a value of ${drawn.about.label}: score the data first.` : "");
  }

  /** What is kept now. */
  draw(choice, { state, kept, tokens, about, partly }, pool, others) {
    if (this.waiting) this.budget.draw(choice.k, null, choice.tokens);
    else this.budget.draw(kept, pool.tokens ? tokens : null, choice.tokens, { rows: about, tokens: partly });
    if (this.drawn.sorted.length) this.histogram.draw(tally(state, this.drawn.bins, BINS), choice);
    this.intervals.draw(state, others, choice.bands);
    this.bands = choice.bands;
    this.reset.hidden = !this.banded || choice.way !== "inside";
    this.reset.textContent = choice.auto ? "follows the budget" : "Follow the budget";
    this.reset.disabled = choice.auto;
  }
}

const axisLabel = ({ label, unit }) => (unit ? `${label} (${unit})` : label);

function without(bands, name) {
  const { [name]: gone, ...rest } = bands;
  return rest;
}
