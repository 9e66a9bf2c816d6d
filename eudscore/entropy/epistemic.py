"""What more data could settle: the disagreement of several classifiers about one text (BALD)."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

_CELLS = 1 << 22  # log probabilities worked on at once: 32 MiB, in a few copies
_NOISE = 1e-9  # rounding leaves this much where all members agree


def bald(log_probs: NDArray[np.floating]) -> Doubles:
    """Mutual information of class and classifier: H[mean_m p_m] - mean_m H[p_m].

    The entropy of the mean prediction less what each member is undecided about by itself: 0 where all agree,
    however undecided they are; log min(M, C) where each is sure of another class.

    Args:
        log_probs: (M, n, C) log probabilities of M members (bootstrap heads, or passes with dropout) for n
            texts; an impossible class is -inf. Half precision is read in float64.

    Returns:
        (n,) float64 nats in [0, log min(M, C)]; nan for a text with a nan. Below 1e-9 it is 0.

    Raises:
        ValueError: the array has not three axes, or no member.

    Source: Houlsby et al., Bayesian Active Learning for Classification and Preference Learning (2011), eq. 2.
    """
    if log_probs.ndim != 3 or len(log_probs) == 0:
        raise ValueError(f"log_probs are (M, n, C) with M >= 1, not {log_probs.shape}")
    members, texts, classes = log_probs.shape
    information = np.empty(texts)
    block = max(1, _CELLS // max(1, members * classes))
    for start in range(0, texts, block):
        information[start : start + block] = _information(log_probs[:, start : start + block].astype(np.float64))
    return np.where(information < _NOISE, 0.0, information)


def _information(log_probs: Doubles) -> Doubles:
    """(M, b, C) to (b,)."""
    from scipy.special import logsumexp

    # In logs all along: probabilities that underflow in every member still have the right mean.
    mean = logsumexp(log_probs, axis=0) - np.log(len(log_probs))
    return np.asarray(_entropy(mean) - _entropy(log_probs).mean(axis=0))


def _entropy(log_probs: Doubles) -> Doubles:
    """-sum p log p along the last axis; 0 log 0 is 0."""
    probs = np.exp(log_probs)
    return np.asarray(-(probs * np.where(probs == 0, 0.0, log_probs)).sum(axis=-1))
