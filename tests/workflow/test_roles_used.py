"""What the roles of columns do: groups, the user's own vectors, coordinates, probabilities, prompts, pairs, chats."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.corpus.roles import assign_roles
from eudscore.entropy.words import words_of
from eudscore.errors import InputError
from eudscore.geometry import layout
from eudscore.models.probe import group_folds
from eudscore.records import Corpus, Roles
from eudscore.scorers.generative import GenerativeScorer
from eudscore.store.workspace import Workspace
from eudscore.workflow import mapping, preparing, quoting, scoring, vectors
from eudscore.workflow.mapping import first_layout, lay_out
from eudscore.workflow.quoting import quote_scoring
from eudscore.workflow.requests import Entropy, ScoreRequest, default_request, entropies_for, silent
from eudscore.workflow.scoring import generative_scorer, score
from eudscore.workflow.vectors import groups_of, space_of, united_groups

BOTH = (Entropy.SEMANTIC, Entropy.PREDICTIVE)


def with_columns(corpus: Corpus, roles: dict[str, object], **columns: object) -> Corpus:
    """The corpus with more columns and more roles."""
    table = corpus.table
    for name, values in columns.items():
        table = table.append_column(name, values if isinstance(values, pa.Array) else pa.array(values))
    return assign_roles(table, name=corpus.name, source=corpus.source, roles=replace(corpus.roles, **roles))


def points(corpus: Corpus, dimensions: int = 12, seed: int = 0) -> np.ndarray:
    """Made-up vectors in which the classes can be told apart, of many lengths."""
    rng = np.random.default_rng(seed)
    means = rng.standard_normal((len(corpus.classes), dimensions))
    return (means[corpus.labels] + rng.standard_normal((len(corpus), dimensions))) * rng.uniform(
        0.1, 9, (len(corpus), 1)
    )


@pytest.fixture
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks for a model fails the test."""

    def asked(*_: object, **__: object) -> None:
        raise AssertionError("a model was asked for")

    monkeypatch.setattr(scoring, "resolve_model", asked)
    monkeypatch.setattr(vectors, "resolve_model", asked)


# Groups


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, n - 1), min_size=n, max_size=n)] * 2)))
def test_united_groups_are_the_finest_that_part_neither(both: tuple[list[int], list[int]]) -> None:
    first, second = (np.array([numbers.index(number) for number in numbers]) for numbers in both)
    united = list(range(len(first)))  # an oracle: merge until nothing changes
    while True:
        merged = [
            min(
                united[other]
                for other in range(len(first))
                if any(part[other] == part[row] for part in (united, first, second))
            )
            for row in range(len(first))
        ]
        if merged == united:
            break
        united = merged
    assert united_groups(first, second).tolist() == united


def test_rows_of_one_author_never_stand_on_both_sides_of_a_fold(workspace: Workspace, corpus: Corpus) -> None:
    authors = [f"a{row // 3 % 15}" for row in range(len(corpus))]
    own = points(corpus)
    grouped = with_columns(corpus, {"group": "author", "vectors": ("v",)}, author=authors, v=own.tolist())
    space = space_of(workspace, grouped, ScoreRequest(BOTH, device="cpu"), silent)
    groups, told = groups_of(grouped, space)
    assert told.startswith("the same `author`")
    for author in set(authors):
        rows = [row for row, name in enumerate(authors) if name == author]
        assert len(set(groups[rows].tolist())) == 1
    folds = group_folds(grouped.labels, groups, seed=0)
    assert all(
        len({folds[row] for row in range(len(corpus)) if authors[row] == author}) == 1 for author in set(authors)
    )


def test_the_card_says_that_groups_were_kept_together(workspace: Workspace, corpus: Corpus, no_encoder: None) -> None:
    authors = [f"a{row // 3 % 15}" for row in range(len(corpus))]
    roles = {"vectors": ("v",)}
    plain = with_columns(corpus, roles, v=points(corpus).tolist(), author=authors)
    grouped = with_columns(corpus, {**roles, "group": "author"}, v=points(corpus).tolist(), author=authors)
    request = ScoreRequest((Entropy.PREDICTIVE,), device="cpu")
    without = score(workspace, workspace.keep_corpus(plain), request).cards["predictive_entropy"]
    told = score(workspace, workspace.keep_corpus(grouped), request).cards["predictive_entropy"]
    assert told.parameters["groups"] == "the same `author`, united with near-duplicates, cosine >= 0.95"
    assert told.key != without.key


@pytest.mark.parametrize(
    "values",
    [
        ["a", None, "a", "", " ", None],
        [1, None, 1, None, None, None],
        [1.0, float("nan"), 1.0, None, float("nan"), None],
    ],
)
def test_a_row_without_a_group_is_alone(values: list[object]) -> None:
    table = pa.table({"text": list("abcdef"), "g": values})
    named, _ = vectors.named_groups(assign_roles(table, name="a", source="a", roles=Roles("text", group="g")))
    assert named is not None
    assert named.tolist() == [0, 1, 0, 3, 4, 5]


