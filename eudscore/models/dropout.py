"""Monte Carlo dropout with fixed masks: each pass is one thinned network, the same for every text.

Dropout that is drawn anew for each position gives a text other numbers in every batch. Here a mask belongs to a
layer and a pass and is shared by all positions and texts, so that a pass is a network of its own, and a text has
one answer from it.

Source: Gal & Ghahramani, Dropout as a Bayesian Approximation (2016); masks tied over positions as in their A
Theoretically Grounded Application of Dropout in Recurrent Neural Networks (2016).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

# Forward passes over texts of two lengths: what is as wide as the text is long drops attention, not features.
_PROBE_LENGTHS = (5, 8)

Masks = tuple["torch.Tensor", ...]


@dataclass(frozen=True, eq=False)
class _Layer:
    """A dropout module, what it is called on, and the share it drops."""

    module: Any
    width: int
    rate: float


class FixedDropout:
    """The dropout layers of a network in evaluation mode, put to work inside `thinned` and nowhere else.

    Attributes:
        layers: how many take part: modules `nn.Dropout` on features, with a rate above 0. Dropout on attention
            weights, and what is called as a function, stays off.
    """

    def __init__(self, network: Any, forward: Callable[[int], object]) -> None:
        """Find the layers and hook into them.

        Args:
            network: a transformers model in evaluation mode.
            forward: runs it over one text of so many tokens.
        """
        self._device = network.device
        self._local = threading.local()
        self._layers = _feature_layers(network, forward)
        self.layers = len(self._layers)
        for position, layer in enumerate(self._layers):
            layer.module.register_forward_hook(self._hook(position, layer.rate))

    def masks(self, seed: int, member: int) -> Masks:
        """The masks of one thinned network, one a layer: 1 for a unit that stays.

        Args:
            seed: at least 0.
            member: which network, from 0; its masks depend on nothing but seed, layer and member.
        """
        import torch

        return tuple(
            torch.from_numpy(np.random.default_rng([seed, position, member]).random(layer.width) >= layer.rate)
            .to(self._device)
            for position, layer in enumerate(self._layers)
        )  # fmt: skip

    @contextmanager
    def thinned(self, masks: Masks) -> Iterator[None]:
        """In this thread, the network is the one that these masks leave."""
        self._local.masks = masks
        try:
            yield
        finally:
            del self._local.masks

    def _hook(self, position: int, rate: float) -> Callable[[Any, Any, "torch.Tensor"], "torch.Tensor | None"]:
        def drop(_module: Any, _inputs: Any, output: "torch.Tensor") -> "torch.Tensor | None":
            masks: Masks | None = getattr(self._local, "masks", None)
            return None if masks is None else output * masks[position] / (1.0 - rate)

        return drop


def dropout_rates(network: Any) -> tuple[float, ...]:
    """The rates above 0 of the dropout modules of a network, which may have no weights yet; each once."""
    return tuple(sorted({rate for _, rate in _modules(network)}))


def _modules(network: Any) -> list[tuple[Any, float]]:
    from torch import nn

    dropouts = (module for module in network.modules() if isinstance(module, nn.Dropout))
    return [(module, float(module.p)) for module in dropouts if module.p > 0]


def _feature_layers(network: Any, forward: Callable[[int], object]) -> list[_Layer]:
    """The modules whose input has one width, whatever the length of the text."""
    modules = _modules(network)
    widths: list[set[int]] = [set() for _ in modules]

    def remember(seen: set[int]) -> Callable[[Any, tuple["torch.Tensor", ...]], None]:
        return lambda _module, inputs: seen.add(inputs[0].shape[-1])

    hooks = [
        module.register_forward_pre_hook(remember(seen)) for (module, _), seen in zip(modules, widths, strict=True)
    ]
    try:
        for length in _PROBE_LENGTHS:
            forward(length)
    finally:
        for hook in hooks:
            hook.remove()
    return [
        _Layer(module, seen.pop(), rate) for (module, rate), seen in zip(modules, widths, strict=True) if len(seen) == 1
    ]
