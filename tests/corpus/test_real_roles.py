"""The ten real sets, each read with no option given."""

from pathlib import Path

import numpy as np
import pytest

from eudscore.corpus.read import read_source
from eudscore.records import Roles

LABELLED = Roles("text", "label", id="id")
ROLES = {
    "ag_news": LABELLED,
    "banking77": LABELLED,
    "clinc150": LABELLED,
    "goemotions": LABELLED,
    "imdb": LABELLED,
    "lm_text": Roles("text", id="id"),
    "noisy_agnews": LABELLED,
    "squad": Roles(
        "question", context="context", answer="answer_text", answer_start="answer_start", group="title", id="id"
    ),
    "sst2": LABELLED,
    "trec": LABELLED,
}
CLASSES = {
    "ag_news": 4, "banking77": 77, "clinc150": 151, "goemotions": 28, "imdb": 2, "noisy_agnews": 4, "sst2": 2,
    "trec": 6,
}  # fmt: skip

pytestmark = pytest.mark.data


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", ROLES)
def test_a_real_set_has_the_right_roles(real_data: Path, name: str, split: str) -> None:
    corpus = read_source(real_data / name / f"{split}.parquet")
    assert corpus.roles == ROLES[name]
    assert set(corpus.reasons) >= {"text", "label", *corpus.roles.to_json()}


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", CLASSES)
def test_a_real_label_has_the_names_that_stand_beside_it(real_data: Path, name: str, split: str) -> None:
    corpus = read_source(real_data / name / f"{split}.parquet")
    assert len(corpus.classes) == CLASSES[name]
    assert np.array_equal(corpus.labels, corpus.table["label"].to_numpy())
    assert [corpus.classes[label] for label in corpus.labels] == corpus.table["label_name"].to_pylist()


@pytest.mark.parametrize("name", [name for name in ROLES if name not in CLASSES])
def test_a_real_set_without_labels_has_none(real_data: Path, name: str) -> None:
    assert not read_source(real_data / name / "test.parquet").labelled
