"""The scale a band is drawn on."""

import numpy as np
from numpy.typing import NDArray

from eudscore.entropy import ranks
from eudscore.records import Floats
from eudscore.selection.remembering import remembered


@remembered(8)
def mid_ranks(values: NDArray[np.floating]) -> Floats:
    """Quantile of each value as the map sees it: float32, so that browser and server compare equal bits.

    Args:
        values: (n,) any float type.

    Returns:
        (n,) float32 in (0, 1), equal values share one quantile; nan where the value is not finite.
    """
    return ranks.mid_ranks(values).astype(np.float32)
