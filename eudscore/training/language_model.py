"""Train the built-in causal language model: `python -m eudscore.training.language_model --help`.

A small decoder in the layout of Llama, so that `AutoModelForCausalLM` loads it without code of ours. Matrices are
trained with Muon, embeddings and norms with AdamW; the learning rate warms up and falls linearly to zero.
The same texts, recipe and machine give the same model, interrupted or not.

Source: Touvron et al., Llama 2 (2023); Jordan et al., Muon (2024), scaled as in Liu et al. (2025), arXiv 2502.16982.
"""

import hashlib
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor

from eudscore.errors import EudscoreError, RequestError
from eudscore.models.device import native_dtype
from eudscore.records import Ints
from eudscore.training.lm_text import BEGINNING_ID, TokenisedTexts, batches, new_tokenizer, read_texts

_DEV_EVERY = 100  # one text in so many is never trained on, to see whether the rest is learnt or memorised
_REPORT_EVERY = 50
_SAVE_EVERY = 100


@dataclass(frozen=True)
class Recipe:
    """All that the model depends on, the texts apart.

    Attributes:
        steps: updates.
        batch: windows of `window` tokens in an update.
        vocabulary, width, depth, heads, feed_forward: the shape of the model.
        learning_rate: at its highest, after `warm_up` steps.
        weight_decay: of the matrices.
        seed: of weights and order.
    """

    steps: int = 3600
    batch: int = 16
    window: int = 256
    vocabulary: int = 4096
    width: int = 256
    depth: int = 6
    heads: int = 4
    feed_forward: int = 640
    learning_rate: float = 3e-3
    warm_up: int = 100
    weight_decay: float = 0.1
    seed: int = 0

    def rate(self, step: int) -> float:
        """Share of the learning rate in an update."""
        return min((step + 1) / self.warm_up, max(0.0, 1 - step / self.steps))


