"""Which part of a source to read: split, condition, sample."""

import streamlit as st

from eudscore.ui import state

Options = dict[str, object]


def options() -> Options:
    """What is asked for beyond the defaults, as keywords of `read_source`."""
    with st.expander("Only a part of it, another split or configuration", key="reading"):
        where = st.text_input(
            "Only rows for which this SQL condition holds", key="read_where", placeholder="stars < 3 and lang = 'en'",
            disabled=state.read_only(), help="Over the columns of the data; nothing else can be reached from it.",
        )  # fmt: skip
        first, second, third, fourth = st.columns(4, vertical_alignment="bottom")
        sample = first.number_input(
            "Sample, rows", min_value=1, value=None, step=1000, key="read_sample", placeholder="all",
            disabled=state.read_only(),
        )  # fmt: skip
        seed = second.number_input("Seed", min_value=0, value=0, step=1, key="read_seed", disabled=sample is None)
        split = third.text_input("Split", key="read_split", placeholder="train", disabled=state.read_only())
        config = fourth.text_input("Configuration", key="read_config", disabled=state.read_only())
        left, right = st.columns(2)
        text = left.text_input("Text column", key="read_text", placeholder="found", disabled=state.read_only())
        label = right.text_input("Label column", key="read_label", placeholder="found", disabled=state.read_only())
        stratified = st.checkbox("Sample class by class", key="read_stratified", disabled=sample is None)
    asked: Options = {
        "where": where.strip() or None, "sample": sample, "split": split.strip() or None,
        "config": config.strip() or None, "text": text.strip() or None, "label": label.strip() or None,
    }  # fmt: skip
    if sample is not None:
        asked |= {"seed": int(seed), "stratified": stratified}
    return {name: value for name, value in asked.items() if value is not None}