def test_common_texts_do_not_chain_all_authors_into_one_group(workspace: Workspace, corpus: Corpus) -> None:
    texts = ["thanks" if row % 3 == 0 else text for row, text in enumerate(corpus.texts())]
    table = pa.table(
        {
            "text": texts,
            "label": corpus.table["label"],
            "v": points(corpus).tolist(),
            "author": [row // 3 for row in range(len(corpus))],
        }
    )
    shared = assign_roles(table, name="a", source="a", roles=Roles("text", "label", group="author", vectors=("v",)))
    space = space_of(workspace, shared, ScoreRequest(BOTH, device="cpu"), silent)
    groups, told = groups_of(shared, space)
    assert len(np.unique(groups)) == len(corpus) / 3
    assert "would chain most of its groups into one" in told


def test_groups_that_leave_too_little_to_fit_are_told_by_name(
    workspace: Workspace, corpus: Corpus, no_encoder: None
) -> None:
    two = with_columns(
        corpus, {"group": "g", "vectors": ("v",)}, g=[row % 2 for row in range(len(corpus))], v=points(corpus).tolist()
    )
    with pytest.raises(InputError, match=r"the groups of 'g' in toy leave fewer: choose another group or none"):
        score(workspace, workspace.keep_corpus(two), ScoreRequest((Entropy.PREDICTIVE,), device="cpu"))


# Vectors


def test_own_vectors_stand_in_for_the_encoder_in_scores_and_map(
    workspace: Workspace, corpus: Corpus, no_encoder: None
) -> None:
    own = with_columns(corpus, {"vectors": ("v",)}, v=points(corpus).tolist())
    ref = workspace.keep_corpus(own)
    request = ScoreRequest(BOTH, device="cpu")
    scores = score(workspace, ref, request)
    for name in ("semantic_entropy", "predictive_entropy"):
        card = scores.cards[name]
        assert card.model == "your own vectors (`v`)"
        assert len(card.revision or "") == 16
        assert np.isfinite(np.delete(scores.columns[name], 7)).all()
        assert np.isnan(scores.columns[name][7])  # its text is empty
    drawn = workspace.layout(own.id, lay_out(workspace, ref, request))
    assert np.isfinite(np.delete(drawn, 7, axis=0)).all()


def test_only_the_direction_of_a_vector_counts(workspace: Workspace, corpus: Corpus, no_encoder: None) -> None:
    own = points(corpus).astype(np.float32)
    request = ScoreRequest(BOTH, device="cpu")
    found = []
    for scaled in (own, own * np.float32(4)):
        columns = {f"e{n}": scaled[:, n] for n in range(scaled.shape[1])}
        same = with_columns(corpus, {"vectors": tuple(columns)}, **columns)
        found.append(np.asarray(space_of(workspace, same, request, silent).vectors))
    np.testing.assert_allclose(found[0], found[1], atol=1e-7)
    present = np.delete(found[0], 7, axis=0)
    np.testing.assert_allclose(np.linalg.norm(present, axis=1), 1, atol=1e-6)
    cosines = (
        np.delete(own, 7, axis=0) @ np.delete(own, 7, axis=0)[0] / np.linalg.norm(np.delete(own, 7, axis=0), axis=1)
    )
    np.testing.assert_allclose(present @ present[0], cosines / np.linalg.norm(own[0]), atol=1e-6)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_vectors_of_any_length_have_a_direction(scale: float) -> None:
    found = vectors._of_unit_length(np.array([[3.0, 4.0]]) * scale)
    np.testing.assert_allclose(found, [[0.6, 0.8]], atol=1e-6)


def test_a_row_without_a_vector_has_no_score_and_is_counted(
    workspace: Workspace, corpus: Corpus, no_encoder: None
) -> None:
    rows: list[object] = points(corpus).tolist()
    rows[3], rows[4] = None, [0.0] * 12
    own = with_columns(corpus, {"vectors": ("v",)}, v=rows)
    scores = score(workspace, workspace.keep_corpus(own), ScoreRequest((Entropy.SEMANTIC,), device="cpu"))
    assert np.flatnonzero(np.isnan(scores.columns["semantic_entropy"])).tolist() == [3, 4, 7]
    assert scores.cards["semantic_entropy"].outcome["rows_empty"] == 3


def test_other_vectors_are_other_scores_under_other_cards(
    workspace: Workspace, corpus: Corpus, no_encoder: None
) -> None:
    request = ScoreRequest((Entropy.SEMANTIC,), device="cpu")
    keys = set()
    for seed in (0, 1):
        own = with_columns(corpus, {"vectors": ("v",)}, v=points(corpus, seed=seed).tolist())
        keys.add(score(workspace, workspace.keep_corpus(own), request).cards["semantic_entropy"].key)
    assert len(keys) == 2


def test_an_encoder_that_is_asked_for_by_name_is_used(workspace: Workspace, corpus: Corpus, tiny_encoder: Path) -> None:
    own = with_columns(corpus, {"vectors": ("v",)}, v=points(corpus).tolist())
    space = space_of(workspace, own, ScoreRequest((Entropy.SEMANTIC,), str(tiny_encoder), device="cpu"), silent)
    assert space.card.model == tiny_encoder.name
    assert space.vectors.shape[1] == 32


# Coordinates


def test_own_coordinates_are_the_map_and_nothing_else_is_run(
    workspace: Workspace, corpus: Corpus, no_encoder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "umap_layout", lambda *_, **__: pytest.fail("UMAP was run"))
    monkeypatch.setattr(layout, "settle", lambda *_, **__: pytest.fail("UMAP was compiled"))
    x = [row / 3 for row in range(len(corpus))]
    y = [None if row == 5 else 100 - row / 7 for row in range(len(corpus))]
    x[5] = None
    placed = with_columns(corpus, {"coordinates": ("x", "y")}, x=x, y=y)
    ref = workspace.keep_corpus(placed)
    first = first_layout(workspace, placed, None)
    key = lay_out(workspace, ref, ScoreRequest((Entropy.INFORMATION,)))
    assert key == first
    expected = np.array([x, y], dtype=np.float32).T
    np.testing.assert_array_equal(workspace.layout(placed.id, key), expected)
    ((_, card),) = workspace.layouts(placed.id)
    assert card.parameters == {"method": "given", "columns": ["x", "y"]}
    assert card.model == "your own coordinates (`x` and `y`)"
    # Here the place says nothing about the words, so there may be no names; `test_mapping` looks at those.
    assert "regions" in workspace.layout_extra(placed.id, key)


def test_other_coordinates_are_another_layout(workspace: Workspace, corpus: Corpus) -> None:
    keys = set()
    for scale in (1.0, 2.0):
        placed = with_columns(corpus, {"coordinates": ("c",)}, c=[[row * scale, 0.5] for row in range(len(corpus))])
        keys.add(lay_out(workspace, workspace.keep_corpus(placed), ScoreRequest((Entropy.INFORMATION,))))
    assert len(keys) == 2


def test_coordinates_that_are_all_the_same_still_make_a_map(workspace: Workspace, corpus: Corpus) -> None:
    placed = with_columns(corpus, {"coordinates": ("c",)}, c=[[0.5, 0.5]] * len(corpus))
    key = lay_out(workspace, workspace.keep_corpus(placed), ScoreRequest((Entropy.INFORMATION,)))
    assert (workspace.layout(placed.id, key) == 0.5).all()


# Probabilities


def test_own_probabilities_need_no_model_and_no_label(workspace: Workspace, corpus: Corpus, no_encoder: None) -> None:
    probs = np.random.default_rng(0).dirichlet([1, 1, 1], len(corpus))
    own = with_columns(replace(corpus, roles=Roles("text")), {"probabilities": ("p",)}, p=probs.tolist())
    assert not own.labelled
    assert Entropy.PREDICTIVE in entropies_for(own)
    scores = score(workspace, workspace.keep_corpus(own), ScoreRequest((Entropy.PREDICTIVE,), device="cpu"))
    expected = -(probs * np.log(probs)).sum(axis=1)
    expected[7] = np.nan
    np.testing.assert_allclose(scores.columns["predictive_entropy"], expected, atol=1e-6)
    assert "predictive_label_gap" not in scores.columns


def test_a_classifier_that_is_asked_for_goes_before_own_probabilities(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    own = with_columns(corpus, {"probabilities": ("p",)}, p=[[0.2, 0.3, 0.5]] * len(corpus))
    monkeypatch.setattr(scoring, "resolve_model", lambda name: pytest.fail(f"{name} was asked for"))
    with pytest.raises(pytest.fail.Exception, match=r"\./mine was asked for"):
        score(workspace, workspace.keep_corpus(own), ScoreRequest((Entropy.PREDICTIVE,), classifier="./mine"))


def test_what_can_be_computed_follows_from_labels_and_from_what_is_brought_along(corpus: Corpus) -> None:
    bare = assign_roles(corpus.table, name="a", source="a", roles=Roles("text"))
    assert Entropy.PREDICTIVE in entropies_for(corpus)
    assert Entropy.PREDICTIVE not in entropies_for(bare)
    assert Entropy.PREDICTIVE in entropies_for(bare, classifier="./mine")
    assert Entropy.PREDICTIVE in default_request(corpus).entropies


# Prompts, pairs and chats


def test_a_prompt_among_the_roles_is_the_prompt_that_could_be_asked_for(
    workspace: Workspace, corpus: Corpus, tiny_lm: Path
) -> None:
    prompts = [f"where is my {row}" for row in range(len(corpus))]
    plain = with_columns(corpus, {}, before=prompts, other=prompts[::-1])
    prompted = with_columns(corpus, {"prompt": "before"}, before=prompts, other=prompts[::-1])
    bare = ScoreRequest((Entropy.GENERATIVE,), lm=str(tiny_lm), device="cpu")

    def card_key(of: Corpus, request: ScoreRequest) -> str:
        scorer: GenerativeScorer = generative_scorer(workspace, of, request, silent)
        return scorer.cards["generative_entropy"].key

    assert card_key(prompted, bare) == card_key(plain, replace(bare, prompt="before"))
    assert card_key(prompted, bare) != card_key(plain, bare)
    assert card_key(prompted, replace(bare, prompt="other")) == card_key(plain, replace(bare, prompt="other"))
    scores = score(workspace, workspace.keep_corpus(prompted), bare)
    assert scores.cards["generative_entropy"].parameters["prompt"] == "before"
    assert "generative_log_ifd" in scores.columns


def test_every_scorer_reads_a_pair_as_the_two_texts_on_two_lines(
    workspace: Workspace, corpus: Corpus, tiny_encoder: Path, tiny_lm: Path
) -> None:
    second = [f"refund card {row}" for row in range(len(corpus))]
    joined = [f"{one}\n{other}" for one, other in zip(corpus.texts(), second, strict=True)]
    pair = with_columns(corpus, {"pair": "second"}, second=second)
    whole = with_columns(corpus, {"text": "joined"}, joined=joined)
    assert pair.id == whole.id
    request = ScoreRequest(tuple(Entropy), str(tiny_encoder), str(tiny_lm), "cpu")
    ref = workspace.keep_corpus(pair)
    from_pair = score(workspace, ref, request)
    assert from_pair.tokens.tolist() == [len(words_of(text)) for text in joined]
    again = score(
        Workspace(workspace.root.parent / "other"),
        Workspace(workspace.root.parent / "other").keep_corpus(whole),
        request,
    )
    for name, values in from_pair.columns.items():
        np.testing.assert_array_equal(values, again.columns[name], err_msg=name)


def test_every_scorer_reads_a_chat_as_its_turns(workspace: Workspace, tiny_encoder: Path, tiny_lm: Path) -> None:
    chats = [
        [{"role": "user", "content": f"where is my {n}"}, {"role": "assistant", "content": "new refund"}]
        for n in range(30)
    ]
    table = pa.table({"messages": chats})
    corpus = assign_roles(table, name="chats", source="chats.jsonl", roles=Roles("messages"))
    entropies = (Entropy.INFORMATION, Entropy.GENERATIVE, Entropy.SEMANTIC)
    scores = score(
        workspace, workspace.keep_corpus(corpus), ScoreRequest(entropies, str(tiny_encoder), str(tiny_lm), "cpu")
    )
    assert scores.tokens.tolist() == [len(words_of(f"user: where is my {n} assistant: new refund")) for n in range(30)]
    for name in ("information_entropy", "generative_entropy", "semantic_entropy"):
        assert np.isfinite(scores.columns[name]).all()


# What comes before scoring


def test_a_quote_for_own_vectors_and_probabilities_asks_for_no_model(
    corpus: Corpus, no_encoder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quoting, "resolve_model", lambda name: pytest.fail(f"{name} was asked for"))
    own = with_columns(corpus, {"vectors": ("v",)}, v=list(points(corpus)))
    assert quote_scoring(own, ScoreRequest(BOTH, device="cpu")).seconds > 0
    share = np.full((len(corpus), len(corpus.classes)), 1 / len(corpus.classes))
    given_shares = with_columns(corpus, {"probabilities": ("p",)}, p=list(share))
    assert quote_scoring(given_shares, ScoreRequest((Entropy.PREDICTIVE,), device="cpu")).seconds > 0


def test_preparing_own_coordinates_and_vectors_compiles_no_umap_and_loads_no_encoder(
    workspace: Workspace, corpus: Corpus, no_encoder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "warm_up", lambda _: pytest.fail("UMAP was compiled"))
    roles = {"vectors": ("v",), "coordinates": ("c",)}
    own = with_columns(corpus, roles, v=list(points(corpus)), c=[[0.1 * row, 1.0] for row in range(len(corpus))])
    ref = workspace.keep_corpus(own)
    done = preparing.prepare(workspace, ref, ScoreRequest(BOTH, device="cpu"))
    assert "semantic_entropy" in done["columns"]
    assert workspace.layout(ref.id, done["layout"])[3].tolist() == pytest.approx([0.3, 1.0])
