"""A pretrained encoder with a classifier on top: loaded, saved, and asked.

Everything a run needs of a model but its updates, which are in `fine_tune`.
"""

import errno
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eudscore.errors import Interrupted, ModelError
from eudscore.models.batching import batches_by_length, padded
from eudscore.models.device import pick_device, pick_dtype, tokens_at_once
from eudscore.models.loading import ResolvedModel, load, load_tokenizer, resolve_model
from eudscore.models.text import Text
from eudscore.records import Floats
from eudscore.store.files import draft_folder, rename_synced, writing
from eudscore.training.tokens import Tokens, most_tokens, tokenise

_OURS = "eudscore"  # what we remember of a training in the config of its model
_MAX_TOKENS_OF_OTHERS = 512  # where the config does not say, and the model can read as many


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network with its tokenizer, on a device.

    Attributes:
        network: a transformers model for sequence classification; float32 weights.
        tokenizer: the fast tokenizer that belongs to it.
        device: `cpu` or `cuda`.
        dtype: `float32`, or `bfloat16` for the forward pass.
        max_tokens: texts are cut there.
        fresh: names of the weights that came from no file.
    """

    network: Any
    tokenizer: Any
    device: str
    dtype: str
    max_tokens: int
    fresh: frozenset[str] = frozenset()

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the columns of `predict`."""
        names = self.network.config.id2label
        return tuple(str(names[position]) for position in sorted(names))

    @property
    def multi_label(self) -> bool:
        """Whether a text may have several of the classes, or none."""
        return bool(self.network.config.problem_type == "multi_label_classification")

    def logits(self, rows: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None = None) -> Any:
        """(b, C) float32 logits of tokenised texts; `types` says of pairs which text each token is of."""
        import torch

        ids, mask = padded(rows, self.tokenizer.pad_token_id, self.device)
        more = {} if types is None else {"token_type_ids": padded(types, 0, self.device)[0]}
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.dtype == "bfloat16"):
            # A batch without padding needs no mask, and attention without one is quicker.
            answer = self.network(input_ids=ids, attention_mask=None if mask.all() else mask, **more)
        return answer.logits.float()

    def probabilities(self, logits: Any) -> Any:
        """(b, C) of the classes: they add up to 1, or each stands for itself where a text may have several."""
        return logits.sigmoid() if self.multi_label else logits.softmax(dim=-1)


def new_classifier(
    model: ResolvedModel, classes: Sequence[str], *, device: str, dtype: str, max_tokens: int,
    multi_label: bool = False,
) -> Classifier:  # fmt: skip
    """Put a new head for these classes on a pretrained encoder; the head comes from torch's random state.

    Raises:
        ModelError: the model cannot be loaded, or its weights do not belong to its architecture.
    """
    names = dict(enumerate(classes))
    network, missing = _load(
        model, num_labels=len(classes), id2label=names, label2id={name: i for i, name in names.items()},
        problem_type="multi_label_classification" if multi_label else "single_label_classification",
    )  # fmt: skip
    body = [name for name, _ in network.base_model.named_parameters()]
    prefix = f"{network.base_model_prefix}."
    absent = {name.removeprefix(prefix) for name in missing if name.startswith(prefix)} & set(body)
    if 2 * len(absent) > len(body):
        raise ModelError(
            f"{model.name!r} cannot be used as a classifier: its files lack {len(absent)} of the {len(body)} "
            "weights of its architecture. Save it again with save_pretrained, or choose another model."
        )
    placed = _placed(network, load_tokenizer(model), device, dtype, max_tokens)
    return replace(placed, fresh=frozenset(missing))


def load_classifier(
    folder: Path | str, *, device: str = "auto", dtype: str = "auto", max_tokens: int | None = None
) -> Classifier:
    """Load a classifier that was trained, from its folder or the Hub.

    Args:
        folder: a folder, or a Hub id.
        device: `auto`, `cpu` or `cuda`.
        dtype: of the forward pass: `auto`, `float32` or `bfloat16`.
        max_tokens: texts are cut there; as in training where it is not given.

    Raises:
        ModelError: it cannot be loaded, or has no trained head.
        RequestError: there is no such device.
    """
    model = resolve_model(str(folder))
    network, missing = _load(model)
    if missing:
        raise ModelError(
            f"{model.name!r} is no trained classifier: it lacks the weights "
            f"{', '.join(sorted(missing)[:3])}. Fine-tune it first."
        )
    trained_with = getattr(network.config, _OURS, {}).get("max_tokens", _MAX_TOKENS_OF_OTHERS)
    return _placed(network, load_tokenizer(model), device, dtype, max_tokens or trained_with)


