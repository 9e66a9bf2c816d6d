"""How the metrics of a study are read: which way is better, and in which unit people speak of them."""

LESS_IS_BETTER = frozenset({"nll", "ece", "loss"})
SHARES = frozenset({"accuracy", "macro_f1", "micro_f1", "f1", "exact_match", "em", "recall", "precision", "ece"})

MARGIN = 0.005
"""By how much a share may be worse and still be called maintained: half a point, declared beforehand."""


def less_is_better(metric: str) -> bool:
    """Whether a metric is a loss."""
    return metric in LESS_IS_BETTER


def amount(metric: str, difference: float) -> str:
    """The size of a difference, in words: points for what is a share, nats, or the bare number."""
    if metric in SHARES:
        return f"{abs(100 * difference):.1f}"
    return f"{abs(difference):.3g}"


def unit(metric: str) -> str:
    """What `amount` counts: `points`, `nats`, or nothing for what has no unit."""
    if metric in SHARES:
        return "points"
    return "nats" if metric in ("nll", "loss") else ""
