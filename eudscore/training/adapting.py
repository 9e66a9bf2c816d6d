"""One epoch of a causal language model on some texts, so that what is usual among them is no surprise.

Source: Gururangan et al., Don't Stop Pretraining (2020).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eudscore.errors import ModelError, RequestError
from eudscore.models.device import native_dtype, pick_device
from eudscore.models.loading import ResolvedModel, load_tokenizer, load_whole
from eudscore.models.text import clean
from eudscore.records import Ints, JsonDict
from eudscore.store.files import draft_folder, place
from eudscore.training.lm_text import cut

_SMALL = 20_000_000  # weights below which a model forgets little at the higher rate
_RATE, _RATE_OF_SMALL = 5e-5, 5e-4
_DECAY = 0.01
_CLIPPED = 1.0  # norm of a gradient


@dataclass(frozen=True)
class AdaptSpec:
    """How a language model is adapted.

    Attributes:
        window: tokens read at once, fewer where the model holds fewer.
        batch: windows in an update.
        warm_up: share of the updates in which the learning rate rises; it then falls linearly to zero.
        seed: order of the texts.
    """

    window: int = 256
    batch: int = 8
    warm_up: float = 0.1
    seed: int = 0

    def to_json(self) -> JsonDict:
        """Plain JSON values for a card."""
        return {
            "epochs": 1, "window": self.window, "batch": self.batch, "warm_up": self.warm_up, "seed": self.seed,
            "learning_rate": f"{_RATE_OF_SMALL:g} below {_SMALL:,} weights, else {_RATE:g}; falls linearly to zero",
            "optimiser": f"AdamW, weight decay {_DECAY:g}, gradients up to a norm of {_CLIPPED:g}",
        }  # fmt: skip


def arithmetic(device: str) -> str:
    """What `adapt` calculates with on a device, for a card; the weights it changes are float32 everywhere."""
    native = native_dtype(pick_device(device))
    return native if native == "float32" else f"{native} products, float32 weights"


def adapt(
    model: ResolvedModel, texts: Sequence[str], out: Path, spec: AdaptSpec, *, device: str = "auto",
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:  # fmt: skip
    """Train one epoch on the texts and save model and tokenizer; the folder is there complete or not at all.

    Args:
        model: a causal language model.
        texts: what to learn.
        out: folder of the adapted model.
        spec: how.
        device: auto, cpu or cuda.
        on_progress: is told how many updates are done, of how many; what it raises ends the work, and nothing is saved.

    Raises:
        RequestError: the texts do not fill a single window.
        ModelError: the model cannot be had, or is too large for the memory of the device.
    """
    import torch

    try:
        network, tokenizer = _adapted(model, texts, spec, pick_device(device), on_progress)
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"The memory of the device is too small to adapt {model.name!r} ({spec.batch} times {spec.window} tokens "
            "in an update): choose a smaller model or the CPU, or leave 'adapt' out."
        ) from error
    with draft_folder(out.parent) as draft:
        network.save_pretrained(draft)
        tokenizer.save_pretrained(draft)
        for file in filter(Path.is_file, draft.rglob("*")):
            file.chmod(0o644)  # safetensors' 0600 would lock a team out of a shared workspace
        place(draft, out)


def _adapted(
    model: ResolvedModel, texts: Sequence[str], spec: AdaptSpec, device: str, on_progress: Callable[[int, int], None]
) -> tuple[Any, Any]:
    """The trained network and its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = load_tokenizer(model)
    network = load_whole(AutoModelForCausalLM, model, "a causal language model", dtype=torch.float32)
    network.to(device).eval()  # no dropout: one epoch does not memorise, and the same texts give the same model
    windows = _windows(tokenizer, texts, _held(network, spec), spec.seed)
    steps = -(-len(windows) // spec.batch)
    small = sum(weights.numel() for weights in network.parameters()) < _SMALL
    rate = _RATE_OF_SMALL if small else _RATE
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=_DECAY)
    rising = max(1, round(spec.warm_up * steps))
    on_progress(0, steps)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min((step + 1) / rising, (steps - step) / max(1, steps - rising))
        _update(network, optimiser, windows[step * spec.batch : (step + 1) * spec.batch], device)
        on_progress(step + 1, steps)
    return network, tokenizer


def _held(network: Any, spec: AdaptSpec) -> int:
    return min(spec.window, int(getattr(network.config, "max_position_embeddings", None) or spec.window))


def _windows(tokenizer: Any, texts: Sequence[str], window: int, seed: int) -> Ints:
    """(w, window) token ids of the texts in a random order."""
    ids = [row for row in tokenizer(clean(texts), add_special_tokens=False, verbose=False)["input_ids"] if row]
    marks = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, 0)
    beginning = next(mark for mark in marks if mark is not None)
    if sum(len(row) + 1 for row in ids) < window:
        raise RequestError(
            f"{len(texts):,} texts of {sum(map(len, ids)):,} tokens are too few to adapt a language model to "
            f"(it reads {window} at once): leave 'adapt' out."
        )
    order = np.random.default_rng(seed).permutation(len(ids))
    return cut([np.array([beginning, *ids[row]], dtype=np.int64) for row in order], window, beginning)


def _update(network: Any, optimiser: Any, windows: Ints, device: str) -> None:
    import torch

    ids = torch.from_numpy(windows).to(device)
    with torch.autocast(device, torch.bfloat16, enabled=native_dtype(device) == "bfloat16"):
        logits = network(input_ids=ids, use_cache=False).logits[:, :-1]
    loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIPPED)
    optimiser.step()
