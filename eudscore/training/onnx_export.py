"""A trained classifier as ONNX, for those who serve it without torch."""

import importlib.util
import inspect
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eudscore.errors import ModelError, RequestError
from eudscore.store.files import draft_folder, writing
from eudscore.training.classifier import Classifier

FILE = "model.onnx"
_NEEDED = ("onnx", "onnxscript")


def check_onnx() -> None:
    """Refuse before the training what could not be done after it.

    Raises:
        RequestError: a package is not installed.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise RequestError(
            f"To write ONNX the package{'s' * (len(missing) > 1)} {' and '.join(missing)} must be installed: "
            "pip install 'eudscore[onnx]', or leave ONNX out."
        )


def write_onnx(classifier: Classifier, folder: Path) -> Path:
    """Write `model.onnx` beside the weights: `input_ids` and `attention_mask` (b, t) int64 to `logits` (b, C) float32.

    Models that tell two texts apart by their types read `token_type_ids` (b, t) int64 as well.

    Raises:
        RequestError: a package is not installed.
        ModelError: the architecture cannot be written as ONNX.
        WorkspaceError: it cannot be written.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    check_onnx()
    # A copy in float32 on the CPU, with the attention that every exporter knows.
    network = AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", use_safetensors=True
    ).eval()
    names = _inputs_of(classifier)
    # A tensor of its own for each: one that stands twice would become a single input under two names.
    some = {name: torch.ones((2, 7), dtype=torch.int64) for name in names}
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}  # rows and tokens
    with writing(folder), draft_folder(folder) as draft:
        with _one_sentence(folder), torch.no_grad():
            torch.onnx.export(
                network, (), draft / FILE, kwargs=some, input_names=names, output_names=["logits"],
                dynamic_shapes=dict.fromkeys(names, free), dynamo=True, external_data=False, verbose=False,
            )  # fmt: skip
        (draft / FILE).replace(folder / FILE)
    return folder / FILE


def _inputs_of(classifier: Classifier) -> list[str]:
    """What the network reads; types of tokens only where it has them and the tokenizer gives them."""
    known = set(inspect.signature(classifier.network.forward).parameters)
    given = [*classifier.tokenizer.model_input_names, "input_ids", "attention_mask"]
    return [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in known and name in given]


@contextmanager
def _one_sentence(folder: Path) -> Iterator[None]:
    """One sentence for whatever an exporter raises, and its chatter off the screen."""
    import torch

    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    failures = (RuntimeError, ValueError, TypeError, NotImplementedError, torch.onnx.errors.OnnxExporterError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the exporter about itself
            yield
    except failures as error:
        reason = " ".join(str(error).split())[:160]
        raise ModelError(
            f"The model in {folder} cannot be written as ONNX ({reason}): it is trained and saved, leave ONNX out."
        ) from error
    finally:
        logger.setLevel(before)
