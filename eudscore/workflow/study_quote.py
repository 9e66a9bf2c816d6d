"""What a study will take here, before anything starts: scores, choice, and every training."""

import numpy as np

from eudscore.records import Corpus
from eudscore.selection.budget import rows_of
from eudscore.store.workspace import Workspace
from eudscore.workflow.quoting import quote_scoring
from eudscore.workflow.requests import ScoreRequest
from eudscore.workflow.study_plan import StudyRequest, looked_over, options_of, planned
from eudscore.workflow.study_rows import entropies_lacking
from eudscore.workflow.training_quote import Lesson, TrainingQuote, quote_training


def quote_study(
    workspace: Workspace, pool: Corpus, test: Corpus, request: StudyRequest, *, started: float = 0.0,
    price: float | None = None,
) -> TrainingQuote:  # fmt: skip
    """Measure with a handful of updates, and with a sample of the rows where scores are still to be computed.

    To rank the rows, some seconds for 100,000 of them, is not counted.

    Args:
        workspace: where the data are kept.
        pool: all rows that may be trained on.
        test: never trained on.
        request: the study.
        started: seconds that the process spent before this, and that the real one will spend again.
        price: of an hour.

    Raises:
        EudscoreError: as the study itself would.
    """
    looked_over(request, len(pool), len(pool.classes))
    lacking = entropies_lacking(workspace, pool, request)
    scoring = quote_scoring(pool, ScoreRequest(lacking, device=request.options.device)).seconds if lacking else 0.0
    lessons = [
        Lesson(len(pool) if one.on_all_rows or one.budget is None else rows_of(one.budget, len(pool)),
               options_of(request, one, rows=len(pool)))
        for one in planned(request)
    ]  # fmt: skip
    return quote_training(pool, np.arange(len(pool)), test, None, lessons, before=scoring, started=started, price=price)
