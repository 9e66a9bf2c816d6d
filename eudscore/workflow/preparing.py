"""From a data set to a coloured map, in the order in which a person can use what is there."""

import threading
from dataclasses import replace

from eudscore.errors import InputError
from eudscore.geometry.layout import warm_up
from eudscore.records import JsonDict
from eudscore.store.scores import Scores
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.mapping import first_layout, lay_out
from eudscore.workflow.requests import Entropy, Progress, ScoreRequest, silent
from eudscore.workflow.scoring import score, score_information
from eudscore.workflow.vectors import space_of


def prepare(workspace: Workspace, ref: CorpusRef, request: ScoreRequest, *, on_progress: Progress = silent) -> JsonDict:
    """Score a corpus and lay it out; the first map is there long before the last score.

    Returns:
        The address of the corpus, the layout, and the names of the columns.
    """
    # UMAP is compiled anew in each process, for many seconds: meanwhile the encoder reads.
    compiling = threading.Thread(target=warm_up, name="compile-umap", daemon=True)
    compiling.start()
    corpus = workspace.corpus(ref)
    score_information(workspace, corpus, on_progress)
    space = space_of(workspace, corpus, encoder=request.encoder, device=request.device, on_progress=on_progress)
    first_layout(workspace, corpus, space)
    scores, left_out = _score_what_can_be(workspace, ref, request, on_progress)
    compiling.join()
    layout = lay_out(
        workspace, ref, encoder=request.encoder, device=request.device, seed=request.seed,
        on_progress=on_progress,
    )  # fmt: skip
    return {"corpus": str(ref), "layout": layout, "columns": sorted(scores.columns), "left_out": left_out}


def _score_what_can_be(
    workspace: Workspace, ref: CorpusRef, request: ScoreRequest, on_progress: Progress
) -> tuple[Scores, str]:
    """The scores, and why predictive entropy is not among them; labels that do not do for it spoil no other."""
    try:
        return score(workspace, ref, request, on_progress=on_progress), ""
    except InputError as error:
        rest = tuple(entropy for entropy in request.entropies if entropy is not Entropy.PREDICTIVE)
        if len(rest) == len(request.entropies) or not rest:
            raise
        return score(workspace, ref, replace(request, entropies=rest), on_progress=on_progress), str(error)
