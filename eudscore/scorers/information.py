"""Information entropy: the words of a text and nothing else. No model, all rows in one pass."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from eudscore.entropy.counts import (
    chao_shen_entropy,
    count_words,
    leave_one_out_surprisal,
    miller_madow_entropy,
    normalised_entropy,
    plug_in_entropy,
)
from eudscore.entropy.ranks import length_adjusted
from eudscore.records import Card, Corpus, Flag, Floats, Ints, ScoredBatch

UNITS = (
    r"Unicode words \w+|[^\w\s] after NFKC and case folding; Han, Hiragana, Katakana, Thai, Lao, Khmer and Myanmar "
    "character by character"
)
VERSION = 2  # 1 took a Chinese sentence for one word
SHORT = 2  # below two words the entropy says nothing

_NATS = {
    "information_entropy": "plug-in Shannon entropy of the words of the text; on short texts mostly its length",
    "information_miller_madow": (
        "information_entropy + (different words - 1) / (2 words): its bias taken off to first order; to compare "
        "texts of a hundred words or more, below that still mostly length"
    ),
    "information_chao_shen": (
        "Chao-Shen entropy: allows for words the text did not happen to use; for texts of fifty words or more, "
        "below that it tells only how few words repeat, and can exceed log(words)"
    ),
    "information_surprisal": (
        "mean of -log q(word), q from all other texts (leave-one-out, pseudocount 0.5): rare words, little length"
    ),
}


@dataclass(frozen=True)
class InformationScorer:
    """Entropies of the words of a text, the length-adjusted rank of the first, and the surprisal of the words."""

    @property
    def cards(self) -> Mapping[str, Card]:
        """The cards of the columns, and of the word counts that go with them."""
        cards = [_card(column, definition) for column, definition in _NATS.items()] + [
            _card(
                "information_normalised",
                "information_entropy / log(words), 0 for a single word: the share of the most that a text of this "
                "length can have; 1 where no word repeats, as in most short texts. Not evenness, which divides by "
                "log(different words)",
                unit="share of log(words)",
            ),
            _card(
                "information_adjusted",
                "mid-rank of information_entropy among texts of about the same length (20 quantile bins, of ten "
                "texts or more)",
                unit="rank in (0, 1)",
            ),
            _card("tokens", "number of words", unit="words", direction="higher = longer"),
        ]
        return {card.column: card for card in cards}

    def score(self, corpus: Corpus, rows: Ints) -> Iterator[ScoredBatch]:
        """Score rows; all texts are counted, because rank and surprisal of a text depend on the others."""
        table = count_words(corpus.text_column)
        tokens = table.tokens
        # Ranked as float32, because that is what is stored and what `igse` ranks.
        entropy = table.each(plug_in_entropy).astype(np.float32)
        values: dict[str, Floats] = {
            "information_entropy": entropy,
            "information_miller_madow": table.each(miller_madow_entropy).astype(np.float32),
            "information_chao_shen": table.each(chao_shen_entropy).astype(np.float32),
            "information_normalised": table.each(normalised_entropy).astype(np.float32),
            "information_adjusted": length_adjusted(entropy.astype(np.float64), tokens).astype(np.float32),
            "information_surprisal": leave_one_out_surprisal(table).astype(np.float32),
            "tokens": tokens.astype(np.float32),
        }
        flags = np.where(tokens == 0, Flag.EMPTY, np.where(tokens < SHORT, Flag.SHORT, 0))
        asked = {name: column[rows] for name, column in values.items()}
        yield ScoredBatch(rows, asked, flags.astype(np.uint8)[rows])


def _card(column: str, definition: str, *, unit: str = "nats", direction: str = "higher = less certain") -> Card:
    return Card(
        column, definition, unit=unit, direction=direction, version=VERSION, parameters={"units": UNITS}
    )  # fmt: skip
