"""Training dynamics as columns of a data set: what a fine-tune learnt easily, never, or now and then.

Source: Swayamdipta et al., Dataset Cartography (2020).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from eudscore.jobs.folder import RunFolder
from eudscore.records import Card, Corpus, JsonDict
from eudscore.store.workspace import Workspace
from eudscore.workflow.fitting import dynamics_of_run

_DEFINITIONS = {
    "confidence": ("mean probability of the label over the epochs", "share", "higher = learnt"),
    "variability": ("standard deviation of that probability over the epochs", "share", "higher = undecided"),
    "correctness": ("share of the epochs in which the label was the likeliest class", "share", "higher = learnt"),
}  # fmt: skip


def keep_dynamics(
    workspace: Workspace, corpus: Corpus, run: RunFolder, spec: Mapping[str, Any], result: JsonDict
) -> None:
    """Keep the dynamics of a fine-tune as columns: `training_confidence`, `_variability` and `_correctness`.

    Rows that were not trained on have no value. The columns of the fine-tune that ended last are shown.

    Args:
        workspace: where the corpus is.
        corpus: that was trained on.
        run: a finished one.
        spec: its spec.
        result: its result.

    Raises:
        WorkspaceError: the run has no dynamics, or they cannot be kept.
    """
    training = {"rows": spec["rows"], "options": spec["options"]}
    digest = hashlib.sha256(json.dumps(training, sort_keys=True).encode()).hexdigest()[:16]
    cards = [
        Card(
            f"training_{name}", f"{definition}; of the batch before its update, with dropout (dataset cartography)",
            unit=unit, direction=direction, model=result["model"], revision=result["model_revision"], dtype="float32",
            seed=int(spec["options"].get("seed", 0)), parameters={"labels": corpus.labels_id, "training": digest},
            outcome={"rows_trained": result["train_rows"], "steps": result["steps"]},
        )
        for name, (definition, unit, direction) in _DEFINITIONS.items()
    ]  # fmt: skip
    key = hashlib.sha256("".join(sorted(card.key for card in cards)).encode()).hexdigest()[:16]
    found = dynamics_of_run(run, corpus)
    with workspace.lock(corpus.id, key):
        if workspace.family(corpus.id, key) is not None:
            workspace.touch_family(corpus.id, key)
            return
        workspace.keep_family(corpus.id, key, cards, {f"training_{name}": found[name] for name in _DEFINITIONS})
