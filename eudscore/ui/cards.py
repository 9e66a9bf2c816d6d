"""Estimator cards: what each stored column is, all that it depends on, and what came of it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from eudscore.records import Card
from eudscore.store.scores import Scores
from eudscore.ui.wording import in_order
from eudscore.workflow.stored import flagged

# Facts of an outcome that are said in another way, or in another column.
_SAID = ("notes", "rows", "max_tokens", "batches_halved", "bits_per_byte_before", "bits_per_byte_after")


def estimator_cards(scores: Scores) -> None:
    """One row per column, all that its numbers depend on."""
    rows = [card_row(scores.cards[name]) for name in in_order(scores.columns)]
    wide, middling = (st.column_config.TextColumn(width=width) for width in ("large", "medium"))
    st.dataframe(
        rows, hide_index=True, key="cards",
        column_config={
            "Column": st.column_config.TextColumn(pinned=True),
            "What it is": wide, "Noticed": middling, "Depends on": wide,
        },
    )  # fmt: skip


def card_row(card: Card) -> dict[str, str]:
    """A card as a row of the table; nothing of it is left out."""
    return {
        "Column": card.column,
        "What it is": card.definition,
        "Noticed": "; ".join(_noticed(card)),
        "Unit": card.unit,
        "Reads as": card.direction,
        "Depends on": _listed(card.parameters, separator="; "),
        "Model": card.model or "none",
        "Revision": card.revision or "",
        "Precision": card.dtype,
        "Max tokens": _limit(card),
        "Seed": "" if card.seed is None else str(card.seed),
        "Version": str(card.version),
    }


def _noticed(card: Card) -> list[str]:
    """What scoring found out, the most telling first."""
    outcome = card.outcome
    found = [*outcome.get("notes", []), *flagged(card)]
    if outcome.get("batches_halved"):
        found.append(f"{outcome['batches_halved']:,} batches halved for lack of memory")
    if "bits_per_byte_after" in outcome:
        found.append(
            f"adapted: {outcome['bits_per_byte_before']:.3f} bits per byte before, "
            f"{outcome['bits_per_byte_after']:.3f} after"
        )
    rest = {name: fact for name, fact in outcome.items() if name not in _SAID and not name.startswith("rows_")}
    return [*found, *(f"{_words(name)} {_value(fact)}" for name, fact in rest.items() if fact is not None)]


def _listed(facts: Mapping[str, Any], separator: str = ", ") -> str:
    return separator.join(f"{_words(name)}: {_value(fact)}" for name, fact in facts.items())


def _value(fact: Any) -> str:
    """A JSON value for reading."""
    match fact:
        case None:
            return "none"
        case bool():
            return "yes" if fact else "no"
        case float():
            return f"{fact:.4g}"
        case int():
            return f"{fact:,}"
        case dict():
            return f"({_listed(fact)})"
        case list() | tuple():
            return ", ".join(map(_value, fact)) or "none"
    return str(fact)


def _words(name: str) -> str:
    # The names of columns, which igse is made of, stay as they are in the files.
    return name if name.endswith("_entropy") else name.replace("_", " ")


def _limit(card: Card) -> str:
    """Tokens a text is cut at: what was asked for, or what the model holds where that is less."""
    limit = card.outcome.get("max_tokens", card.max_tokens)
    return "" if limit is None else f"{limit:,}"
