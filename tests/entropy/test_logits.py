"""Token entropies against torch.distributions and cross_entropy, and the traps of floating point."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.entropy.logits import blockwise_measures, token_measures

any_logits = arrays(np.float32, (3, 7), elements=st.floats(-50, 50, width=32))
targets = torch.tensor([0, 3, 6])


@given(any_logits)
def test_measures_agree_with_torch(z: np.ndarray) -> None:
    logits = torch.from_numpy(z)
    measures = token_measures(logits, targets)
    exact = torch.distributions.Categorical(logits=logits.double())
    torch.testing.assert_close(measures.entropy.double(), exact.entropy(), atol=1e-5, rtol=1e-5)
    surprisal = torch.nn.functional.cross_entropy(logits.double(), targets, reduction="none")
    torch.testing.assert_close(measures.surprisal.double(), surprisal, atol=1e-5, rtol=1e-5)
    square = (exact.probs * exact.logits.square()).sum(dim=1) - exact.entropy().square()
    torch.testing.assert_close(measures.varentropy.double(), square, atol=2e-3, rtol=1e-3)
    assert (measures.entropy >= -1e-6).all()
    assert (measures.entropy <= math.log(7) + 1e-5).all()


@given(any_logits, st.floats(-1000, 1000))
def test_an_offset_of_the_logits_changes_nothing(z: np.ndarray, offset: float) -> None:
    logits = torch.from_numpy(z).double()
    plain, moved = token_measures(logits, targets), token_measures(logits + offset, targets)
    torch.testing.assert_close(plain.entropy, moved.entropy, atol=2e-3, rtol=1e-3)


def test_impossible_tokens_add_nothing() -> None:
    measures = token_measures(torch.tensor([[0.0, 0.0, -math.inf]]), torch.tensor([0]))
    assert measures.entropy.item() == pytest.approx(math.log(2))
    assert measures.varentropy.item() == pytest.approx(0.0, abs=1e-6)


def test_uniform_is_log_v_and_one_hot_is_zero() -> None:
    assert token_measures(torch.zeros(1, 9), torch.tensor([2])).entropy.item() == pytest.approx(math.log(9))
    sure = torch.full((1, 9), -1e4)
    sure[0, 2] = 0
    assert token_measures(sure, torch.tensor([2])).entropy.item() == pytest.approx(0.0, abs=1e-6)


def test_blocks_give_what_the_whole_gives() -> None:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(37, 8, generator=generator)
    head = torch.nn.Linear(8, 50)
    chosen = torch.randint(0, 50, (37,), generator=generator)
    with torch.inference_mode():
        whole = token_measures(head(hidden), chosen)
        blocks = blockwise_measures(hidden, head, chosen, block=5)
    for left, right in zip(whole, blocks, strict=True):
        torch.testing.assert_close(left, right, atol=1e-5, rtol=1e-5)
