"""What is known of one text, as values: what the inspector shows and the sentence is made from."""

import math
from dataclasses import dataclass

from eudscore.entropy.verdict import Evidence, Kind


@dataclass(frozen=True)
class ScorePlace:
    """One score of a text and where it stands among all.

    Attributes:
        column: name of the column.
        value: nan = nothing to score.
        unit: of the value, as on its card.
        place: its rank among all rows that have a value, as a percentile in (0, 1): the mid-rank, for which equal
            values count half; nan where it has no value.
    """

    column: str
    value: float
    unit: str
    place: float


@dataclass(frozen=True)
class ClassShare:
    """What the classifier gives one class.

    Attributes:
        name: of the class.
        probability: in [0, 1].
        given: whether it is the label of the text.
    """

    name: str
    probability: float
    given: bool


@dataclass(frozen=True)
class Neighbour:
    """One of the nearest texts.

    Attributes:
        row: which.
        cosine: to the text; nan where only their words were compared.
        label: its own, None where it has none.
        agrees: whether that is the label of the text; None where either has none.
        duplicate: whether the two say the same.
        equal: whether they do so letter by letter, capitals, width and white space apart.
    """

    row: int
    cosine: float
    label: str | None
    agrees: bool | None
    duplicate: bool
    equal: bool


@dataclass(frozen=True)
class Explanation:
    """One text: its scores, what speaks for its label and against it, and what it looks like.

    Attributes:
        row: which.
        label: its label, None where it has none.
        scores: every stored column, in the order of the store.
        classes: the likeliest ones, at most five, the likeliest first, and the given one if it is not among them;
            empty where they are not known.
        neighbours: the nearest texts, nearest first; empty where they are not known.
        duplicates: the texts that say the same, nearest first; not only those among the neighbours.
        evidence: the numbers that decide.
        rival: the class that speaks most against the label, or the likeliest one where there is no label.
        second: without a label the second likeliest.
        kinds: what it looks like, the likeliest first.
        sentence: the same in plain words with the numbers; names of classes stand between backticks.
        missing: what cannot be said and what to do about it, a sentence each.
        empty: whether there is no text in the row: nothing is known of it but its label.
    """

    row: int
    label: str | None
    scores: tuple[ScorePlace, ...]
    classes: tuple[ClassShare, ...]
    neighbours: tuple[Neighbour, ...]
    duplicates: tuple[Neighbour, ...]
    evidence: Evidence
    rival: str | None
    second: str | None
    kinds: tuple[Kind, ...]
    sentence: str = ""
    missing: tuple[str, ...] = ()
    empty: bool = False

    @property
    def kind(self) -> Kind:
        """What it looks like first of all."""
        return self.kinds[0]

    @property
    def label_probability(self) -> float:
        """What the classifier gives the label; nan where that is not known."""
        return next((share.probability for share in self.classes if share.given), math.nan)

    @property
    def agreement(self) -> float:
        """Share of the labelled neighbours with the label of the text; nan where there is none to compare."""
        compared = [neighbour.agrees for neighbour in self.neighbours if neighbour.agrees is not None]
        return sum(compared) / len(compared) if compared else math.nan

    def probability_of(self, name: str | None) -> float:
        """What the classifier gives a class; nan where it is not among the likeliest."""
        return next((share.probability for share in self.classes if share.name == name), math.nan)

    @property
    def likeliest(self) -> str | None:
        """The class to which the classifier gives most; None where that is not known, or another one gets as much."""
        if not self.classes:
            return None
        first, rest = self.classes[0], [share.probability for share in self.classes[1:]]
        # One class that stands alone may be the label of which nothing but its probability was kept.
        return first.name if first.probability > (max(rest) if rest else 0.5) else None

    def neighbours_of(self, name: str | None) -> int:
        """How many of the nearest texts carry a label."""
        return sum(neighbour.label == name for neighbour in self.neighbours if neighbour.label is not None)
