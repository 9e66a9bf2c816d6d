"""Token entropies against torch.distributions and cross_entropy, and the traps of floating point."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eudscore.entropy.logits import Head, streamed_measures, token_measures

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


@pytest.mark.parametrize("head_of", ["plain", "bias", "scaled and capped"])
@pytest.mark.parametrize(("block", "stretch"), [(5, 7), (37, 50), (1, 1), (512, 2048)])
def test_stretches_of_the_vocabulary_give_what_the_whole_gives(head_of: str, block: int, stretch: int) -> None:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(37, 8, generator=generator)
    weight, bias = torch.randn(50, 8, generator=generator), torch.randn(50, generator=generator)
    came = torch.randint(0, 50, (37,), generator=generator)
    head = {"plain": Head(weight), "bias": Head(weight, bias), "scaled and capped": Head(weight, bias, 1.7, 4.0)}[
        head_of
    ]
    logits = (hidden @ weight.T + (0 if head.bias is None else bias)) * head.scale
    if head.cap is not None:
        logits = head.cap * torch.tanh(logits / head.cap)
    whole = token_measures(logits, came)
    streamed = streamed_measures(hidden, head, came, block=block, stretch=stretch)
    for left, right in zip(whole, streamed, strict=True):
        torch.testing.assert_close(left, right, atol=1e-5, rtol=1e-5)


@given(arrays(np.float32, (2, 12), elements=st.floats(-80, 80, width=32)), st.integers(1, 12))
def test_a_top_that_rises_from_stretch_to_stretch_is_followed(z: np.ndarray, stretch: int) -> None:
    # The identity as "hidden states" makes the weights themselves the logits.
    logits = torch.from_numpy(z)
    measures = streamed_measures(torch.eye(2), Head(logits.T.contiguous()), torch.tensor([0, 5]), stretch=stretch)
    exact = torch.distributions.Categorical(logits=logits.double())
    torch.testing.assert_close(measures.entropy.double(), exact.entropy(), atol=1e-5, rtol=1e-5)
    square = (exact.probs * exact.logits.square()).sum(dim=1) - exact.entropy().square()
    torch.testing.assert_close(measures.varentropy.double(), square, atol=5e-3, rtol=1e-3)


def test_a_stretch_of_impossible_tokens_adds_nothing() -> None:
    weight = torch.tensor([[-math.inf], [-math.inf], [0.0], [0.0]])
    measures = streamed_measures(torch.ones(1, 1), Head(weight), torch.tensor([2]), stretch=2)
    assert measures.entropy.item() == pytest.approx(math.log(2))
    assert measures.surprisal.item() == pytest.approx(math.log(2))


def test_measuring_leaves_the_logits_as_they_were() -> None:
    logits = torch.randn(3, 7)
    before = logits.clone()
    token_measures(logits, targets)
    assert torch.equal(logits, before)


def test_a_large_vocabulary_never_exists_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    make = Head.logits
    monkeypatch.setattr(Head, "logits", lambda *args: seen.append(out := make(*args)) or out)
    streamed_measures(torch.randn(700, 4), Head(torch.randn(150_000, 4)), torch.zeros(700, dtype=torch.int64))
    assert max(part.numel() for part in seen) <= 512 * 2048
