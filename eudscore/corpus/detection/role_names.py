"""The names of roles and of the columns that commonly play them, lower case, words joined by `_`.

Of several names the earlier says it more plainly.
"""

import re
from dataclasses import fields

from eudscore.records import Roles

ROLES = tuple(field.name for field in fields(Roles))
SEVERAL = ("vectors", "probabilities", "coordinates")
"""Roles that several columns can play together."""

IN_WORDS = {
    "text": "the text",
    "label": "the label",
    "pair": "the second text",
    "prompt": "the prompt",
    "context": "the context",
    "answer": "the answer",
    "answer_start": "where the answer begins",
    "group": "the group",
    "id": "the id",
    "weight": "the weight",
    "vectors": "the vectors",
    "probabilities": "the class probabilities",
    "coordinates": "the coordinates",
}

PLAIN_TEXT = ("text", "texts")
TEXT = (
    *PLAIN_TEXT, "sentence", "review", "question", "content", "message", "comment", "tweet", "utterance",
    "document", "body", "post", "query", "prompt", "article", "review_text", "review_body", "text_a",
    "sentence1", "premise",
)  # fmt: skip
LABEL = (
    "label", "labels", "class", "category", "target", "sentiment", "intent", "topic", "emotion", "stars",
    "rating", "polarity", "coarse_label", "label_coarse", "class_label", "label_name", "label_text",
    "class_name", "fine_label", "y", "gold",
)  # fmt: skip
SEVERAL_LABELS = (
    "labels", "label", "tags", "classes", "categories", "topics", "emotions", "genres", "targets", "intents",
    "label_names", "label_ids",
)  # fmt: skip

PAIRS = (
    ("premise", "hypothesis"), ("sentence1", "sentence2"), ("sentence_1", "sentence_2"), ("sentence_a", "sentence_b"),
    ("text_a", "text_b"), ("text1", "text2"), ("text_1", "text_2"), ("question1", "question2"),
    ("question_1", "question_2"),
)  # fmt: skip
PROMPTED = (
    ("prompt", "response"), ("prompt", "completion"), ("instruction", "output"), ("instruction", "response"),
    ("instruction", "completion"), ("query", "response"), ("input", "output"),
)  # fmt: skip
"""What comes first, and the text that answers it."""

INPUT = ("input",)
QUESTION = ("question",)
CONTEXT = ("context", "passage", "paragraph")
ANSWER = ("answer_text", "answers", "answer")
ANSWER_START = ("answer_start",)

GROUP = (
    "group", "group_id", "author", "author_id", "user", "user_id", "username", "user_name", "speaker", "speaker_id",
    "document_id", "doc_id", "article_id", "thread_id", "conversation_id", "session_id", "customer_id", "patient_id",
    "subject_id",
)  # fmt: skip
GROUP_OF_QUESTIONS = ("title",)
ID = (
    "id", "_id", "uuid", "guid", "example_id", "sample_id", "record_id", "text_id", "idx", "index", "row_id",
    "question_id", "qid", "document_id", "doc_id", "tweet_id", "review_id", "comment_id", "message_id", "pair_id",
    "prompt_id",
)  # fmt: skip
WEIGHT = ("weight", "weights", "sample_weight", "sample_weights", "example_weight")
VECTORS = (
    "embedding", "embeddings", "vector", "vectors", "sentence_embedding", "text_embedding", "sentence_vector",
    "text_vector", "emb",
)  # fmt: skip
NUMBERED_VECTORS = re.compile(r"(emb|embedding|embeddings|vec|vector|dim)_?(\d+)")
PROBABILITIES = (
    "probs", "probabilities", "proba", "class_probabilities", "class_probs", "pred_probs", "predicted_probabilities",
    "predict_proba",
)  # fmt: skip
PROBABILITY_OF = re.compile(r"(?:p|prob|proba|probability)_(.+)")
COORDINATES = ("coordinates", "coords", "xy", "umap", "tsne", "umap_xy")
TWO_COORDINATES = (
    ("umap_x", "umap_y"), ("umap_1", "umap_2"), ("umap_0", "umap_1"), ("umap1", "umap2"), ("tsne_x", "tsne_y"),
    ("tsne_1", "tsne_2"), ("pca_x", "pca_y"), ("map_x", "map_y"), ("x", "y"),
)  # fmt: skip


def plain_name(column: str) -> str:
    """The name of a column as the lists have it."""
    return re.sub(r"[\s.\-]+", "_", column.strip().lower())
