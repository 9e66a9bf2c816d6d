"""What all tests share: small real models, a small data set, the folder of the real data."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A slow first call (an import, a busy machine) is no failure: a timing never decides a test.
settings.register_profile("eudscore", deadline=None)
settings.load_profile("eudscore")

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin stall one another on a busy machine
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a test that reaches for the network is a mistake

BROWSER = "tests/journeys/"
REAL_DATA = Path(__file__).parents[2] / "shared" / "data"

WORDS = [
    "the",
    "a",
    "refund",
    "order",
    "late",
    "card",
    "bank",
    "goal",
    "match",
    "team",
    "vote",
    "law",
    "chip",
    "phone",
    "where",
    "is",
    "my",
    "was",
    "charged",
    "twice",
    "won",
    "lost",
    "passed",
    "new",
    "release",
    "please",
    "thanks",
]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes for the whole suite; a part of it is sooner there without (`-n 2` asks for them all the same)."""
    asked = [(config.invocation_params.dir / argument).resolve() for argument in config.args]
    return 2 if any(Path(__file__).is_relative_to(path) for path in asked) else 0


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file stays in one process, and all that drives the browser in a single one."""
    from xdist.scheduler import LoadFileScheduling

    class OneBrowser(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)

    return OneBrowser(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side, what takes longest in one piece begins first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(BROWSER))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data sets; skips where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data sets are not at {REAL_DATA}")
    return REAL_DATA


def save_tokenizer(folder: Path) -> int:
    """Save a word-level tokenizer over `WORDS` with BERT's special tokens; returns its size."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        bos_token="[CLS]",
    ).save_pretrained(folder)  # fmt: skip
    return len(vocabulary)


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with random weights, saved as a user's folder would be."""
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny-encoder")
    size = save_tokenizer(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=size, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=48,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_lm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GPT-2 of two layers with random weights, saved as a user's folder would be."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    folder = tmp_path_factory.mktemp("tiny-lm")
    size = save_tokenizer(folder)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=size, n_embd=32, n_layer=2, n_head=2, n_positions=64, bos_token_id=2, eos_token_id=3,
        initializer_range=0.2,
    )  # fmt: skip
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder
