"""Dropout with fixed masks: a network of its own in each pass, and nothing at all outside."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch
from torch import nn

from eudscore.models.dropout import FixedDropout, dropout_rates


class Net(nn.Module):
    """Dropout on features, twice, on attention weights, and one that is never called."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.features = nn.Dropout(rate)
        self.mixed = nn.Dropout(rate)
        self.attention = nn.Dropout(0.5)
        self.never = nn.Dropout(0.5)
        self.head = nn.Linear(64, 3)

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        hidden = self.features(hidden)
        weights = self.attention((hidden @ hidden.mT).softmax(dim=-1))
        return self.head(self.mixed(weights @ hidden))


def network(rate: float = 0.3) -> tuple[Net, FixedDropout]:
    torch.manual_seed(0)
    net = Net(rate).eval()
    return net, FixedDropout(net, lambda length: net(torch.ones(1, length, 64)))


@pytest.fixture
def hidden() -> torch.Tensor:
    return torch.randn(4, 7, 64, generator=torch.Generator().manual_seed(1))


def test_a_pass_is_the_network_with_the_units_of_its_mask_gone(hidden: torch.Tensor) -> None:
    net, dropout = network()
    with torch.inference_mode(), dropout.thinned(dropout.masks(5, 2)):
        found = net(hidden)
    first, second = (
        torch.from_numpy((np.random.default_rng([5, layer, 2]).random(64) >= 0.3) / 0.7).float() for layer in (0, 1)
    )
    kept = hidden * first
    expected = net.head((kept @ kept.mT).softmax(dim=-1) @ kept * second)
    torch.testing.assert_close(found, expected.detach())


def test_attention_and_silent_layers_take_no_part() -> None:
    net, dropout = network()
    assert dropout.layers == 2
    assert dropout_rates(net) == (0.3, 0.5)
    assert [mask.shape for mask in dropout.masks(0, 0)] == [(64,), (64,)]


def test_without_a_rate_nothing_takes_part(hidden: torch.Tensor) -> None:
    net, dropout = network(rate=0.0)
    assert dropout.layers == 0
    with dropout.thinned(dropout.masks(0, 0)):
        torch.testing.assert_close(net(hidden), net(hidden), rtol=0, atol=0)
    assert not dropout_rates(nn.Sequential(nn.Dropout(0.0), nn.Linear(2, 2)))


def test_masks_depend_on_seed_layer_and_pass_alone() -> None:
    _, one = network()
    _, other = network()
    assert torch.equal(one.masks(1, 3)[0], other.masks(1, 3)[0])
    assert not torch.equal(one.masks(1, 3)[0], one.masks(1, 3)[1])
    assert not torch.equal(one.masks(1, 3)[0], one.masks(1, 4)[0])
    assert not torch.equal(one.masks(1, 3)[0], one.masks(2, 3)[0])
    shares = [one.masks(0, member)[0].float().mean().item() for member in range(200)]
    assert np.mean(shares) == pytest.approx(0.7, abs=0.02)


def test_nothing_is_dropped_outside_a_pass(hidden: torch.Tensor) -> None:
    net, dropout = network()
    before = net(hidden)
    with dropout.thinned(dropout.masks(0, 0)):
        assert not torch.equal(net(hidden), before)
    assert torch.equal(net(hidden), before)
    with pytest.raises(RuntimeError), dropout.thinned(dropout.masks(0, 0)):
        net(hidden[..., :3])
    assert torch.equal(net(hidden), before)


def test_threads_do_not_disturb_one_another(hidden: torch.Tensor) -> None:
    net, dropout = network()
    members = [None, *(dropout.masks(0, member) for member in range(3))]

    def answer(masks: tuple[torch.Tensor, ...] | None) -> torch.Tensor:
        if masks is None:
            return net(hidden)
        with dropout.thinned(masks):
            return net(hidden)

    alone = [answer(masks) for masks in members]
    together = Barrier(len(members))

    def many(masks: tuple[torch.Tensor, ...] | None) -> list[torch.Tensor]:
        together.wait()
        return [answer(masks) for _ in range(50)]

    with ThreadPoolExecutor(len(members)) as pool:
        for expected, found in zip(alone, pool.map(many, members), strict=True):
            for one in found:
                torch.testing.assert_close(one, expected)
