"""Memory that was freed goes back to the system."""

import ctypes
import sys


def give_back() -> None:
    """Return freed memory to the system, where the C library is GNU's.

    It keeps what was freed in pieces between what is still used: over a hundred thousand texts of ever new lengths
    that came to a gigabyte.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
