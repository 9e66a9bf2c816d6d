"""Runs of fine-tunes: live curves, cancel, and the comparison when they are done."""

from collections.abc import Iterable

import streamlit as st

from eudscore.jobs.state import request_cancel
from eudscore.records import JsonDict, RunState
from eudscore.store.workspace import CorpusRef
from eudscore.ui import figures, state, theme
from eudscore.ui.quoting import literal
from eudscore.ui.wording import ARMS, STATES, ago
from eudscore.workflow.pace import duration
from eudscore.workflow.submitting import TRAIN, Job, jobs_of

POLL_SECONDS = 1.0
FEW_STEPS = 100


def experiments(ref: CorpusRef) -> dict[str, list[Job]]:
    """Runs that were launched together, in the order they were launched; the newest experiment first."""
    found: dict[str, list[Job]] = {}
    for job in jobs_of(state.workspace(), ref, TRAIN):
        found.setdefault(job.spec["experiment"], []).append(job)
    order = list(ARMS)
    return {name: sorted(jobs, key=lambda job: order.index(job.spec["arm"])) for name, jobs in found.items()}


def live(ref: CorpusRef) -> None:
    """The newest experiment while it runs; polls only as long as it does."""
    newest = next(iter(experiments(ref).values()), None)
    with theme.card("Runs", _note(newest), key="live"):
        if newest is None:
            theme.empty_state(
                "Nothing was trained on this data set yet. Launch the fine-tune: the curves appear here.",
                icon="show_chart", key="runs",
            )  # fmt: skip
        elif any(job.status.active for job in newest):
            st.fragment(_watch, run_every=POLL_SECONDS)(ref)
        else:
            _draw(newest)


def _note(jobs: list[Job] | None) -> str:
    return "" if jobs is None else f"launched {ago(jobs[0].status.created_at)}"


def _watch(ref: CorpusRef) -> None:
    newest = next(iter(experiments(ref).values()), [])
    if not any(job.status.active for job in newest):
        st.rerun()
    _draw(newest)


def _draw(jobs: list[Job]) -> None:
    for job in jobs:
        _line(job)
    lines = {ARMS[job.spec["arm"]]: job.folder.read_metrics() for job in jobs}
    if any(lines.values()):
        left, right = st.columns(2)
        with left:
            st.caption("Training loss")
            figures.show(figures.curves(lines, "loss"), key="curve_loss")
        with right:
            st.caption("Accuracy on the training batches")
            figures.show(figures.curves(lines, "accuracy"), key="curve_accuracy")


def _line(job: Job) -> None:
    """One run: where it is, and a way to stop it."""
    status, arm = job.status, job.spec["arm"]
    name = f"**{ARMS[arm]}** · {len(job.spec['rows']):,} rows · {STATES[status.state]}"
    with st.container(key=f"run-{job.folder.path.name}", horizontal=True, vertical_alignment="center"):
        if status.state is RunState.RUNNING:
            share = status.step / status.total if status.total else 0.0
            step = f", step {status.step:,} of {status.total:,}" if status.total else ""
            st.progress(min(1.0, share), text=literal(f"{name}{step} · {status.message}"))
        elif status.state is RunState.DONE:
            st.markdown(f"{name} · test accuracy {_with_interval(status.result)}")
        else:
            st.markdown(f"{name}{'' if status.state is RunState.QUEUED else ' · ' + status.message}")
        if status.active and st.button(
            "Cancel", key=f"cancel_{job.folder.path.name}", type="tertiary", icon=":material/close:"
        ):
            request_cancel(job.folder.path)
            st.rerun(scope="fragment")


def finished(ref: CorpusRef) -> None:
    """Every experiment that has results: test accuracy with its interval, and what it cost."""
    for name, jobs in experiments(ref).items():
        done = [job for job in jobs if job.status.state is RunState.DONE]
        if not done:
            continue
        first = done[0]
        note = f"{ago(first.status.created_at)}, tested on {first.status.result['test_rows']:,} rows"
        with theme.card("Compared", note, key=f"compared-{name}"):
            left, right = st.columns([1, 1.2])
            with left:
                points = [(ARMS[job.spec["arm"]], *_accuracy(job.status.result)) for job in done]
                figures.show(figures.intervals(points, height=60 + 34 * len(points)), key=f"intervals_{name}")
            with right:
                st.dataframe(list(_rows(done)), hide_index=True, key=f"table_{name}")
            st.caption(verdict(done))


def _rows(jobs: Iterable[Job]) -> Iterable[JsonDict]:
    for job in jobs:
        result = job.status.result
        yield {
            "Trained on": ARMS[job.spec["arm"]],
            "Rows": f"{len(job.spec['rows']):,}",
            "Test accuracy": _with_interval(result),
            "Macro-F1": f"{result['macro_f1']:.1%}",
            "Steps": f"{result['steps']:,}",
            "Training": duration(result["seconds"]),
            "Model": job.spec["options"]["model"],
        }


def _accuracy(result: JsonDict) -> tuple[float, float, float]:
    return result["accuracy"], result["accuracy_low"], result["accuracy_high"]


def _with_interval(result: JsonDict) -> str:
    value, low, high = _accuracy(result)
    return f"{value:.1%} ({100 * low:.1f} to {100 * high:.1f})"


def verdict(jobs: list[Job]) -> str:
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
    chance = " One run of each: a small difference may be chance; several seeds would tell."
    return f"{said}{regime}{few}.{chance}"
