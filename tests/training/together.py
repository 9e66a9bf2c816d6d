"""What each of several processes runs in `test_ranks`: one training together, and what it saw of it."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import torch

from eudscore.training import updates
from eudscore.training.fine_tune import Examples, fine_tune
from eudscore.training.spec import TrainSpec
from eudscore.training.upkeep import StepReport, Upkeep

torch.set_num_threads(1)
told, folder, until = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), int(sys.argv[3])
updates._CHECKPOINT_SHARE = 1e9
reports: list[StepReport] = []
notes: list[str] = []
spec = TrainSpec.from_json(told["spec"])
labels = np.array(told["labels"])
try:
    result = fine_tune(
        spec, told["texts"], labels, out=folder / "model", dev=Examples(told["texts"][:7], labels[:7]),
        on_step=reports.append,
        # Only one process is told: all of them must leave at the same step.
        should_stop=lambda: os.environ["RANK"] == "1" and len(reports) == until,
        upkeep=Upkeep(folder / "checkpoint", every=1e9, tell=notes.append,
                      on_dynamics=lambda found: found.write(folder, np.arange(len(labels)))),
    )  # fmt: skip
    ended = {"steps": result.steps, "rows_seen": result.rows_seen, "processes": result.processes, "dev": result.dev}
except updates.Interrupted as stopped:
    ended = {"stopped": str(stopped)}
seen = [[one.step, one.loss, one.accuracy] for one in reports]
(folder / f"rank{os.environ['RANK']}.json").write_text(json.dumps({"seen": seen, "notes": notes, **ended}))
