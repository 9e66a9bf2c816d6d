"""Files and folders inside data sets of the Hub: `hf://datasets/owner/name[@revision]/path`."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from eudscore.corpus.files.formats import has_known_ending
from eudscore.corpus.files.reading import Reading
from eudscore.corpus.sources.addresses import HUB_PREFIX
from eudscore.corpus.sources.folders import is_pattern, read_files
from eudscore.corpus.sources.hub_access import HubState, about_hub_error, hub_state, offline, quiet_hub
from eudscore.corpus.sources.paths import listed, read_path
from eudscore.errors import InputError

_ADDRESS = re.compile(
    r"hf://datasets/(?P<id>[^/@\s]+(?:/[^/@\s]+)?)"
    r"(?:@(?P<revision>refs/[^/]+/[^/]+|[^/]+))?(?:/(?P<path>.*))?",
)


@dataclass(frozen=True)
class HubAddress:
    """A data set of the Hub, or something in it.

    Attributes:
        id: `owner/name`.
        revision: a branch, a tag or a commit; None = the newest commit.
        path: of a file or a folder; "" = the whole data set.
    """

    id: str
    revision: str | None = None
    path: str = ""


def hub_address(source: str) -> HubAddress:
    """The parts of an `hf://` address.

    Raises:
        InputError: it is written otherwise, or names something else than a data set.
    """
    found = _ADDRESS.fullmatch(source)
    if found is None:
        raise InputError(
            f"{source!r} is no address of a data set: write {HUB_PREFIX}datasets/owner/name, with a path behind it "
            "for a file or a folder of it."
        )
    hub_id, path = found["id"], (found["path"] or "").strip("/")
    owner, _, second = hub_id.partition("/")
    if second and not found["revision"] and has_known_ending(second):  # a data set without an owner, and a file of it
        hub_id, path = owner, f"{second}/{path}".rstrip("/")
    return HubAddress(hub_id, unquote(found["revision"]) if found["revision"] else None, path)


def read_hub_files(address: HubAddress, *, text: str | None = None, split: str | None = None) -> Reading:
    """The table of a file, of all files of a folder, or of those that fit a pattern.

    Args:
        address: with a path.
        text: the column that is going to be the text.
        split: for a folder, see `folders.read_folder`.

    Raises:
        InputError: it is not there, cannot be reached, or cannot be read.
    """
    with quiet_hub():
        if offline():
            return _file(address, text, split)
        state = hub_state(address.id, address.revision)
        one = address.path in state.files
        read = _file(address, text, split) if one else _folder(address, state, text, split)
    return Reading(read.table, (f"Read from the Hugging Face Hub at {state.commit}.", *read.notes))


def _file(address: HubAddress, text: str | None, split: str | None) -> Reading:
    name = PurePosixPath(address.path).name
    if split is not None:
        raise InputError(f"{name} is one file and has no split {split!r}: leave the split out.")
    # By the branch and not by its commit: so the cache remembers what the branch stood for, to be read offline.
    return read_path(_fetched(address, address.revision, address.path), name, text=text)


def _folder(address: HubAddress, state: HubState, text: str | None, split: str | None) -> Reading:
    root = address.path
    if is_pattern(root):
        inside = [path for path in state.files if fnmatchcase(path, root)]
        root = "/".join(_fixed(root))
    else:
        inside = [path for path in state.files if path.startswith(f"{root}/")]
    if not inside:
        raise InputError(_about_missing(address, state.files))
    files = {PurePosixPath(path).relative_to(root): path for path in inside}
    seen = [file for file in files if not any(part[0] in "._" for part in file.parts)]
    return read_files(
        seen, lambda file: _fetched(address, state.commit, files[file]), name=address.path, text=text, split=split
    )


def _fixed(pattern: str) -> list[str]:
    """The folders before the first part of a path that is a pattern."""
    parts = pattern.split("/")
    return parts[: next(place for place, part in enumerate(parts) if is_pattern(part))]


def _fetched(address: HubAddress, commit: str | None, path: str) -> Path:
    """Where the cache of the Hub has a file, downloaded if it had not."""
    from huggingface_hub import errors, hf_hub_download

    try:
        return Path(hf_hub_download(address.id, path, repo_type="dataset", revision=commit))
    except errors.LocalEntryNotFoundError as error:
        if not offline():
            raise InputError(about_hub_error(error, address.id)) from error
        raise InputError(
            f"No copy of {path!r} of the data set {address.id!r} was loaded before: give the path of a file that was, "
            "or unset HF_HUB_OFFLINE."
        ) from error
    except Exception as error:
        raise InputError(about_hub_error(error, address.id)) from error


def _about_missing(address: HubAddress, there: Sequence[str]) -> str:
    near = difflib.get_close_matches(address.path, there)
    data = [path for path in there if has_known_ending(path)]
    hint = f"did you mean {listed(near)}?" if near else f"it holds {listed(data[:3], between='and')}." if data else ""
    return f"The data set {address.id!r} has no {address.path!r}: {hint or 'check the path.'}"
