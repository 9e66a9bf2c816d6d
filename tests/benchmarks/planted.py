"""How well each score finds what was planted in the demo: AUC for each kind of row against the clean ones.

    python tests/benchmarks/planted.py

Scores the demo into a temporary workspace with the built-in encoder. 0.5 = no better than chance; below 0.5 the
planted rows have lower values than the clean ones.
"""

import tempfile
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from eudscore.corpus.read import read_source
from eudscore.store.scores import Scores
from eudscore.store.workspace import Workspace
from eudscore.workflow.requests import default_request
from eudscore.workflow.scoring import score

KINDS = ("mislabelled", "ambiguous", "off_topic", "near_duplicate")


def score_demo(folder: Path) -> tuple[Scores, np.ndarray]:
    """Scores of the demo's train split, and what was planted in each row."""
    workspace = Workspace(folder)
    corpus = read_source("demo")
    scores = score(workspace, workspace.keep_corpus(corpus), default_request(corpus))
    return scores, np.array(corpus.table["planted"].to_pylist())


def auc(values: np.ndarray, planted: np.ndarray, kind: str) -> float:
    """Area under the ROC curve of a score for telling one kind of row from the clean ones."""
    rows = np.isin(planted, (kind, "clean")) & np.isfinite(values)
    return float(roc_auc_score(planted[rows] == kind, values[rows]))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        scores, planted = score_demo(Path(folder))
        print("| score | " + " | ".join(KINDS) + " |")
        print("| --- |" + " --- |" * len(KINDS))
        for name in sorted(scores.columns):
            cells = [f"{auc(np.asarray(scores.columns[name]), planted, kind):.3f}" for kind in KINDS]
            print(f"| `{name}` | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
