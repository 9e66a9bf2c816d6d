"""Why this one: the stored facts about one text, put together right, and what can be said without some of them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from eudscore.entropy.ranks import mid_ranks
from eudscore.entropy.verdict import Kind
from eudscore.errors import WorkspaceError
from eudscore.records import Card, Corpus, Roles
from eudscore.scorers.likeliest import CLASSES, PROBABILITIES, WIDTHS, likeliest
from eudscore.store.verifying import verify
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.explaining import explain
from eudscore.workflow.requests import Entropy, ScoreRequest
from eudscore.workflow.scoring import score
from eudscore.workflow.stored import family_of, latest_scores

N, K = 60, 20
NAMES = ("billing", "sport", "tech")
WRONG, APART, TWIN, CAPITALS, DIVIDED, EMPTY, ALONE = 3, 7, 10, 13, 16, 19, 22
FAMILY, WORDS, SPACE = "1" * 16, "2" * 16, {"model": "m", "revision": "r"}


def texts() -> list[str]:
    found = [f"text number {row} about {NAMES[row % 3]}" for row in range(N)]
    found[TWIN + 1] = found[TWIN] + ", please"
    found[CAPITALS + 1] = found[CAPITALS].upper()
    found[EMPTY] = "  "
    return found


def corpus_of(*, labelled: bool = True) -> Corpus:
    """Three classes in turn; row 40 and 41 have no label."""
    labels = np.arange(N) % 3
    labels[[40, 41]] = -1
    names = [NAMES[label] if label >= 0 else None for label in labels]
    if not labelled:
        return Corpus("toy", "toy.csv", pa.table({"text": texts()}), Roles("text"), (), np.full(N, -1))
    table = pa.table({"text": texts(), "label": names})
    return Corpus("toy", "toy.csv", table, Roles("text", "label"), NAMES, labels.astype(np.int64))


def probabilities() -> np.ndarray:
    """Each text is surely of its class, but for the rows with a fault."""
    probs = np.full((N, 3), 0.05)
    probs[np.arange(N), np.arange(N) % 3] = 0.9
    probs[WRONG] = [0.02, 0.02, 0.96]
    probs[APART] = [0.3, 0.3, 0.4]
    probs[DIVIDED] = [0.52, 0.46, 0.02]
    probs[EMPTY] = np.nan
    return probs


def graph(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours are rows of the same class, but for the rows with a fault."""
    indices = np.empty((N, K), dtype=np.int64)
    for row in range(N):
        alike = [other for other in range(N) if other % 3 == row % 3 and other not in (row, EMPTY)]
        indices[row] = (alike + alike)[:K]
    indices[WRONG] = np.arange(2, N, 3)[:K]
    indices[APART] = np.concatenate([np.arange(24, 24 + K // 2), np.arange(42, 42 + K // 2)])
    indices[DIVIDED] = [*range(24, 39, 3), *range(25, 39, 3), *range(42, 57, 3), *range(43, 57, 3)][:K]
    indices[TWIN, 0], indices[CAPITALS, 0], indices[WRONG, 1] = TWIN + 1, CAPITALS + 1, 40
    cosines = -np.sort(-rng.uniform(0.6, 0.75, size=(N, K)), axis=1)
    cosines[APART] -= 0.5
    cosines[ALONE] -= 0.4
    cosines[TWIN, 0], cosines[CAPITALS, 0] = 0.97, 0.62
    indices[EMPTY], cosines[EMPTY] = -1, np.nan
    return indices, cosines.astype(np.float32)


def columns(probs: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    given = probs[np.arange(N), np.maximum(labels, 0)]
    return {
        "predictive_entropy": (1 - probs.max(axis=1)).astype(np.float32),
        "predictive_label_gap": np.where(labels >= 0, 1 - given, np.nan).astype(np.float32),
    }


@pytest.fixture
def stored(workspace: Workspace) -> CorpusRef:
    """Everything that the verdict reads, made by hand."""
    corpus = corpus_of()
    ref = workspace.keep_corpus(corpus)
    values = columns(probabilities(), corpus.labels)
    cards = [Card(name, "by hand", **SPACE, parameters={"labels": corpus.labels_id}) for name in values]
    workspace.keep_family(ref.id, FAMILY, cards, {**values, **likeliest(probabilities())})
    surprisal = np.linspace(1, 2, N, dtype=np.float32)
    surprisal[[APART, ALONE]] = 9, 10
    surprisal[EMPTY] = np.nan
    workspace.keep_family(
        ref.id, WORDS, [Card("information_surprisal", "by hand")], {"information_surprisal": surprisal}
    )
    workspace.keep_graph(ref.id, Card("neighbours", "by hand", **SPACE), *graph(np.random.default_rng(0)))
    return ref


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        (0, Kind.NOTHING, "gives its label `billing` 90 %, and all of its 20 nearest texts are `billing`."),
        (
            WRONG,
            Kind.MISLABELLED,
            "its label `billing` 2 % and `tech` 96 %, and all of its 18 nearest texts are `tech`.",
        ),
        (
            APART,
            Kind.OFF_TOPIC,
            "farther away than those of over 99 % of the rows and its words are rarer than in 97 %",
        ),
        (ALONE, Kind.RARE, "yet the classifier gives its label `sport` 90 %, and all of its 19 nearest texts"),
        (TWIN, Kind.DUPLICATE, "row 11 says nearly the same (cosine 0.97); labelled otherwise there: `tech`."),
        (CAPITALS, Kind.DUPLICATE, "row 14 has the same text; labelled otherwise there: `tech`."),
        (DIVIDED, Kind.AMBIGUOUS, "between `sport` and `billing`: the classifier gives its label `sport` 46 %"),
    ],
)
def test_each_fault_is_named_with_its_numbers(
    workspace: Workspace, stored: CorpusRef, row: int, kind: Kind, words: str
) -> None:
    found = explain(workspace, stored, row)
    assert found.kind is kind, found.sentence
    assert words in found.sentence
    assert found.missing == ()


def test_the_facts_are_those_of_the_store(workspace: Workspace, stored: CorpusRef) -> None:
    indices, cosines = graph(np.random.default_rng(0))
    scores = latest_scores(workspace, stored)
    for row in range(N):
        found = explain(workspace, stored, row)
        assert found.row == row
        assert [neighbour.row for neighbour in found.neighbours] == indices[row][indices[row] >= 0].tolist()
        np.testing.assert_allclose([n.cosine for n in found.neighbours], cosines[row][indices[row] >= 0])
        for score_of_row in found.scores:
            values = np.asarray(scores.columns[score_of_row.column])
            np.testing.assert_equal(score_of_row.value, float(values[row]))
            np.testing.assert_allclose(score_of_row.place, mid_ranks(values)[row])
        by_name = {share.name: share.probability for share in found.classes}
        expected = {} if row == EMPTY else dict(zip(NAMES, probabilities()[row], strict=True))
        assert by_name == pytest.approx(expected)
        assert sum(share.given for share in found.classes) == (row not in (40, 41, EMPTY))


def test_neighbours_agree_conflict_or_have_nothing_to_compare(workspace: Workspace, stored: CorpusRef) -> None:
    found = explain(workspace, stored, WRONG)
    agreeing = {neighbour.row: neighbour.agrees for neighbour in found.neighbours}
    assert agreeing.pop(40) is None
    assert not any(agreeing.values())
    assert (found.agreement, found.label_probability) == (0, pytest.approx(0.02))
    assert all(neighbour.agrees is None for neighbour in explain(workspace, stored, 41).neighbours)


def test_an_empty_text_has_no_verdict(workspace: Workspace, stored: CorpusRef) -> None:
    found = explain(workspace, stored, EMPTY)
    assert found.kinds == (Kind.NOTHING,)
    assert "This row has no text." in found.sentence
    assert (found.neighbours, found.classes, found.duplicates) == ((), (), ())


def test_a_text_without_a_label_is_never_mislabelled(workspace: Workspace, stored: CorpusRef) -> None:
    found = explain(workspace, stored, 40)
    assert found.label is None
    assert found.kinds == (Kind.NOTHING,)
    assert found.sentence.startswith("Nothing stands out: the classifier gives `sport` 90 %")


def test_a_data_set_without_labels_and_scores_still_knows_equal_texts(workspace: Workspace) -> None:
    ref = workspace.keep_corpus(corpus_of(labelled=False))
    assert explain(workspace, ref, 0).sentence == "Nothing can be said of this text yet: it is not scored."
    twin = explain(workspace, ref, CAPITALS)
    assert twin.kinds == (Kind.DUPLICATE,)
    assert twin.sentence == f"Looks like a duplicate: row {CAPITALS + 1} has the same text."
    assert len(twin.missing) == 2
    assert explain(workspace, ref, EMPTY).duplicates == ()


def test_labels_of_the_neighbours_alone_make_a_verdict(workspace: Workspace) -> None:
    ref = workspace.keep_corpus(corpus_of())
    workspace.keep_graph(ref.id, Card("neighbours", "by hand"), *graph(np.random.default_rng(0)))
    found = explain(workspace, ref, WRONG)
    assert found.sentence == "Looks mislabelled: all of its 18 nearest texts are `tech`."
    assert any("predictive" in sentence for sentence in found.missing)


def test_scores_of_an_earlier_version_open_and_say_what_to_do(workspace: Workspace, stored: CorpusRef) -> None:
    for name in WIDTHS:
        (workspace.folder("columns", stored.id, FAMILY) / f"{name}.npy").unlink()
    found = explain(workspace, stored, WRONG)
    assert [(share.name, share.given) for share in found.classes] == [("billing", True)]  # 1 - its label gap
    assert found.kind is Kind.MISLABELLED
    assert any("score it again" in sentence for sentence in found.missing)


def test_classes_of_another_name_do_not_speak_of_the_label(workspace: Workspace) -> None:
    corpus = corpus_of()
    ref = workspace.keep_corpus(corpus)
    card = Card("predictive_entropy", "by hand", parameters={"classes": ["good", "bad"]})
    two = np.tile([0.1, 0.9], (N, 1))
    workspace.keep_family(ref.id, FAMILY, [card], {"predictive_entropy": np.ones(N, np.float32), **likeliest(two)})
    found = explain(workspace, ref, 0)
    assert [(share.name, share.given) for share in found.classes] == [("bad", False), ("good", False)]
    assert (found.kinds, found.rival) == ((Kind.NOTHING,), None)


def test_a_new_column_is_seen_at_once(workspace: Workspace, stored: CorpusRef) -> None:
    before = {score_of_row.column for score_of_row in explain(workspace, stored, 0).scores}
    workspace.keep_family(stored.id, "3" * 16, [Card("igse", "by hand")], {"igse": np.ones(N, dtype=np.float32)})
    assert {score_of_row.column for score_of_row in explain(workspace, stored, 0).scores} == before | {"igse"}


@pytest.mark.parametrize("row", [-1, N, 10**12])
def test_a_row_that_is_not_there_is_a_sentence(workspace: Workspace, stored: CorpusRef, row: int) -> None:
    with pytest.raises(WorkspaceError, match="There is no row"):
        explain(workspace, stored, row)


def test_scoring_keeps_the_likeliest_classes_beside_the_columns(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path
) -> None:
    ref = workspace.keep_corpus(corpus)
    scores = score(workspace, ref, ScoreRequest((Entropy.PREDICTIVE,), str(tiny_encoder), device="cpu"))
    key = family_of(workspace, ref)["predictive_entropy"]
    classes, probs = (workspace.array("columns", ref.id, key, name) for name in (CLASSES, PROBABILITIES))
    assert classes.shape == probs.shape == (len(corpus), WIDTHS[CLASSES])
    np.testing.assert_allclose(1 - probs[:, 0], scores.columns["predictive_least_confidence"], atol=1e-6)
    assert classes[7].tolist() == [-1] * 5  # the empty text
    assert not [problem for problem in verify(workspace) if "columns" in str(problem.path)]
    assert set(scores.columns).isdisjoint(WIDTHS)
    found = explain(workspace, ref, 0)
    assert sum(share.probability for share in found.classes) == pytest.approx(1, abs=1e-6)
    assert len(found.neighbours) == 20


def test_explaining_imports_nothing_slow() -> None:
    code = "import sys, eudscore.workflow.explaining; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert loaded.isdisjoint({"torch", "transformers", "umap", "datasets", "sklearn", "numba", "streamlit"})
