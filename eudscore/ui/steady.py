"""Stability: how often each row is in when the selection is made again."""

from dataclasses import replace

import numpy as np

from eudscore.records import JsonDict, RunState
from eudscore.selection.stability import undecided
from eudscore.store.scores import Scores
from eudscore.ui import state, tables, theme, watching
from eudscore.ui.choosing import Shown
from eudscore.ui.quoting import counted, note
from eudscore.ui.state import Opened
from eudscore.workflow.pace import duration
from eudscore.workflow.queueing import STEADINESS, Job
from eudscore.workflow.steadiness import Kind, cost_of, shares_of
from eudscore.workflow.submitting import submit_steadiness

_SHARE = "in_runs"
_SECONDS_TO_START = 5.0
_WORDS = {
    Kind.SEEDS: "other seeds, which decide between equally good rows",
    Kind.ROWS: "rows drawn with replacement, the same share of the distinct ones (about 63 %)",
    Kind.SCORES: "each of the other entropies in place of this one",
}
_READS = "1 = the same rows every time, 0 = no more in common than random selections have (Nogueira et al. 2018)."


def steady(opened: Opened, scores: Scores, shown: Shown) -> None:
    """The cost, the button, the progress, and what came of it."""
    request = shown.request
    job = watching.job_for(opened.ref, STEADINESS, request)
    if job is not None and job.status.active:
        watching.progress(opened.ref, job, key="steadiness")
        return
    if job is not None and job.status.state is RunState.DONE:
        with state.sentences():
            _result(scores, shown, job)
        return
    watching.ended_badly(job, "Measuring the stability")
    _offer(opened, scores, shown)


def _offer(opened: Opened, scores: Scores, shown: Shown) -> None:
    runs, seconds = cost_of(shown.request, list(scores.columns), shown.seconds)
    note(
        f"The selection is made {runs} times: under other seeds, from other rows, and by other entropies where it "
        f"reads one. That takes about {duration(seconds + _SECONDS_TO_START)}, and longer where its strategy has to "
        "rank."
    )
    watching.start_button(
        "Measure the stability", lambda: submit_steadiness(state.workspace(), opened.ref, shown.request),
        key="steadiness_go", icon="repeat",
    )  # fmt: skip


def _result(scores: Scores, shown: Shown, job: Job) -> None:
    found = job.status.result
    theme.tiles(
        [
            (f"Stability over {found['runs']} runs", _number(found["stability"])),
            *((_label(kind), _number(kind["stability"])) for kind in found["kinds"]),
            ("Rows always in", f"{found['always']:,}"),
            ("Rows in at times", f"{found['at_times']:,}"),
        ]
    )
    note(f"{_READS} The first figure is the least of the others: {_listed(found)}.")
    shares = shares_of(job.folder.path)
    rows = undecided(shares)
    if len(rows) == 0:
        return
    with_shares = replace(scores, columns={**scores.columns, _SHARE: shares})
    tables.texts_table(shown.subset.corpus, with_shares, rows[: tables.ROWS], by=_SHARE, key="flipping_rows")
    note(f"{counted(len(rows), 'row that flips', 'rows that flip')}, those in half of the runs first.")


def _label(kind: JsonDict) -> str:
    return {Kind.SEEDS: "Seeds", Kind.ROWS: "Drawn rows", Kind.SCORES: "Scores"}[Kind(kind["kind"])]


def _listed(found: JsonDict) -> str:
    return "; ".join(f"{kind['runs']} with {_WORDS[Kind(kind['kind'])]}" for kind in found["kinds"])


def _number(value: float) -> str:
    return "\N{EN DASH}" if np.isnan(value) else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
