"""The optimiser of a fine-tune and its learning rate.

Source: Devlin et al., BERT (2019), appendix A.3; Mosbach et al., On the Stability of Fine-tuning BERT (2021).
"""

from collections.abc import Callable
from typing import Any

from eudscore.training.spec import TrainSpec


def optimiser_of(network: Any, spec: TrainSpec) -> Any:
    """AdamW with bias correction over the weights that are trained; biases and norms do not decay."""
    import torch

    trained = [weight for weight in network.parameters() if weight.requires_grad]
    matrices = [weight for weight in trained if weight.ndim >= 2]
    others = [weight for weight in trained if weight.ndim < 2]
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": spec.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=spec.learning_rate,
        fused=True,
    )


def warmup_then_decay(total: int, warmup: float) -> Callable[[int], float]:
    """Factor of the learning rate by the number of updates done: up to 1 and down to 0, both linearly.

    The first update is never idle: the rise ends at its last step, it does not begin with a rate of 0.
    """
    rise = round(total * warmup)

    def factor(done: int) -> float:
        if done < rise:
            return (done + 1) / rise
        return (total - done) / max(1, total - rise)

    return factor