def _load(model: ResolvedModel, **options: Any) -> tuple[Any, set[str]]:
    """The network in float32, and the names of the weights that its files do not hold."""
    import torch
    from transformers import AutoModelForSequenceClassification

    network, info = load(
        AutoModelForSequenceClassification, model, "a classifier", dtype=torch.float32,
        ignore_mismatched_sizes=True, output_loading_info=True, **options,
    )  # fmt: skip
    mismatched = {entry[0] for entry in info["mismatched_keys"]}
    return network, set(info["missing_keys"]) | mismatched


def _placed(network: Any, tokenizer: Any, device: str, dtype: str, max_tokens: int) -> Classifier:
    device = pick_device(device)
    if tokenizer.pad_token_id is None:  # causal models have none; the mask hides it, so any token serves
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token or tokenizer.convert_ids_to_tokens(0)
    network.config.pad_token_id = tokenizer.pad_token_id
    max_tokens = most_tokens(tokenizer, network.config, max_tokens)
    setattr(network.config, _OURS, {"version": 1, "max_tokens": max_tokens})
    return Classifier(network.to(device), tokenizer, device, pick_dtype(dtype, device), max_tokens)


def save_classifier(classifier: Classifier, folder: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write network (safetensors) and tokenizer; the folder is there complete or not at all.

    Args:
        classifier: what is written.
        folder: not there yet, or empty.
        notes: file name -> text that stands beside the weights.

    Raises:
        WorkspaceError: the disk is full, the folder is not empty, or it cannot be written.
    """
    with draft_folder(folder.parent) as draft, writing(folder):
        _save_weights(classifier, draft)
        classifier.tokenizer.save_pretrained(draft)
        for name, text in (notes or {}).items():
            (draft / name).write_text(text, encoding="utf-8")
        rename_synced(draft, folder)


def _save_weights(classifier: Classifier, folder: Path) -> None:
    """Write the network; a full disk is told as one, whichever library meets it."""
    from safetensors import SafetensorError

    try:
        classifier.network.save_pretrained(folder)
    except SafetensorError as error:
        raise OSError(errno.ENOSPC if "os error 28" in str(error) else errno.EIO, str(error)) from error


def predict(
    classifier: Classifier,
    texts: Sequence[Text],
    *,
    on_progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Floats:
    """Probabilities of the classes for each text.

    Args:
        classifier: from `load_classifier`.
        texts: any strings, or pairs of them; an empty one gets what the model says to nothing.
        on_progress: is told how many texts were finished since the last time.
        should_stop: is asked between batches.

    Returns:
        (n, C) float32; rows add up to 1, unless a text may have several classes.

    Raises:
        Interrupted: `should_stop` said so.
    """
    tokens = tokenise(classifier.tokenizer, texts, max_tokens=classifier.max_tokens, should_stop=should_stop)
    return predict_tokens(classifier, tokens, on_progress=on_progress, should_stop=should_stop)


def predict_tokens(
    classifier: Classifier,
    tokens: Tokens,
    *,
    on_progress: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Floats:
    """`predict` for what is tokenised; the network is in evaluation mode afterwards."""
    import torch

    probabilities = np.empty((len(tokens.ids), len(classifier.classes)), dtype=np.float32)
    width = int(classifier.network.config.hidden_size)
    budget = tokens_at_once(classifier.device, width=width, dtype=classifier.dtype)
    classifier.network.eval()
    with torch.inference_mode():
        for rows in batches_by_length(tokens.lengths, max_tokens_per_batch=budget):
            if should_stop is not None and should_stop():
                raise Interrupted("Stopped while predicting; the trained model is kept.")
            logits = classifier.logits(*tokens.batch(rows))
            probabilities[rows] = classifier.probabilities(logits).cpu().numpy()
            if on_progress is not None:
                on_progress(len(rows))
    return probabilities
