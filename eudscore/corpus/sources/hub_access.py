"""The Hugging Face Hub: whether it answers, and what it means when it does not."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging import CRITICAL
from typing import TYPE_CHECKING

from eudscore.errors import InputError

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

_SECONDS = 10.0
_NO_DATA = ("DataFilesNotFoundError", "EmptyDatasetError")  # of `datasets`, which takes a second to import
_GATED = "{name} is gated: accept its terms at {page} and log in (`hf auth login`, or HF_TOKEN)."
_UNKNOWN = (
    "{id!r} is neither a file here nor an open data set of the Hugging Face Hub: check the name, or download the "
    "data and give the file."
)


def offline() -> bool:
    """Whether the user forbids to ask the Hub."""
    return os.environ.get("HF_HUB_OFFLINE", "0").lower() not in {"", "0", "false", "no", "off"}


@dataclass(frozen=True)
class HubState:
    """A data set of the Hub as it is now.

    Attributes:
        id: `owner/name`, also where it was asked for by an old name.
        commit: the newest, or the one that was asked for.
        files: paths of all its files.
    """

    id: str
    commit: str
    files: tuple[str, ...]


def hub_state(hub_id: str, revision: str | None = None) -> HubState:
    """Ask the Hub about a data set, once: `datasets` asks for half a minute where nobody answers.

    Raises:
        InputError: it is not there, is not open, has no such revision, or the Hub cannot be reached.
    """
    from huggingface_hub import HfApi

    try:
        info = HfApi().dataset_info(hub_id, revision=revision, timeout=_SECONDS)
    except Exception as error:
        raise InputError(about_hub_error(error, hub_id, revision=revision, reached=False)) from error
    return HubState(str(info.id), str(info.sha), tuple(file.rfilename for file in info.siblings or []))


def about_hub_error(
    error: Exception, hub_id: str, *, split: str | None = None, revision: str | None = None, reached: bool = True
) -> str:
    """The sentence for what the libraries of the Hub raise.

    Args:
        error: theirs.
        hub_id: of the data set.
        split: that was being loaded.
        revision: that was asked for.
        reached: False where this was the first question, so that an unknown error is one of the network.
    """
    from huggingface_hub import errors as hub

    what = f"The data set {hub_id!r}"
    for cause in _causes(error):
        if isinstance(cause, hub.GatedRepoError):
            return _GATED.format(name=what, page=_page(hub_id))
        if isinstance(cause, hub.RepositoryNotFoundError | hub.HFValidationError):
            return _UNKNOWN.format(id=hub_id)
        if isinstance(cause, hub.RevisionNotFoundError):
            return f"{what} has no revision {revision!r}: check the name of the branch, the tag or the commit."
        if isinstance(cause, hub.HfHubHTTPError) and (sentence := _about_status(cause, hub_id)):
            return sentence
        if type(cause).__name__ in _NO_DATA:
            return f"{what} holds no file that can be read: download the data and give the file."
        if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
            return f"There is no room to download {hub_id!r}: make room, or let HF_HOME name a folder on a larger disk."
    if offline():
        return (
            f"{hub_id!r} is no file here, and no copy of it was loaded from the Hugging Face Hub before "
            f"({_short(error)}): check the name and its owner, or unset HF_HUB_OFFLINE."
        )
    if not reached:
        return (
            f"{hub_id!r} is no file here, and the Hugging Face Hub cannot be reached ({type(error).__name__}): check "
            "the name and the network, or set HF_HUB_OFFLINE=1 to use a copy that was loaded before."
        )
    part = f"Split {split!r} of the data set {hub_id!r}" if split else what
    return f"{part} could not be loaded ({_short(error)}): download the data and give the file."


@contextmanager
def quiet_hub() -> Iterator[None]:
    """The sentence of the error is all the user needs; warnings and progress bars of the library stay out of it."""
    from huggingface_hub.utils import logging  # sets the level of its own logger when it is imported
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    bars, level = not are_progress_bars_disabled(), logging.get_verbosity()
    logging.set_verbosity(CRITICAL)
    if bars:
        disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            enable_progress_bars()


def _about_status(error: "HfHubHTTPError", hub_id: str) -> str | None:
    status = error.response.status_code if error.response is not None else 0
    if status in (401, 403, 404):
        return _UNKNOWN.format(id=hub_id)
    if status >= 400:
        return f"The Hugging Face Hub answers {status} when it is asked for {hub_id!r}: try again later."
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _page(hub_id: str) -> str:
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/datasets/{hub_id}"


def _short(error: Exception) -> str:
    """What an error says; `datasets` wraps those of its readers in one that says nothing."""
    if type(error).__name__ == "DatasetGenerationError" and error.__cause__ is not None:
        error = error.__cause__  # type: ignore[assignment]
    return " ".join(str(error).split())[:160].rstrip(".:")
