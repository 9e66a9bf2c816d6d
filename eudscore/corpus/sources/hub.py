"""Data sets of the Hugging Face Hub, through the `datasets` library.

Their files are downloaded once, into the cache of that library, and mapped from there.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging import CRITICAL
from typing import Any

import pyarrow as pa

from eudscore.corpus.files.reading import Reading
from eudscore.corpus.sources.hub_access import HubState, about_hub_error, hub_state, offline, quiet_hub
from eudscore.corpus.sources.paths import listed
from eudscore.corpus.sources.splits import DEFAULT
from eudscore.errors import InputError

_PART = r"[A-Za-z0-9][\w.-]*"
_ID = re.compile(rf"(?P<id>{_PART}(?:/{_PART})?)(?::(?P<split>\w[\w.-]*))?")
_WITH_CONFIG = re.compile(rf"(?P<id>{_PART}/{_PART})/(?P<config>{_PART})(?::(?P<split>\w[\w.-]*))?")


@dataclass(frozen=True)
class HubName:
    """A data set of the Hub, as people write it: `owner/name`, `owner/name:split`, `owner/name/config:split`."""

    id: str
    config: str | None = None
    split: str | None = None


def hub_name(source: str) -> HubName | None:
    """What a source names if it is written as a data set of the Hub."""
    found = _ID.fullmatch(source) or _WITH_CONFIG.fullmatch(source)
    return HubName(**found.groupdict()) if found else None


def read_hub(
    hub_id: str, *, config: str | None = None, split: str | None = None, revision: str | None = None
) -> Reading:
    """One split of a data set of the Hub; its class names travel in the schema's metadata.

    Args:
        hub_id: `ag_news`, `stanfordnlp/sst2`.
        config: which of its configurations; the default or the only one without it.
        split: `train`, or the only one, without it.
        revision: a branch, a tag or a commit; the newest commit without it.

    Raises:
        InputError: it is not there, cannot be reached, needs code of its own, or has no such configuration or split.
    """
    with quiet_hub(), _quiet_datasets():
        state = None if offline() else _state(hub_id, revision)
        known, commit = (state.id, state.commit) if state else (hub_id, revision)
        builder = _builder(known, config, commit)
        chosen, others = _split(builder, known, split)
        table = _table(builder, known, chosen)
    renamed = () if known == hub_id else (f"{hub_id!r} is called {known!r} on the Hugging Face Hub.",)
    return Reading(table, (*renamed, *_notes(builder, commit, (config, split), chosen, others)))


def _state(hub_id: str, revision: str | None) -> HubState:
    state = hub_state(hub_id, revision)
    script = f"{state.id.rpartition('/')[2]}.py"
    if script in state.files:
        raise InputError(
            f"The data set {hub_id!r} needs code of its own ({script}), which is never run here: try "
            f"hf://datasets/{hub_id}@refs/convert/parquet, or download the data and give the file."
        )
    return state


@contextmanager
def _quiet_datasets() -> Iterator[None]:
    """No warnings, no progress bars, and no question whether to run code (`datasets` before 4 asks on the terminal)."""
    import datasets
    from datasets.utils import logging

    bars, level = not datasets.utils.are_progress_bars_disabled(), logging.get_verbosity()
    asking = getattr(datasets.config, "HF_DATASETS_TRUST_REMOTE_CODE", None)
    logging.set_verbosity(CRITICAL)
    datasets.utils.disable_progress_bars()
    datasets.config.HF_DATASETS_TRUST_REMOTE_CODE = False
    try:
        yield
    finally:
        datasets.config.HF_DATASETS_TRUST_REMOTE_CODE = asking
        logging.set_verbosity(level)
        if bars:
            datasets.utils.enable_progress_bars()


def _builder(hub_id: str, config: str | None, revision: str | None) -> Any:
    import datasets

    try:
        return datasets.load_dataset_builder(hub_id, config, revision=revision)
    except Exception as error:
        names = _configs(hub_id, revision) if isinstance(error, ValueError) else []
        if config is not None and names and config not in names:
            raise InputError(
                f"The data set {hub_id!r} has no configuration {config!r}, only {listed(names)}. Choose one of these."
            ) from error
        if config is None and len(names) > 1:
            raise InputError(
                f"The data set {hub_id!r} has several configurations, {listed(names)}: name one of them."
            ) from error
        raise InputError(about_hub_error(error, hub_id)) from error


def _configs(hub_id: str, revision: str | None) -> list[str]:
    import datasets

    try:
        return [str(name) for name in datasets.get_dataset_config_names(hub_id, revision=revision)]
    except Exception:  # noqa: BLE001 - only the names for a sentence about another error
        return []


def _split(builder: Any, hub_id: str, wanted: str | None) -> tuple[str, list[str]]:
    """The split to read and those that are there besides."""
    there = [str(name) for name in builder.info.splits or builder.config.data_files or []]
    if wanted is None and len(there) == 1:
        return there[0], []
    chosen = wanted or DEFAULT
    if there and chosen not in there:
        raise InputError(f"The data set {hub_id!r} has no split {chosen!r}, only {listed(there)}. Choose one of these.")
    return chosen, [name for name in there if name != chosen]


def _table(builder: Any, hub_id: str, split: str) -> pa.Table:
    """The columns of one split, mapped from the cache."""
    try:
        builder.download_and_prepare()
        loaded = builder.as_dataset(split=split)
    except Exception as error:
        raise InputError(about_hub_error(error, hub_id, split=split)) from error
    table: pa.Table = loaded.data.table
    if not table.num_rows:
        raise InputError(f"Split {split!r} of the data set {hub_id!r} holds no rows: choose another one.")
    return table.replace_schema_metadata(loaded.features.arrow_schema.metadata)


def _notes(
    builder: Any, commit: str | None, asked: tuple[str | None, str | None], split: str, others: list[str]
) -> tuple[str, ...]:
    """What was chosen without being asked for, and the commit; `asked` is configuration and split."""
    notes = []
    if asked[1] is None:
        also = f"; there is also {listed(others, between='and')}" if others else ""
        notes.append(f"Read the split {split!r}{also}.")
    if asked[0] is None and builder.config.name != "default":
        notes.append(f"Read the configuration {builder.config.name!r}.")
    if commit:
        notes.append(f"Read from the Hugging Face Hub at {commit}.")
    return tuple(notes)
