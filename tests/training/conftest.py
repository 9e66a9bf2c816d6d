from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from eudscore.training.spec import TrainSpec

MONEY = ["refund", "order", "late", "card", "bank", "charged", "twice"]
SPORT = ["goal", "match", "team", "won", "lost", "passed"]


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """Two layers of 32 are done sooner than threads agree who does what."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def toy() -> SimpleNamespace:
    """Texts of two classes that share only their filler words."""
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 2
    texts = []
    for label in labels:
        words = rng.choice(SPORT if label else MONEY, size=3)
        texts.append(" ".join(["the", *words, *(["please"] * rng.integers(0, 6))]))
    return SimpleNamespace(texts=texts, labels=labels.astype(np.int64))


@pytest.fixture
def spec(tiny_encoder: Path) -> TrainSpec:
    return TrainSpec(
        str(tiny_encoder), ("money", "sport"), epochs=8, learning_rate=3e-3, max_tokens=32, device="cpu",
        dtype="float32",
    )  # fmt: skip
