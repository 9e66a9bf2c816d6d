"""From a data set to a coloured map, in the order in which a person can use what is there."""

import threading
from contextlib import suppress

from eudscore.errors import RequestError
from eudscore.geometry.layout import warm_up
from eudscore.models.device import pick_device
from eudscore.records import JsonDict
from eudscore.selection.request import SelectionRequest, Strategy
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.mapping import first_layout, lay_out
from eudscore.workflow.materials import StoredMaterials
from eudscore.workflow.ranking import rank_rows
from eudscore.workflow.requests import Progress, ScoreRequest, silent
from eudscore.workflow.scoring import score_information, score_what_can_be
from eudscore.workflow.vectors import space_of

RANKED_AT_ONCE = 100_000  # rows; the default selector ranks more of them only when it is asked to


def prepare(workspace: Workspace, ref: CorpusRef, request: ScoreRequest, *, on_progress: Progress = silent) -> JsonDict:
    """Score a corpus, lay it out and rank it; the first map is there long before the last score.

    Returns:
        The address of the corpus, the layout, and the names of the columns.
    """
    corpus = workspace.corpus(ref)
    # UMAP is compiled anew in each process, for some seconds: meanwhile the encoder reads.
    compiling = threading.Thread(target=_compile, args=(len(corpus), request.device), name="compile-map", daemon=True)
    if not corpus.roles.coordinates:
        compiling.start()
    score_information(workspace, corpus, on_progress)
    mapped = None if corpus.roles.coordinates else space_of(workspace, corpus, request, on_progress)
    first_layout(workspace, corpus, mapped)
    scores, left_out = score_what_can_be(workspace, ref, request, on_progress=on_progress)
    if compiling.is_alive():
        compiling.join()
    layout = lay_out(workspace, ref, request, on_progress=on_progress)
    if len(corpus) <= RANKED_AT_ONCE and workspace.vector_keys(corpus.id):
        materials = StoredMaterials(workspace, ref, scores, on_progress=on_progress)
        rank_rows(materials, SelectionRequest(1.0, strategy=Strategy.COVERAGE), on_progress=on_progress)
    return {"corpus": str(ref), "layout": layout, "columns": sorted(scores.columns), "left_out": left_out}


def _compile(rows: int, device: str) -> None:
    """Compile what the map will need; what is wrong with the device is told where texts are read on it."""
    with suppress(RequestError):
        warm_up(rows, pick_device(device))
