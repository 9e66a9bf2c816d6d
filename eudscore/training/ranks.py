"""The processes that train one model together: started by `accelerate launch` or `torchrun`, one a device.

Each reads its share of every batch, and the gradients are added up before the update. So there are as many updates,
of as many rows, as one process would make, and the gradient is the same up to rounding (dropout apart).
"""

import atexit
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eudscore.records import Ints

if TYPE_CHECKING:
    from torch import Tensor

_LAUNCHED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # what a launcher sets, all of it


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together.

    Attributes:
        rank: its number; 0 is the one that writes.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    def share(self, rows: Ints) -> Ints:
        """The rows of a batch that this process reads: of like lengths for all, none where there are too few."""
        return rows[self.rank :: self.size]

    def added(self, tensor: "Tensor") -> "Tensor":
        """The sum over all processes, the same in each; `tensor` is overwritten."""
        if self.size > 1:
            import torch.distributed

            torch.distributed.all_reduce(tensor)
        return tensor

    def any(self, flag: bool) -> bool:
        """Whether any process says so; all hear the same."""
        if self.size == 1:
            return flag
        return any(self.gathered(flag))

    def gathered(self, value: Any) -> list[Any]:
        """The value of each process, by rank: small plain values, between processes of our own."""
        if self.size == 1:
            return [value]
        import torch.distributed

        values: list[Any] = [None] * self.size
        torch.distributed.all_gather_object(values, value)
        return values


def launched_ranks() -> int:
    """This process's number as its launcher says, 0 where it was started alone; light, and nothing is set up."""
    return int(os.environ["RANK"]) if _is_launched() else 0


def join_ranks(device: str) -> Ranks:
    """Meet the other processes of the launcher; alone where there is none.

    Args:
        device: `cpu` or `cuda`; with `cuda` each process takes the device of its local number.
    """
    if not _is_launched():
        return Ranks()
    from accelerate import PartialState

    state = PartialState(cpu=device == "cpu")
    atexit.unregister(_leave_ranks)
    atexit.register(_leave_ranks)
    return Ranks(state.process_index, state.num_processes)


def _leave_ranks() -> None:
    """End the threads that speak to the others: where Python finds them at its own end, it aborts the process."""
    import torch.distributed

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _is_launched() -> bool:
    return all(name in os.environ for name in _LAUNCHED) and int(os.environ["WORLD_SIZE"]) > 1
