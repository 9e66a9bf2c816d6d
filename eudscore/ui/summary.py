"""What a data set holds: figures, a preview, its classes and lengths, the roles of its columns."""

import streamlit as st

from eudscore import locations
from eudscore.corpus.profile import Profile, profile
from eudscore.records import Corpus, Roles
from eudscore.ui import figures as charts
from eudscore.ui import state, theme
from eudscore.ui.state import Opened

PREVIEW = 200
NO_LABEL = "no label"


def page(name: str) -> str:
    """A page file, for `st.switch_page`."""
    return str(locations.site() / "pages" / f"{name}.py")


def chips(opened: Opened) -> list[str]:
    """Short facts for the title row."""
    corpus = opened.corpus
    found = [f"{len(corpus):,} rows", f"text: {corpus.roles.text}"]
    if corpus.roles.label is not None:
        found.append(f"{len(corpus.classes)} classes")
    scored = len(state.scores_of(opened.ref).columns)
    return [*found, f"{scored} scores" if scored else "not scored yet"]


@st.cache_resource(max_entries=8, show_spinner=False)
def _profile(ref: str, _corpus: Corpus) -> Profile:  # noqa: ARG001 - the key of the cache
    return profile(_corpus)


def profile_of(corpus: Corpus) -> Profile:
    """The profile of a corpus, computed once."""
    return _profile(f"{corpus.id}-{corpus.labels_id}", corpus)


def figures(corpus: Corpus) -> None:
    """Five figures to judge a data set by."""
    facts = profile_of(corpus)
    labelled = int((corpus.labels >= 0).sum())
    theme.tiles(
        [
            ("Rows", f"{facts.rows:,}"),
            ("Labelled", f"{labelled:,}" if corpus.roles.label else "no labels"),
            ("Median words", theme.number(facts.words_median)),
            ("Empty texts", f"{facts.empty:,}"),
            ("Exact duplicates", f"{facts.exact_duplicates:,}"),
        ]
    )


def rows(corpus: Corpus) -> None:
    """The first rows with all their columns."""
    with theme.card("Rows", f"the first {min(PREVIEW, len(corpus)):,} of {len(corpus):,}", key="rows"):
        frame = corpus.table.slice(0, PREVIEW).to_pandas()
        front = [corpus.roles.text, *([corpus.roles.label] if corpus.roles.label else [])]
        frame = frame[[*front, *[name for name in frame.columns if name not in front]]]
        st.dataframe(
            frame,
            height=330,
            key="preview",
            column_config={corpus.roles.text: st.column_config.TextColumn(width="large")},
        )


def roles(opened: Opened) -> None:
    """Which column is the text and which the label; both can be changed."""
    from eudscore.corpus.roles import detect_roles, with_roles

    corpus = opened.corpus
    names = list(corpus.table.column_names)
    with theme.card("Roles of the columns", "detected; change them if they are wrong", key="roles"):
        reasons = detect_roles(corpus.table, text=corpus.roles.text, label=corpus.roles.label).reasons
        left, right = st.columns(2)
        text = left.selectbox("Text", names, index=names.index(corpus.roles.text), key=f"role_text_{opened.ref}")
        labels = [NO_LABEL, *names]
        now = corpus.roles.label if corpus.roles.label is not None else NO_LABEL
        label = right.selectbox("Label", labels, index=labels.index(now), key=f"role_label_{opened.ref}")
        left.caption(reasons.get("text", ""))
        right.caption(reasons.get("label", ""))
        wanted = Roles(text, None if label == NO_LABEL else label)
        if wanted != corpus.roles:
            with state.sentences():
                state.choose(state.workspace().keep_corpus(with_roles(corpus, wanted)))
                st.rerun()


def balance(corpus: Corpus) -> None:
    """Rows by class."""
    with theme.card("Class balance", f"{len(corpus.classes)} classes" if corpus.classes else "", key="balance"):
        counts = dict(zip(corpus.classes, profile_of(corpus).class_counts, strict=True))
        if not counts:
            st.caption("There is no label column: choose one below if the data has labels.")
            return
        largest = sorted(counts.items(), key=lambda pair: -pair[1])[:14]
        charts.show(charts.class_bars(largest, height=34 + 21 * len(largest)), key="class_bars")
        if len(counts) > len(largest):
            st.caption(f"and {len(counts) - len(largest)} smaller classes")


def lengths(corpus: Corpus) -> None:
    """Texts by words."""
    facts = profile_of(corpus)
    with theme.card("Length", f"up to {facts.words_max:,} words", key="lengths"):
        edges, counts = facts.length_histogram
        charts.show(charts.length_histogram(edges, counts), key="length_histogram")
        if facts.words_max > edges[-1]:
            st.caption(f"The last bar holds all texts of {edges[-2]:,} words and more.")


def nothing_open() -> None:
    """A page that needs a data set, in an empty workspace."""
    box = theme.empty_state("No data set is open. Begin with the demo, or bring your own.", icon="database")
    if box.button("Go to Data", key="to_data", type="primary"):
        st.switch_page(page("data"))
