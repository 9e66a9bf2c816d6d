"""Hand work to a process of its own; light enough for the app's server, which never computes."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from eudscore.errors import InputError, WorkspaceError
from eudscore.jobs.folder import RunFolder
from eudscore.jobs.queue import SameWork
from eudscore.records import Corpus, Ints, JsonDict, RunState
from eudscore.selection.order import hash_order
from eudscore.selection.quotas import in_class_shares
from eudscore.selection.recipe import request_from_recipe
from eudscore.selection.request import Balance, Per, SelectionRequest, Strategy
from eudscore.selection.written import request_to_json
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.choosing import Subset, labels_in, select
from eudscore.workflow.queueing import (
    PREPARE,
    PROBE,
    PROFILE,
    QUOTE,
    RANK,
    STEADINESS,
    TRAIN,
    jobs_of,
    new_id,
    new_run,
    resume,
    run_spec,
    start,
)
from eudscore.workflow.requests import FitOptions, ScoreRequest
from eudscore.workflow.stored import latest_scores

_HELD_OUT_SALT = 0x7E57
HELD_OUT = 0.2  # share of the rows that test where there is no test set


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


def submit_preparation(workspace: Workspace, ref: CorpusRef, request: ScoreRequest) -> RunFolder:
    """Score and lay out a corpus in a worker."""
    return submit_once(workspace, ref, PREPARE, {"request": request.to_json()})


def submit_quote(workspace: Workspace, ref: CorpusRef, request: ScoreRequest) -> RunFolder:
    """Measure in a worker what scoring would cost."""
    return submit_once(workspace, ref, QUOTE, {"request": request.to_json()})


def submit_profile(workspace: Workspace, ref: CorpusRef) -> RunFolder:
    """Profile a corpus and find its near-duplicates in a worker; what is kept already is not done again."""
    return submit_once(workspace, ref, PROFILE, {})


def submit_ranking(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> RunFolder:
    """Let a strategy rank a corpus in a worker."""
    return submit_once(workspace, ref, RANK, {"request": request_to_json(request)})


def submit_steadiness(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> RunFolder:
    """Make a selection again and again in a worker, to see which rows stay."""
    return submit_once(workspace, ref, STEADINESS, {"request": request_to_json(request)})


def submit_probe(workspace: Workspace, ref: CorpusRef, request: SelectionRequest) -> RunFolder:
    """Find out in a worker where the interval of a selection is best put."""
    return submit_once(workspace, ref, PROBE, {"request": request_to_json(request)})


def submit_once(workspace: Workspace, ref: CorpusRef, kind: str, wanted: JsonDict) -> RunFolder:
    """Queue a run; the same work that is already under way is not begun twice, and goes on where it was paused."""
    for job in jobs_of(workspace, ref, kind):
        if wanted.items() <= job.spec.items():
            if job.status.state is RunState.PAUSED:
                resume(workspace, job.folder.path.name)
            elif not job.status.active:
                continue
            return job.folder
    try:
        (folder,) = enqueue(workspace, [run_spec(workspace, ref, kind, wanted)])
    except SameWork as twin:  # another process asked for it at the same moment
        return RunFolder(workspace.runs / twin.job_id)
    return folder


def held_out(workspace: Workspace, ref: CorpusRef, *, seed: int) -> TestSet:
    """A fifth of the labelled rows, class by class, for testing where there is no test set."""
    corpus = workspace.corpus(ref)
    # An order of its own: with the seed of a selection it would hold out the very rows that were selected.
    order = hash_order(len(corpus), seed ^ _HELD_OUT_SALT)
    usable = order[(corpus.labels[order] >= 0) & corpus.has_text[order]]
    budget = max(1, round(HELD_OUT * len(usable)))
    return TestSet(rows=in_class_shares(usable, corpus.labels, classes=len(corpus.classes), budget=budget))


def submit_training(
    workspace: Workspace, ref: CorpusRef, subset: Subset, test: TestSet, options: FitOptions,
    *, baselines: Sequence[str] = ("random", "full"),
) -> list[RunFolder]:  # fmt: skip
    """Fine-tune on the subset, and on its baselines, one run after the other.

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
    experiment = new_id()
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
    return enqueue(workspace, specs)


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


def enqueue(workspace: Workspace, specs: Sequence[JsonDict], *, priority: int = 0) -> list[RunFolder]:
    """Make runs and queue them in this order, all or none.

    Args:
        workspace: where they are kept.
        specs: by `run_spec`.
        priority: the higher, the sooner.

    Returns:
        Their folders.

    Raises:
        SameWork: one of them asks for what is under way.
        RequestError: the priority is out of its range.
        WorkspaceError: the folders or the database cannot be written.
    """
    folders: list[RunFolder] = []
    try:
        for spec in specs:
            folders.append(new_run(workspace, spec, kept=True))
    except WorkspaceError:
        for folder in folders:
            folder.remove()
        raise
    start([folder.path for folder in folders], workspace=workspace, priority=priority)
    return folders
