"""Studies while they run and what they have found: one chart, one table, one verdict."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import streamlit as st

from eudscore.errors import EudscoreError, WorkspaceError
from eudscore.jobs.state import readable
from eudscore.records import JsonDict, RunState
from eudscore.store.workspace import CorpusRef
from eudscore.ui import acting, copying, live_curves, meters, state, study_chart, theme
from eudscore.ui.downloads import download
from eudscore.ui.figures import show
from eudscore.ui.meters import Meter
from eudscore.ui.proving import SHOWN
from eudscore.ui.quoting import note
from eudscore.ui.wording import STATES, ago
from eudscore.workflow.pace import duration
from eudscore.workflow.queueing import STUDY, Job, jobs_of, retry
from eudscore.workflow.study_plan import StudyRequest, planned
from eudscore.workflow.study_progress import Training, seconds_left, stamp_of, training_now, trainings_done
from eudscore.workflow.study_results import METRICS, RESULTS, Study, open_study
from eudscore.workflow.study_table import LEGEND, about_lines, csv_of, heads_for, rows_of, unfinished_line
from eudscore.workflow.watching import log_lines, pace_of

POLL_SECONDS = 1.0
_NAMES = {"accuracy": "Accuracy", "macro_f1": "Macro-F1", "nll": "NLL", "ece": "ECE"}
_AGAIN = (RunState.FAILED, RunState.CANCELLED, RunState.LOST)
_ENDED = {
    RunState.FAILED: "failed", RunState.CANCELLED: "was cancelled", RunState.LOST: "was lost",
    RunState.PAUSED: "is paused",
}  # fmt: skip
_TOLD = (
    "name", "pool_rows", "test_rows", "test_texts_in_pool", "full_steps", "selection_seconds", "scoring_seconds",
    "notes",
)  # fmt: skip
_DAMAGE = (KeyError, TypeError, ValueError, AttributeError)  # of JSON that nobody of this version wrote


def of(ref: CorpusRef) -> list[Job]:
    """The studies of a data set, the newest first; one whose spec cannot be understood is left out."""
    found = []
    for job in jobs_of(state.workspace(), ref, STUDY):
        try:
            _request(job)
        except (EudscoreError, *_DAMAGE):
            continue
        found.append(job)
    return found


def _request(job: Job) -> StudyRequest:
    return StudyRequest.from_json(job.spec["request"])


def live(job: Job) -> None:
    """A study that is under way: how far it is, the curves of its training, its log."""
    with theme.card("Study", f"launched {ago(job.status.created_at)}", key="study-live"):
        st.fragment(_watch, run_every=POLL_SECONDS)(job)


def _watch(job: Job) -> None:
    now = Job(job.folder, job.spec, readable(job.folder.path), job.row)
    if now.status.state is not job.status.state:
        st.rerun()
    _draw(now)


def _draw(job: Job) -> None:
    status, request = job.status, _request(job)
    try:
        done, now = trainings_done(job.folder.path, request), training_now(job.folder.path, request)
        metrics = {} if now is None else {now.name: now.run.read_metrics()}
        left = seconds_left(job.folder.path, request) if status.state is RunState.RUNNING else None
    except EudscoreError as error:
        theme.error_box(str(error))
        return
    total = len(planned(request))
    with st.container(key="study-meters", gap="small"):
        facts = [STATES[status.state], f"{done:,} of {total:,} trainings done", *_since(job)]
        facts += ([] if left is None else [f"about {duration(left)} left"]) + meters.memory_of(status)
        if now is None:
            facts[1:1] = meters.message_of(status)
        meters.meter(Meter(_called(request), tuple(facts), done / total, status.state))
        meters.meter(_of_training(now))
    live_curves.pair(metrics, steps=0 if now is None else now.status.total, key="study_curve")
    with st.expander("Log", key="study_log"):
        lines = log_lines(job.folder.path) or ([] if now is None else log_lines(now.run.path))
        st.code("\n".join(lines) or "Nothing was printed.", language=None)


def _since(job: Job) -> list[str]:
    status = job.status
    if status.started_at is None:
        return []
    return [f"for {duration((status.ended_at or status.heartbeat or status.started_at) - status.started_at)}"]


def _of_training(now: Training | None) -> Meter:
    """The training that is under way; a row of the same height where there is none."""
    if now is None:
        return Meter("\N{EN DASH}", ("no training is under way",), 0.0, RunState.QUEUED)
    name = now.sentence[:1].upper() + now.sentence[1:]
    facts = meters.facts_of(now.status, pace_of(now.run, now.status))[1:]
    return Meter(name, facts, meters.share_of(now.status), now.status.state)


def _called(request: StudyRequest) -> str:
    """What a study is about, in a few words."""
    arms = " and ".join(name.replace("_", " ") for name in (*request.arms, *request.controls)) or "random"
    budgets = ", ".join(f"{100 * budget:g}" for budget in request.budgets)
    return f"{arms} at {budgets} %, {request.seeds} seeds"


def result(jobs: Sequence[Job]) -> None:
    """The newest study, or the one that is chosen, as far as it is."""
    found = {job.folder.path.name: job for job in jobs}
    if not found:
        return
    with theme.card("Is the part enough?", _NOTE, key="study"):
        with st.container(
            key="study-choice", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            name = _which(found)
            metric = st.segmented_control(
                "Metric", METRICS, default=METRICS[0], format_func=_NAMES.__getitem__, key="study_metric",
                required=True, label_visibility="collapsed",
            )  # fmt: skip
        _follow(found[name], metric or METRICS[0])


def _which(found: Mapping[str, Job]) -> str:
    """The study that is shown: the newest, unless another one is chosen."""
    newest = next(iter(found))
    if st.session_state.get(SHOWN, newest) not in found:
        st.session_state[SHOWN] = newest
    if len(found) == 1:
        note(_option(found[newest]))
        return newest
    return st.selectbox(
        "Study", list(found), key=SHOWN, format_func=lambda one: _option(found[one]),
        label_visibility="collapsed", width=380,
    )  # fmt: skip


_NOTE = "pairs of trainings with the same seed, tested on rows that none was trained on"


def _option(job: Job) -> str:
    return f"{_called(_request(job))}, {STATES[job.status.state]}, {ago(job.status.created_at)}"


def _follow(job: Job, metric: str) -> None:
    """Draw what there is; while the study runs again and again."""
    if job.status.active:
        st.fragment(_show, run_every=2 * POLL_SECONDS)(job, metric)
        return
    if job.status.state is not RunState.DONE:
        theme.error_box(f"The study {_ENDED[job.status.state]}. {job.status.message}")
    _show(job, metric)


def _show(job: Job, metric: str) -> None:
    folder = job.folder.path
    study = None
    if stamp_of(folder) == (0, 0):
        note("Nothing is trained yet: the rows have to be scored and chosen first.")
    else:
        with state.sentences():
            study = read(folder, stamp_of(folder))
            _figures(study, metric)
    with st.container(key="study-actions", horizontal=True, vertical_alignment="center", gap="small"):
        if study is not None and study.cells:
            _downloads(study, metric)
        if job.status.state in _AGAIN:
            acting.button("Go on", retry, folder.name, icon="play_arrow", key="again_study")
        if not job.status.active:  # the queue has the others
            copying.button(job.folder, STUDY, key="copy_study")


@st.cache_resource(max_entries=8, show_spinner=False)
def read(folder: Path, stamp: tuple[int, int]) -> Study:  # noqa: ARG001 - the stamp is the cache's key
    """A study as far as it is, read anew only when there may be more of it.

    Raises:
        EudscoreError: it cannot be read.
    """
    try:
        found = open_study(folder)
        for name in _TOLD:
            found.about[name]
        return found
    except _DAMAGE as error:
        raise WorkspaceError(f"The study {folder.name} is damaged ({error!r}): run it again.") from error


def _figures(study: Study, metric: str) -> None:
    comparison = study.compared(metric)
    if not comparison.arms:
        note("No training is done yet." if not study.cells else f"No training has measured {_NAMES[metric]}.")
        return
    if unfinished := unfinished_line(study):
        note(unfinished)
    sentences = [verdict.sentence for _, verdict in study.verdicts(metric)]
    if sentences:
        st.html(f'<p class="eud-verdict" role="status">{_kept_together(escape(sentences[0]))}</p>')
    for sentence in sentences[1:]:
        note(sentence)
    show(study_chart.chart(comparison), key="study_chart")
    st.html(_kept_together(table(study, metric)))
    caption = f"{_NAMES[metric]} on the test set: the mean of the seeds with its 95 % interval, each seed faint."
    for line in [" ".join([caption, LEGEND, *about_lines(study)]), *_notes(study.about)]:
        note(line)


def _notes(about: JsonDict) -> list[str]:
    told: Mapping[str, list[str]] = about.get("notes", {})
    return [f"{arm.replace('_', ' ')}: {line}" for arm, lines in told.items() for line in lines]


def table(study: Study, metric: str) -> str:
    """The table of the terminal as HTML; a difference beyond chance is bold."""
    heads = "".join(f'<th scope="col">{escape(_sentence(head))}</th>' for head in heads_for(metric))
    body = ""
    for line in rows_of(study, metric):
        name, *cells = (
            f"<b>{_figure(cell)}</b>" if place in line.shown else _figure(cell) for place, cell in enumerate(line.cells)
        )
        body += f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    return (
        '<div class="eud-scroll" tabindex="0" role="region" aria-label="Arms of the study"><table class="eud-study">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _figure(cell: str) -> str:
    """A cell that breaks before its interval and nowhere else."""
    told = escape(cell)
    for between in ("/", "±", "to"):
        told = told.replace(f" {between} ", f"&nbsp;{between}&nbsp;")
    return told


def _kept_together(html: str) -> str:
    """Figures and their percent signs on one line."""
    return html.replace(" %", "&nbsp;%")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _downloads(study: Study, metric: str) -> None:
    if (study.folder / RESULTS).exists():
        download(
            "results.json", lambda: (study.folder / RESULTS).read_bytes(), key="study results", quiet=True,
            file_name="results.json", mime="application/json",
        )  # fmt: skip
    download(
        "Table (CSV)", lambda: csv_of(study, metric), key="study table", quiet=True,
        file_name=f"{study.about['name']}-study-{metric}.csv", mime="text/csv",
    )  # fmt: skip
