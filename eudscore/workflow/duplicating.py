"""A new job like another one, with other options; what cannot be is said before anything is queued."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields

from eudscore.errors import RequestError, WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.models.device import check_device
from eudscore.records import JsonDict
from eudscore.selection.written import request_from_json, request_to_json
from eudscore.store.workspace import Workspace
from eudscore.workflow.lessons import train_spec
from eudscore.workflow.queueing import PREPARE, PROBE, QUOTE, RANK, STEADINESS, TRAIN, find_job, new_id
from eudscore.workflow.requests import FitOptions, ScoreRequest
from eudscore.workflow.submitting import enqueue

_TWO_CLASSES = ("one", "other")  # options are checked without the data set, which is what it was


def duplicate(
    workspace: Workspace, prefix: str, changes: Mapping[str, object], *, priority: int | None = None
) -> RunFolder:  # fmt: skip
    """Queue a job like another one.

    Args:
        workspace: where both are.
        prefix: the id of the other, or its beginning.
        changes: option -> its new value; those of `FitOptions` for a fine-tune, of `ScoreRequest` for scoring, of
            `SelectionRequest` for what is about a selection.
        priority: that of the other where None.

    Raises:
        RequestError: there is no such job or option, or a value is out of its range.
        SameWork: nothing is changed, and the other is under way.
        WorkspaceError: the spec of the other cannot be read, or the new one cannot be written.
    """
    other = find_job(workspace, prefix)
    spec = {name: value for name, value in other.folder.read_spec().items() if name != "version"}
    if changes:
        spec = _changed(spec, changes, other.id)
    if spec.get("experiment"):
        spec["experiment"] = new_id()  # its arms are compared with one another, and each is there once
    kept = other.row.priority if other.row else 0
    (folder,) = enqueue(workspace, [spec], priority=kept if priority is None else priority)
    return folder


def _changed(spec: JsonDict, changes: Mapping[str, object], job_id: str) -> JsonDict:
    section, checked = _PARTS.get(str(spec.get("kind")), ("", _nothing))
    options = spec.get(section, {})
    if not isinstance(options, Mapping):
        raise WorkspaceError(f"The spec of job {job_id} is damaged: start the work anew from its page.")
    known = sorted({*options, *_more(section)})
    for name in changes:
        if name not in known:
            there = f"choose among {', '.join(known)}" if known else "it has none, so copy it as it is"
            raise RequestError(f"Job {job_id} has no option {name!r}: {there}.")
    other = {"steps": "epochs", "epochs": "steps"}
    cleared = {other[name]: None for name in changes if name in other and changes[name] is not None}
    try:
        return {**spec, section: checked({**options, **cleared, **changes})}
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        told = ", ".join(f"{name} {value!r}" for name, value in changes.items())
        raise RequestError(
            f"The options of job {job_id} cannot be changed to {told}: give numbers where they are numbers."
        ) from error


def _more(section: str) -> set[str]:
    """Options that a spec of an older eudscore may lack."""
    return {option.name for option in fields(FitOptions)} if section == "options" else set()


def _fit(options: JsonDict) -> JsonDict:
    """Options of a fine-tune, checked.

    Raises:
        RequestError: one is out of its range.
        TypeError: one is of the wrong kind.
    """
    fit = FitOptions(**options)
    check_device(fit.device)
    if fit.steps is not None and fit.epochs is not None:
        raise RequestError("A fine-tune goes by steps or by epochs: set the other of the two to null.")
    for name in ("steps", "seed"):
        value = getattr(fit, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise RequestError(f"{name} is {value!r}: give a whole number.")
    if not isinstance(fit.model, str) or not fit.model:
        raise RequestError(f"{fit.model!r} is no model: give builtin, a folder or a Hub id.")
    train_spec(fit, _TWO_CLASSES)
    return asdict(fit)


def _score(options: JsonDict) -> JsonDict:
    return ScoreRequest.from_json(options).to_json()


def _selection(options: JsonDict) -> JsonDict:
    return request_to_json(request_from_json(options))


def _nothing(options: JsonDict) -> JsonDict:
    return options


_PARTS: dict[str, tuple[str, Callable[[JsonDict], JsonDict]]] = {
    TRAIN: ("options", _fit),
    PREPARE: ("request", _score),
    QUOTE: ("request", _score),
    RANK: ("request", _selection),
    STEADINESS: ("request", _selection),
    PROBE: ("request", _selection),
}
