"""The state of a training on the disk: whole or absent, checked when it is read, and never pickled.

`<folder>/step-<number>/` holds `state.safetensors` (every tensor), `state.json` (every number) and `files.json`
(sizes and digests). A new one is complete under its name before the older one goes.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eudscore.errors import WorkspaceError
from eudscore.records import JsonDict
from eudscore.store.files import draft_folder, place, read_json, write_json, writing
from eudscore.store.manifest import faults

if TYPE_CHECKING:
    from torch import Tensor

VERSION = 1
_TENSORS, _NUMBERS = "state.safetensors", "state.json"
_ANEW = "the training begins anew"


@dataclass(frozen=True, eq=False)
class State:
    """Where a training was.

    Attributes:
        step: updates done.
        tensors: by name, on the CPU.
        numbers: plain JSON values.
    """

    step: int
    tensors: Mapping[str, "Tensor"]
    numbers: JsonDict


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one training.

    Attributes:
        folder: where they are; nothing else is in it.
        key: of all that decides the training: another one's state is never taken up.
    """

    folder: Path
    key: str

    def save(self, state: State) -> None:
        """Write a state and then remove the older ones; one of the same step is left as it is.

        Raises:
            WorkspaceError: the disk is full, or it cannot be written; the older state is still there.
        """
        from safetensors.torch import save_file

        target = self.folder / f"step-{state.step:08d}"
        if target.exists():
            return
        with writing(self.folder), draft_folder(self.folder) as draft:
            kept = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
            save_file(kept, draft / _TENSORS)
            content = {"version": VERSION, "key": self.key, "step": state.step, "numbers": state.numbers}
            write_json(draft / _NUMBERS, content, durable=False)
            place(draft, target)
        for other in self.folder.iterdir():
            if other != target:
                shutil.rmtree(other, ignore_errors=True)

    def load(self) -> tuple[State | None, str]:
        """The newest state that is whole, or None, and a sentence about what could not be used ("" if nothing)."""
        told = ""
        for path in sorted(self.folder.glob("step-*"), reverse=True):
            try:
                return self._read(path), told
            except WorkspaceError as error:
                told = f"A checkpoint cannot be used ({str(error).rstrip('.')}); {_ANEW}."
        return None, told

    def clear(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, path: Path) -> State:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        for _, sentence in faults(path, lambda _: None):
            raise WorkspaceError(sentence.partition(": ")[0])  # what to do about it is ours to say
        content = read_json(path / _NUMBERS, version=VERSION, remedy=_ANEW)
        if content["key"] != self.key:
            raise WorkspaceError(f"{path} is of a training with other rows, options or another model")
        try:
            return State(int(content["step"]), load_file(path / _TENSORS), content["numbers"])
        except (OSError, SafetensorError, ValueError) as error:
            raise WorkspaceError(f"{path / _TENSORS} cannot be read ({error})") from error
