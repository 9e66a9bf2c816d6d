"""What a worker process does for a run, by the kind in its spec."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eudscore.errors import Interrupted, WorkspaceError
from eudscore.jobs.session import RunSession, Stop
from eudscore.records import JsonDict
from eudscore.selection.request import SelectionRequest
from eudscore.selection.written import request_from_json
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.cartography import keep_dynamics
from eudscore.workflow.fitting import fit_run
from eudscore.workflow.forecasting import forecast_accuracy
from eudscore.workflow.pace import Pace
from eudscore.workflow.preparing import prepare
from eudscore.workflow.probing import probe_places
from eudscore.workflow.profiling import look_through
from eudscore.workflow.queueing import (
    FORECAST,
    PREPARE,
    PROBE,
    PROFILE,
    QUOTE,
    QUOTE_TRAINING,
    RANK,
    STEADINESS,
    STUDY,
    TRAIN,
    workspace_of,
)
from eudscore.workflow.quoting import quote_scoring
from eudscore.workflow.ranking import rank_corpus
from eudscore.workflow.requests import Progress, ScoreRequest
from eudscore.workflow.steadiness import steadiness
from eudscore.workflow.stored import latest_scores
from eudscore.workflow.study_runs import quote_run, study_run

_MAPPED = ("subset", "full")  # a random subset tells nothing that these do not


@dataclass(frozen=True)
class _Work:
    """What every task is given."""

    session: RunSession
    spec: JsonDict
    workspace: Workspace

    @property
    def ref(self) -> CorpusRef:
        return CorpusRef.parse(self.spec["corpus"])

    @property
    def selection(self) -> SelectionRequest:
        return request_from_json(self.spec["request"])

    @property
    def scores(self) -> Scores:
        return latest_scores(self.workspace, self.ref)

    @property
    def progress(self) -> Progress:
        return progress_of(self.session)


def perform(session: RunSession) -> JsonDict:
    """Do what the spec of a run asks for, and return its result."""
    spec = session.run.read_spec()
    if spec["kind"] not in _TASKS:
        raise WorkspaceError(f"{session.run.path} is a run of the unknown kind {spec['kind']!r}: update eudscore.")
    return _TASKS[spec["kind"]](_Work(session, spec, workspace_of(spec)))


def _prepare(work: _Work) -> JsonDict:
    request = ScoreRequest.from_json(work.spec["request"])
    return prepare(work.workspace, work.ref, request, on_progress=work.progress)


def _quote(work: _Work) -> JsonDict:
    request = ScoreRequest.from_json(work.spec["request"])
    work.session.progress(0, 0, "Measuring on a sample of the rows")
    return {"sentence": quote_scoring(work.workspace.corpus(work.ref), request).in_words(without="the map")}


def _quote_training(work: _Work) -> JsonDict:
    work.session.progress(0, 0, "Measuring with a handful of updates")
    return quote_run(work.spec)


def _steadiness(work: _Work) -> JsonDict:
    folder = work.session.run.path
    return steadiness(work.workspace, work.ref, work.scores, work.selection, folder, on_progress=work.progress)


def _train(work: _Work) -> JsonDict:
    result = fit_run(work.session, work.spec)
    corpus = work.workspace.corpus(work.ref)
    if work.spec["arm"] in _MAPPED and not work.spec["options"].get("labels"):
        try:
            keep_dynamics(work.workspace, corpus, work.session.run, work.spec, result)
        except WorkspaceError as error:  # the fine-tune is done: a map that lacks a colour must not spoil it
            work.session.run.append_log(f"The training dynamics did not become columns: {error}")
    return result


def _on_scores(task: Callable[..., JsonDict]) -> Callable[[_Work], JsonDict]:
    """A task that takes a workspace, a data set, its scores and a selection."""
    return lambda work: task(work.workspace, work.ref, work.scores, work.selection, on_progress=work.progress)


_TASKS: Mapping[str, Callable[[_Work], JsonDict]] = {
    PREPARE: _prepare,
    QUOTE: _quote,
    QUOTE_TRAINING: _quote_training,
    PROFILE: lambda work: look_through(work.workspace, work.ref, on_progress=work.progress),
    RANK: _on_scores(rank_corpus),
    STEADINESS: _steadiness,
    PROBE: _on_scores(probe_places),
    FORECAST: _on_scores(forecast_accuracy),
    TRAIN: _train,
    STUDY: lambda work: study_run(work.session, work.spec),
}


def progress_of(session: RunSession) -> Progress:
    """Progress that goes to the run's status, and that stops the work when somebody asked for it."""
    pace = Pace()

    def advance(stage: str, done: int, total: int) -> None:
        if session.should_stop():
            word = "Paused" if session.stop_reason() is Stop.PAUSE else "Cancelled"
            raise Interrupted(f"{word}; what was done so far is kept.")
        words = pace.words(stage, done, total)
        session.progress(done, total, f"{stage}: {words}" if words else stage)

    return advance
