"""A fused network says what the one it came from says."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.activations import NewGELUActivation

from eudscore.models.fusing import fused


def test_fused_activations_change_nothing_but_the_rounding() -> None:
    torch.manual_seed(0)
    network = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2, initializer_range=0.5)).eval()
    ids = torch.randint(0, 50, (3, 9))
    with torch.inference_mode():
        before = network(ids).logits
        assert any(isinstance(module, NewGELUActivation) for module in network.modules())
        after = fused(network)(ids).logits
    assert not any(isinstance(module, NewGELUActivation) for module in network.modules())
    torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-5)
