"""Texts as people have them, through every scorer: a value, or nan with a flag; never a crash, never a silent zero."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.records import Corpus, Flag, Roles
from eudscore.store.scores import Scores
from eudscore.store.workspace import Workspace
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score

ODD = {
    "empty": "",
    "blank": " \t\n",
    "null": None,
    "one letter": "a",
    "one mark": "!",
    "emoji": "😀😀👩‍👩‍👧🎉",
    "null bytes": "\x00\x00 refund \x00",
    "right to left": "שלום עולם، أين استردادي؟",
    "Chinese": "我的退款在哪里请尽快处理谢谢",
    "Thai": "เงินคืนของฉันอยู่ที่ไหน",
    "a long word": "x" * 5_000,
    "a megabyte": "where is my refund please " * 40_000,
    "line separators": "a\u2028b\x85c\x0bd",
    "replacement": "\ufffd\ufffd",
    "combining": "e\u0301" * 50,
}
NOTHING = ("empty", "blank", "null")


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Scores:
    workspace = Workspace(tmp_path_factory.mktemp("odd") / "ws")
    texts = [*ODD.values(), *[f"an ordinary message number {i} about a refund" for i in range(25)]]
    corpus = Corpus("odd", "odd", pa.table({"text": texts}), Roles("text"), (), np.full(len(texts), -1))
    request = ScoreRequest((Entropy.INFORMATION, Entropy.GENERATIVE, Entropy.SEMANTIC), device="cpu")
    return score(workspace, workspace.keep_corpus(corpus), request)


@pytest.mark.parametrize("kind", ODD)
def test_a_text_has_a_value_in_every_column_or_nothing_to_score(scores: Scores, kind: str) -> None:
    row = list(ODD).index(kind)
    for name, values in scores.columns.items():
        if kind == "replacement" and name.startswith("semantic"):
            continue  # the encoder's tokenizer drops such characters: nan, and counted as empty below
        if kind == "a long word" and name == "generative_context_gain":
            continue  # no whole word of it was read: nan, and counted as truncated below
        assert np.isfinite(values[row]) == (kind not in NOTHING), name


def test_no_text_has_a_silent_zero(scores: Scores) -> None:
    row = list(ODD).index("Chinese")
    assert scores.columns["information_entropy"][row] > 2
    for name in ("generative_entropy", "generative_nll", "semantic_entropy"):
        odd = scores.columns[name][: len(ODD)]
        assert (odd[np.isfinite(odd)] > 0).all(), name


def test_what_is_empty_short_or_cut_is_counted_on_the_cards(scores: Scores) -> None:
    for name in ("information_entropy", "generative_entropy"):
        assert scores.cards[name].outcome["rows_empty"] == len(NOTHING), name
    assert scores.cards["semantic_entropy"].outcome["rows_empty"] == len(NOTHING) + 1
    assert scores.cards["information_entropy"].outcome["rows_short"] >= 2
    assert scores.cards["generative_entropy"].outcome["rows_short"] >= 2
    assert scores.cards["generative_entropy"].outcome["rows_truncated"] >= 1
    assert scores.cards["igse"].outcome["rows_empty"] == len(NOTHING)


def test_lone_surrogates_reach_no_tokenizer(tiny_lm: Path, tiny_encoder: Path) -> None:
    # Arrow cannot hold them, a Python caller can: the models take such a string as it is.
    from eudscore.entropy.counts import count_words
    from eudscore.models.causal import CausalModel
    from eudscore.models.encoder import Encoder
    from eudscore.models.loading import resolve_model

    text = "\ud800 refund \udfff"
    assert count_words([text]).tokens.tolist() == [3]
    (batch,) = CausalModel(resolve_model(str(tiny_lm)), device="cpu").measure([text])
    assert batch.scored[0] > 0
    (vectors,) = Encoder(resolve_model(str(tiny_encoder)), device="cpu").encode([text])
    assert np.isfinite(vectors.vectors).all()
    assert Flag.EMPTY == 1
