"""The built-in demo: what its card promises, measured on the files themselves."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "assets" / "demo"
PLANTED = {"near_duplicate": 0.06, "mislabelled": 0.05, "ambiguous": 0.06, "off_topic": 0.03}
# Goods that begin with a vowel; "a" before one of them gives a fill-in away.
VOWELS = "oven|oil|enamel|apron|umbrella|espresso|electric|alarm|air|egg|ice|anorak|advent|olive"


@pytest.fixture(scope="module")
def train() -> pd.DataFrame:
    return pd.read_parquet(DEMO / "train.parquet")


@pytest.fixture(scope="module")
def test() -> pd.DataFrame:
    return pd.read_parquet(DEMO / "test.parquet")


@pytest.fixture(scope="module")
def both(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([train, test], ignore_index=True)


def generated(out: Path, *options: str) -> Path:
    """What the command in the README writes, under a hash seed of its own."""
    command = [sys.executable, "-m", "assets.demo.generator", "--out", str(out), *options]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "7"}, timeout=300)
    return out


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def bag_of_words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Steps this small are done many times sooner than threads agree who does what, and come out the same."""
    with threadpool_limits(1):
        yield


def baseline(longest: int) -> Pipeline:
    return make_pipeline(TfidfVectorizer(ngram_range=(1, longest)), LogisticRegression(max_iter=1000))


def test_both_files_have_the_columns_and_types_of_the_card() -> None:
    for split in ("train", "test"):
        schema = pq.read_schema(DEMO / f"{split}.parquet")
        names = ["id", "text", "label", "label_name", "planted", "true_label_name", "duplicate_of"]
        assert schema.names == names
        assert schema.field("label").type == pa.int32()
        assert all(schema.field(name).type == pa.string() for name in names if name != "label")


def test_there_are_at_least_3000_train_and_800_test_rows_in_under_a_megabyte(
    train: pd.DataFrame, test: pd.DataFrame
) -> None:
    assert len(train) >= 3000
    assert len(test) >= 800
    assert sum((DEMO / f"{split}.parquet").stat().st_size for split in ("train", "test")) < 1_000_000


def test_ten_intents_are_numbered_from_nought_in_the_order_of_their_names(both: pd.DataFrame) -> None:
    numbered = both[["label", "label_name"]].drop_duplicates().sort_values("label")
    assert numbered["label"].tolist() == list(range(10))
    assert numbered["label_name"].tolist() == sorted(numbered["label_name"])


def test_every_intent_has_its_share_of_both_splits(train: pd.DataFrame, test: pd.DataFrame) -> None:
    assert train["label_name"].value_counts(normalize=True).between(0.05, 0.2).all()
    assert test["label_name"].value_counts(normalize=True).between(0.05, 0.2).all()


def test_planted_kinds_have_the_shares_of_the_card(train: pd.DataFrame) -> None:
    shares = train["planted"].value_counts(normalize=True)
    assert set(shares.index) == {"clean", *PLANTED}
    for kind, share in PLANTED.items():
        assert shares[kind] == pytest.approx(share, abs=0.005)


def test_labels_of_test_are_right(test: pd.DataFrame) -> None:
    assert set(test["planted"]) == {"clean", "ambiguous"}
    assert (test["true_label_name"] == test["label_name"]).all()


def test_true_label_differs_exactly_where_a_wrong_one_was_planted(train: pd.DataFrame) -> None:
    differs = train["true_label_name"] != train["label_name"]
    assert (differs == train["planted"].isin(["mislabelled", "off_topic"])).all()
    assert (train.loc[train["planted"] == "off_topic", "true_label_name"] == "none").all()
    mislabelled = train.loc[train["planted"] == "mislabelled", "true_label_name"]
    assert set(mislabelled) <= set(train["label_name"])


def test_ids_are_unique_across_both_splits(both: pd.DataFrame) -> None:
    assert both["id"].is_unique
    assert both["id"].notna().all()


def test_no_text_occurs_twice_whatever_its_capitals_and_marks(both: pd.DataFrame) -> None:
    rows = both[both["planted"] != "near_duplicate"]
    plain = rows["text"].map(lambda text: " ".join(words(text)) or text)
    assert not plain.duplicated().any()


def test_no_train_text_is_in_test(train: pd.DataFrame, test: pd.DataFrame) -> None:
    assert not set(train["text"].str.lower()) & set(test["text"].str.lower())


def test_near_duplicates_are_light_edits_of_a_clean_row_with_the_same_label(train: pd.DataFrame) -> None:
    by_id = train.set_index("id")
    resent = train[train["planted"] == "near_duplicate"]
    assert train["duplicate_of"].notna().equals(train["planted"] == "near_duplicate")
    for row in resent.itertuples():
        source = by_id.loc[row.duplicate_of]
        mine, original = bag_of_words(row.text), bag_of_words(source["text"])
        assert source["planted"] == "clean"
        assert source["label_name"] == row.label_name
        assert row.text != source["text"]
        assert len(mine & original) / len(mine | original) >= 0.6


def test_no_other_two_messages_share_six_in_ten_of_their_words(both: pd.DataFrame) -> None:
    texts = both.loc[both["planted"] != "near_duplicate", "text"]
    counter = CountVectorizer(binary=True, token_pattern=r"[a-z0-9]+", dtype=np.int32)
    present = counter.fit_transform(texts)
    size = np.asarray(present.sum(axis=1)).ravel()
    shared = (present @ present.T).tocoo()
    pairs = (shared.row < shared.col) & (np.minimum(size[shared.row], size[shared.col]) >= 8)
    row, col, common = shared.row[pairs], shared.col[pairs], shared.data[pairs]
    alike = common / (size[row] + size[col] - common) >= 0.6
    assert [(texts.iloc[a], texts.iloc[b]) for a, b in zip(row[alike], col[alike], strict=True)] == []


