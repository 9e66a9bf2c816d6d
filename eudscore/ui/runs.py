"""Runs of fine-tunes: live curves, and the comparison when they are done."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from eudscore.errors import WorkspaceError
from eudscore.jobs.state import readable
from eudscore.records import JsonDict, RunState
from eudscore.store.workspace import CorpusRef
from eudscore.ui import acting, copying, figures, live_curves, meters, state, theme
from eudscore.ui.meters import Meter
from eudscore.ui.quoting import note
from eudscore.ui.wording import ARMS, ago
from eudscore.workflow.pace import duration
from eudscore.workflow.queueing import TRAIN, Job, jobs_of, retry
from eudscore.workflow.watching import log_lines, pace_of

POLL_SECONDS = 1.0
FEW_STEPS = 100
_MEASURED = ("accuracy", "accuracy_low", "accuracy_high", "macro_f1", "test_rows", "steps", "seconds")
_AGAIN = (RunState.FAILED, RunState.CANCELLED, RunState.LOST)


def experiments(ref: CorpusRef) -> dict[str, list[Job]]:
    """Runs that were launched together, in the order they were launched; the newest experiment first.

    A run whose spec lacks what is shown of it is nobody's: it must not take the page of the others down.
    """
    found: dict[str, list[Job]] = {}
    for job in jobs_of(state.workspace(), ref, TRAIN):
        spec = job.spec
        if spec.get("arm") in ARMS and isinstance(spec.get("rows"), list) and isinstance(spec.get("options"), dict):
            found.setdefault(spec.get("experiment") or job.folder.path.name, []).append(job)
    order = list(ARMS)
    return {name: sorted(jobs, key=lambda job: order.index(job.spec["arm"])) for name, jobs in found.items()}


def live(jobs: Sequence[Job]) -> None:
    """An experiment, while it runs and after; polls only as long as it does."""
    with theme.card("Runs", f"launched {ago(jobs[0].status.created_at)}", key="live"):
        active = any(job.status.active for job in jobs)
        # A fragment even when nothing is polled: the curves keep their place on the page, so they are not put up anew.
        st.fragment(_watch, run_every=POLL_SECONDS if active else None)(jobs)
        if not active:
            _again(jobs)


def _watch(jobs: Sequence[Job]) -> None:
    now = [replace(job, status=readable(job.folder.path)) for job in jobs]
    if [job.status.state for job in now] != [job.status.state for job in jobs]:
        st.rerun()  # what is done is compared with the others at once
    _draw(now)


def _draw(jobs: Sequence[Job]) -> None:
    lines: dict[str, list[JsonDict]] = {}
    with st.container(key="meters", gap="small"):
        for job in jobs:
            meters.meter(_meter(job))
    try:
        lines = {ARMS[job.spec["arm"]]: job.folder.read_metrics() for job in jobs}
    except WorkspaceError as error:
        theme.error_box(str(error))
    live_curves.pair(lines, steps=max(job.status.total for job in jobs), key="curve")
    busy = [job for job in jobs if job.status.state in (RunState.RUNNING, RunState.FAILED, RunState.LOST)]
    log(busy[0] if busy else jobs[-1])


def log(job: Job) -> None:
    """The end of what a run printed."""
    with st.expander("Log", key="log"):
        st.code("\n".join(log_lines(job.folder.path)) or "Nothing was printed.", language=None)


def _meter(job: Job) -> Meter:
    status = job.status
    facts = [f"{len(job.spec['rows']):,} rows", *meters.facts_of(status, pace_of(job.folder, status))]
    if status.state is RunState.DONE:
        facts += [f"test accuracy {_with_interval(status.result)}"] if _whole(status.result) else []
    else:
        facts += meters.message_of(status)
    return Meter(ARMS[job.spec["arm"]], tuple(facts), meters.share_of(status), status.state)


def _again(jobs: Sequence[Job]) -> None:
    """What can be done with an experiment that has ended."""
    with st.container(key="again", horizontal=True, vertical_alignment="center", gap="small"):
        for job in jobs:
            if job.status.state in _AGAIN:
                name = job.folder.path.name
                label = f"Retry {ARMS[job.spec['arm']].lower()}"
                acting.button(label, retry, name, icon="replay", key=f"again_{name}")
        copying.button(jobs[0].folder, TRAIN, key="copy_runs")


def finished(experiments: Mapping[str, Sequence[Job]]) -> None:
    """An experiment that has results, the newest or the one that is chosen: test accuracy and what it cost."""
    done = {}
    for name, jobs in experiments.items():
        whole = [job for job in jobs if job.status.state is RunState.DONE and _whole(job.status.result)]
        if whole:
            done[name] = whole
    if not done:
        return
    first = next(iter(done.values()))[0]
    about = f"{ago(first.status.created_at)}, tested on {first.status.result['test_rows']:,} rows"
    with theme.card("Compared", about if len(done) == 1 else "one run of each", key="compared"):
        name = next(iter(done))
        if len(done) > 1:
            name = st.selectbox(
                "Fine-tunes", list(done), key="compared_which", format_func=lambda one: _called(done[one]),
                label_visibility="collapsed",
            )  # fmt: skip
        _compared(name, done[name])


def _called(jobs: Sequence[Job]) -> str:
    first = jobs[0]
    arms = ", ".join(ARMS[job.spec["arm"]].lower() for job in jobs)
    return f"{ago(first.status.created_at)}: {arms}; tested on {first.status.result['test_rows']:,} rows"


def _compared(name: str, done: Sequence[Job]) -> None:
    points = [(ARMS[job.spec["arm"]], *_accuracy(job.status.result)) for job in done]
    figures.show(figures.intervals(points, height=80 + 28 * len(points)), key=f"intervals_{name}")
    st.dataframe(list(_rows(done)), hide_index=True, key=f"table_{name}")
    note(verdict(done))


def _whole(result: JsonDict) -> bool:
    """Whether a result holds what is shown of it."""
    return all(isinstance(result.get(name), int | float) for name in _MEASURED)


def _rows(jobs: Iterable[Job]) -> Iterator[JsonDict]:
    for job in jobs:
        result = job.status.result
        yield {
            "Trained on": ARMS[job.spec["arm"]],
            "Rows": f"{len(job.spec['rows']):,}",
            "Test accuracy": _with_interval(result),
            "Macro-F1": f"{result['macro_f1']:.1%}",
            "Steps": f"{result['steps']:,}",
            "Training": duration(result["seconds"]),
            "Model": job.spec["options"].get("model", ""),
        }


def _accuracy(result: JsonDict) -> tuple[float, float, float]:
    return result["accuracy"], result["accuracy_low"], result["accuracy_high"]


def _with_interval(result: JsonDict) -> str:
    value, low, high = _accuracy(result)
    return f"{value:.1%} ({100 * low:.1f} to {100 * high:.1f})"


def verdict(jobs: Sequence[Job]) -> str:
    """What one run of each may say, and what it may not."""
    by_arm = {job.spec["arm"]: job for job in jobs}
    parts = []
    for arm, name in (("random", "as many random rows"), ("full", "all data")):
        if "subset" in by_arm and arm in by_arm:
            mine = _accuracy(by_arm["subset"].status.result)
            other = _accuracy(by_arm[arm].status.result)
            points = 100 * (mine[0] - other[0])
            where = "above" if points >= 0 else "below"
            overlap = "the intervals overlap" if mine[1] <= other[2] and other[1] <= mine[2] else "they do not overlap"
            parts.append(f"{abs(points):.1f} points {where} {name} ({overlap})")
    said = f"The selection is {' and '.join(parts)}. " if parts else ""
    steps = sorted(job.status.result["steps"] for job in jobs)
    regime = f"Each run made the same passes over its own rows, so they differ in steps ({steps[0]:,} to {steps[-1]:,})"
    if steps[0] == steps[-1]:
        regime = f"Each run made {steps[0]:,} steps"
    few = "; below 100 steps a model is hardly trained, so give more epochs" if steps[0] < FEW_STEPS else ""
    chance = " One run of each: a small difference may be chance; `Prove it` tells, by several seeds."
    return f"{said}{regime}{few}.{chance}"
