"""The map component filled with a data set: addresses of what is stored, and where a person begins."""

from eudscore.records import Balance
from eudscore.selection.budget import rows_of
from eudscore.store.scores import Scores
from eudscore.ui import routes, state
from eudscore.ui.explorer import ExplorerColumn, ExplorerView, MapRegion
from eudscore.ui.state import Opened
from eudscore.ui.wording import column_label, preferred, unit_of
from eudscore.workflow.stored import family_of

BUDGET = 0.16  # the share that EUDS' headline keeps
SEED = 0


def explorer_view(opened: Opened, scores: Scores, *, panels: tuple[str, ...], height: int) -> ExplorerView | None:
    """The component for a data set; None where there is no column yet."""
    if not scores.columns:
        return None
    corpus, ref = opened.corpus, opened.ref
    families = family_of(state.workspace(), ref)
    columns = [
        ExplorerColumn(
            name, column_label(name), unit_of(scores.cards[name]),
            routes.column_url(corpus.id, families[name], name),
            routes.quantiles_url(corpus.id, families[name], name),
        )
        for name in sorted(scores.columns, key=column_label)
    ]  # fmt: skip
    points, note, regions = _layout(opened)
    return ExplorerView(
        n=len(corpus),
        columns=columns,
        order_url=routes.order_url(ref, SEED),
        row_url=routes.row_url(ref),
        by=preferred([column.name for column in columns]),
        budget=rows_of(BUDGET, len(corpus)),
        points_url=points,
        map_note=note,
        labels_url=routes.labels_url(ref) if corpus.labelled else None,
        classes=corpus.classes,
        eligible_url=routes.eligible_url(ref),
        balance=Balance.PROPORTIONAL if corpus.labelled else Balance.NONE,
        regions=regions,
        panels=panels,
        height=height,
    )


def _layout(opened: Opened) -> tuple[str | None, str, list[MapRegion]]:
    """Address of the latest layout, what it is, and the names on it."""
    layouts = state.workspace().layouts(opened.ref.id)
    if not layouts:
        return None, "The map appears when the sentence vectors are there.", []
    key, card = layouts[0]
    method = card.outcome.get("method") or card.parameters["method"]
    note = f"{len(opened.corpus):,} texts, {str(method).upper()} of sentence vectors"
    regions = state.workspace().layout_extra(opened.ref.id, key).get("regions", [])
    return routes.points_url(opened.ref.id, key), note, [MapRegion(**region) for region in regions]
