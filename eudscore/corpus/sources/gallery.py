"""Well-known data sets of the Hugging Face Hub, for the Data page.

Rows, sizes and licences are those that the card of each data set states (its `dataset_info` and `license`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class GalleryEntry:
    """One data set.

    Attributes:
        title: what people call it.
        id: on the Hub.
        config: its configuration; None = the only one.
        split: which of its splits is read.
        rows: of that split.
        size: bytes of the download, all splits of the configuration together.
        task: what its labels or answers are for.
        licence: as the card states it ("unknown" and "other" are its own words), or "not stated".
        about: one sentence.
    """

    title: str
    id: str
    config: str | None
    split: str
    rows: int
    size: int
    task: str
    licence: str
    about: str


GALLERY = (
    GalleryEntry(
        "AG News", "fancyzhx/ag_news", None, "train", 120_000, 19_820_267, "topic classification", "unknown",
        "Title and first lines of news articles in 4 classes: World, Sports, Business, Sci/Tech.",
    ),
    GalleryEntry(
        "SST-2", "stanfordnlp/sst2", None, "train", 67_349, 3_331_058, "sentiment classification", "unknown",
        "Phrases of film reviews, negative or positive; the labels of its test split are withheld.",
    ),
    # The repository itself holds code, which is never run; the Hub keeps its own conversion to Parquet beside it.
    GalleryEntry(
        "TREC", "hf://datasets/CogComp/trec@refs/convert/parquet/default", None, "train", 5_452, 359_212,
        "question classification", "unknown", "Questions by what they ask for, in 6 coarse and 50 fine classes.",
    ),
    GalleryEntry(
        "Banking77", "mteb/banking77", None, "train", 9_993, 385_744, "intent classification", "MIT",
        "Questions of bank customers in 77 fine-grained intents, many of them hard to tell apart.",
    ),
    GalleryEntry(
        "SQuAD", "rajpurkar/squad", "plain_text", "train", 87_599, 16_278_203, "extractive question answering",
        "CC BY-SA 4.0", "Questions on paragraphs of Wikipedia whose answers are spans of the paragraph.",
    ),
    GalleryEntry(
        "IMDB", "stanfordnlp/imdb", "plain_text", "train", 25_000, 83_446_840, "sentiment classification", "other",
        "Long film reviews, strongly negative or strongly positive, half and half.",
    ),
)  # fmt: skip
