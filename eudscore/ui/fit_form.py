"""How to fine-tune, as a form: the few options that matter, the rest behind a click."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from eudscore.errors import InputError
from eudscore.training.spec import EPOCHS
from eudscore.ui.quoting import note
from eudscore.workflow.requests import BUILTIN, LARGEST_SEED, FitOptions

PRICE = "train_price"
_BASE = "train_base"
_METHODS = {"full": "All weights", "head": "Head only", "lora": "LoRA"}
_WEIGHTS = {"none": "As they come", "balanced": "Each class the same"}
_SHOWN = (
    "model", "epochs", "steps", "seed", "method", "class_weights", "early_stopping", "learning_rate", "batch_size",
    "max_tokens",
)  # fmt: skip
_DEFAULTS = {"model": BUILTIN, "epochs": EPOCHS, "batch": 16, "tokens": 128, "seed": 0}


def model_and_epochs() -> None:
    """The two options that everybody looks at."""
    for name, value in _DEFAULTS.items():
        st.session_state.setdefault(f"train_{name}", value)  # Streamlit refuses a default beside what `fill` wrote
    left, right = st.columns([1.7, 1])
    left.text_input(
        "Model", key="train_model",
        help="builtin (all-MiniLM-L6-v2), a folder, or a Hub id",
    )  # fmt: skip
    right.number_input(
        "Epochs", 0.1, 200.0, step=1.0, key="train_epochs", format="%g",
        help="Passes over the rows that are trained on",
    )  # fmt: skip


def more() -> None:
    """All others."""
    with st.expander("More options", key="train_more"):
        left, right = st.columns(2)
        right.number_input(
            "Seed", 0, LARGEST_SEED, key="train_seed", help="Of a single fine-tune: model init and order of the batches"
        )
        left.selectbox("What is trained", list(_METHODS), key="train_method", format_func=_METHODS.__getitem__)
        right.selectbox("Class weights", list(_WEIGHTS), key="train_weights", format_func=_WEIGHTS.__getitem__)
        left.number_input(
            "Stop early after", 1, 100, value=None, key="train_patience", placeholder="never",
            help="Epochs without a better one. A tenth of the rows is set aside for it, never of the test set.",
        )  # fmt: skip
        right.number_input(
            "Learning rate", 1e-7, 1.0, value=None, key="train_rate", format="%g", placeholder="by model and method"
        )
        left.number_input("Rows an update", 1, 4096, key="train_batch")
        right.number_input("Most tokens a text", 8, 8192, key="train_tokens")
        left.number_input(
            "Updates, instead of epochs", 1, 10_000_000, value=None, key="train_steps", placeholder="by epochs",
            help="For a fine-tune. A study counts in epochs, under either of its regimes.",
        )  # fmt: skip
        left.number_input(
            "Price of an hour", 0.0, value=None, key=PRICE, format="%g", placeholder="not counted",
            help="Of this machine, in your currency; for the estimate of the cost",
        )  # fmt: skip
        if kept := _kept():
            note(f"As in the copied run: {kept}.")


def options() -> FitOptions:
    """What the form says."""
    held = st.session_state
    steps = held.get("train_steps")
    patience, rate = held.get("train_patience"), held.get("train_rate")
    base: FitOptions = held.get(_BASE, FitOptions())
    return replace(
        base,
        model=str(held["train_model"]).strip() or BUILTIN,
        epochs=None if steps else float(held["train_epochs"]),
        steps=int(steps) if steps else None,
        seed=int(held["train_seed"]), method=held["train_method"], class_weights=held["train_weights"],
        early_stopping=None if patience is None else int(patience),
        learning_rate=None if rate is None else float(rate),
        batch_size=int(held["train_batch"]), max_tokens=int(held["train_tokens"]),
    )  # fmt: skip


def check_model(asked: FitOptions) -> None:
    """Refuse a folder that is not there before anything is queued.

    Raises:
        InputError: the model is written as a path, and nothing is at it.
    """
    name = asked.model
    if name.startswith((".", "/", "~")) and not Path(name).expanduser().is_dir():
        raise InputError(f"There is no model folder {name!r}: give builtin, a folder that is there, or a Hub id.")


def fill(found: FitOptions) -> None:
    """Let the form begin with these options; what it does not show goes along."""
    held = st.session_state
    held[_BASE] = found
    held["train_model"], held["train_seed"] = found.model, found.seed
    held["train_epochs"] = EPOCHS if found.epochs is None else float(found.epochs)
    held["train_steps"], held["train_rate"] = found.steps, found.learning_rate
    held["train_method"], held["train_weights"] = found.method, found.class_weights
    held["train_patience"] = found.early_stopping
    held["train_batch"], held["train_tokens"] = found.batch_size, found.max_tokens


def is_filled() -> bool:
    """Whether the form holds anything: Streamlit forgets the fields of a page that is left."""
    return "train_model" in st.session_state


def forget() -> None:
    """Let the form begin with the defaults."""
    for name in (_BASE, *(f"train_{one}" for one in _KEYS)):
        st.session_state.pop(name, None)


_KEYS = ("model", "epochs", "seed", "method", "weights", "patience", "rate", "batch", "tokens", "steps")


def _kept() -> str:
    """Options of the copied run that the form does not show, where they are no defaults."""
    base: FitOptions | None = st.session_state.get(_BASE)
    if base is None:
        return ""
    usual = vars(FitOptions())
    return ", ".join(f"{name} {value}" for name, value in vars(base).items()
                     if name not in _SHOWN and value != usual[name])  # fmt: skip
