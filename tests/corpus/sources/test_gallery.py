from dataclasses import FrozenInstanceError

import pytest

from eudscore.corpus.sources.addresses import HUB_PREFIX
from eudscore.corpus.sources.gallery import GALLERY
from eudscore.corpus.sources.hub import hub_name
from eudscore.corpus.sources.hub_files import hub_address


def test_the_gallery_holds_the_six_sets_once() -> None:
    assert [entry.title for entry in GALLERY] == ["AG News", "SST-2", "TREC", "Banking77", "SQuAD", "IMDB"]
    assert len({entry.id for entry in GALLERY}) == len(GALLERY)


@pytest.mark.parametrize("entry", GALLERY, ids=lambda entry: entry.title)
def test_each_entry_can_be_asked_for_and_says_what_it_is(entry: object) -> None:
    named = next(each for each in GALLERY if each is entry)
    if named.id.startswith(HUB_PREFIX):
        assert hub_address(named.id).path
        assert named.config is None
    else:
        found = hub_name(named.id)
        assert found is not None
        assert "/" in found.id
    assert 1_000 < named.rows < 200_000
    assert 100_000 < named.size < 100_000_000
    assert named.licence
    assert named.task
    assert named.about.endswith(".")
    assert named.about.count(". ") == 0


def test_an_entry_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        GALLERY[0].rows = 1  # type: ignore[misc]
