"""Folders that `Dataset.save_to_disk` and `DatasetDict.save_to_disk` of the `datasets` library write.

Their files are Arrow streams, which are read as any other file: the library would map them where they lie, and the
process would die if somebody else wrote to them meanwhile.
"""

import json
from pathlib import Path
from typing import TypeGuard

from eudscore.corpus.files.reading import Reading
from eudscore.corpus.sources.joining import joined
from eudscore.corpus.sources.paths import listed, read_path, reason_of, shown
from eudscore.corpus.sources.splits import DEFAULT
from eudscore.errors import InputError
from eudscore.records import JsonDict

_STATE = "state.json"  # of one split: its files, in order
_INFO = "dataset_info.json"  # of one split: its columns
_DICT = "dataset_dict.json"  # the splits
_FEATURES = b"huggingface"


def is_saved(folder: Path) -> bool:
    """Whether the `datasets` library wrote this folder."""
    return (folder / _DICT).is_file() or ((folder / _STATE).is_file() and (folder / _INFO).is_file())


def read_saved(folder: Path, name: str, *, split: str | None = None) -> Reading:
    """The table of one split; its class names travel in the schema's metadata.

    Args:
        folder: that was saved.
        name: what it is called in errors.
        split: `train`, or the only one, without it.

    Raises:
        InputError: it is not whole, or has no such split.
    """
    if not (folder / _DICT).is_file():
        if split is not None and split != (only := _json(folder / _STATE, name).get("_split")):
            there = f"only {only!r}" if only else "it was saved without any"
            raise InputError(f"{name} has no split {split!r}, {there}: leave the split out.")
        return _one(folder, name)
    splits = _json(folder / _DICT, name).get("splits")
    if not isinstance(splits, list) or not splits or not all(_is_name(each) for each in splits):
        raise InputError(f"{name} names no splits in {_DICT}: save it again.")
    chosen = split or (splits[0] if len(splits) == 1 else DEFAULT)
    if chosen not in splits:
        raise InputError(f"{name} has no split {chosen!r}, only {listed(splits)}. Choose one of these.")
    others = [each for each in splits if each != chosen]
    also = f"; there is also {listed(others, between='and')}" if others else ""
    notes = () if split else (f"Read the split {chosen!r}{also}.",)
    reading = _one(folder / chosen, f"{name}/{chosen}")
    return Reading(reading.table, (*notes, *reading.notes))


def _one(folder: Path, name: str) -> Reading:
    files = _json(folder / _STATE, name).get("_data_files")
    named = [entry.get("filename") for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
    names = [each for each in named if _is_name(each)]
    if not names or len(names) < len(named):
        raise InputError(f"{name} names no files in {_STATE}: save it again.")
    for each in names:
        if not (folder / each).is_file():
            raise InputError(f"{name} names the file {each!r} in {_STATE}, which is not there: save it again.")
    reading = joined([(f"{name}/{each}", read_path(folder / each)) for each in names])
    if _FEATURES in (reading.table.schema.metadata or {}):
        return reading
    features = {"info": {"features": _json(folder / _INFO, name).get("features")}}
    metadata = {**(reading.table.schema.metadata or {}), _FEATURES: json.dumps(features).encode()}
    return Reading(reading.table.replace_schema_metadata(metadata), reading.notes)


def _is_name(name: object) -> TypeGuard[str]:
    """A plain name: a path in a file from elsewhere could lead anywhere."""
    return isinstance(name, str) and name not in ("", ".", "..") and Path(name).name == name


def _json(path: Path, name: str) -> JsonDict:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{shown(path.name)} of {name} cannot be read ({reason_of(error)}): save it again.") from error
    if not isinstance(content, dict):
        raise InputError(f"{shown(path.name)} of {name} holds no object: save it again.")
    return content
