"""What stands beside the launch form: what works now, the queue, and what came of it, the newest first."""

from collections.abc import Sequence

from eudscore.records import RunState
from eudscore.store.workspace import CorpusRef
from eudscore.ui import queue_card, runs, studies, theme
from eudscore.workflow.queueing import Job


def board(ref: CorpusRef) -> None:
    """All cards of a data set; each polls by itself, and only while there will be news."""
    experiments, proved = runs.experiments(ref), studies.of(ref)
    newest, study = next(iter(experiments.values()), None), next(iter(proved), None)
    if newest is None and study is None:
        _nothing_yet()
        queue_card.card()
        return
    study_first = study is not None and (newest is None or _weight([study]) > _weight(newest))
    if study is not None and study_first and study.status.active:
        studies.live(study)
    elif newest is not None and not study_first:
        runs.live(newest)
    queue_card.card()
    if not study_first:
        runs.finished(experiments)
    studies.result(proved)
    if newest is not None and study_first:
        runs.live(newest)
        runs.finished(experiments)


def _weight(jobs: Sequence[Job]) -> tuple[bool, float]:
    """What works counts for more than what was launched later."""
    return any(job.status.state is RunState.RUNNING for job in jobs), jobs[0].status.created_at


def _nothing_yet() -> None:
    with theme.card("Runs", key="live"):
        theme.empty_state(
            "Nothing was trained on this data set yet. Launch a fine-tune, or prove that the part is enough: the "
            "curves appear here.",
            icon="show_chart", key="runs",
        )  # fmt: skip
