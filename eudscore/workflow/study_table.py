"""The figures of a study in words: for the page, and as Markdown and CSV for the terminal and for reports."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from eudscore.study.comparison import Arm, Cost
from eudscore.study.metrics import SHARES
from eudscore.study.pairs import Gain
from eudscore.study.recalls import recall_changes, recalls_in_words
from eudscore.study.results import RANDOM
from eudscore.workflow.pace import duration
from eudscore.workflow.study_plan import BY_LENGTH, Regime, arm_in_words
from eudscore.workflow.study_results import Study

HEADS = (
    "trained on", "rows", "labels read", "steps", "{metric}", "against random", "above / equal / below",
    "against all data", "could have shown", "training", "scoring and choice", "times faster",
)  # fmt: skip
LEGEND = (
    "± is the standard deviation over the seeds; intervals are 95 % t-intervals of each arm by itself; bold holds with "
    "all arms of the budget considered (Holm), and so does what could have been shown (found four times in five)."
)
_AGAINST_RANDOM, _AGAINST_FULL = 5, 7
_COLUMNS = (
    "strategy", "budget", "seeds", "rows", "labels", "steps", "metric", "mean", "sd",
    *(f"{name}_{against}" for against in ("random", "full")
      for name in ("gain_over", "low_over", "high_over", "p_holm_over", "better_than", "equal_to", "worse_than",
                   "detectable_over")),
    "training_seconds", "choice_seconds", "scoring_seconds", "times_faster",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """An arm as it is shown.

    Attributes:
        cells: one for each of `HEADS`; empty where there is nothing to say yet.
        shown: places of the cells that hold a difference beyond chance.
    """

    cells: tuple[str, ...]
    shown: frozenset[int]


def lines_of(study: Study, metric: str = "accuracy") -> Iterator[str]:
    """What a study shows, as Markdown: what it is, a verdict for each arm, and the table."""
    yield from about_lines(study)
    if unfinished := unfinished_line(study):
        yield unfinished
    for _, verdict in study.verdicts(metric):
        yield ""
        yield f"**{verdict.sentence}**"
    yield ""
    yield from table_of(study, metric)
    yield ""
    yield LEGEND
    for arm in study.compared(metric).arms:
        if arm.budget is None or arm.strategy == RANDOM:  # what others are compared with
            continue
        if said := recalls_in_words(recall_changes(study.cells, arm.strategy, arm.budget)):
            yield f"{name_of(arm)}: {said}"
    for name, notes in study.about["notes"].items():
        for note in notes:
            yield f"{name.replace('_', ' ')}: {note}"


def about_lines(study: Study) -> Iterator[str]:
    """What a study is: data, model, what is held equal, how many seeds; and what is to be known of its test set."""
    about, request = study.about, study.request
    options = request.options
    epochs = request.epochs
    regime = (
        f"{epochs:g} epochs each (fixed epochs)" if request.regime is Regime.EPOCHS
        else f"{about['full_steps']:,} updates each, what all rows get in {epochs:g} epochs (fixed steps)"
    )  # fmt: skip
    drawn = "random and random by length are" if BY_LENGTH in request.controls else "random is"
    seeds = "1 seed" if request.seeds == 1 else f"{request.seeds} seeds"
    yield (
        f"{about['name']}: {about['pool_rows']:,} rows to train on, {about['test_rows']:,} to test on; "
        f"{options.model}, {regime}; {seeds}, {drawn} {_drawn(request.draws)}."
    )
    if study.collapsed:
        yield (
            f"{study.collapsed:,} of {study.done:,} trainings answer every test row with the same class: they have "
            "learnt nothing yet, so give more epochs or a larger budget."
        )
    if overlap := overlap_line(about["test_texts_in_pool"], about.get("test_texts_near_pool", 0)):
        yield overlap


def overlap_line(same: int, near: int) -> str:
    """How much of the test set stands among the rows to train on; nothing where none of it does."""
    told = []
    if same:
        told.append(
            f"{same:,} of the test texts {'stands' if same == 1 else 'stand'} among the rows to train on as well"
        )
    if near:
        those = f"{near:,} more" if same else f"{near:,} of the test texts"
        told.append(f"{those} {'is a near-duplicate' if near == 1 else 'are near-duplicates'} of such a row")
    return f"{', and '.join(told)}." if told else ""


def _drawn(draws: int) -> str:
    return "one subset a seed" if draws == 1 else f"the mean of {draws} subsets a seed"


def unfinished_line(study: Study) -> str:
    """How much of a study is there; nothing where that is all of it."""
    if study.done == study.total:
        return ""
    return f"{study.done:,} of {study.total:,} trainings are done: what stands here is what they show so far."


def heads_for(metric: str) -> tuple[str, ...]:
    """The names of the columns."""
    return tuple(head.format(metric=metric.replace("_", " ")) for head in HEADS)


def rows_of(study: Study, metric: str = "accuracy") -> Iterator[Line]:
    """Every arm with its paired differences and what it costs, in words."""
    comparison = study.compared(metric)
    for arm in comparison.arms:
        measured = (_value(metric, arm), _gain(metric, arm.to_random), _signs(arm.to_random),
                    _gain(metric, arm.to_full), _detectable(metric, arm.to_random))  # fmt: skip
        paid = (duration(arm.seconds), *_cost(study.cost(comparison, arm)))
        gains = {_AGAINST_RANDOM: arm.to_random, _AGAINST_FULL: arm.to_full}
        yield Line(
            (name_of(arm), f"{arm.n_train:,.0f}", f"{study.labels(arm):,.0f}", f"{arm.steps:,.0f}", *measured, *paid),
            frozenset(place for place, gain in gains.items() if gain is not None and gain.shown),
        )


def table_of(study: Study, metric: str = "accuracy") -> Iterator[str]:
    """The same as a table in Markdown, a difference beyond chance in bold."""
    yield "| " + " | ".join(heads_for(metric)) + " |"
    yield "|" + " --- |" * len(HEADS)
    for line in rows_of(study, metric):
        told = (f"**{cell}**" if place in line.shown else cell for place, cell in enumerate(line.cells))
        yield "| " + " | ".join(told) + " |"


def csv_of(study: Study, metric: str = "accuracy") -> str:
    """The same as bare numbers, for a spreadsheet: shares in [0, 1], nats, seconds; empty where nothing is known."""
    comparison = study.compared(metric)
    sink = io.StringIO()
    written = csv.writer(sink, lineterminator="\n")
    written.writerow(_COLUMNS)
    for arm in comparison.arms:
        cost = study.cost(comparison, arm)
        paid = (None, None, None) if cost is None else (cost.selection, cost.scoring, cost.speed_up)
        found = (
            arm.strategy, arm.budget, len(arm.seeds), arm.n_train, study.labels(arm), arm.steps, metric, arm.mean,
            arm.sd, *_numbers(arm.to_random), *_numbers(arm.to_full), arm.seconds, *paid,
        )  # fmt: skip
        written.writerow(["" if value is None or value != value else value for value in found])
    return sink.getvalue()


def _numbers(gain: Gain | None) -> tuple[float | None, ...]:
    if gain is None:
        return (None,) * 8
    return (
        gain.mean, gain.low, gain.high, gain.p_holm, gain.better, gain.equal, gain.worse, gain.detectable
    )  # fmt: skip


def name_of(arm: Arm) -> str:
    """An arm as people call it."""
    return arm_in_words(arm.strategy, arm.budget)


def _value(metric: str, arm: Arm) -> str:
    scale, unit = (100, " %") if metric in SHARES else (1, "")
    spread = "" if arm.sd != arm.sd else f" ± {scale * arm.sd:.1f}" if scale == 100 else f" ± {arm.sd:.3f}"
    return f"{scale * arm.mean:.1f}{spread}{unit}" if scale == 100 else f"{arm.mean:.3f}{spread}"


def _gain(metric: str, gain: Gain | None) -> str:
    if gain is None or not gain.seeds:
        return ""
    scale, digits = (100, 1) if metric in SHARES else (1, 3)
    mean = _plain(f"{scale * gain.mean:+.{digits}f}")
    if len(gain.seeds) < 2:
        return mean
    low, high = (_plain(f"{scale * end:.{digits}f}") for end in (gain.low, gain.high))
    return f"{mean} ({low} to {high})"


def _plain(number: str) -> str:
    """A figure without the sign of a zero."""
    return number.lstrip("+-") if float(number) == 0 else number


def _signs(gain: Gain | None) -> str:
    return "" if gain is None or not gain.seeds else f"{gain.better} / {gain.equal} / {gain.worse}"


def _detectable(metric: str, gain: Gain | None) -> str:
    if gain is None or len(gain.seeds) < 2 or gain.detectable != gain.detectable:
        return ""
    return f"{100 * gain.detectable:.1f}" if metric in SHARES else f"{gain.detectable:.3f}"


def _cost(cost: Cost | None) -> tuple[str, str]:
    if cost is None:
        return "", ""
    faster = (
        ""
        if cost.speed_up != cost.speed_up
        else f"{cost.speed_up:.1f}"
        if cost.speed_up >= 1
        else f"{cost.speed_up:.2g}"
    )
    return duration(cost.selection + cost.scoring), faster
