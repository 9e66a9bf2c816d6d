"""Folders of shards, patterns such as `data/*.parquet`, and folders saved by the `datasets` library."""

import glob
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath, PurePosixPath

from eudscore.corpus.files.reading import Reading
from eudscore.corpus.files.spool import IN_MEMORY
from eudscore.corpus.sources.joining import joined, on_disk
from eudscore.corpus.sources.paths import listed, local_path, read_path, reason_of, shown
from eudscore.corpus.sources.saved import is_saved, read_saved
from eudscore.corpus.sources.splits import of_split
from eudscore.errors import InputError

_DEEPEST = 3  # folders below the one that is given
_MOST_FILES = 10_000
_PACKED = (".gz", ".zst", ".zip")
_SAME = {".tab": ".tsv", ".ndjson": ".jsonl", ".feather": ".arrow", ".ipc": ".arrow"}
_TABLES = {".csv", ".tsv", ".json", ".jsonl", ".parquet", ".arrow", ".txt", ".xlsx", ".xlsm"}
_WRITTEN_AS_READ = {".csv", ".tsv"}
# What lies beside data and is none.
_ABOUT = re.compile(
    r"(readme|licen[cs]e|changelog|citation|notice)\b.*|(dataset_infos?|dataset_dict|state)\.json", re.IGNORECASE
)

Opener = Callable[[PurePosixPath], Path]


def read_folder(folder: Path, *, text: str | None = None, split: str | None = None) -> Reading:
    """The table that the files of a folder hold together.

    Files of one format are joined in their natural order (`part-2` before `part-10`), those of folders below
    included; hidden files and what is no table are left aside.

    Args:
        folder: of shards, or saved by `datasets`.
        text: the column that is going to be the text.
        split: files or folders whose names begin with it; `train` where there are several.

    Raises:
        InputError: there is nothing to read, or the files do not fit together.
    """
    name = shown(folder.name or str(folder))
    if is_saved(folder):
        return read_saved(folder, name, split=split)
    try:
        files = _inside(folder, name)
    except OSError as error:
        raise InputError(f"{name} cannot be looked into ({reason_of(error)}): check who may read it.") from error
    return read_files(files, lambda file: folder / file, name=name, text=text, split=split)


def read_files(
    files: Sequence[PurePosixPath], opened: Opener, *, name: str, text: str | None = None, split: str | None = None
) -> Reading:
    """The table that files hold together; see `read_folder`.

    Args:
        files: below a folder, in any order.
        opened: where the bytes of one of them are on this machine.
        name: what the folder is called in errors.
        text: the column that is going to be the text.
        split: which of them.

    Raises:
        InputError: none can be read, or they do not fit together.
    """
    data = sorted((file for file in files if _is_table(file)), key=lambda file: natural(str(file)))
    if not data:
        raise InputError(_about_nothing(files, name))
    chosen, notes = of_split(data, split, folder=name)
    kind = _one_format(chosen, name)
    aside = [file for file in files if not _is_table(file)]
    parts = list(_parts(chosen, opened, text))
    reading = joined(parts, exact_numbers=kind in _WRITTEN_AS_READ)
    only = (f"Read {parts[0][0]}.",) if len(parts) == 1 else ()
    return Reading(reading.table, (*only, *notes, *_about_aside(aside), *_about_keys(chosen), *reading.notes))


def _parts(files: Sequence[PurePosixPath], opened: Opener, text: str | None) -> Iterator[tuple[str, Reading]]:
    """Name and content of each file; what thousands of small ones hold does not pile up in memory."""
    held = 0
    for file in files:
        reading = read_path(opened(file), file.name, text=text)
        size = reading.table.nbytes
        held += size if size <= IN_MEMORY else 0  # a larger one is in a file already
        if held > IN_MEMORY >= size:
            reading = Reading(on_disk(reading.table), reading.notes)
        yield shown(str(file)), reading


