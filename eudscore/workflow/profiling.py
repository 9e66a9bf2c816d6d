"""What a data set looks like, counted once and kept under it: its profile, and its near-duplicates."""

import time

import numpy as np

from eudscore.corpus.profile import Profile, profile
from eudscore.geometry.minhash import BANDS, NEAR, ROWS_OF_BAND, near_duplicates
from eudscore.geometry.shingles import CHARACTERS, FEW_WORDS, FEWEST_WORDS, LONGEST, WORDS
from eudscore.records import Card, Corpus, Ints, JsonDict
from eudscore.store.keyed import CARD, SECONDS
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow.requests import Progress, silent

_KIND = "profiles"
_GROUPS = "groups"


def profile_of(workspace: Workspace, ref: CorpusRef) -> Profile | None:
    """The profile of a data set as it was kept, or None where there is none yet; nothing is counted.

    Raises:
        WorkspaceError: there is no such data set here, or its profile is damaged.
    """
    card = _profile_card(workspace.corpus(ref))
    content = workspace.content(_KIND, ref.id, card.key, about=CARD)
    return None if content is None else Profile.from_json(content["profile"])


def keep_profile(workspace: Workspace, ref: CorpusRef, corpus: Corpus | None = None) -> Profile:
    """The profile of a data set, counted and kept where there is none yet.

    Args:
        workspace: where the data set is.
        ref: its address.
        corpus: itself, where the caller has it open and its texts in memory.

    Raises:
        WorkspaceError: there is no such data set here, or nothing can be written.
    """
    kept = profile_of(workspace, ref)
    if kept is not None:
        return kept
    corpus = corpus or workspace.corpus(ref)
    card = _profile_card(corpus)
    with workspace.lock(corpus.id, card.key):
        kept = profile_of(workspace, ref)  # another process may have been faster
        if kept is None:
            kept = profile(corpus)
            content = {"card": card.to_json(), "profile": kept.to_json()}
            workspace.keep(_KIND, corpus.id, card.key, content, {}, about=CARD)
    return kept


def near_duplicates_of(workspace: Workspace, ref: CorpusRef) -> Ints | None:
    """(n,) the lowest row of each row's near-duplicate group, memory-mapped; None where they were not looked for yet.

    Raises:
        WorkspaceError: what was kept is damaged.
    """
    key = _near_card().key
    if workspace.content(_KIND, ref.id, key, about=CARD) is None:
        return None
    return workspace.array(_KIND, ref.id, key, _GROUPS)


def near_duplicate_rows(workspace: Workspace, ref: CorpusRef) -> int | None:
    """How many rows are a near-duplicate of a row before them; None where they were not looked for yet.

    Raises:
        WorkspaceError: what was kept is damaged.
    """
    content = workspace.content(_KIND, ref.id, _near_card().key, about=CARD)
    return None if content is None else int(content["card"]["outcome"]["rows_beyond_first"])


def near_duplicates_seconds(workspace: Workspace, ref: CorpusRef) -> float | None:
    """How long it took to look for them; None where nobody did, or it was not noted."""
    content = workspace.content(_KIND, ref.id, _near_card().key, about=CARD)
    return None if content is None else content.get(SECONDS)


def find_near_duplicates(workspace: Workspace, ref: CorpusRef, *, on_progress: Progress = silent) -> Ints:
    """The near-duplicate groups of a data set, found and kept where they are not there yet.

    A million texts take some minutes.

    Raises:
        WorkspaceError: there is no such data set here, or nothing can be written.
    """
    card = _near_card()
    with workspace.lock(ref.id, card.key):
        kept = near_duplicates_of(workspace, ref)
        if kept is not None:
            return kept
        began = time.monotonic()
        found = near_duplicates(workspace.corpus(ref).text_column, on_progress=on_progress)
        seconds = time.monotonic() - began
        several = np.unique(found.groups[found.groups != np.arange(len(found.groups))])
        finished = card.with_outcome(rows_beyond_first=found.beyond_first, groups_of_several=len(several))
        content = {"card": finished.to_json(), SECONDS: seconds}
        workspace.keep(_KIND, ref.id, card.key, content, {_GROUPS: found.groups}, about=CARD)
        return found.groups


def look_through(workspace: Workspace, ref: CorpusRef, *, on_progress: Progress = silent) -> JsonDict:
    """Profile a data set and find its near-duplicates; returns both in figures."""
    corpus = workspace.corpus(ref)
    on_progress("Profiling the texts", 0, len(corpus))
    facts = keep_profile(workspace, ref, corpus)
    on_progress("Profiling the texts", len(corpus), len(corpus))
    find_near_duplicates(workspace, ref, on_progress=on_progress)
    return {
        "corpus": str(ref), "rows": facts.rows, "exact_duplicates": facts.exact_duplicates,
        "near_duplicates": near_duplicate_rows(workspace, ref),
    }  # fmt: skip


def _profile_card(corpus: Corpus) -> Card:
    return Card(
        "profile", "rows, lengths, duplicates, classes and scripts", unit="rows", direction="none", dtype="int64",
        parameters={"labels": corpus.labels_id},
    )  # fmt: skip


def _near_card() -> Card:
    return Card(
        "near_duplicates", "texts whose shingles have a Jaccard similarity of at least the threshold, in chains",
        unit="row", direction="same = alike", dtype="int64",
        parameters={
            "threshold": NEAR, "bands": BANDS, "rows_of_band": ROWS_OF_BAND, "words": WORDS, "characters": CHARACTERS,
            "fewest_words": FEWEST_WORDS, "few_words": FEW_WORDS, "bytes_read": LONGEST,
        },
    )  # fmt: skip
