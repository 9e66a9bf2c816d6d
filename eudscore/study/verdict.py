"""What a study shows, in plain words that its numbers support."""

from dataclasses import dataclass
from enum import StrEnum

from eudscore.study.comparison import Arm, Comparison, Cost
from eudscore.study.metrics import MARGIN, SHARES, amount, less_is_better, unit
from eudscore.study.pairs import Gain
from eudscore.study.results import RANDOM

_NOTABLE = 0.05  # of a time; less is called as long
_NAMES = {"macro_f1": "macro-F1", "micro_f1": "micro-F1", "f1": "F1", "exact_match": "exact match", "em": "exact match",
          "nll": "negative log-likelihood", "ece": "calibration error"}  # fmt: skip


class Finding(StrEnum):
    """How an arm compares with another."""

    ABOVE = "above"  # better, beyond chance
    BELOW = "below"  # worse, beyond chance
    NOT_SHOWN = "not shown"
    TOO_FEW = "too few"  # one pair
    MISSING = "missing"  # no pair yet
    ITSELF = "itself"  # the arm is what it would be compared with


@dataclass(frozen=True)
class Verdict:
    """What can be said of an arm.

    Attributes:
        to_random: how it compares with a random subset of its size.
        to_full: how it compares with all data.
        maintained: whether it is not worse than all data by more than the margin.
        sentence: the same in words, with the time it takes.
    """

    to_random: Finding
    to_full: Finding
    maintained: bool
    sentence: str


def verdict(
    comparison: Comparison, strategy: str, budget: float, *, cost: Cost | None = None, margin: float | None = None,
    named: bool = False,
) -> Verdict:  # fmt: skip
    """Say what a study shows of one arm.

    A difference is claimed where its p value, adjusted for all arms of the budget (Holm), is below 5 %.

    Args:
        comparison: the table of a metric.
        strategy: of the arm.
        budget: of the arm.
        cost: of the arm; without it nothing is said of time.
        named: whether the sentence says which strategy it is about, as it must where there are several.
        margin: by how much it may be worse than all data and still maintain it, declared before the study; half a
            point where it is not given, and nothing of the kind is claimed of a metric that is no share.

    Raises:
        RequestError: the study has no such arm.
    """
    arm = comparison.arm(strategy, budget)
    if margin is None and comparison.metric in SHARES:
        margin = MARGIN
    words = _Words(comparison.metric, f"{100 * budget:g} %", strategy, _compared(comparison, budget), named)
    maintained = margin is not None and arm.to_full is not None and arm.to_full.maintains(margin)
    to_random, to_full = _finding(arm.to_random), _finding(arm.to_full)
    said = words.all_of(arm.to_random, arm.to_full, margin, cost)
    return Verdict(to_random, to_full, maintained, said + _fewer(comparison, arm))


def _fewer(comparison: Comparison, arm: Arm) -> str:
    """That an arm did not fill its budget, where the random one has notably more rows or fewer."""
    other = next((one for one in comparison.arms if (one.strategy, one.budget) == (RANDOM, arm.budget)), None)
    if other is None or abs(arm.n_train - other.n_train) <= _NOTABLE * other.n_train:
        return ""
    return f" It holds {arm.n_train:,.0f} rows, the random subset {other.n_train:,.0f}."


def _compared(comparison: Comparison, budget: float) -> int:
    """How many arms of a budget are compared with random."""
    gains = [arm.to_random for arm in comparison.arms if arm.budget == budget]
    return sum(gain is not None and len(gain.seeds) > 1 for gain in gains)


def _finding(gain: Gain | None) -> Finding:
    if gain is None:
        return Finding.ITSELF
    if len(gain.seeds) < 2:
        return Finding.TOO_FEW if gain.seeds else Finding.MISSING
    if not gain.shown:
        return Finding.NOT_SHOWN
    return Finding.ABOVE if gain.mean > 0 else Finding.BELOW


