"""Queue a study, a forecast, and what trainings will cost; light enough for the app's server."""

from collections.abc import Sequence

from eudscore.jobs.folder import RunFolder
from eudscore.records import JsonDict
from eudscore.selection.request import SelectionRequest
from eudscore.selection.written import request_to_json
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.queueing import FORECAST, QUOTE_TRAINING, STUDY, run_spec
from eudscore.workflow.requests import FitOptions
from eudscore.workflow.study_plan import StudyRequest
from eudscore.workflow.submitting import TestSet, enqueue, submit_once


def submit_study(workspace: Workspace, ref: CorpusRef, test: TestSet, request: StudyRequest) -> RunFolder:
    """Queue a study; its trainings are done one after the other by one job, which goes on where it was interrupted.

    Args:
        workspace: where everything is.
        ref: the corpus.
        test: what all trainings are tested on; its rows are trained on by none of them.
        request: what to compare.

    Raises:
        SameWork: the very same study is under way.
        WorkspaceError: it cannot be queued.
    """
    (folder,) = enqueue(workspace, [study_spec(workspace, ref, test, request)])
    return folder


def study_spec(workspace: Workspace, ref: CorpusRef, test: TestSet, request: StudyRequest) -> JsonDict:
    """What a worker needs to carry out a study."""
    details = {"request": request.to_json(), "test": test.to_json(), "options": vars(request.options)}
    return run_spec(workspace, ref, STUDY, details)


def submit_forecast(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> RunFolder:
    """Forecast in a worker what a selection reaches at other budgets."""
    return submit_once(workspace, ref, FORECAST, {"request": request_to_json(request)})


def submit_study_quote(
    workspace: Workspace, ref: CorpusRef, test: TestSet, request: StudyRequest, *, price: float | None = None
) -> RunFolder:  # fmt: skip
    """Measure in a worker what a study would cost; the result has a `sentence`."""
    wanted = {"study": request.to_json(), "test": test.to_json(), "price": price}
    return submit_once(workspace, ref, QUOTE_TRAINING, wanted)


def submit_training_quote(
    workspace: Workspace, ref: CorpusRef, test: TestSet, counts: Sequence[int], options: FitOptions, *,
    price: float | None = None,
) -> RunFolder:  # fmt: skip
    """Measure in a worker what fine-tunes on so many rows each would cost; the result has a `sentence`."""
    wanted = {"counts": list(counts), "fit": vars(options), "test": test.to_json(), "price": price}
    return submit_once(workspace, ref, QUOTE_TRAINING, wanted)
