"""The language model that comes with eudscore: what it promises, on real texts."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import scipy.stats
import torch
from sklearn.metrics import roc_auc_score

from eudscore import locations
from eudscore.models.loading import BUILTIN_LM_NAME, ResolvedModel, resolve_language_model
from eudscore.records import Corpus, Floats, Roles
from eudscore.scorers.generative import GenerativeScorer

FOLDER = locations.assets() / "lm"


@pytest.fixture(scope="module")
def builtin() -> ResolvedModel:
    return resolve_language_model("builtin")


def columns_of(model: ResolvedModel, texts: list[str], *, dtype: str = "auto") -> dict[str, Floats]:
    import pyarrow as pa

    corpus = Corpus("texts", "t", pa.table({"text": texts}), Roles("text"), (), np.full(len(texts), -1))
    scorer = GenerativeScorer(model, device="cpu", dtype=dtype)
    columns = {name: np.full(len(texts), np.nan, dtype=np.float32) for name in scorer.cards}
    for batch in scorer.score(corpus, np.arange(len(texts))):
        for name, values in batch.values.items():
            columns[name][batch.rows] = values
    return columns


def ag_news(real_data: Path, count: int) -> list[str]:
    texts = pq.read_table(real_data / "ag_news" / "test.parquet")["text"].to_pylist()
    return [texts[row] for row in np.random.default_rng(0).permutation(len(texts))[:count]]


def test_it_is_small_and_carries_no_code_and_a_card(builtin: ResolvedModel) -> None:
    files = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert sum(files.values()) <= 12_000_000
    assert not [name for name in files if name.endswith((".py", ".bin", ".pt", ".pkl"))]
    assert "bits per byte" in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert builtin.name == BUILTIN_LM_NAME


def test_transformers_loads_it_without_remote_code(builtin: ResolvedModel) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(builtin.location, trust_remote_code=False)
    network = AutoModelForCausalLM.from_pretrained(builtin.location, trust_remote_code=False)
    ids = torch.tensor(
        [[tokenizer.bos_token_id, *tokenizer("The ship sailed to the", add_special_tokens=False)["input_ids"]]]
    )
    with torch.inference_mode():
        likely = network(ids).logits[0, -1].topk(50).indices.tolist()
    assert {" sea", " land", " ship", " south", " coast", " island", " shore", " water"} & {
        tokenizer.decode([token]) for token in likely
    }


@pytest.mark.data
def test_it_tells_text_from_the_same_words_in_a_random_order(builtin: ResolvedModel, real_data: Path) -> None:
    texts = ag_news(real_data, 400)
    draw = np.random.default_rng(0)
    shuffled = [" ".join(draw.permutation(text.split())) for text in texts]
    gain = columns_of(builtin, [*texts, *shuffled])["generative_context_gain"]
    assert roc_auc_score(np.repeat([1, 0], 400), gain) >= 0.975


def test_it_finds_off_topic_messages_of_the_demo_better_than_chance(builtin: ResolvedModel) -> None:
    table = pq.read_table(locations.assets() / "demo" / "train.parquet")
    planted = np.array(table["planted"].to_pylist())
    clean = np.random.default_rng(0).permutation(np.flatnonzero(planted == "clean"))[:1_200]
    rows = np.concatenate([clean, np.flatnonzero(planted == "off_topic")])
    off_topic = planted[rows] == "off_topic"
    texts = [table["text"][int(row)].as_py() for row in rows]
    # Off-topic messages are about the world, of which the model has read, and so surprise it less than complaints do.
    typicality = columns_of(builtin, texts)["generative_typicality"]
    test = scipy.stats.mannwhitneyu(typicality[off_topic], typicality[~off_topic], alternative="less")
    assert test.pvalue < 1e-4


@pytest.mark.data
def test_half_precision_ranks_as_full_precision_does(builtin: ResolvedModel, real_data: Path) -> None:
    texts = ag_news(real_data, 500)
    full, half = (columns_of(builtin, texts, dtype=dtype) for dtype in ("float32", "bfloat16"))
    for name in full:
        assert scipy.stats.spearmanr(full[name], half[name]).statistic >= 0.999, name


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 2e-2)])
def test_a_text_has_the_same_numbers_alone_and_in_any_company(
    builtin: ResolvedModel, dtype: str, tolerance: float
) -> None:
    table = pq.read_table(locations.assets() / "demo" / "train.parquet")
    texts = [*table["text"].to_pylist()[:60], "Where? " * 300, "a"]
    together = columns_of(builtin, texts, dtype=dtype)
    turned = columns_of(builtin, texts[::-1], dtype=dtype)
    for row in (0, 17, 60, 61):
        alone = columns_of(builtin, [texts[row]], dtype=dtype)
        for name in ("generative_entropy", "generative_nll", "generative_gap", "generative_context_gain"):
            assert alone[name][0] == pytest.approx(together[name][row], abs=tolerance), name
            assert turned[name][len(texts) - 1 - row] == pytest.approx(together[name][row], abs=tolerance), name
