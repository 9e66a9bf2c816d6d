"""How alike bfloat16 and float32 rank the same texts: the Spearman correlation of every column.

    python tests/benchmarks/precision.py --texts FILE.parquet [--rows 2000]

Each precision scores in a workspace of its own, clusters and classifier included: columns that stand on clusters
also show what k-means makes of slightly different vectors. The file needs columns `text` and `label`.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import scipy.stats

from eudscore.corpus.read import read_source
from eudscore.records import Corpus
from eudscore.store.scores import Scores
from eudscore.store.workspace import Workspace
from eudscore.workflow.requests import ScoreRequest, entropies_for
from eudscore.workflow.scoring import score


def scored(corpus: Corpus, dtype: str) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        request = ScoreRequest(entropies_for(corpus), device="cpu", dtype=dtype)
        scores: Scores = score(workspace, workspace.keep_corpus(corpus), request)
        return {name: np.array(values) for name, values in scores.columns.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", required=True)
    parser.add_argument("--rows", type=int, default=2000)
    options = parser.parse_args()
    corpus = read_source(options.texts, limit=options.rows)
    full, half = (scored(corpus, dtype) for dtype in ("float32", "bfloat16"))
    print(f"{len(corpus):,} texts\n| column | Spearman |\n| --- | --- |")
    for name in sorted(full):
        both = np.isfinite(full[name]) & np.isfinite(half[name])
        print(f"| `{name}` | {scipy.stats.spearmanr(full[name][both], half[name][both]).statistic:.4f} |")


if __name__ == "__main__":
    main()
