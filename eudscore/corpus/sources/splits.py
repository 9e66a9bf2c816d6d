"""Which files of a folder belong to which split, by the names of files and folders."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from eudscore.corpus.sources.paths import listed
from eudscore.errors import InputError

# As the `datasets` library reads names (`datasets.data_files.SPLIT_KEYWORDS`).
_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
DEFAULT = "train"


def of_split(
    files: Sequence[PurePosixPath], split: str | None, *, folder: str
) -> tuple[list[PurePosixPath], tuple[str, ...]]:
    """The files of a split, in the order given, and a note where a choice was made.

    Args:
        files: below the folder, at least one.
        split: how names of files or folders begin; None = all files, or `train` where there are several splits.
        folder: what it is called in errors.

    Raises:
        InputError: there is no such split, or several and files that belong to none.
    """
    splits = {file: _split_of(file) for file in files}
    there = list(dict.fromkeys(name for name in splits.values() if name))
    if split is not None:
        chosen = [file for file in files if _belongs(file, splits[file], split)]
        if not chosen:
            raise InputError(_no_split(split, files, there, folder))
        return chosen, ()
    if len(there) < 2:
        return list(files), ()
    if strays := [file for file in files if splits[file] is None]:
        raise InputError(
            f"{folder} holds the splits {listed(there, between='and')} and files that belong to none, such as "
            f"{listed([str(strays[0])])}: name a split, or give one file."
        )
    if DEFAULT not in there:
        raise InputError(f"{folder} holds the splits {listed(there, between='and')}: name one of them.")
    others = listed([name for name in there if name != DEFAULT], between="and")
    return [file for file in files if splits[file] == DEFAULT], (
        f"Read the split {DEFAULT!r}; there is also {others}.",
    )


def _split_of(file: PurePosixPath) -> str | None:
    """What the name of the file says, else that of the nearest folder that says anything."""
    for part in reversed(file.parts):
        for split, words in _WORDS.items():
            if any(_begins(part, word) for word in words):
                return split
    return None


def _belongs(file: PurePosixPath, found: str | None, wanted: str) -> bool:
    canonical = next((split for split, words in _WORDS.items() if wanted.lower() in words), None)
    if canonical is not None:
        return found == canonical
    return any(_begins(part, wanted) for part in file.parts)


def _begins(part: str, word: str) -> bool:
    """`test` begins `test.csv` and `test-00000-of-00001.parquet`, and not `testimonials.csv`."""
    return re.match(rf"{re.escape(word)}(?![A-Za-z])", part, re.IGNORECASE) is not None


def _no_split(split: str, files: Sequence[PurePosixPath], there: Sequence[str], folder: str) -> str:
    if there:
        return f"{folder} has no split {split!r}, only {listed(there)}. Choose one of these."
    names = listed([str(file) for file in files[:3]], between="and")
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return f"{folder} has no split {split!r}, only {names}{more}: leave the split out, or give one file."
