"""Reading a source: a file, a folder, an address, the demo or a data set of the Hub becomes a `Corpus`.

Row i of the source is row i of the corpus; nothing is dropped, sorted or mended on the way, unless a part of the
rows is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, TypedDict, Unpack

import pyarrow as pa

from eudscore import locations
from eudscore.corpus.drawing import draw
from eudscore.corpus.files.formats import has_known_ending
from eudscore.corpus.files.reading import Reading
from eudscore.corpus.roles import assign_roles, detect_roles
from eudscore.corpus.sources.addresses import HUB_PREFIX, file_address, redacted
from eudscore.corpus.sources.downloads import downloaded
from eudscore.corpus.sources.folders import is_pattern, read_folder, read_pattern
from eudscore.corpus.sources.hub import HubName, hub_name, read_hub
from eudscore.corpus.sources.hub_files import hub_address, read_hub_files
from eudscore.corpus.sources.paths import is_there, listed, local_path, read_path, shown
from eudscore.corpus.sources.uploads import Content, copied, upload_name
from eudscore.errors import EudscoreError, InputError
from eudscore.records import Corpus, Roles

SPLITS = ("train", "test")  # of the demo; the first is read when none is named
_DEMO = "demo"
_SPLITS = ("train", "test", "dev", "val", "valid", "validation", "data")  # names of files that say nothing


class MoreReading(TypedDict, total=False):
    """What may be asked for beyond columns, split and limit.

    Attributes:
        config: configuration of a data set of the Hub.
        sample: how many rows to draw at random.
        stratified: draw class by class.
        seed: of the drawing, 0 without it.
        where: an SQL condition over the columns; only rows that fulfil it are read.
        roles: role -> column or columns, for all roles but text and label (see `records.Roles`).
    """

    config: str | None
    sample: int | None
    stratified: bool
    seed: int
    where: str | None
    roles: Mapping[str, str | Sequence[str]] | None


@dataclass(frozen=True, eq=False)
class _Opened:
    """The table of a source and what it is called."""

    reading: Reading
    name: str
    source: str


def read_source(
    source: str | Path, *, text: str | None = None, label: str | None = None, split: str | None = None,
    limit: int | None = None, **more: Unpack[MoreReading],
) -> Corpus:  # fmt: skip
    """Read a data set; columns that are not named are found.

    Args:
        source: a file, a folder of shards or one saved by `datasets`, a pattern (`data/*.parquet`), an http(s)
            address, `hf://datasets/owner/name[@revision][/path]`, the id of a data set of the Hugging Face Hub
            (`owner/name`, `owner/name:split`, `owner/name/config`), `demo` or `demo:test`.
        text: the text column.
        label: the label column.
        split: where the source has several; `train` without it.
        limit: how many rows to keep, from the first on; after `where` and `sample`.
        **more: see `MoreReading`.

    Raises:
        InputError: the source cannot be read, or a column cannot have its role.
        RequestError: a limit or a sample below 1.
    """
    opened = _open(source, text=text, split=split, config=more.get("config"))
    return _corpus(opened, text=text, label=label, limit=limit, more=more)


def read_upload(
    name: str, content: Content, *, text: str | None = None, label: str | None = None, split: str | None = None,
    limit: int | None = None, **more: Unpack[MoreReading],
) -> Corpus:  # fmt: skip
    """Read a file that came as bytes, a stream or a file under another name; see `read_source`.

    Args:
        name: the file's name with its ending.
        content: the whole file; a stream is copied in pieces.
        text: the text column.
        label: the label column.
        split: always refused: it is one file.
        limit: how many rows to keep, from the first on.
        **more: see `MoreReading`; there is no configuration.

    Raises:
        InputError: the file cannot be read, or a column cannot have its role.
        RequestError: a limit or a sample below 1.
    """
    name = upload_name(name)
    _refuse_parts(name, split, more.get("config"))
    with copied(name, content) as path:
        reading = read_path(path, name, text=text)
    opened = _Opened(reading, PurePath(name).stem, f"upload:{name}")
    return _corpus(opened, text=text, label=label, limit=limit, more=more)


def read_like(read: Callable[..., Corpus], roles: Roles, **named: str | None) -> Corpus:
    """What a call reads, with the columns of another data set where it has them, else with those that are detected.

    Args:
        read: `read_source` or `read_upload` of a source, still without roles.
        roles: of the other data set.
        named: `text`, `label`, `pair` -> the column, where it is known.

    Raises:
        InputError: it cannot be read.
    """
    pair = named.get("pair")
    known: dict[str, Any] = {role: named[role] for role in ("text", "label") if named.get(role)}
    usual = {"text": roles.text, "label": roles.label, "roles": {"pair": pair or roles.pair or ""}}
    try:
        return read(**{**usual, **known})
    except InputError as first:
        try:
            # Who reads single texts takes no pairs, whatever looks like one.
            return read(**known, **({"roles": {"pair": pair or ""}} if pair or roles.pair is None else {}))
        except EudscoreError as second:
            raise (second if known or pair else first) from None


def read_table(
    source: str | Path, *, text: str | None = None, split: str | None = None, config: str | None = None
) -> pa.Table:
    """The table of a source as it is, before any column has a role; see `read_source`.

    Raises:
        InputError: the source cannot be read.
    """
    return _open(source, text=text, split=split, config=config).reading.table


def _corpus(opened: _Opened, *, text: str | None, label: str | None, limit: int | None, more: MoreReading) -> Corpus:
    table, file = opened.reading.table, PurePath(opened.source.removeprefix("upload:")).name
    stratified = more.get("stratified", False)
    classes = label
    if stratified and label is None:
        classes = detect_roles(table, text=text, file=file).roles.label
    drawn = draw(
        table, label=classes, where=more.get("where"), sample=more.get("sample"), stratified=stratified,
        seed=more.get("seed", 0), limit=limit,
    )  # fmt: skip
    found = detect_roles(drawn.table, text=text, label=label, file=file, others=more.get("roles"))
    return assign_roles(
        drawn.table, name=opened.name, source=opened.source, roles=found.roles,
        notes=(*opened.reading.notes, *drawn.notes), reasons=found.reasons, drawn_from=drawn.drawn_from,
    )  # fmt: skip


def _open(source: str | Path, *, text: str | None, split: str | None, config: str | None) -> _Opened:
    if isinstance(source, str):
        if "://" in source:
            return _open_address(source.strip(), text=text, split=split, config=config)
        base, named = _split_of(source, split)
        if base == _DEMO:
            _refuse_config(_DEMO, config)
            return _open_demo(named or SPLITS[0])
        if not is_there(source) and (name := hub_name(source)) and _is_meant(name, base):
            return _open_hub(name, split=named, config=config)
        if not is_there(source) and is_pattern(base):
            _refuse_config(base, config)
            return _Opened(read_pattern(base, text=text, split=named), *_called(Path(base).parent, base, named))
        if base != source and not is_there(source) and Path(base).expanduser().is_dir():
            source, split = base, named
    path = local_path(source)
    if path.is_dir():
        _refuse_config(shown(path.name), config)
        return _Opened(read_folder(path, text=text, split=split), *_called(path, str(path), split))
    _refuse_parts(shown(path.name), split, config)
    return _Opened(read_path(path, text=text), shown(_named(path)), shown(str(path)))


def _called(path: Path, source: str, split: str | None) -> tuple[str, str]:
    """Name and full source of what is named after a folder."""
    full = shown(source)
    return shown(path.name) or full, f"{full}:{split}" if split else full


def _open_address(address: str, *, text: str | None, split: str | None, config: str | None) -> _Opened:
    meant, notes = address, tuple[str, ...]()
    if address.lower().startswith(("http://", "https://")):
        meant, notes = file_address(address)
    if meant.startswith(HUB_PREFIX):
        opened = _open_hub_address(meant, text=text, split=split, config=config)
        return _Opened(Reading(opened.reading.table, (*notes, *opened.reading.notes)), opened.name, opened.source)
    if not meant.lower().startswith(("http://", "https://")):
        raise InputError(
            f"{redacted(address)} is an address of a kind that is not read: eudscore reads http, https and "
            f"{HUB_PREFIX}datasets/owner/name; download the data and give the file."
        )
    _refuse_parts(redacted(address), split, config)
    with downloaded(meant) as file:
        reading = read_path(file.path, file.name, text=text)
        return _Opened(
            Reading(reading.table, (*notes, *file.notes, *reading.notes)), PurePath(file.name).stem, redacted(address)
        )


def _open_hub_address(address: str, *, text: str | None, split: str | None, config: str | None) -> _Opened:
    base, split = _split_of(address.removeprefix(HUB_PREFIX), split)
    found = hub_address(HUB_PREFIX + base)
    source = f"{HUB_PREFIX}{base}:{split}" if split else HUB_PREFIX + base
    if not found.path:
        reading = read_hub(found.id, config=config, split=split, revision=found.revision)
        return _Opened(reading, found.id.rpartition("/")[2], source)
    _refuse_config(address, config)
    fixed = [part for part in PurePath(found.id, found.path).parts if not is_pattern(part)]
    return _Opened(read_hub_files(found, text=text, split=split), PurePath(fixed[-1]).stem, source)


def _open_hub(name: HubName, *, split: str | None, config: str | None) -> _Opened:
    if name.config and config and name.config != config:
        raise InputError(
            f"{name.id}/{name.config} names a configuration, but {config!r} was asked for: name one of them only."
        )
    config = config or name.config
    reading = read_hub(name.id, config=config, split=split)
    last = name.id.rpartition("/")[2]
    source = f"{name.id}/{config}" if config else name.id
    return _Opened(reading, f"{last}-{config}" if config else last, f"{source}:{split}" if split else source)


def _split_of(source: str, split: str | None) -> tuple[str, str | None]:
    """`demo:test` to `demo` and `test`; a split that is given must not say otherwise."""
    base, _, named = source.partition(":")
    if split and named and split != named:
        raise InputError(f"{source!r} names a split, but {split!r} was asked for: name one of them only.")
    return base, split or named or None


def _open_demo(split: str) -> _Opened:
    if split not in SPLITS:
        raise InputError(f"The demo has no split {split!r}, only {listed(SPLITS)}. Choose one of these.")
    path = locations.assets() / _DEMO / f"{split}.parquet"
    if not path.is_file():
        raise InputError(f"The demo is missing ({path} is not there): install eudscore again.")
    return _Opened(read_path(path), _DEMO, _DEMO if split == SPLITS[0] else f"{_DEMO}:{split}")


def _is_meant(name: HubName, base: str) -> bool:
    """Whether a data set of the Hub is meant and not a file of a folder that is here."""
    parts = Path(base).parts
    folder = Path(parts[0]) if name.config else Path(base).parent
    return not has_known_ending(base) and not is_there(base) and (len(parts) == 1 or not folder.exists())


def _refuse_parts(name: str, split: str | None, config: str | None) -> None:
    """Of one file."""
    if split is not None:
        raise InputError(f"{name} is one file and has no split {split!r}: leave the split out.")
    _refuse_config(name, config)


def _refuse_config(name: str, config: str | None) -> None:
    if config is not None:
        raise InputError(
            f"{name} has no configuration {config!r}, as only data sets of the Hugging Face Hub have: leave it out."
        )


def _named(path: Path) -> str:
    """What people call a file: its name, and its folder's where the name is only that of a split."""
    first = path.name.partition(".")[0]
    return f"{path.parent.name}/{first}" if first.lower() in _SPLITS and path.parent.name else path.stem
