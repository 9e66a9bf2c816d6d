"""Estimator cards: what each stored column is, how it was computed, and what came of it."""

import streamlit as st

from eudscore.records import Card
from eudscore.store.scores import Scores
from eudscore.ui.wording import column_label


def estimator_cards(scores: Scores) -> None:
    """One row per column, all that its numbers depend on."""
    rows = [_row(scores.cards[name]) for name in sorted(scores.columns, key=column_label)]
    st.dataframe(
        rows, hide_index=True, key="cards",
        column_config={"What it is": st.column_config.TextColumn(width="large")},
    )  # fmt: skip


def _row(card: Card) -> dict[str, str]:
    outcome = card.outcome
    notes = [*outcome.get("notes", [])]
    if outcome.get("temperature") is not None:
        notes.append(f"temperature {outcome['temperature']:.4f}")
    for flag in ("empty", "short", "truncated"):
        if outcome.get(f"rows_{flag}"):
            notes.append(f"{outcome[f'rows_{flag}']:,} rows {flag}")
    return {
        "Column": card.column,
        "What it is": card.definition,
        "Unit": card.unit,
        "Reads as": card.direction,
        "Model": card.model or "none",
        "Revision": card.revision or "",
        "Precision": card.dtype,
        "Max tokens": _limit(card),
        "Seed": "" if card.seed is None else str(card.seed),
        "Noticed": "; ".join(notes),
    }


def _limit(card: Card) -> str:
    """Tokens a text is cut at: what was asked for, or what the model holds where that is less."""
    limit = card.outcome.get("max_tokens", card.max_tokens)
    return "" if limit is None else f"{limit:,}"