def is_pattern(source: str) -> bool:
    """Whether a source is written as a pattern of file names."""
    return any(letter in source for letter in "*?[")


def read_pattern(pattern: str, *, text: str | None = None, split: str | None = None) -> Reading:
    """The table that all files hold whose paths fit a pattern (`data/*.parquet`, `data/**/*.csv`).

    Raises:
        InputError: no file fits, or they do not fit together.
    """
    full = Path(pattern).expanduser()
    found = sorted(glob.glob(str(full), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    files = [Path(path) for path in found if Path(path).is_file()]
    if not files:
        what = f"only the folder {listed(found[:1])}" if found else "nothing"
        raise InputError(f"No file fits the pattern {shown(pattern)!r}, {what} does: check the path and the pattern.")
    root = Path(os.path.commonpath([path.parent for path in files]))
    below = {PurePosixPath(path.relative_to(root).as_posix()): path for path in files}
    return read_files(list(below), lambda file: local_path(below[file]), name=shown(pattern), text=text, split=split)


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts numbers inside names by their value, and a name before what it begins."""
    parts = [part for part in re.split(r"([0-9]+|[./])", name) if part]
    return [(1, int(part), part) if part.isdecimal() else (0 if part in "./" else 2, 0, part) for part in parts]


def format_of(name: str) -> str:
    """The ending that says what a file holds, packing and spelling apart: `.csv` of `a.CSV.gz`."""
    path = PurePath(name.lower())
    if path.suffix in _PACKED:
        path = path.with_suffix("")
    return _SAME.get(path.suffix, path.suffix)


def _is_table(file: PurePosixPath) -> bool:
    return format_of(file.name) in _TABLES and not _ABOUT.fullmatch(file.name)


def _inside(folder: Path, name: str) -> list[PurePosixPath]:
    files = []
    for file in _walk(folder):
        files.append(file)
        if len(files) > _MOST_FILES:
            raise InputError(f"{name} holds more than {_MOST_FILES:,} files: give a folder inside it, or a pattern.")
    return files


def _walk(folder: Path) -> Iterator[PurePosixPath]:
    def refuse(error: OSError) -> None:
        raise error

    for here, folders, names in os.walk(folder, onerror=refuse):
        below = Path(here).relative_to(folder)
        folders[:] = [] if len(below.parts) >= _DEEPEST else [each for each in folders if each[0] not in "._"]
        for each in names:
            if each[0] not in "._" and (Path(here) / each).is_file():  # a pipe would be waited for
                yield PurePosixPath(below.as_posix()) / each


def _one_format(files: Sequence[PurePosixPath], name: str) -> str:
    first: dict[str, str] = {}
    for file in files:
        first.setdefault(format_of(file.name), str(file))
    if len(first) > 1:
        raise InputError(
            f"{name} holds files of {len(first)} formats, such as {listed(list(first.values()), between='and')}: "
            "give one of them, or a pattern such as '*.csv'."
        )
    return next(iter(first))


def _about_nothing(files: Sequence[PurePosixPath], name: str) -> str:
    if not files:
        return f"{name} is a folder without a file that can be read: give a file."
    names = listed(sorted(str(file) for file in files)[:3], between="and")
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return f"{name} is a folder without a file that can be read, only {names}{more}: give a file."


def _about_keys(files: Sequence[PurePosixPath]) -> tuple[str, ...]:
    """Hive and Spark write a column into the names of folders."""
    keys = sorted({part.partition("=")[0] for file in files for part in file.parts[:-1] if "=" in part})
    if not keys:
        return ()
    return (f"The names of folders say {listed(keys, between='and')}, which is not read as a column.",)


def _about_aside(files: Sequence[PurePosixPath]) -> tuple[str, ...]:
    if not files:
        return ()
    names = ", ".join(sorted(shown(str(file)) for file in files)[:3])
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return (f"Left aside, because they hold no table: {names}{more}.",)
