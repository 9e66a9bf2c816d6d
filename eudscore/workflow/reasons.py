"""The one plain sentence that says what a text looks like, and from which numbers."""

import math
from collections.abc import Iterable

from eudscore.entropy.verdict import Kind
from eudscore.workflow.explanation import Explanation, Neighbour

_DOUBTFUL = 0.9  # share of the rows that are less uncertain, from which on that is worth saying


def sentence_of(found: Explanation) -> str:
    """A sentence, and a short one for each further reason.

    Args:
        found: what is known, its `kinds` the likeliest first.
    """
    if found.empty:
        return "This row has no text. Nothing of it was scored, and nothing can be said of it."
    first, *others = found.kinds
    said = _SENTENCES[first](found)
    return " ".join([said, *(_ALSO[kind](found) for kind in others if kind in _ALSO)])


def _mislabelled(found: Explanation) -> str:
    return f"Looks mislabelled: {_witnesses(found, found.label, found.rival)}."


def _ambiguous(found: Explanation) -> str:
    names = (found.label, found.rival) if found.label is not None else (found.rival, found.second)
    between = f"between {_name(names[0])} and {_name(names[1])}"
    return f"Looks ambiguous, {between}: {_witnesses(found, *names, found.likeliest, likeliest=True)}."


def _off_topic(found: Explanation) -> str:
    return f"Looks off-topic: {_apart(found)}; {_witnesses(found, found.label)}."


def _rare(found: Explanation) -> str:
    borne_out = _witnesses(found, found.label)
    if found.label is None or not borne_out:
        return f"Looks rare or off-topic: {_apart(found)}; without a label to check nothing tells the two apart."
    return f"Looks rare but on topic: {_apart(found)}, yet {borne_out}."


def _duplicate(found: Explanation) -> str:
    return f"Looks like a duplicate: {_copies(found)}."


def _nothing(found: Explanation) -> str:
    likeliest = found.classes[0].name if found.classes else None
    if said := _witnesses(found, found.label or found.rival, likeliest):
        doubt = next((score.place for score in found.scores if score.column == "predictive_entropy"), math.nan)
        if doubt >= _DOUBTFUL:
            return (
                f"Uncertain between several classes, and nothing else stands out: its predictive entropy is higher "
                f"than that of {_share(doubt)} of the rows; {said}."
            )
        return f"Nothing stands out: {said}."
    if not found.scores:
        return "Nothing can be said of this text yet: it is not scored."
    far = found.evidence.distance
    if not math.isnan(far):
        return f"Nothing stands out: its nearest texts are farther away than those of {_share(far)} of the rows."
    return "Nothing stands out among the few things that are known of it."


_SENTENCES = {
    Kind.MISLABELLED: _mislabelled,
    Kind.AMBIGUOUS: _ambiguous,
    Kind.OFF_TOPIC: _off_topic,
    Kind.RARE: _rare,
    Kind.DUPLICATE: _duplicate,
    Kind.NOTHING: _nothing,
}
_ALSO = {
    Kind.DUPLICATE: lambda found: f"Also, {_copies(found)}.",
    Kind.AMBIGUOUS: lambda found: (
        f"Also, {_name(found.rival)} fits it as well as its label{_most(found)}."
        if found.label is not None
        else f"Also, {_name(found.rival)} and {_name(found.second)} fit it about equally well{_most(found)}."
    ),
    Kind.RARE: lambda found: f"Also, {_apart(found)}.",
}


def _witnesses(found: Explanation, *names: str | None, likeliest: bool = False) -> str:
    """What the classifier and the nearest texts say of some classes; empty where neither says anything.

    Args:
        found: what is known.
        names: of the classes; None is passed over.
        likeliest: whether to say which of them is the classifier's likeliest.
    """
    asked = [name for name in dict.fromkeys(names) if name is not None]
    marked = found.likeliest if likeliest else None
    return ", and ".join(filter(None, [_classifier(found, asked, marked), _nearest(found, asked)]))


def _classifier(found: Explanation, names: list[str], likeliest: str | None) -> str:
    given = []
    for name in names:
        probability = found.probability_of(name)
        if not math.isnan(probability):
            label, most = "its label " if name == found.label else "", " (the likeliest)" if name == likeliest else ""
            given.append(f"{label}{_name(name)} {_share(probability)}{most}")
    return f"the classifier gives {_and(given)}" if given else ""


def _most(found: Explanation) -> str:
    """Half a sentence on the classifier's likeliest class; empty where that is not known."""
    if found.likeliest is None:
        return ""
    if found.label is not None and found.likeliest == found.rival:
        return ", and to the classifier it is the likeliest"
    label = "its label " if found.likeliest == found.label else ""
    return f"; the likeliest to the classifier is {label}{_name(found.likeliest)}"


def _nearest(found: Explanation, names: list[str]) -> str:
    total = sum(neighbour.label is not None for neighbour in found.neighbours)
    counts = [(found.neighbours_of(name), name) for name in names]
    if not total or not counts:
        return ""
    for count, name in counts:
        if count == total:
            return f"all of its {total} nearest texts are {_name(name)}"
    (count, first), *others = counts
    said = f"of its {total} nearest texts {count or 'none'} {'are' if count > 1 else 'is'} {_name(first)}"
    return _and([said, *(f"{number or 'none'} {_name(name)}" for number, name in others)])


def _apart(found: Explanation) -> str:
    evidence = found.evidence
    said = f"its nearest texts are farther away than those of {_share(evidence.distance)} of the rows"
    words = "" if math.isnan(evidence.words) else f"its words are rarer than in {_share(evidence.words)} of them"
    return _and([said, words])


def _copies(found: Explanation) -> str:
    """Which rows say the same, and whether they are labelled otherwise."""
    first, *others = found.duplicates
    near = "" if math.isnan(first.cosine) else f" (cosine {cosine_in_words(first.cosine)})"
    said = f"row {first.row:,} has the same text" if first.equal else f"row {first.row:,} says nearly the same{near}"
    if others:
        few = _and(f"row {other.row:,}" for other in others[:2])
        said += f", and so {'does' if len(others) == 1 else 'do'} {few if len(others) <= 2 else f'{len(others)} more'}"
    return said + _disagreeing(found.duplicates)


def _disagreeing(copies: tuple[Neighbour, ...]) -> str:
    names = dict.fromkeys(copy.label for copy in copies if copy.agrees is False and copy.label is not None)
    return f"; labelled otherwise there: {_and(map(_name, names))}" if names else ""


def cosine_in_words(cosine: float) -> str:
    """A cosine with two decimals, cut rather than rounded: only equal vectors have 1.00, but for rounding."""
    return f"{math.floor(100 * cosine + 1e-4) / 100:.2f}"


def _name(name: str | None) -> str:
    return f"`{name}`"


def _share(share: float) -> str:
    """A share as a whole percentage that never claims none or all."""
    if 0 < share < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def _and(parts: Iterable[str]) -> str:
    """Parts as a list in words; empty ones are left out."""
    said = [part for part in parts if part]
    return " and ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)
