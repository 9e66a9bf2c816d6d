"""Uncertainty of class probabilities: arithmetic on (n, C) arrays, float64, entropies in nats.

`label_gap` and `el2n` also look at the given label, (n,) int64; a label of -1 (unlabelled) gives nan.
"""

import numpy as np
from numpy.typing import NDArray

from eudscore.records import Ints

Doubles = NDArray[np.float64]


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> Doubles:
    """Probabilities of z / T along the last axis; impossible classes are -inf."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    weights = np.exp(scaled)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def predictive_entropy(probs: Doubles) -> Doubles:
    """-sum p log p in [0, log C] nats; 0 log 0 is 0."""
    logs = np.log(probs, out=np.zeros_like(probs), where=probs > 0)
    entropy = np.asarray(-(probs * logs).sum(axis=-1))
    return np.where(np.isnan(probs).any(axis=-1), np.nan, np.maximum(entropy, 0.0))


def margin(probs: Doubles) -> Doubles:
    """1 - (p1 - p2) in [0, 1]: 1 where the two likeliest classes tie. Source: Scheffer et al. (2001)."""
    if probs.shape[-1] < 2:
        return np.zeros(probs.shape[:-1])
    top = np.sort(probs, axis=-1)[..., -2:]  # nan sorts last and so spreads to the result
    return np.asarray(1.0 - (top[..., 1] - top[..., 0]))


def least_confidence(probs: Doubles) -> Doubles:
    """1 - p1 in [0, 1 - 1/C]. Source: Lewis & Gale, A Sequential Algorithm for Training Text Classifiers (1994)."""
    return np.asarray(1.0 - probs.max(axis=-1))


def gini(probs: Doubles) -> Doubles:
    """1 - sum p^2 in [0, 1 - 1/C]: the chance that two draws from p differ."""
    return np.asarray(1.0 - np.square(probs).sum(axis=-1))


def label_gap(probs: Doubles, labels: Ints) -> Doubles:
    """1 - p(given label) in [0, 1]: high = the label is suspect. Equals 1 - self-confidence of cleanlab."""
    given = np.take_along_axis(probs, np.maximum(labels, 0)[:, None], axis=1)[:, 0]
    return np.where(labels >= 0, 1.0 - given, np.nan)


def el2n(probs: Doubles, labels: Ints) -> Doubles:
    """Length of p - onehot(given label), in [0, sqrt 2]: how far the whole prediction is from the label.

    Source: Paul, Ganguli & Dziugaite, Deep Learning on a Data Diet (2021), there averaged over networks early
    in training.
    """
    error = np.array(probs, dtype=np.float64)
    labelled = np.flatnonzero(labels >= 0)
    error[labelled, labels[labelled]] -= 1.0
    return np.where(labels >= 0, np.sqrt(np.square(error).sum(axis=1)), np.nan)


def energy(logits: NDArray[np.floating], temperature: float = 1.0) -> Doubles:
    """-T log sum exp(z / T): low where some class fits well, high where none does.

    Adding a constant to the logits moves it, so two classifiers' energies have no common zero: rank them
    within each classifier before pooling.

    Args:
        logits: (..., C) unnormalised scores; impossible classes are -inf.
        temperature: > 0.

    Returns:
        (...) float64 in the unit of the logits; inf where every class is impossible.

    Source: Liu, Wang, Owens & Li, Energy-based Out-of-distribution Detection (2020), eq. 4.
    """
    from scipy.special import logsumexp

    scaled = np.asarray(logits, dtype=np.float64) / temperature
    return np.asarray(-temperature * logsumexp(scaled, axis=-1))


def best_temperature(logits: Doubles, labels: Ints) -> float:
    """The temperature in [0.05, 20] with the least negative log-likelihood (Guo et al. 2017).

    Args:
        logits: (n, C) held-out logits.
        labels: (n,) true classes, all >= 0.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    target = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]

    def loss(log_temperature: float) -> float:
        beta = np.exp(-log_temperature)
        return float((logsumexp(logits * beta, axis=1) - target * beta).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(found.x))
