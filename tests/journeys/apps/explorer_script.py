"""Shows the data set that `?name=` names; `?layout=no` and `?labels=no` leave parts away.

`?ranking=KEY` is a kept ranking of facility location, which appears once a button was pressed, and goes with another.
"""

from dataclasses import replace

import streamlit as st

from eudscore.selection.request import Balance
from eudscore.store.workspace import Workspace, default_root
from eudscore.ui import routes, selection_routes, theme
from eudscore.ui.explorer import ExplorerColumn, ExplorerRanking, ExplorerView, MapRegion, explorer
from eudscore.workflow.profiling import near_duplicates_of

theme.page_setup("Explorer")
asked = st.query_params
workspace = Workspace(default_root())
entry = next(entry for entry in workspace.corpora() if entry.name == asked["name"])
corpus = workspace.corpus(entry.ref)
layout, _card = workspace.layouts(corpus.id)[0]
columns = [
    ExplorerColumn(
        name,
        label,
        unit,
        routes.column_url(corpus.id, found[0].family, name),
        routes.quantiles_url(corpus.id, found[0].family, name),
    )
    for (name, label, unit) in (("igse", "IGSE", ""), ("semantic_entropy", "Semantic entropy", "nats"))
    if (found := workspace.columns(corpus.id).get(name))
]
labelled = asked.get("labels") != "no"
drawn = asked.get("layout") != "no" or st.session_state.get("laid_out", False)
words = workspace.columns(corpus.id).get("tokens")
ranking = None
if key := asked.get("ranking"):
    ranked = st.session_state.get("ranked", False)
    url, withheld = selection_routes.ranking_url(entry.ref, key), selection_routes.withheld_url(entry.ref, key)
    ranking = ExplorerRanking(
        "facility", None, url if ranked else None, "Ranking 3 of 9.", withheld if ranked else None
    )
view = ExplorerView(
    n=len(corpus),
    columns=columns,
    order_url=selection_routes.draw_url(entry.ref, 0),
    row_url=routes.row_url(entry.ref),
    by="igse",
    budget=round(0.16 * len(corpus)),
    points_url=routes.points_url(corpus.id, asked.get("key", layout)) if drawn else None,
    map_note=f"{len(corpus):,} texts, UMAP of sentence embeddings" if drawn else "The map is being laid out.",
    labels_url=routes.labels_url(entry.ref) if labelled else None,
    classes=corpus.classes if labelled else (),
    eligible_url=routes.eligible_url(entry.ref),
    tokens_url=routes.column_url(corpus.id, words[0].family, "tokens") if words else None,
    groups_url=selection_routes.groups_url(entry.ref) if near_duplicates_of(workspace, entry.ref) is not None else None,
    ranking=ranking,
    balance=Balance.PROPORTIONAL,
    regions=[MapRegion("refund dates", 1.0, 2.0), MapRegion("slow api", -4.0, 3.0)],
)

theme.header("Support tickets, English", ["scored 12 min ago", f"{len(corpus):,} rows", "8 classes"]).button(
    "Fine-tune", type="primary", icon=":material/model_training:"
)
tiles = st.empty()
if not drawn:
    st.button("Lay out", on_click=lambda: st.session_state.update(laid_out=True))
if ranking and not ranking.url:
    st.button("Ranked", on_click=lambda: st.session_state.update(ranked=True))
elif ranking:
    st.button("Farther", on_click=lambda: st.session_state.update(ranked=False))
pinned = st.number_input("Pin a row", value=None, min_value=0, max_value=len(corpus) - 1, step=1)
state = explorer(key="explorer", view=replace(view, row=pinned))
with tiles.container():
    theme.tiles(
        [
            ("Rows to label", theme.number(state.k)),
            ("Interval from", f"{state.lo:.3f}"),
            ("Interval to", f"{state.hi:.3f}"),
            ("Pinned row", "none" if state.row is None else str(state.row)),
            ("Revision", str(state.revision)),
            ("Strategy", state.strategy.value),
            ("Budget", repr(state.request(0).budget)),
        ]
    )
with theme.card("Kept texts", "most typical first", key="kept"):
    st.dataframe({"row": list(range(20)), "text": corpus.texts(list(range(20)))}, height=180, hide_index=True)
