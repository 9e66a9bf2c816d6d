"""eudscore: see where text data is uncertain, pick the part worth training on, prove that it is enough.

    import eudscore as eu
    data = eu.read("reviews.csv", text="review", label="stars")
    scores = eu.score(data)
    subset = eu.select(scores, budget=0.16, by="igse")
    run = eu.train(data, subset, test=eu.read("test.csv"))

Nothing heavy is imported before one of these is called.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any, Unpack

    from eudscore.corpus.read import MoreReading
    from eudscore.records import Band, Corpus
    from eudscore.selection.request import MoreSelecting
    from eudscore.store.scores import Scores
    from eudscore.workflow.choosing import Subset
    from eudscore.workflow.fitting import Run
    from eudscore.workflow.requests import MoreFitting, MoreScoring
    from eudscore.workflow.study_plan import MoreStudying
    from eudscore.workflow.study_results import Study

__version__ = "0.1.0"
__all__ = ["read", "score", "select", "study", "train"]


def read(
    source: "str | Path", *, text: str | None = None, label: str | None = None, split: str | None = None,
    limit: int | None = None, **more: "Unpack[MoreReading]",
) -> "Corpus":  # fmt: skip
    """Read a data set.

    Args:
        source: a file (CSV, TSV, JSON, JSONL, Parquet, Arrow, Excel, TXT, also in .gz, .zst or .zip), a folder of
            shards or one saved by `datasets`, an http(s) URL, `hf://datasets/...`, a Hub id, or `demo`.
        text: the column of the texts; detected where it is not given.
        label: the column of the labels; detected where it is not given.
        split: which split of a source that has several.
        limit: read only the first rows.
        more: a sample, a condition, a configuration, other roles; see `MoreReading`.

    Raises:
        InputError: the source cannot be read, in one sentence.
    """
    from eudscore.corpus.read import read_source

    return read_source(source, text=text, label=label, split=split, limit=limit, **more)


def score(
    data: "Corpus", *, entropies: "Sequence[str] | None" = None, encoder: str = "builtin", lm: str = "builtin",
    device: str = "auto", seed: int = 0, **more: "Unpack[MoreScoring]",
) -> "Scores":  # fmt: skip
    """Score every text; what the workspace holds already is not computed again.

    Args:
        data: from `read`.
        entropies: among information, generative, semantic, predictive; all that the data allow where not given.
        encoder: `builtin`, a folder or a Hub id.
        lm: `builtin`, a folder or a Hub id of a causal language model, for generative entropy.
        device: auto, cpu or cuda.
        seed: clusters, folds, and the halves of `adapt`.
        more: what only some need; see `MoreScoring`.

    Returns:
        The scores, with `igse` over those of the first three entropies that were asked for (over information where
        none of them was). Where the labels do not do for predictive entropy and it was not asked for by name, it is
        left out with a warning.

    Raises:
        RequestError, ModelError, InputError: in one sentence.
    """
    import warnings

    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow import scoring
    from eudscore.workflow.requests import ScoreRequest, entropies_for, parse_entropies

    workspace = Workspace(default_root())
    possible = entropies_for(data, classifier=more.get("classifier"))
    request = ScoreRequest(
        possible if entropies is None else parse_entropies(entropies), encoder, lm, device, seed, **more
    )
    ref = workspace.keep_corpus(data)
    if entropies is not None:
        return scoring.score(workspace, ref, request)
    scores, left_out = scoring.score_what_can_be(workspace, ref, request)
    if left_out:
        warnings.warn(left_out, stacklevel=2)
    return scores


def select(
    scores: "Scores", *, budget: "float | int | str | None" = None, by: str | None = None,
    band: "Band | str | None" = None, strategy: str | None = None, seed: int = 0,
    recipe: "Mapping[str, Any] | None" = None, **more: "Unpack[MoreSelecting]",
) -> "Subset":  # fmt: skip
    """Choose rows under a budget, or replay a recipe.

    Args:
        scores: from `score`.
        budget: a share in (0, 1], a number of rows, or text such as "16%" or "40000 tokens".
        by: the column whose quantiles the band is on; `igse` where it is not given.
        band: the interval, e.g. "0.2:0.6"; the default one of the budget where it is not given.
        strategy: a name of `selection.request.Strategy`. Where none is given: `band` if `by` or `band` is, else
            `coverage`, the default selector.
        seed: decides between rows that are equally good.
        recipe: of another selection, replayed as it was written; then nothing else is given.
        more: quotas, a cap on near-duplicates, further intervals; see `MoreSelecting`.

    Raises:
        RequestError: an option is out of its range, in one sentence.
        EudscoreError: something the strategy reads is not there and cannot be made.
    """
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow import choosing
    from eudscore.workflow.requests import silent

    request = choosing.request_of(
        {"budget": budget, "by": by, "band": band, "strategy": strategy, "seed": seed, **more}, recipe
    )
    return choosing.select(Workspace(default_root()), scores, request, recipe=recipe, on_progress=silent)


def train(
    data: "Corpus", subset: "Subset | None" = None, *, test: "Corpus", model: str = "builtin",
    epochs: float | None = None, steps: int | None = None, seed: int = 0, out: "str | Path | None" = None,
    **more: "Unpack[MoreFitting]",
) -> "Run":  # fmt: skip
    """Fine-tune a classifier on a subset of the data (on all of it without one) and test it.

    Args:
        data: from `read`.
        subset: from `select`.
        test: another data set with the same classes; never trained on.
        model: `builtin`, a folder or a Hub id.
        epochs: passes over the chosen rows; 3 where neither this nor `steps` is given.
        steps: updates, instead of epochs.
        seed: model init and order of the batches.
        out: folder of the run; a new one in the workspace where it is not given. An unfinished run of the same rows
            and options goes on from its last checkpoint.
        more: what only some need (method, early stopping, class weights, ...); see `MoreFitting`.

    Returns:
        The finished run, with its `metrics`.

    Raises:
        InputError, ModelError, RequestError: in one sentence.
    """
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow import fitting
    from eudscore.workflow.requests import FitOptions

    rows = None if subset is None else subset.rows
    options = FitOptions(model=model, epochs=epochs, steps=steps, seed=seed, **more)
    return fitting.fit_here(Workspace(default_root()), data, rows, test, options, out=out)


def study(
    data: "Corpus", *, test: "Corpus", budgets: "Sequence[float | str]" = (0.16,),
    strategies: "Sequence[str]" = ("coverage",), seeds: int = 5, model: str = "builtin", epochs: float | None = None,
    out: "str | Path | None" = None, **more: "Unpack[MoreStudying]",
) -> "Study":  # fmt: skip
    """Compare selections with random subsets of their size and with all rows, by real fine-tunes in pairs.

    Args:
        data: from `read`; its labelled rows are trained on.
        test: another data set with the same classes; never trained on.
        budgets: shares of the rows.
        strategies: names of `selection.request.Strategy`; random, random_by_class and full come along.
        seeds: trainings of each, in pairs.
        model: `builtin`, a folder or a Hub id.
        epochs: passes over all rows; 3 where it is not given.
        out: folder of the study, where one that was interrupted goes on; a new one in the workspace without it.
        more: what only some need; see `MoreStudying`.

    Returns:
        The finished study: `cells`, `compared(metric)`, `verdicts(metric)`.

    Raises:
        RequestError, InputError, ModelError: in one sentence.
        Interrupted: Ctrl-C; what was trained is kept in `out`.

    Source: the protocol of Dodge et al., Show Your Work (2019), with pairs by seed; own design.
    """
    from eudscore.store.workspace import Workspace, default_root
    from eudscore.workflow.requests import FitOptions
    from eudscore.workflow.study_plan import DRAWS, Regime, study_request
    from eudscore.workflow.study_runs import study_here

    draws, regime = more.pop("draws", DRAWS), more.pop("regime", Regime.EPOCHS)
    options = FitOptions(model=model, epochs=epochs, **more)  # type: ignore[misc]
    request = study_request(
        budgets=budgets, strategies=strategies, seeds=seeds, draws=draws, regime=regime, options=options
    )
    return study_here(Workspace(default_root()), data, test, request, out=out)
