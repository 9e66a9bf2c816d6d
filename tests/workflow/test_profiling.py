"""Profile and near-duplicates: counted once, kept under the data set, and found again without counting."""

import time

import numpy as np
import pytest

from eudscore.corpus.profile import profile
from eudscore.corpus.roles import with_roles
from eudscore.errors import WorkspaceError
from eudscore.geometry.minhash import NearDuplicates
from eudscore.jobs.session import RunSession, work
from eudscore.jobs.state import request_cancel, state_of
from eudscore.records import Corpus, Roles, RunState
from eudscore.store.workspace import CorpusRef, Workspace
from eudscore.workflow import profiling, submitting
from eudscore.workflow.profiling import (
    find_near_duplicates,
    keep_profile,
    look_through,
    near_duplicate_rows,
    near_duplicates_of,
    profile_of,
)
from eudscore.workflow.submitting import PROFILE, jobs_of, new_run, run_spec, submit_profile
from eudscore.workflow.tasks import perform


def never(*_args: object, **_options: object) -> None:
    raise AssertionError("this was there already")


@pytest.fixture
def ref(workspace: Workspace, corpus: Corpus) -> CorpusRef:
    return workspace.keep_corpus(corpus)


def test_nothing_is_counted_to_see_that_nothing_is_there(
    workspace: Workspace, ref: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiling, "profile", never)
    monkeypatch.setattr(profiling, "near_duplicates", never)
    assert profile_of(workspace, ref) is None
    assert near_duplicates_of(workspace, ref) is None
    assert near_duplicate_rows(workspace, ref) is None


def test_a_data_set_is_looked_through_once(
    workspace: Workspace, corpus: Corpus, ref: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: dict[str, tuple[int, int]] = {}
    facts = look_through(workspace, ref, on_progress=lambda stage, done, total: stages.update({stage: (done, total)}))
    assert list(stages)[:2] == ["Profiling the texts", "Hashing texts"]
    assert stages["Hashing texts"] == (len(corpus), len(corpus))
    monkeypatch.setattr(profiling, "profile", never)
    monkeypatch.setattr(profiling, "near_duplicates", never)
    again = Workspace(workspace.root)
    kept, groups = profile_of(again, ref), near_duplicates_of(again, ref)
    assert kept is not None
    assert groups is not None
    assert kept.to_json() == profile(corpus).to_json()
    assert groups.shape == (len(corpus),)
    assert (groups <= np.arange(len(corpus))).all()
    assert (groups[groups] == groups).all()
    assert look_through(again, ref) == facts
    assert facts["near_duplicates"] == near_duplicate_rows(again, ref) == NearDuplicates(groups).beyond_first
    assert keep_profile(again, ref).rows == len(corpus)


def test_other_labels_have_another_profile_and_the_same_near_duplicates(
    workspace: Workspace, corpus: Corpus, ref: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_through(workspace, ref)
    other = workspace.keep_corpus(with_roles(corpus, Roles("text")))
    assert other != ref
    assert profile_of(workspace, other) is None
    assert keep_profile(workspace, other).class_counts == ()
    monkeypatch.setattr(profiling, "near_duplicates", never)
    np.testing.assert_array_equal(find_near_duplicates(workspace, other), near_duplicates_of(workspace, ref))


def test_a_data_set_that_is_not_there_has_no_profile(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="no data set"):
        profile_of(workspace, CorpusRef("0" * 16, "1" * 16))


def test_a_damaged_profile_is_said_to_be(workspace: Workspace, ref: CorpusRef) -> None:
    keep_profile(workspace, ref)
    (card,) = (workspace.root / "profiles" / ref.id).glob("*/card.json")
    card.write_text("{")
    with pytest.raises(WorkspaceError, match=r"card\.json cannot be read"):
        profile_of(workspace, ref)


def test_a_run_of_this_kind_keeps_both(workspace: Workspace, ref: CorpusRef) -> None:
    folder = new_run(workspace, run_spec(workspace, ref, PROFILE, {}))
    assert work(folder.path, perform) is RunState.DONE
    status = folder.read_status()
    assert status.result["rows"] == 90
    assert near_duplicate_rows(workspace, ref) == status.result["near_duplicates"]


def test_a_run_that_is_cancelled_keeps_the_profile_and_no_groups(
    workspace: Workspace, ref: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = new_run(workspace, run_spec(workspace, ref, PROFILE, {}))

    def cancelled(session: RunSession) -> dict[str, object]:
        real = profiling.near_duplicates

        def slow(texts: object, *, on_progress: profiling.Progress) -> NearDuplicates:
            request_cancel(folder.path)
            while not session.should_stop():
                time.sleep(0.05)
            return real(texts, on_progress=on_progress)

        monkeypatch.setattr(profiling, "near_duplicates", slow)
        return perform(session)

    assert work(folder.path, cancelled) is RunState.CANCELLED
    assert profile_of(workspace, ref) is not None
    assert near_duplicates_of(workspace, ref) is None


def test_a_worker_does_it_and_is_not_started_twice(workspace: Workspace, ref: CorpusRef) -> None:
    folder = submit_profile(workspace, ref)
    assert submit_profile(workspace, ref).path == folder.path
    assert [job.folder.path for job in jobs_of(workspace, ref, PROFILE)] == [folder.path]
    while state_of(folder.path).active:
        time.sleep(0.2)
    assert state_of(folder.path).state is RunState.DONE, folder.log_tail()
    assert profile_of(workspace, ref) is not None
    assert near_duplicates_of(workspace, ref) is not None


def test_a_finished_run_may_be_asked_for_again(
    workspace: Workspace, ref: CorpusRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(submitting, "start", lambda folders, **_: started.append(folders))
    first = new_run(workspace, run_spec(workspace, ref, PROFILE, {}))
    work(first.path, perform)
    assert submit_profile(workspace, ref).path != first.path
    assert len(started) == 1
