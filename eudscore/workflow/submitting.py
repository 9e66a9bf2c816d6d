"""Hand work to a process of its own; light enough for the app's server, which never computes."""

import secrets
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from eudscore.errors import InputError, WorkspaceError
from eudscore.jobs.folder import RunFolder, RunStatus
from eudscore.jobs.launch import start
from eudscore.jobs.state import list_runs
from eudscore.records import Corpus, Ints, JsonDict
from eudscore.selection.order import hash_order
from eudscore.selection.quotas import take_turns
from eudscore.selection.recipe import request_from_recipe
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy
from eudscore.selection.written import request_to_json
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.choosing import Subset, labels_in, select
from eudscore.workflow.requests import FitOptions, ScoreRequest
from eudscore.workflow.stored import latest_scores

PREPARE = "prepare"
QUOTE = "quote"
TRAIN = "train"
PROFILE = "profile"
RANK = "rank"
STEADINESS = "steadiness"
PROBE = "probe"
WORKER = (sys.executable, "-m", "eudscore.worker")
_HELD_OUT_SALT = 0x7E57
HELD_OUT = 0.2  # share of the rows that test where there is no test set


@dataclass(frozen=True)
class Job:
    """A run as a page shows it."""

    folder: RunFolder
    spec: JsonDict
    status: RunStatus


@dataclass(frozen=True, eq=False)
class TestSet:
    """What the runs of an experiment are tested on: another corpus, or held-out rows of the same one."""

    ref: CorpusRef | None = None
    rows: Ints | None = None

    def to_json(self) -> JsonDict:
        """Plain JSON values."""
        return {
            "corpus": None if self.ref is None else str(self.ref),
            "rows": None if self.rows is None else self.rows.tolist(),
        }


def jobs_of(workspace: Workspace, ref: CorpusRef, kind: str) -> list[Job]:
    """The runs of one kind on one corpus, the newest first."""
    found = []
    for folder, status in list_runs(workspace.runs):
        try:
            spec = folder.read_spec()
        except WorkspaceError:  # a damaged run is nobody's: it must not take the page of the others down
            continue
        if spec.get("kind") == kind and spec.get("corpus") == str(ref):
            found.append(Job(folder, spec, status))
    return found


def submit_preparation(workspace: Workspace, ref: CorpusRef, request: ScoreRequest) -> RunFolder:
    """Score and lay out a corpus in a worker."""
    return _submit_once(workspace, ref, PREPARE, {"request": request.to_json()})


def submit_quote(workspace: Workspace, ref: CorpusRef, request: ScoreRequest) -> RunFolder:
    """Measure in a worker what scoring would cost."""
    return _submit_once(workspace, ref, QUOTE, {"request": request.to_json()})


def submit_profile(workspace: Workspace, ref: CorpusRef) -> RunFolder:
    """Profile a corpus and find its near-duplicates in a worker; what is kept already is not done again."""
    return _submit_once(workspace, ref, PROFILE, {})


