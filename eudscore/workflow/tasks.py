"""What a worker process does for a run, by the kind in its spec."""

from eudscore.errors import Interrupted, WorkspaceError
from eudscore.jobs.session import RunSession
from eudscore.records import JsonDict
from eudscore.selection.written import request_from_json
from eudscore.store.workspace import CorpusRef
from eudscore.workflow.fitting import fit_run
from eudscore.workflow.pace import Pace
from eudscore.workflow.preparing import prepare
from eudscore.workflow.probing import probe_places
from eudscore.workflow.profiling import look_through
from eudscore.workflow.quoting import quote_scoring
from eudscore.workflow.ranking import rank_corpus
from eudscore.workflow.requests import Progress, ScoreRequest
from eudscore.workflow.steadiness import steadiness
from eudscore.workflow.stored import latest_scores
from eudscore.workflow.submitting import (
    PREPARE,
    PROBE,
    PROFILE,
    QUOTE,
    RANK,
    STEADINESS,
    TRAIN,
    workspace_of,
)


def perform(session: RunSession) -> JsonDict:
    """Do what the spec of a run asks for, and return its result."""
    spec = session.run.read_spec()
    workspace = workspace_of(spec)
    match spec["kind"]:
        case kind if kind == PREPARE:
            request = ScoreRequest.from_json(spec["request"])
            ref = CorpusRef.parse(spec["corpus"])
            return prepare(workspace, ref, request, on_progress=progress_of(session))
        case kind if kind == QUOTE:
            request = ScoreRequest.from_json(spec["request"])
            session.progress(0, 0, "Measuring on a sample of the rows")
            quote = quote_scoring(workspace.corpus(CorpusRef.parse(spec["corpus"])), request)
            return {"sentence": quote.in_words(without="the map")}
        case kind if kind == PROFILE:
            return look_through(workspace, CorpusRef.parse(spec["corpus"]), on_progress=progress_of(session))
        case kind if kind == RANK:
            asked, ref = request_from_json(spec["request"]), CorpusRef.parse(spec["corpus"])
            return rank_corpus(workspace, ref, latest_scores(workspace, ref), asked, on_progress=progress_of(session))
        case kind if kind == STEADINESS:
            asked, ref = request_from_json(spec["request"]), CorpusRef.parse(spec["corpus"])
            scores, advance = latest_scores(workspace, ref), progress_of(session)
            return steadiness(workspace, ref, scores, asked, session.run.path, on_progress=advance)
        case kind if kind == PROBE:
            asked, ref = request_from_json(spec["request"]), CorpusRef.parse(spec["corpus"])
            return probe_places(workspace, ref, latest_scores(workspace, ref), asked, on_progress=progress_of(session))
        case kind if kind == TRAIN:
            return fit_run(session, spec)
        case kind:
            raise WorkspaceError(f"{session.run.path} is a run of the unknown kind {kind!r}: update eudscore.")


def progress_of(session: RunSession) -> Progress:
    """Progress that goes to the run's status, and that stops the work when somebody asked for it."""
    pace = Pace()

    def advance(stage: str, done: int, total: int) -> None:
        if session.should_stop():
            raise Interrupted("Cancelled; what was scored so far is kept.")
        words = pace.words(stage, done, total)
        session.progress(done, total, f"{stage}: {words}" if words else stage)

    return advance
