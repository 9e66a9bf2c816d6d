"""How columns, runs and times are called on the pages."""

import time

from eudscore.records import Card, RunState

_COLUMNS = {
    "igse": "IGSE (combined)",
    "information_entropy": "Information entropy",
    "information_adjusted": "Information, length-adjusted",
    "information_surprisal": "Word surprisal",
    "generative_entropy": "Generative entropy",
    "generative_nll": "Negative log-likelihood",
    "generative_typicality": "Typicality (z)",
    "semantic_entropy": "Semantic entropy",
    "semantic_neighbourhood": "Neighbourhood entropy",
    "predictive_entropy": "Predictive entropy",
    "predictive_margin": "Margin (1 - gap)",
    "predictive_label_gap": "Label gap",
}
ARMS = {"subset": "Selection", "random": "Random, same size", "full": "All data"}
STATES = {
    RunState.QUEUED: "waiting",
    RunState.RUNNING: "running",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
    RunState.LOST: "lost",
}


def column_label(name: str) -> str:
    """A column as people read it."""
    return _COLUMNS.get(name, name.replace("_", " ").capitalize())


def unit_of(card: Card) -> str:
    """The unit beside figures; ranks and probabilities have none worth reading."""
    return card.unit if card.unit in ("nats", "z") else ""


def preferred(columns: list[str]) -> str:
    """The column a page begins with."""
    for name in (
        "igse",
        "semantic_entropy",
        "predictive_entropy",
        "generative_entropy",
        "information_adjusted",
    ):
        if name in columns:
            return name
    return columns[0]


def ago(moment: float) -> str:
    """A past moment as a span of time."""
    seconds = max(0.0, time.time() - moment)
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def duration(seconds: float) -> str:
    """A span of time in at most two units."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
