"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

# A slow first call (an import, a busy machine) is no failure: a timing never decides a test.
settings.register_profile("eudscore", deadline=None)
settings.load_profile("eudscore")

REAL_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data sets; skips where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data sets are not at {REAL_DATA}")
    return REAL_DATA
