"""Rows that show how far work is: name, facts, and a thin bar; of one height in every state, so that nothing jumps."""

from dataclasses import dataclass
from html import escape

import streamlit as st

from eudscore.jobs.folder import RunStatus
from eudscore.records import JsonDict, RunState
from eudscore.ui.wording import STATES
from eudscore.workflow.pace import duration, file_size


@dataclass(frozen=True)
class Meter:
    """A row.

    Attributes:
        name: what it is about.
        facts: short, in the order of their weight; the last ones are cut where there is no room.
        share: of the work that is done, in [0, 1]; None for no bar.
        state: of the work.
    """

    name: str
    facts: tuple[str, ...]
    share: float | None
    state: RunState


def meter(row: Meter) -> None:
    """Draw a row."""
    st.html(markup(row))


def markup(row: Meter) -> str:
    """A row as HTML; names and sentences come out letter by letter."""
    facts = " · ".join(filter(None, row.facts))
    bar = ""
    if row.share is not None:
        percent = round(100 * min(1.0, max(0.0, row.share)))
        bar = (
            f'<div class="eud-track" role="progressbar" aria-label="{escape(row.name)}" aria-valuemin="0" '
            f'aria-valuemax="100" aria-valuenow="{percent}"><i style="width:{percent}%"></i></div>'
        )
    return (
        f'<div class="eud-meter" data-state="{row.state.value}"><p><b>{escape(row.name)}</b>'
        f'<span title="{escape(facts)}">{escape(facts)}</span></p>{bar}</div>'
    )


def share_of(status: RunStatus) -> float:
    """How much of a run is done; 0 while that is not known."""
    if status.state is RunState.DONE:
        return 1.0
    return min(1.0, status.step / status.total) if status.total else 0.0


def facts_of(status: RunStatus, last: JsonDict) -> tuple[str, ...]:
    """State, step, rate, time left and memory of a run, as far as they are known.

    Args:
        status: of the run.
        last: the last line of its metrics; empty where there is none.
    """
    found = [STATES[status.state]]
    if status.total and status.state is not RunState.DONE:
        found.append(f"step {status.step:,} of {status.total:,}")
    if status.state is RunState.RUNNING:
        rate, left = (last.get(name) for name in ("rate", "eta"))
        if isinstance(rate, int | float):
            found.append(f"{rate:,.0f} rows/s")
        if isinstance(left, int | float):
            found.append(f"{duration(left)} left")
        found += memory_of(status)
    return tuple(found)


def message_of(status: RunStatus) -> list[str]:
    """What a run says, where that is more than its state and its pace."""
    said = status.message.rstrip(".")
    if said.lower() in (STATES[status.state], "waiting to start", "done") or "rows/s" in said:
        return []
    return [said]


def memory_of(status: RunStatus) -> list[str]:
    """What the process holds."""
    names = {"rss": "", "gpu": " on the GPU"}
    return [f"{file_size(status.memory[key])}{where}" for key, where in names.items() if key in status.memory]
