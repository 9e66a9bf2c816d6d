"""One epoch of a causal language model on some texts, so that what is usual among them is no surprise.

Source: Gururangan et al., Don't Stop Pretraining (2020).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eudscore.errors import Interrupted, RequestError
from eudscore.models.device import native_dtype, pick_device
from eudscore.models.loading import ResolvedModel, load, load_tokenizer
from eudscore.models.text import clean
from eudscore.records import Ints, JsonDict
from eudscore.store.files import draft_folder, place
from eudscore.training.lm_text import cut

_SMALL = 20_000_000  # weights below which a model forgets little at the higher rate


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
        return {"epochs": 1, "window": self.window, "batch": self.batch, "warm_up": self.warm_up, "seed": self.seed}


def adapt(
    model: ResolvedModel, texts: Sequence[str], out: Path, spec: AdaptSpec, *, device: str = "auto",
    on_progress: Callable[[int, int], None] = lambda _done, _total: None, should_stop: Callable[[], bool] | None = None,
) -> None:  # fmt: skip
    """Train one epoch on the texts and save model and tokenizer; the folder is there complete or not at all.

    Args:
        model: a causal language model.
        texts: what to learn.
        out: folder of the adapted model.
        spec: how.
        device: auto, cpu or cuda.
        on_progress: is told how many updates are done, of how many.
        should_stop: is asked before every update.

    Raises:
        RequestError: the texts do not fill a single window. ModelError: the model cannot be had.
        Interrupted: `should_stop` said so; nothing is saved.
    """
    import torch
    from transformers import AutoModelForCausalLM

    device = pick_device(device)
    tokenizer = load_tokenizer(model)
    network = load(AutoModelForCausalLM, model, "a causal language model", dtype=torch.float32)
    network.to(device).eval()  # no dropout: one epoch does not memorise, and the same texts give the same model
    windows = _windows(tokenizer, texts, _held(network, spec), spec.seed)
    steps = -(-len(windows) // spec.batch)
    rate = 5e-4 if sum(weights.numel() for weights in network.parameters()) < _SMALL else 5e-5
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    rising = max(1, round(spec.warm_up * steps))
    for step in range(steps):
        if should_stop is not None and should_stop():
            raise Interrupted("Stopped while adapting the language model; it begins anew.")
        for group in optimiser.param_groups:
            group["lr"] = rate * min((step + 1) / rising, (steps - step) / max(1, steps - rising))
        _update(network, optimiser, windows[step * spec.batch : (step + 1) * spec.batch], device)
        on_progress(step + 1, steps)
    with draft_folder(out.parent) as draft:
        network.save_pretrained(draft)
        tokenizer.save_pretrained(draft)
        place(draft, out)


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
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
