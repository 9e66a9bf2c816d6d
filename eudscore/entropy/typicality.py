"""What the sums over the tokens of a text say about it: arithmetic on (n,) arrays, float64."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Numbers = NDArray[np.floating] | NDArray[np.integer]

VARIANCE_FLOOR = 1e-6  # nats squared, over a whole text


def typicality(entropy: Numbers, surprisal: Numbers, varentropy: Numbers) -> Doubles:
    """The score z = sum_t (s_t - H_t) / sqrt(sum_t V_t): how far a text is from what the model itself would write.

    H_t is the expectation of s_t under the model and V_t its variance; the differences form a martingale, so
    that variances add. |z| <= c is the typical set, an interval that needs no labels.

    Args:
        entropy: (n,) sum of H_t over the tokens of each text, in nats.
        surprisal: (n,) sum of s_t over the same tokens, in nats.
        varentropy: (n,) sum over the same tokens, in nats squared; floored at 1e-6.

    Returns:
        (n,) float64; 0 for a text without tokens.

    Source: own design after the typical set, Cover & Thomas (2006), ch. 3; Meister et al., Locally Typical
    Sampling (2023), for its local form.
    """
    spread = np.sqrt(np.maximum(np.asarray(varentropy, dtype=np.float64), VARIANCE_FLOOR))
    return np.asarray((np.asarray(surprisal, dtype=np.float64) - entropy) / spread)


def context_gain(surprisal: Numbers, alone: Numbers, scored: Numbers) -> Doubles:
    """(sum of -log p(word | nothing) - sum of -log p(word | what came before)) / tokens: what the context saves.

    How rare the words are cancels out, so that texts of all kinds can be compared: about 0 for words in no
    order, high for words that belong together.

    Args:
        surprisal: (n,) sum over the tokens of each text, in nats.
        alone: (n,) sum of the surprisals of its words, each read by itself, in nats.
        scored: (n,) tokens of each text.

    Returns:
        (n,) float64 nats per token; nan where there are no tokens.

    Source: own design; a pointwise mutual information (Church & Hanks, 1990) between words and what precedes them.
    """
    scored = np.asarray(scored, dtype=np.float64)
    return np.asarray((np.asarray(alone, dtype=np.float64) - surprisal) / np.where(scored > 0, scored, np.nan))


def bits_per_byte(surprisal: Numbers, size: Numbers) -> Doubles:
    """sum_t s_t / (log 2 * bytes): does not depend on how a tokenizer cuts the text.

    Args:
        surprisal: (n,) sum over the tokens of each text, in nats.
        size: (n,) bytes of UTF-8 the tokens stand for.

    Returns:
        (n,) float64 bits; nan where there are no bytes.
    """
    size = np.asarray(size, dtype=np.float64)
    return np.asarray(np.asarray(surprisal, dtype=np.float64) / (np.log(2) * np.where(size > 0, size, np.nan)))
