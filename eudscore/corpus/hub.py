"""Data sets of the Hugging Face Hub, through the `datasets` library."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from eudscore.errors import InputError

_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?(:\w[\w.]*)?")
_SECONDS = 10.0


def looks_like_hub_id(source: str) -> bool:
    """Whether a source is written as `name` or `owner/name`, with or without `:split`."""
    return _ID.fullmatch(source) is not None


def read_hub(hub_id: str, *, split: str | None = None) -> pa.Table:
    """One split of a data set of the Hub; its class names travel in the schema's metadata.

    Args:
        hub_id: `ag_news`, `stanfordnlp/sst2`.
        split: `train` without it.

    Raises:
        InputError: it is not there, cannot be reached, or has no such split.
    """
    with _quiet_hub():
        if os.environ.get("HF_HUB_OFFLINE", "0").lower() in {"", "0", "false", "no", "off"}:
            _ask_once(hub_id)
        return _load(hub_id, split or "train")


def _ask_once(hub_id: str) -> None:
    """Ask whether the data set is there: `datasets` asks six times, which takes half a minute offline."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    try:
        HfApi().dataset_info(hub_id, timeout=_SECONDS)
    except (GatedRepoError, RepositoryNotFoundError, HFValidationError) as error:
        raise InputError(
            f"{hub_id!r} is neither a file here nor an open data set of the Hugging Face Hub: "
            "check the name, or download the data and give the file."
        ) from error
    except Exception as error:
        raise InputError(
            f"{hub_id!r} is no file here, and the Hugging Face Hub cannot be reached ({type(error).__name__}): "
            "check the name and the network, or set HF_HUB_OFFLINE=1 to use a copy that was loaded before."
        ) from error


def _load(hub_id: str, split: str) -> pa.Table:
    import datasets

    try:
        loaded = datasets.load_dataset(hub_id, split=split)
    except Exception as error:
        reason = " ".join(str(error).split())[:160].rstrip(".:")
        raise InputError(
            f"Split {split!r} of the data set {hub_id!r} could not be loaded ({reason}): choose another split, "
            "or download the data and give the file."
        ) from error
    table: pa.Table = loaded.with_format("arrow")[:]
    return table.replace_schema_metadata(loaded.features.arrow_schema.metadata)


@contextmanager
def _quiet_hub() -> Iterator[None]:
    """The sentence of the error is all the user needs; the libraries' own warnings stay out of it."""
    loggers = [logging.getLogger(name) for name in ("huggingface_hub", "datasets")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
