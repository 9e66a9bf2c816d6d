"""The gradient of a batch: in one piece, or added up from parts where the memory is too small for it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from eudscore.errors import RequestError
from eudscore.records import Ints
from eudscore.training.classifier import Classifier
from eudscore.training.dynamics import Record
from eudscore.training.losses import Loss
from eudscore.training.ranks import Ranks
from eudscore.training.spec import TrainSpec
from eudscore.training.upkeep import Lesson

if TYPE_CHECKING:
    from torch import Tensor

_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "ALLOC_FAILED")


class Gradients:
    """Leaves the gradient of a batch in the weights, however many parts and processes it takes.

    Attributes:
        rows_at_once: of a batch, in each process: fewer than its rows where memory is short.
        record: the training dynamics so far, of the rows that this process read.
    """

    def __init__(
        self, spec: TrainSpec, classifier: Classifier, lesson: Lesson, ranks: Ranks, tell: Callable[[str], None]
    ) -> None:
        self._spec, self._classifier, self._tokens, self._ranks, self._tell = (
            spec, classifier, lesson.tokens, ranks, tell,
        )  # fmt: skip
        self._loss = Loss(spec, lesson.labels, classifier.device)
        self.rows_at_once = spec.batch_size
        self.record = Record(len(lesson.labels), classifier.device)

    def of(self, rows: Ints, epoch: int) -> "Tensor":
        """Leave the gradient of the mean loss of a batch in the weights: (2,) this loss and the accuracy.

        Both are the same in every process, and the gradient is that of the whole batch up to rounding.

        Raises:
            RequestError: the memory is too small for a single text.
        """
        mine = self._ranks.share(rows)
        self.record.open(epoch)
        while True:
            try:
                told = self._in_parts(mine, rows, epoch)
                break
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if min(self.rows_at_once, len(mine)) <= 1:
                    raise self._too_small() from error
            # Outside of the handler: until the error is gone, what was computed so far is kept alive by it.
            self._halve(len(mine))
        return self._added(told) if self._ranks.size > 1 else told

    def _in_parts(self, mine: Ints, rows: Ints, epoch: int) -> "Tensor":
        import torch

        parts = [mine[start : start + self.rows_at_once] for start in range(0, len(mine), self.rows_at_once)]
        if len(parts) == 1 and len(mine) == len(rows):
            return self._pass(mine, epoch)
        whole = self._loss.weight_of(rows)
        told = torch.zeros(2, device=self._classifier.device)
        for part in parts:
            shares = self._loss.weight_of(part) / whole, len(part) / len(rows)
            told += self._pass(part, epoch, shares)
        return told

    def _pass(self, rows: Ints, epoch: int, shares: tuple[float, float] | None = None) -> "Tensor":
        """Add the gradient of some rows, by their shares in the batch (of its weight, of its rows), and note them."""
        import torch

        logits = self._classifier.logits(*self._tokens.batch(rows))
        places = torch.from_numpy(rows).to(self._loss.labels.device)
        labels = self._loss.labels[places]
        loss = self._loss.of(logits, labels)
        if shares is not None:
            loss = loss * shares[0]
        loss.backward()  # type: ignore[no-untyped-call]
        truth, right = self._loss.judged(logits.detach(), labels)
        self.record.note(epoch, places, truth, right)
        accuracy = right.float().mean()
        return torch.stack([loss.detach(), accuracy if shares is None else accuracy * shares[1]])

    def _added(self, told: "Tensor") -> "Tensor":
        """Add the gradients and what is told of them up over all processes, in one message."""
        import torch

        weights = [weight for weight in self._classifier.network.parameters() if weight.requires_grad]
        grads = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in weights]
        flat = self._ranks.added(torch.cat([*(grad.flatten() for grad in grads), told]))
        *pieces, told = torch.split(flat, [*(grad.numel() for grad in grads), 2])
        for weight, piece in zip(weights, pieces, strict=True):
            weight.grad = piece.view_as(weight)
        return told

    def _halve(self, rows: int) -> None:
        import torch

        for weight in self._classifier.network.parameters():
            weight.grad = None  # what the parts before the failed one left
        self.rows_at_once = (min(self.rows_at_once, rows) + 1) // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()  # what the failed attempt left in pieces
        size = self._spec.batch_size
        self._tell(
            f"The memory is too small for {size} rows at once: the gradient of a batch is added up from parts of "
            f"{self.rows_at_once}, and an update is still made of {size} rows."
        )

    def _too_small(self) -> RequestError:
        return RequestError(
            f"The memory is too small for a single text of up to {self._classifier.max_tokens} tokens: lower "
            f"max_tokens, train with the method 'head' or 'lora', or choose a smaller model than {self._spec.model!r}."
        )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is how torch, on any device, or Python says that there is no memory left."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY)
