"""The band's scale is the float32 image of the ranks."""

import numpy as np

from eudscore.entropy import ranks
from eudscore.selection.quantiles import mid_ranks


def test_quantiles_are_the_ranks_rounded_to_float32() -> None:
    values = np.array([0.3, np.nan, 0.1, 0.3, 7.0], dtype=np.float32)
    quantiles = mid_ranks(values)
    assert quantiles.dtype == np.float32
    np.testing.assert_array_equal(quantiles, ranks.mid_ranks(values).astype(np.float32))