def new_model(recipe: Recipe) -> Any:
    """A `LlamaForCausalLM` with random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(recipe.seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=recipe.vocabulary, hidden_size=recipe.width, num_hidden_layers=recipe.depth,
            num_attention_heads=recipe.heads, num_key_value_heads=recipe.heads,
            intermediate_size=recipe.feed_forward, max_position_embeddings=recipe.window, tie_word_embeddings=True,
            bos_token_id=BEGINNING_ID, eos_token_id=BEGINNING_ID, pad_token_id=BEGINNING_ID,
        )
    )  # fmt: skip


class Training:
    """A training that can be left and taken up again: model, optimisers, and the step they are at."""

    def __init__(self, recipe: Recipe, folder: Path, texts: str = "") -> None:
        """Begin, or take up what the folder holds.

        Args:
            recipe: all that the model depends on, the texts apart.
            folder: of the checkpoint.
            texts: digest of the texts, so that other ones are not taken for these.
        """
        self.recipe = recipe
        self._about = {"recipe": asdict(recipe), "texts": texts}
        self.model = new_model(recipe)
        self.step = 0
        self._checkpoint = folder / "checkpoint.safetensors"
        self._optimisers = _optimisers(self.model, recipe)
        self._take_up()

    def update(self, windows: Ints) -> float:
        """One update; returns the loss of the batch in nats per token."""
        for optimiser in self._optimisers:
            optimiser.zero_grad(set_to_none=True)
            for group in optimiser.param_groups:
                group["lr"] = self.recipe.learning_rate * self.recipe.rate(self.step)
        loss = self.loss(windows)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self._optimisers:
            optimiser.step()
        self.step += 1
        return loss.item()

    def loss(self, windows: Ints) -> Tensor:
        """Mean of -log p(next token) over all positions of (b, window) token ids."""
        ids = torch.from_numpy(windows)
        with torch.autocast("cpu", torch.bfloat16, enabled=native_dtype("cpu") == "bfloat16"):
            logits = self.model.lm_head(self.model.model(input_ids=ids).last_hidden_state[:, :-1])
        return torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())

    def save(self) -> None:
        """Write everything an equal continuation needs, whole or not at all."""
        from safetensors.torch import save_file

        draft = self._checkpoint.with_suffix(".draft")
        described = json.dumps({**self._about, "step": self.step})
        save_file({name: value.contiguous() for name, value in self._state()}, draft, {"training": described})
        draft.replace(self._checkpoint)

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        for name, parameter in self.model.named_parameters():
            yield f"weights/{name}", parameter.detach()
            for optimiser in self._optimisers:
                for key, value in optimiser.state.get(parameter, {}).items():
                    yield f"{key}/{name}", value

    def _take_up(self) -> None:
        if not self._checkpoint.exists():
            return
        from safetensors import safe_open

        with safe_open(self._checkpoint, framework="pt") as stored:
            there = json.loads(stored.metadata()["training"])
            if any(there.get(name) != value for name, value in self._about.items()):
                raise RequestError(
                    f"{self._checkpoint} is of another recipe or of other texts ({there['recipe']}): choose another "
                    "--work folder, or give the options it was begun with."
                )
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 - it has no __iter__
        self.step = there["step"]
        for name, parameter in self.model.named_parameters():
            parameter.data.copy_(tensors[f"weights/{name}"])
            for optimiser in self._optimisers:
                if any(parameter is owned for group in optimiser.param_groups for owned in group["params"]):
                    kept = {key.split("/")[0]: value for key, value in tensors.items() if key.endswith(f"/{name}")}
                    optimiser.state[parameter] = {key: value for key, value in kept.items() if key != "weights"}


def _optimisers(model: Any, recipe: Recipe) -> Sequence[torch.optim.Optimizer]:
    if not hasattr(torch.optim, "Muon"):
        raise RequestError(f"Training the language model needs torch 2.9 or later; this is {torch.__version__}.")
    matrices = [value for name, value in model.named_parameters() if value.ndim == 2 and "embed" not in name]
    others = [value for name, value in model.named_parameters() if value.ndim != 2 or "embed" in name]
    muon = torch.optim.Muon(
        matrices, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, adjust_lr_fn="match_rms_adamw"
    )
    return (muon, torch.optim.AdamW(others, lr=recipe.learning_rate, betas=(0.9, 0.95), weight_decay=0.0))


def train(recipe: Recipe, texts: Sequence[str], *, out: Path, work: Path) -> None:
    """Train, resuming what `work` holds, and save the model into `out`.

    Args:
        recipe: all that decides the model.
        texts: at least enough for one batch.
        out: folder of the finished model and tokenizer.
        work: folder of the checkpoint and of the log, one JSON line a report.

    Raises:
        RequestError: the checkpoint is of another recipe, or torch is too old. InputError: too few texts.
    """
    work.mkdir(parents=True, exist_ok=True)
    dev_texts = texts[::_DEV_EVERY]
    train_texts = [text for row, text in enumerate(texts) if row % _DEV_EVERY]
    tokenizer = new_tokenizer(train_texts, size=recipe.vocabulary, window=recipe.window)
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    training = Training(recipe, work, digest)
    tokens = TokenisedTexts.of(tokenizer, train_texts)
    dev = TokenisedTexts.of(tokenizer, dev_texts).epoch(0, seed=recipe.seed, window=recipe.window)
    size = {"seed": recipe.seed, "window": recipe.window, "size": recipe.batch}
    began, first, losses = time.perf_counter(), training.step, []
    for windows in batches(tokens, start=training.step, **size):
        if training.step >= recipe.steps:
            break
        losses.append(training.update(windows))
        if training.step % _REPORT_EVERY == 0 or training.step == recipe.steps:
            speed = (training.step - first) * windows.size / (time.perf_counter() - began)
            _report(work, training, float(np.mean(losses)), _dev_loss(training, dev), speed)
            losses = []
        if training.step % _SAVE_EVERY == 0:  # after the report, which refuses what is no number any more
            training.save()
    save_model(training.model, tokenizer, out)


def _dev_loss(training: Training, windows: Ints) -> float:
    with torch.inference_mode():
        return float(np.mean([training.loss(windows[start : start + 16]) for start in range(0, len(windows), 16)]))


def _report(work: Path, training: Training, loss: float, dev_loss: float, speed: float) -> None:
    facts = {
        "step": training.step, "of": training.recipe.steps, "loss": round(loss, 4), "dev_loss": round(dev_loss, 4),
        "tokens_per_second": round(speed),
    }  # fmt: skip
    with (work / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(facts) + "\n")
    click.echo(json.dumps(facts))
    if not math.isfinite(loss):
        raise RequestError(f"The loss is no number any more at step {training.step}: lower --learning-rate.")


def save_model(model: Any, tokenizer: Any, out: Path) -> None:
    """Save weights as float16: half the size of float32, three more bits than bfloat16."""
    model.to(torch.float16).save_pretrained(out, safe_serialization=True)
    tokenizer.save_pretrained(out)


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Parquet file with a column 'text'.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the finished model.")
@click.option("--work", required=True, type=click.Path(path_type=Path), help="Folder of the checkpoint and the log.")
@click.option("--steps", default=Recipe.steps, show_default=True, type=click.IntRange(1), help="Updates.")
@click.option("--learning-rate", default=Recipe.learning_rate, show_default=True, type=float)
@click.option("--seed", default=0, show_default=True, help="Of weights and order.")
def main(data: Path, out: Path, work: Path, *, steps: int, learning_rate: float, seed: int) -> None:
    """Train the built-in language model; run it again after an interruption and it goes on."""
    try:
        train(Recipe(steps=steps, learning_rate=learning_rate, seed=seed), read_texts(data), out=out, work=work)
    except EudscoreError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
