"""Estimator cards: what each stored column is, how it was computed, and what came of it."""

import streamlit as st

from eudscore.records import Card
from eudscore.store.scores import Scores
from eudscore.ui.wording import in_order


def estimator_cards(scores: Scores) -> None:
    """One row per column, all that its numbers depend on."""
    rows = [_row(scores.cards[name]) for name in in_order(scores.columns)]
    st.dataframe(
        rows, hide_index=True, key="cards",
        column_config={"What it is": st.column_config.TextColumn(width="large")},
    )  # fmt: skip


def _row(card: Card) -> dict[str, str]:
    outcome = card.outcome
    notes = [*outcome.get("notes", []), *flagged(card)]
    if outcome.get("temperature") is not None:
        notes.append(f"temperature {outcome['temperature']:.4f}")
    if outcome.get("batches_halved"):
        notes.append(f"{outcome['batches_halved']:,} batches halved for lack of memory")
    if "bits_per_byte_after" in outcome:
        notes.append(
            f"adapted: {outcome['bits_per_byte_before']:.3f} bits per byte before, "
            f"{outcome['bits_per_byte_after']:.3f} after"
        )
    return {
        "Column": card.column,
        "What it is": card.definition,
        "Noticed": "; ".join(notes),
        "Unit": card.unit,
        "Reads as": card.direction,
        "Model": card.model or "none",
        "Revision": card.revision or "",
        "Precision": card.dtype,
        "Max tokens": _limit(card),
        "Seed": "" if card.seed is None else str(card.seed),
    }


def flagged(card: Card) -> list[str]:
    """How many rows the column says nothing or little about, in words."""
    counts = ((flag, card.outcome.get(f"rows_{flag}", 0)) for flag in ("empty", "short", "truncated"))
    return [f"{count:,} {flag}" for flag, count in counts if count]


def _limit(card: Card) -> str:
    """Tokens a text is cut at: what was asked for, or what the model holds where that is less."""
    limit = card.outcome.get("max_tokens", card.max_tokens)
    return "" if limit is None else f"{limit:,}"
