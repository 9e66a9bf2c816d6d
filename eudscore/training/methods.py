"""Which weights of a classifier are trained: all, the head, or low-rank updates that are merged in the end."""

import warnings
from collections.abc import Iterable
from typing import Any

from eudscore.errors import ModelError, RequestError
from eudscore.training.classifier import Classifier
from eudscore.training.spec import Method, TrainSpec

_DROPOUT = 0.1  # of the input of a low-rank update, as in Hu et al., LoRA (2021), table 9


def prepare(classifier: Classifier, spec: TrainSpec) -> Any:
    """Freeze what is not trained, and add what is; `merged` takes back what it returns.

    Raises:
        ModelError: the network has nothing that this method could train.
        RequestError: the package for LoRA is not installed.
    """
    if spec.method is Method.FULL:
        return None
    network = classifier.network
    head = head_of(network, classifier.fresh)
    if not 0 < len(head) < len(list(network.parameters())):
        raise ModelError(
            f"{spec.model!r} has no head of its own that could be trained without the rest: train it with 'full'."
        )
    adapter = _with_lora(network, spec) if spec.method is Method.LORA else None
    for name, weight in network.named_parameters():
        weight.requires_grad_("lora_" in name or _plain(name) in head)
    return adapter


def head_of(network: Any, fresh: Iterable[str]) -> frozenset[str]:
    """Names of the weights above the encoder, and of those inside it that its files did not hold.

    Args:
        network: a transformers model for sequence classification.
        fresh: names of the weights that are new.
    """
    prefix = f"{network.base_model_prefix}."
    return frozenset(
        name for name, _ in network.named_parameters() if not name.startswith(prefix) or name in frozenset(fresh)
    )


def merged(classifier: Classifier, adapter: Any) -> None:
    """Add the low-rank updates to the weights, so that the network is one of transformers again."""
    if adapter is not None:
        adapter.merge_and_unload()
    for weight in classifier.network.parameters():
        weight.requires_grad_(True)


def _with_lora(network: Any, spec: TrainSpec) -> Any:
    try:
        from peft import LoraConfig, get_peft_model
    except ModuleNotFoundError as error:
        if error.name != "peft":
            raise
        raise RequestError("LoRA needs the package peft, which is not installed: pip install peft.") from error
    targets = _linear_layers(network)
    if not targets:
        raise ModelError(f"{spec.model!r} has no linear layers that LoRA could adapt: train it with 'full' or 'head'.")
    config = LoraConfig(r=spec.rank, lora_alpha=2 * spec.rank, lora_dropout=_DROPOUT, target_modules=targets)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft about names that transformers will drop, and about GPT-2's layers
        return get_peft_model(network, config)


def _linear_layers(network: Any) -> list[str]:
    """Full names of the linear layers of the encoder, whatever its architecture calls them."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    prefix = f"{network.base_model_prefix}."
    found = [(name, module) for name, module in network.named_modules() if name.startswith(prefix)]
    return [name for name, module in found if isinstance(module, Linear | Conv1D)]


def _plain(name: str) -> str:
    """The name of a weight before LoRA wrapped its layer."""
    return name.replace(".base_layer.", ".")
