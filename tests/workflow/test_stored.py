"""The latest scores: those of the setting that was asked for last, and of no two settings at once."""

from pathlib import Path

import numpy as np

from eudscore.records import Card, Corpus
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score
from eudscore.workflow.stored import latest_scores, noticed_rows


def keep(workspace: Workspace, corpus: Corpus, key: str, *cards: Card) -> None:
    values = {card.column: np.zeros(len(corpus), dtype=np.float32) for card in cards}
    workspace.keep_family(corpus.id, key * 16, cards, values)


def rule_of(workspace: Workspace, ref: CorpusRef) -> str:
    return str(latest_scores(workspace, ref).cards["igse"].parameters["rule"])


def test_the_rule_that_was_asked_for_last_is_shown(workspace: Workspace, corpus: Corpus) -> None:
    ref = workspace.keep_corpus(corpus)
    for rule in ("min", "max", "min"):
        score(workspace, ref, ScoreRequest((Entropy.INFORMATION,), combine=rule))
        assert rule_of(workspace, ref) == rule


def test_the_setting_that_was_asked_for_last_is_shown_without_companions_of_another(
    workspace: Workspace, corpus: Corpus, tiny_lm: Path
) -> None:
    ref = workspace.keep_corpus(corpus)
    plain = ScoreRequest((Entropy.GENERATIVE,), lm=str(tiny_lm), device="cpu", dtype="float32")
    prompted = ScoreRequest((Entropy.GENERATIVE,), lm=str(tiny_lm), device="cpu", dtype="float32", prompt="label")
    for request, expected in ((prompted, True), (plain, False), (prompted, True), (plain, False)):
        asked = score(workspace, ref, request)
        shown = latest_scores(workspace, ref)
        assert ("generative_log_ifd" in shown.columns) is expected
        assert {name: card.key for name, card in shown.cards.items()} == {n: c.key for n, c in asked.cards.items()}


def test_columns_of_two_classifiers_are_never_mixed(workspace: Workspace, corpus: Corpus) -> None:
    ref = workspace.keep_corpus(corpus)
    fitted = {"labels": corpus.labels_id}
    keep(
        workspace, corpus, "a", *(Card(f"predictive_{name}", "fitted", parameters=fitted) for name in ("entropy", "x"))
    )
    keep(workspace, corpus, "b", Card("predictive_entropy", "theirs"))
    assert list(latest_scores(workspace, ref).columns) == ["predictive_entropy"]
    workspace.touch_family(corpus.id, "a" * 16)
    assert {card.definition for card in latest_scores(workspace, ref).cards.values()} == {"fitted"}


def test_a_column_about_other_labels_is_left_out_of_a_family_that_is_shown(
    workspace: Workspace, corpus: Corpus
) -> None:
    ref = workspace.keep_corpus(corpus)
    gap = Card("predictive_label_gap", "theirs", parameters={"labels": "of another day"})
    keep(workspace, corpus, "a", Card("predictive_entropy", "theirs"), gap)
    assert list(latest_scores(workspace, ref).columns) == ["predictive_entropy"]


def test_igse_is_made_of_what_was_asked_for(workspace: Workspace, corpus: Corpus, tiny_encoder: Path) -> None:
    ref = workspace.keep_corpus(corpus)

    def igse(*entropies: Entropy) -> Card:
        return score(workspace, ref, ScoreRequest(entropies, str(tiny_encoder), device="cpu")).cards["igse"]

    semantic = igse(Entropy.SEMANTIC)
    assert list(semantic.parameters["components"]) == ["semantic_entropy"]
    assert "information_entropy" not in semantic.definition
    both = igse(Entropy.SEMANTIC, Entropy.INFORMATION)
    assert list(both.parameters["components"]) == ["information_entropy", "semantic_entropy"]
    assert "of information_entropy, semantic_entropy (information_entropy within bins of length)" in both.definition
    stand_in = igse(Entropy.PREDICTIVE)
    assert list(stand_in.parameters["components"]) == ["information_entropy"]
    assert "of information_entropy alone, which comes along where none of the three is asked" in stand_in.definition


def test_what_was_noticed_is_one_line_a_kind(workspace: Workspace, corpus: Corpus) -> None:
    scores = score(workspace, workspace.keep_corpus(corpus), ScoreRequest((Entropy.INFORMATION,)))
    (line,) = noticed_rows(scores)
    assert line.startswith("information: 1 empty")