@dataclass(frozen=True)
class _Words:
    """The parts of a sentence.

    Attributes:
        metric: that is spoken of.
        share: the budget, "16 %".
        strategy: the arm.
        compared: how many arms of the budget are compared with random.
        named: whether the strategy is named.
    """

    metric: str
    share: str
    strategy: str
    compared: int
    named: bool

    def all_of(self, to_random: Gain | None, to_full: Gain | None, margin: float | None, cost: Cost | None) -> str:
        """The whole."""
        own = f"the selection by {self.strategy}" if self.named else "the selection"
        subject = "a random subset" if self.strategy == RANDOM else own
        claimed = _finding(to_random) in (Finding.ABOVE, Finding.BELOW)
        full = self._against_full(to_full, margin, with_unit=not claimed)
        if to_random is None:
            first = f"At {self.share} {subject} is {full}"
        else:
            first = self._against_random(subject, to_random) + (f" and {full}" if claimed else f". It is {full}")
        time = "" if cost is None else _time(cost)
        left_out = _left_out(to_random, f"a random {self.share}") + _left_out(to_full, "all data")
        return f"{first}{f'; it {time}' if time else ''}.{left_out}"

    def _against_random(self, subject: str, gain: Gain) -> str:
        other = f"a random {self.share}"
        match _finding(gain):
            case Finding.MISSING:
                return f"At {self.share} nothing can be said yet: no seed has both {subject} and {other}"
            case Finding.TOO_FEW:
                return (
                    f"At {self.share} {subject} is {self._by(gain.mean)} {other} in the one seed that has both, which "
                    "shows nothing: run at least 2 seeds, better 5"
                )
            case Finding.NOT_SHOWN:
                return (
                    f"At {self.share} no difference between {subject} and {other} could be shown{self._in_metric} "
                    f"({self._alone(gain.mean)}, {self._interval(gain, 1)}{self._many(gain)})"
                    f"{self._resolution(gain)}"
                )
        ends = self._interval(gain, 1 if gain.mean > 0 else -1)
        return f"At {self.share} {subject} is {self._by(gain.mean)} {other}{self._in_metric} ({ends})"

    def _against_full(self, gain: Gain | None, margin: float | None, *, with_unit: bool) -> str:
        """What follows "it is"."""
        finding = _finding(gain)
        if gain is None or finding is Finding.MISSING:
            return "not compared with all data yet"
        short = self._by(gain.mean, with_unit=with_unit)
        if finding is Finding.TOO_FEW:
            return f"{short} all data in the one seed that has both"
        interval = self._interval(gain, 1)
        if margin is not None and gain.maintains(margin) and finding is not Finding.ABOVE:
            within = f"maintained to within the {self._amount(margin)} declared beforehand"
            return f"{short} all data, {within} ({interval})"
        if finding is Finding.NOT_SHOWN and gain.sd == 0:
            return f"{short} all data in every seed, of which there are too few to show more"
        if finding is Finding.NOT_SHOWN:
            return f"{short} all data, where neither a loss nor its absence could be shown ({interval})"
        return f"{short} all data"

    def _is_nothing(self, difference: float) -> bool:
        """Whether a difference is none as far as it is written."""
        return float(amount(self.metric, difference)) == 0

    def _by(self, difference: float, *, with_unit: bool = True) -> str:
        """How far and which way: "1.9 points above", "0.03 nats better than" for a loss, "level with"."""
        if self._is_nothing(difference):
            return "level with"
        size = self._amount(difference) if with_unit else amount(self.metric, difference)
        ways = ("better than", "worse than") if less_is_better(self.metric) else ("above", "below")
        return f"{size} {ways[0] if difference >= 0 else ways[1]}"

    def _alone(self, difference: float) -> str:
        """The same where nothing follows."""
        return self._by(difference).removesuffix(" than").removesuffix(" with")

    def _amount(self, difference: float) -> str:
        return f"{amount(self.metric, difference)} {unit(self.metric)}".rstrip()

    def _interval(self, gain: Gain, way: int) -> str:
        """The interval of the gain, or of the loss where `way` is -1."""
        ends = sorted((way * gain.low, way * gain.high))
        low, high = (
            ("-" if end < 0 and float(amount(self.metric, end)) else "") + amount(self.metric, end) for end in ends
        )
        return f"95 % CI {low} to {high}"

    def _many(self, gain: Gain) -> str:
        """Why nothing is shown although the interval excludes 0."""
        if gain.low <= 0 <= gain.high:
            return ""
        if gain.sd == 0:
            return ", the same in every seed, of which there are too few"
        return f", which does not hold with {self.compared} strategies compared at once"

    def _resolution(self, gain: Gain) -> str:
        """What would have been found; empty where nothing tells, because all pairs differ by the same."""
        if gain.sd == 0:
            return ""
        least = self._amount(gain.detectable)
        return f"; with {len(gain.seeds)} seeds this study would have found one of {least} four times in five"

    @property
    def _in_metric(self) -> str:
        return "" if self.metric == "accuracy" else f" in {_NAMES.get(self.metric, self.metric)}"


def _time(cost: Cost) -> str:
    """What follows "it"; empty where it is not known."""
    times = cost.speed_up
    if times > 1 + _NOTABLE:
        return f"trains {times:.1f} times faster, scoring included"
    if times < 1 - _NOTABLE:
        return f"takes {1 / times:.1f} times as long as training on all data, scoring included"
    return "takes as long as training on all data, scoring included" if times == times else ""


def _left_out(gain: Gain | None, other: str) -> str:
    """Seeds that count for nothing, where others do."""
    if gain is None or not gain.unpaired or not gain.seeds:
        return ""
    seeds = ", ".join(map(str, gain.unpaired))
    if len(gain.unpaired) == 1:
        return f" Seed {seeds} has no pair with {other} and is left out."
    return f" Seeds {seeds} have no pair with {other} and are left out."
