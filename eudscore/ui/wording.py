"""How columns, runs and times are called on the pages."""

import time
from collections.abc import Iterable, Sequence

from eudscore.records import Card, RunState

# In the order in which they are read: what a family is named after, then its companions.
_COLUMNS = {
    "igse": "IGSE",
    "information_entropy": "Information entropy",
    "information_adjusted": "Information, length-adjusted",
    "information_normalised": "Information, normalised",
    "information_surprisal": "Word surprisal",
    "information_miller_madow": "Information, Miller-Madow",
    "information_chao_shen": "Information, Chao-Shen",
    "generative_entropy": "Generative entropy",
    "generative_nll": "Negative log-likelihood",
    "generative_gap": "Surprisal beyond entropy",
    "generative_typicality": "Typicality (z)",
    "generative_context_gain": "Context gain",
    "generative_log_ifd": "Instruction difficulty (log IFD)",
    "generative_varentropy": "Varentropy",
    "generative_perplexity": "Perplexity",
    "generative_bits_per_byte": "Bits per byte",
    "masked_pll": "Negative pseudo-log-likelihood",
    "semantic_entropy": "Semantic entropy",
    "semantic_neighbourhood": "Neighbourhood entropy",
    "semantic_isolation": "Isolation",
    "semantic_stability": "Cluster instability",
    "predictive_entropy": "Predictive entropy",
    "predictive_margin": "Margin uncertainty",
    "predictive_least_confidence": "Least confidence",
    "predictive_bald": "BALD",
    "predictive_energy": "Energy",
    "predictive_label_gap": "Label gap",
    "predictive_el2n": "EL2N",
    "training_confidence": "Training confidence",
    "training_variability": "Training variability",
    "training_correctness": "Training correctness",
    "tokens": "Length",
}
MAIN = ("igse", "information_entropy", "generative_entropy", "semantic_entropy", "predictive_entropy")
_SHOWN = ("nats", "nats^2", "bits per byte", "cosine distance", "z")
ARMS = {"subset": "Selection", "random": "Random, same size", "full": "All data"}
STATES = {
    RunState.QUEUED: "waiting",
    RunState.RUNNING: "running",
    RunState.PAUSED: "paused",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
    RunState.LOST: "lost",
}


def column_label(name: str) -> str:
    """A column as people read it."""
    return _COLUMNS.get(name, name.replace("_", " ").capitalize())


def in_order(names: Iterable[str]) -> list[str]:
    """Columns in the order in which they are read; unknown ones follow by name."""
    place = {name: position for position, name in enumerate(_COLUMNS)}
    return sorted(names, key=lambda name: (place.get(name, len(place)), name))


def families_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Columns by what they measure; first those that families are named after."""
    groups: dict[str, list[str]] = {}
    for name in in_order(names):
        family = "Entropies" if name in MAIN else name.split("_")[0].capitalize()
        groups.setdefault(family, []).append(name)
    return dict(sorted(groups.items(), key=lambda group: group[0] != "Entropies"))


def unit_of(card: Card) -> str:
    """The unit beside figures; of ranks, shares and counts the label says enough."""
    return card.unit.replace("^2", "\N{SUPERSCRIPT TWO}") if card.unit in _SHOWN else ""


def preferred(columns: Sequence[str], *, ranks: bool) -> str:
    """The column a page begins with.

    Args:
        columns: names to choose from, at least one.
        ranks: whether a rank may be chosen: right to select by, but its histogram is flat by construction.
    """
    order = ["predictive_entropy", "semantic_entropy", "generative_entropy", "information_entropy"]
    if ranks:
        order.insert(0, "igse")
    return next((name for name in order if name in columns), columns[0])


def ago(moment: float) -> str:
    """A past moment as a span of time."""
    seconds = max(0.0, time.time() - moment)
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"
