"""Where a training draws its random numbers from, and how that is written down and taken up again."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from eudscore.records import JsonDict

if TYPE_CHECKING:
    from torch import Tensor

_NUMPY_SEEDS = 2**32  # numpy's global generator takes no more


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw from this seed within the block, and leave the states of torch, numpy and Python as they were.

    A network may draw from any of the three: dropout is torch's, masks of inputs and layers that are left out are
    numpy's or Python's in some architectures.
    """
    import torch

    kept = random.getstate(), np.random.get_state()  # noqa: NPY002 - the global one is what networks use
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % _NUMPY_SEEDS)  # noqa: NPY002
            yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002


def random_state() -> tuple[dict[str, "Tensor"], JsonDict]:
    """The states of torch (every device), numpy and Python: tensors, and plain JSON values."""
    import torch

    _, words, *numpy_rest = np.random.get_state(legacy=True)  # noqa: NPY002
    version, python_words, python_gauss = random.getstate()
    tensors = {
        "random.torch": torch.get_rng_state(),
        "random.numpy": torch.from_numpy(np.asarray(words, dtype=np.int64)),
        "random.python": torch.tensor(python_words, dtype=torch.int64),
    }
    for device in range(torch.cuda.device_count()):
        tensors[f"random.cuda.{device}"] = torch.cuda.get_rng_state(device)
    return tensors, {"numpy": [float(part) for part in numpy_rest], "python": [version, python_gauss]}


def set_random_state(tensors: Mapping[str, "Tensor"], numbers: Mapping[str, Any]) -> None:
    """Go on drawing where `random_state` was taken.

    Raises:
        KeyError, ValueError, TypeError, RuntimeError: it is no such state, or one of other devices.
    """
    import torch

    position, has_gauss, gauss = numbers["numpy"]
    words = tensors["random.numpy"].numpy().astype(np.uint32)
    np.random.set_state(("MT19937", words, int(position), int(has_gauss), gauss))  # noqa: NPY002
    version, python_gauss = numbers["python"]
    random.setstate((version, tuple(tensors["random.python"].tolist()), python_gauss))
    torch.set_rng_state(tensors["random.torch"])
    for device in range(torch.cuda.device_count()):
        torch.cuda.set_rng_state(tensors[f"random.cuda.{device}"], device)