def test_no_eight_words_in_a_row_are_in_more_than_one_row_in_a_hundred(both: pd.DataFrame) -> None:
    rows_with: Counter[str] = Counter()
    for text in both["text"]:
        sequence = words(text)
        rows_with.update({" ".join(sequence[at : at + 8]) for at in range(len(sequence) - 7)})
    phrase, count = rows_with.most_common(1)[0]
    assert count <= 0.01 * len(both), phrase


def test_no_opening_is_that_of_more_than_two_rows_in_a_hundred(both: pd.DataFrame) -> None:
    openings = Counter(re.split(r"(?<=[.!?])\s|\n", text.strip())[0].lower() for text in both["text"])
    opening, count = openings.most_common(1)[0]
    assert count <= 0.02 * len(both), opening


@pytest.mark.parametrize(
    "trace",
    [
        pytest.param(r"[{}<>_\[\]|]", id="a mark of the phrase files"),
        pytest.param(r"  | \n|\n |\s$|^\s", id="stray space"),
        pytest.param(r"\s[.,;]", id="space before a comma"),
        pytest.param(r",[.?!,]|[?!]\.|;\.|(?<!\.)\.\.(?!\.)", id="two marks where one belongs"),
        pytest.param(rf"(?i)\ba ({VOWELS})\b", id="a before a vowel"),
        pytest.param(r"(?i)\b(an? an?|the the|and and|to to|my my|is is|for for)\b", id="a word twice"),
        pytest.param(r"[£€]\s?[£€]|\b(None|nan)\b", id="a detail that is missing or doubled"),
    ],
)
def test_no_text_shows_how_it_was_made(both: pd.DataFrame, trace: str) -> None:
    found = both["text"].map(lambda text: bool(re.search(trace, text)))
    assert both.loc[found, "text"].tolist() == []


def test_messages_are_long_and_short(both: pd.DataFrame) -> None:
    lengths = both["text"].str.split().str.len()
    assert lengths.min() <= 3
    assert 20 <= lengths.median() <= 32
    assert 110 <= lengths.max() <= 160
    assert (lengths <= 6).mean() > 0.04
    assert (lengths >= 60).mean() > 0.03


def test_some_people_write_carelessly_and_some_do_not(both: pd.DataFrame) -> None:
    small = both["text"] == both["text"].str.lower()
    letters = both["text"].str.contains("\n")
    loud = both["text"].str.contains(r"!!|\b[A-Z]{4,} [A-Z]{4,}\b")
    assert small.mean() > 0.08
    assert letters.mean() > 0.08
    assert loud.mean() > 0.03
    assert (~small & ~letters & ~loud).mean() > 0.3


def test_generator_gives_these_files(tmp_path: Path) -> None:
    out = generated(tmp_path)
    for split in ("train", "test"):
        ours, theirs = out / f"{split}.parquet", DEMO / f"{split}.parquet"
        assert pq.read_table(ours).equals(pq.read_table(theirs))
        # Another version of pyarrow may write the same table in other bytes; the file names its own.
        if pq.read_metadata(ours).created_by == pq.read_metadata(theirs).created_by:
            assert ours.read_bytes() == theirs.read_bytes()


def test_another_seed_gives_other_texts(tmp_path: Path, train: pd.DataFrame) -> None:
    other = pd.read_parquet(generated(tmp_path, "--seed", "4711") / "train.parquet")
    assert len(other) == len(train)
    assert len(set(other["text"]) & set(train["text"])) < 0.05 * len(train)


def test_message_that_cannot_be_edited_lightly_is_passed_over_instead_of_tried_for_ever() -> None:
    code = (
        "from random import Random; from assets.demo.generator.edits import resend; "
        "print(resend('Hi A\\nB C D', Random(1)), resend('My parcel is very late.', Random(1)) is not None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60, capture_output=True, text=True
    )
    assert done.stdout.split() == ["None", "True"]


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(("longest", "features"), [(1, "words"), (2, "words and word pairs")])
def test_linear_baseline_is_neither_perfect_nor_lost_and_the_card_says_so(
    train: pd.DataFrame, test: pd.DataFrame, longest: int, features: str
) -> None:
    accuracy = baseline(longest).fit(train["text"], train["label"]).score(test["text"], test["label"])
    assert 0.75 <= accuracy <= 0.93
    said = re.search(rf"\| TF-IDF of {features} \| (\d+\.\d) % \|", (DEMO / "README.md").read_text("utf-8"))
    assert said
    assert 100 * accuracy == pytest.approx(float(said.group(1)), abs=1.0)


@pytest.mark.usefixtures("one_thread")
def test_planted_label_errors_can_be_found(train: pd.DataFrame) -> None:
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    out_of_fold = cross_val_predict(baseline(1), train["text"], train["label"], cv=folds, method="predict_proba")
    doubt = 1 - out_of_fold[np.arange(len(train)), train["label"]]
    assert roc_auc_score(train["planted"] == "mislabelled", doubt) >= 0.9


def test_kinds_are_scattered_over_the_file_and_not_in_blocks(train: pd.DataFrame) -> None:
    longest = run = 1
    for before, after in pairwise(train.loc[train["planted"] != "clean", "planted"]):
        run = run + 1 if before == after else 1
        longest = max(longest, run)
    assert longest < 15
