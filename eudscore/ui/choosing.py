"""A subset as the Select page shows it: the server's answer, its figures, and how to take it away."""

import io
import json
import time
from dataclasses import dataclass, replace

import pyarrow.parquet as pq
import streamlit as st

from eudscore.errors import WorkspaceError
from eudscore.records import JsonDict
from eudscore.selection.effect import Effect
from eudscore.selection.recipe import rank_limit, request_from_recipe
from eudscore.selection.request import Balance, Per, SelectionRequest
from eudscore.selection.strategies import STRATEGIES, Need
from eudscore.store.scores import Scores
from eudscore.ui import opening, state, theme, watching
from eudscore.ui.downloads import download
from eudscore.ui.explorer import ExplorerState
from eudscore.ui.quoting import counted, note
from eudscore.ui.state import Opened
from eudscore.ui.views import SEED, layout_of
from eudscore.ui.wording import column_label
from eudscore.workflow.choosing import Subset, select
from eudscore.workflow.effects import effect_on
from eudscore.workflow.materials import StoredMaterials, known_clusters
from eudscore.workflow.queueing import RANK
from eudscore.workflow.ranking import ranking_key
from eudscore.workflow.submitting import submit_ranking

CHOSEN = "chosen_recipe"


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page is about.

    Attributes:
        subset: the server's exact answer.
        request: what was asked for.
        effect: what it does to the data.
        seconds: that choosing took.
    """

    subset: Subset
    request: SelectionRequest
    effect: Effect
    seconds: float


def chosen(opened: Opened, scores: Scores, choice: ExplorerState) -> Shown | None:
    """The server's exact answer to what the component shows; None while the strategy ranks the rows.

    Raises:
        EudscoreError: nothing is left inside the interval, or an opened recipe was written for other data.
    """
    found = opening.opened_recipe(opened.ref, choice)
    if found is not None:
        _say_opened(found[0])
    recipe = None if found is None else found[1]
    request = choice.request(SEED) if recipe is None else request_from_recipe(recipe)
    if not _is_ranked(opened, scores, request):
        _rank(opened, request)
        return None
    begun = time.perf_counter()
    subset = select(state.workspace(), scores, request, recipe=recipe)
    seconds = time.perf_counter() - begun
    st.session_state[CHOSEN] = subset.recipe
    return Shown(subset, request, effect_of_subset(opened, subset), seconds)


def effect_of_subset(opened: Opened, subset: Subset) -> Effect:
    """What a subset does to the data, by the map that is shown."""
    return effect_on(state.workspace(), subset.scores, subset.rows, layout=layout_of(opened).key)


def replayed(scores: Scores, recipe: JsonDict) -> Subset:
    """The rows of a recipe.

    Raises:
        EudscoreError: it was written for other data, or its strategy has to rank first.
    """
    return select(state.workspace(), scores, SelectionRequest(1), recipe=recipe)


def figures(shown: Shown) -> None:
    """Figures of the subset against the whole."""
    subset, effect = shown.subset, shown.effect
    tokens = effect.length.mean
    by = subset.recipe["by"]
    found = [
        ("Rows kept", f"{len(subset):,}"),
        ("Share of all rows", theme.percent(len(subset) / max(1, len(subset.scores)))),
        (f"Mean tokens (all {theme.number(tokens.before)})", theme.number(tokens.after)),
    ]
    if by in effect.columns:
        mean = effect.columns[by]
        found.append((f"Mean {column_label(by)} (all {theme.number(mean.before)})", theme.number(mean.after)))
    if effect.coverage is not None:
        chance = theme.percent(effect.coverage.chance, 2)
        found.append((f"Coverage (random {chance})", theme.percent(effect.coverage.kept)))
    withheld = sum(map(len, subset.selection.withheld.values()))
    if withheld:
        found.append(("Withheld for review", f"{withheld:,}"))
    elif effect.coverage is None:
        found.append(("Rows to choose from", f"{subset.selection.steps[-2][1]:,}"))
    theme.tiles(found)


def actions(opened: Opened, shown: Shown) -> None:
    """Name it, or take it away; and what the strategy has to say of it."""
    subset = shown.subset
    for sentence in subset.selection.notes:
        note(sentence)
    with st.container(key="subset-actions", horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name",
            key="selection_name",
            placeholder="name of the selection",
            label_visibility="collapsed",
            width=240,
        )
        if st.button("Save", key="save_selection", icon=":material/bookmark_add:", disabled=state.read_only()):
            with state.sentences():
                keep(opened, name.strip(), subset)
                st.toast(f"Saved as {name.strip()!r}.", icon=":material/check:")
        download(
            "Subset (Parquet)", lambda: _parquet(subset), key="subset",
            file_name=f"{opened.corpus.name}-subset.parquet", mime="application/octet-stream",
        )  # fmt: skip
        download(
            "Recipe", lambda: json.dumps(subset.recipe, indent=1), key="recipe", icon="receipt_long",
            file_name=f"{opened.corpus.name}-recipe.json", mime="application/json",
        )  # fmt: skip


def keep(opened: Opened, name: str, subset: Subset) -> None:
    """Save a selection, and beside it the rows that it held back, for a person to look at.

    Raises:
        EudscoreError: the name will not do, or it cannot be written.
    """
    state.workspace().keep_selection(opened.ref, name, subset.recipe)
    if subset.selection.withheld:
        state.workspace().keep_review(opened.ref, name, subset.selection.withheld)


def _say_opened(name: str) -> None:
    with st.container(key="opened-recipe", horizontal=True, vertical_alignment="center"):
        note(f"`{name}` is shown as it was saved. Any change of the settings leaves it.")
        st.button(
            "Close it", key="close_opened", type="tertiary", icon=":material/close:", on_click=opening.forget
        )  # fmt: skip


def _is_ranked(opened: Opened, scores: Scores, request: SelectionRequest) -> bool:
    """Whether a strategy can be served at once: it has ranked, and what shares the budget is there."""
    about, held = STRATEGIES[request.strategy], state.workspace()
    clustered = request.per is Per.CLUSTER or Need.CLUSTERS in about.needs
    if clustered and known_clusters(held, opened.ref) is None:
        return False
    if about.live:
        return True
    try:
        key = ranking_key(StoredMaterials(held, opened.ref, scores), request)
    except WorkspaceError:  # what it stands on is made when it ranks
        return False
    return held.has_ranking(opened.ref.id, key)


def _rank(opened: Opened, asked: SelectionRequest) -> None:
    """Begin to rank, once, and say how far it is."""
    request = replace(
        asked,
        budget=rank_limit(asked, len(opened.corpus)),
        band=None,
        balance=Balance.PROPORTIONAL,
        shares=None,
        group_cap=None,
        at_least_one=True,
    )  # fmt: skip - a ranking serves whatever comes after it, so a moved slider begins no other
    job = watching.job_for(opened.ref, RANK, request)
    if job is None and not state.read_only():
        submit_ranking(state.workspace(), opened.ref, request)
        st.rerun()
    if job is not None and job.status.active:
        watching.progress(opened.ref, job, key="ranking")
        return
    watching.ended_badly(job, "Ranking")
    if state.read_only():
        note("This strategy has not ranked the rows yet, and this server only shows what is there.")
        return
    watching.start_button(
        "Rank the rows", lambda: submit_ranking(state.workspace(), opened.ref, request), key="rank_again",
        icon="play_arrow",
    )  # fmt: skip


def _parquet(subset: Subset) -> bytes:
    sink = io.BytesIO()
    pq.write_table(subset.to_arrow(), sink, compression="zstd")
    return sink.getvalue()


def summary_of(recipe: JsonDict) -> str:
    """A recipe in a few words."""
    band = recipe["band"]
    interval = f" from {band[0]:.0%} to {band[1]:.0%}" if band else ""
    by = f" by {column_label(recipe['by'])}{interval}" if band else ""
    return f"{counted(recipe['chosen']['rows'], 'row', 'rows')}, {recipe['strategy']}{by}"
