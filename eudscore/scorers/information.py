"""Information entropy: the words of a text and nothing else. No model, all rows in one pass."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from eudscore.entropy.counts import (
    count_words,
    leave_one_out_surprisal,
    length_adjusted,
    plug_in_entropy,
)
from eudscore.records import Card, Corpus, Flag, Floats, Ints, ScoredBatch

UNITS = r"Unicode words \w+|[^\w\s] after NFKC and case folding"
SHORT = 2  # below two words the entropy says nothing


@dataclass(frozen=True)
class InformationScorer:
    """Plug-in entropy of the words of a text, its length-adjusted rank, and the surprisal of the words."""

    @property
    def cards(self) -> Mapping[str, Card]:
        """The cards of the three columns, and of the word counts that go with them."""
        parameters = {"units": UNITS}
        cards = (
            Card(
                "information_entropy",
                "plug-in Shannon entropy of the words of the text; on short texts mostly its length",
                parameters=parameters,
            ),
            Card(
                "information_adjusted",
                "mid-rank of information_entropy among texts of about the same length (20 quantile bins)",
                unit="rank in (0, 1)",
                parameters=parameters,
            ),
            Card(
                "information_surprisal",
                "mean of -log q(word), q from all other texts (leave-one-out, pseudocount 0.5)",
                parameters=parameters,
            ),
            Card(
                "tokens",
                "number of words",
                unit="words",
                direction="higher = longer",
                parameters=parameters,
            ),
        )
        return {card.column: card for card in cards}

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ScoredBatch]:
        """Score all rows: rank and surprisal of a text depend on the other texts."""
        table = count_words(corpus.texts(rows))
        tokens = table.tokens
        # Texts with the same counts tie: rounded, because their sums may differ in the last bit; as float32,
        # because that is what is stored and what `igse` ranks.
        entropy = plug_in_entropy(table).round(10).astype(np.float32).astype(np.float64)
        values: dict[str, Floats] = {
            "information_entropy": entropy.astype(np.float32),
            "information_adjusted": length_adjusted(entropy, tokens).astype(np.float32),
            "information_surprisal": leave_one_out_surprisal(table).astype(np.float32),
            "tokens": tokens.astype(np.float32),
        }
        flags = np.where(tokens == 0, Flag.EMPTY, np.where(tokens < SHORT, Flag.SHORT, 0))
        yield ScoredBatch(rows, values, flags.astype(np.uint8))
