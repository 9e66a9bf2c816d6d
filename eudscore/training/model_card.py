"""The README of a trained model: what it is, what it was made of, how good it is, and how to load it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eudscore.store.files import writing

README = "README.md"
_NAMES = {"accuracy": "accuracy", "micro_f1": "micro-F1", "macro_f1": "macro-F1",
          "nll": "negative log-likelihood (nats)", "ece": "expected calibration error"}  # fmt: skip
_MOST_CLASSES = 30


@dataclass(frozen=True)
class Made:
    """What a model was made of.

    Attributes:
        data: name of the data set.
        fingerprint: of its texts and labels.
        test: name of the test set.
        test_fingerprint: of its texts and labels.
        recipe: of the selection that chose the rows, where one did.
        options: name -> value of the training.
        result: of the run: metrics with their intervals, rows, steps, seconds.
    """

    data: str
    fingerprint: str
    test: str
    test_fingerprint: str
    recipe: Mapping[str, Any] | None
    options: Mapping[str, Any]
    result: Mapping[str, Any]


def write_card(made: Made, classes: Sequence[str], folder: Path) -> None:
    """Write `README.md` into the folder of a model.

    Raises:
        WorkspaceError: it cannot be written.
    """
    draft = folder / f".{README}.part"
    with writing(folder):
        draft.write_text(card(made, classes), encoding="utf-8", errors="replace")
        draft.replace(folder / README)


def card(made: Made, classes: Sequence[str]) -> str:
    """The model card, as the Hub reads it: a header in YAML, then Markdown."""
    parts = [
        _header(made), "# A text classifier, fine-tuned with eudscore", _made_of(made), _quality(made),
        _classes(made, classes), _LOADING if not made.options.get("labels") else _LOADING_SEVERAL, _limits(made),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _header(made: Made) -> str:
    base = made.result["model"]
    named = f"\nbase_model: {base}" if base.count("/") == 1 and not base.startswith((".", "/", "~")) else ""
    return f"---\nlibrary_name: transformers\npipeline_tag: text-classification\ntags: [eudscore]{named}\n---"


def _made_of(made: Made) -> str:
    result = made.result
    lines = [
        "## What it was made of", "",
        f"- model it started from: {_code(result['model'])}, revision {_code(result['model_revision'])}",
        f"- data: {_code(made.data)}, {result['train_rows']:,} rows trained on; fingerprint of texts and labels "
        f"{_code(made.fingerprint)}",
    ]  # fmt: skip
    if result.get("dev_rows"):
        lines.append(f"- set aside for early stopping: {result['dev_rows']:,} rows of it")
    if made.recipe is not None:
        chosen = {name: made.recipe.get(name) for name in ("budget", "by", "strategy", "band", "seed")}
        said = ", ".join(f"{name} {_code(value)}" for name, value in chosen.items() if value is not None)
        lines.append(f"- chosen by: {said or 'a recipe'} (all of it in the run's `spec.json`)")
    options = ", ".join(f"{name} {_code(value)}" for name, value in made.options.items() if value is not None)
    lines.append(f"- recipe of the training: {options}, {result['steps']:,} steps in {result['seconds']:.0f} s on "
                 f"{_code(result['device'])} in {_code(result['dtype'])}")  # fmt: skip
    return "\n".join(lines)


def _quality(made: Made) -> str:
    result = made.result
    lines = [
        "## How good it is", "",
        f"On {result['test_rows']:,} rows of {_code(made.test)} (fingerprint {_code(made.test_fingerprint)}), with "
        "95 % bootstrap intervals over these rows:", "", "| metric | value | interval |", "| --- | --- | --- |",
    ]  # fmt: skip
    for name, words in _NAMES.items():
        if name in result:
            low, high = result["intervals"][name]
            lines.append(f"| {words} | {result[name]:.4f} | {low:.4f} to {high:.4f} |")
    if "micro_f1" in result:
        lines += ["", "Accuracy is the share of the rows of which every label is right."]
    return "\n".join(lines)


def _classes(made: Made, classes: Sequence[str]) -> str:
    recall, spread = made.result["recall"], made.result["intervals"]["recall"]
    lines = ["## Classes", "", "| class | recall | interval |", "| --- | --- | --- |"]
    for name in classes[:_MOST_CLASSES]:
        value, interval = recall[name], spread[name]
        numbers = "no test rows |" if value is None else f"{value:.3f} | {interval[0]:.3f} to {interval[1]:.3f}"
        lines.append(f"| {_cell(name)} | {numbers} |")
    if len(classes) > _MOST_CLASSES:
        lines += ["", f"{len(classes) - _MOST_CLASSES} more are in `config.json` and in the run's `status.json`."]
    return "\n".join(lines)


def _limits(made: Made) -> str:
    cut = f", texts are cut at {made.result['max_tokens']} tokens" if "max_tokens" in made.result else ""
    calculated = made.result.get("dtype", "float32")
    other = (
        ""
        if calculated == "float32"
        else f" It was measured with {calculated} products; in float32 a few answers differ."
    )
    return (
        "## Limits\n\nThe intervals tell of the luck of this test set, not of that of this training: another seed "
        "gives another model. It knows the classes above and no other, and answers with one of them whatever it is "
        f"given{cut}. What is wrong in the labels of its data it has learned.{other}"
    )


_LOADING = """## How to load it

```python
from transformers import pipeline

classify = pipeline("text-classification", "path/to/this/folder")
print(classify("a text"))
```"""

_LOADING_SEVERAL = """## How to load it

```python
from transformers import pipeline

classify = pipeline("text-classification", "path/to/this/folder", top_k=None)
print([answer for answer in classify("a text")[0] if answer["score"] > 0.5])
```"""


def _code(value: object) -> str:
    """A value in Markdown's code, on one line, whatever is in it."""
    return "`" + " ".join(str(value).split()).replace("`", "'") + "`"


def _cell(value: str) -> str:
    return _code(value).replace("|", "\\|")
