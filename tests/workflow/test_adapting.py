"""Adaptation in halves: no text is scored by a model that has seen it, and the cards say what it did."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.models.loading import resolve_model
from eudscore.records import Corpus, Roles
from eudscore.store.workspace import Workspace
from eudscore.training import adapting as training
from eudscore.workflow import adapting
from eudscore.workflow.adapting import COMPARED, _drawn, halves
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score


def letters(n: int = 160) -> Corpus:
    """Letters to customers that have much in common, some of them twice."""
    texts = [f"Dear customer, your order number {i % 120} was sent today and will arrive soon." for i in range(n)]
    return Corpus("letters", "l", pa.table({"text": texts}), Roles("text"), (), np.full(n, -1))


def test_halves_are_of_one_size_and_keep_equal_texts_together() -> None:
    texts = letters().texts()
    half_of = halves(texts, seed=0)
    for text in set(texts):
        assert len({half_of[row] for row, other in enumerate(texts) if other == text}) == 1
    assert 0.4 < half_of.mean() < 0.6
    assert not np.array_equal(half_of, halves(texts, seed=1))
    assert halves(texts[:50], seed=0).tolist() == halves(texts[:50], seed=0).tolist()


def test_no_text_is_scored_by_a_model_that_has_seen_it(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, set[str]]] = []
    learn = training.adapt

    def watched(model: object, texts: list[str], out: object, *args: object, **kwargs: object) -> None:
        seen.append((str(out), set(texts)))
        learn(model, texts, out, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(adapting, "adapt", watched)
    corpus = letters()
    scores = score(
        workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.GENERATIVE,), device="cpu", adapt=True)
    )
    assert len(seen) == 2
    assert seen[0][1].isdisjoint(seen[1][1])
    assert seen[0][1] | seen[1][1] == set(corpus.texts())
    card = scores.cards["generative_nll"]
    assert card.outcome["bits_per_byte_after"] < card.outcome["bits_per_byte_before"]
    assert card.outcome["bits_per_byte_texts"] == len(corpus)
    assert card.parameters["adaptation"]["epochs"] == 1
    assert "learning_rate" in card.parameters["adaptation"]
    assert "arithmetic" in card.parameters["adaptation"]


def test_the_texts_that_are_measured_come_from_all_over_the_half() -> None:
    texts = [str(row) for row in range(10 * COMPARED)]
    drawn = [int(text) for text in _drawn(texts, 0)]
    assert len(set(drawn)) == COMPARED
    assert drawn == sorted(drawn)
    assert 0.4 < np.mean(drawn) / len(texts) < 0.6
    assert _drawn(texts[:9], 0) == texts[:9]


def test_what_a_killed_process_left_is_not_kept(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = workspace.keep_corpus(letters())
    request = ScoreRequest((Entropy.GENERATIVE,), device="cpu", adapt=True)

    class KilledError(Exception):
        pass

    def killed(_model: object, _texts: object, out: Path, *_: object, **__: object) -> None:
        (out.parent / ".draft-abc").mkdir()
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(adapting, "adapt", killed)
        with pytest.raises(KilledError):
            score(workspace, ref, request)
    assert list((workspace.root / "adapted").rglob(".draft-*"))
    score(workspace, ref, request)
    assert not list((workspace.root / "adapted").rglob(".draft-*"))


def test_adapted_models_are_kept_and_are_another_column(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = workspace.keep_corpus(letters())
    request = ScoreRequest((Entropy.GENERATIVE,), device="cpu", adapt=True)
    first = score(workspace, ref, request)
    monkeypatch.setattr(adapting, "adapt", lambda *_, **__: pytest.fail("adapted again"))
    again = score(workspace, ref, request)
    np.testing.assert_array_equal(first.columns["generative_nll"], again.columns["generative_nll"])
    plain = score(workspace, ref, ScoreRequest((Entropy.GENERATIVE,), device="cpu"))
    assert plain.cards["generative_nll"].key != first.cards["generative_nll"].key
    assert np.nanmean(first.columns["generative_nll"]) < np.nanmean(plain.columns["generative_nll"])
    folders = Counter(path.name for path in (workspace.root / "adapted").rglob("half-*"))
    assert folders == {"half-0": 1, "half-1": 1}
    resolve_model(str(next((workspace.root / "adapted").rglob("half-0"))))