def submit_ranking(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> RunFolder:
    """Let a strategy rank a corpus in a worker."""
    return _submit_once(workspace, ref, RANK, {"request": request_to_json(request)})


def submit_steadiness(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> RunFolder:
    """Make a selection again and again in a worker, to see which rows stay."""
    return _submit_once(workspace, ref, STEADINESS, {"request": request_to_json(request)})


def submit_probe(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> RunFolder:
    """Find out in a worker where the interval of a selection is best put."""
    return _submit_once(workspace, ref, PROBE, {"request": request_to_json(request)})


def _submit_once(workspace: Workspace, ref: CorpusRef, kind: str, wanted: JsonDict) -> RunFolder:
    """Start a worker; the same work that is already under way is not begun twice."""
    for job in jobs_of(workspace, ref, kind):
        if job.status.active and wanted.items() <= job.spec.items():
            return job.folder
    (folder,) = _start(workspace, [run_spec(workspace, ref, kind, wanted)])
    return folder


def held_out(workspace: Workspace, ref: CorpusRef, *, seed: int) -> TestSet:
    """A fifth of the labelled rows, class by class, for testing where there is no test set."""
    corpus = workspace.corpus(ref)
    # An order of its own: with the seed of a selection it would hold out the very rows that were selected.
    order = hash_order(len(corpus), seed ^ _HELD_OUT_SALT)
    usable = order[(corpus.labels[order] >= 0) & corpus.has_text[order]]
    weights = np.bincount(corpus.labels[usable], minlength=len(corpus.classes))
    labels = np.where(corpus.labels >= 0, corpus.labels, 0)
    rows = take_turns(usable, labels, weights, budget=max(1, round(HELD_OUT * len(usable))))
    return TestSet(rows=np.sort(rows))


def submit_training(
    workspace: Workspace, ref: CorpusRef, subset: Subset, test: TestSet, options: FitOptions,
    *, baselines: Sequence[str] = ("random", "full"),
) -> list[RunFolder]:  # fmt: skip
    """Fine-tune on the subset, and on its baselines, one run after the other in one worker.

    Args:
        workspace: where everything is.
        ref: the corpus.
        subset: the chosen rows.
        test: what all runs are tested on; its rows are trained on by none of them.
        options: the same for all runs.
        baselines: `random` = as many rows drawn class by class, `full` = all rows.

    Raises:
        InputError: nothing labelled is left to train on, or the test set does not fit.
    """
    corpus = workspace.corpus(ref)
    if test.ref is not None:
        labels_in(corpus.classes, workspace.corpus(test.ref))  # what does not fit is said before anything starts
    experiment = _new_id()
    arms = dict(_arms(workspace, ref, corpus, subset, test, baselines, options.seed))
    specs = [
        run_spec(
            workspace, ref, TRAIN,
            {
                "experiment": experiment, "arm": arm, "rows": rows.tolist(), "test": test.to_json(),
                "options": asdict(options), "recipe": subset.recipe if arm == "subset" else None,
            },
        )
        for arm, rows in arms.items()
    ]  # fmt: skip
    return _start(workspace, specs)


def _arms(
    workspace: Workspace, ref: CorpusRef, corpus: Corpus, subset: Subset, test: TestSet,
    baselines: Sequence[str], seed: int,
) -> Iterator[tuple[str, Ints]]:  # fmt: skip
    usable = (corpus.labels >= 0) & corpus.has_text
    if test.rows is not None:
        usable = usable.copy()
        usable[test.rows] = False
    chosen = subset.rows[usable[subset.rows]]
    if len(np.unique(corpus.labels[chosen])) < 2:
        raise InputError(
            f"The selection holds {len(chosen):,} labelled rows of fewer than two classes: "
            "choose a larger budget, or a label column."
        )
    yield "subset", chosen
    if "random" in baselines:
        asked = request_from_recipe(subset.recipe)
        balance = Balance.NONE if asked.balance is Balance.NONE or asked.per is Per.CLUSTER else Balance.PROPORTIONAL
        request = SelectionRequest(len(corpus), asked.by, Strategy.RANDOM, balance=balance, seed=seed)
        drawn = select(workspace, latest_scores(workspace, ref), request).rows
        yield "random", drawn[usable[drawn]][: len(chosen)]
    if "full" in baselines:
        yield "full", np.flatnonzero(usable).astype(np.int64)


def run_spec(workspace: Workspace, ref: CorpusRef, kind: str, more: Mapping[str, object]) -> JsonDict:
    """What a run needs to be done by any process on this machine."""
    return {"kind": kind, "workspace": str(workspace.root), "corpus": str(ref), **more}


def new_run(workspace: Workspace, spec: JsonDict, *, out: Path | None = None) -> RunFolder:
    """A queued run, in the workspace or in a folder of its own.

    Raises:
        WorkspaceError: the folder is taken or cannot be written.
    """
    folder = RunFolder((out or workspace.runs / _new_id()).resolve())
    folder.create(spec)
    return folder


def _start(workspace: Workspace, specs: Sequence[JsonDict]) -> list[RunFolder]:
    folders = [new_run(workspace, spec) for spec in specs]
    start([folder.path for folder in folders], argv=WORKER)
    return folders


def _new_id() -> str:
    """Sorts by time; random at the end, for two that begin in one second."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"


def workspace_of(spec: Mapping[str, object]) -> Workspace:
    """The workspace that a run belongs to."""
    return Workspace(Path(str(spec["workspace"])))
