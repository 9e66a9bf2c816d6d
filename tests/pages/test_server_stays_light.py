"""The server process loads no model library, whatever pages are opened."""

import os
import subprocess
import sys
from pathlib import Path

from eudscore.store.workspace import CorpusRef, Workspace

ROOT = Path(__file__).parents[2]
SLOW = ("torch", "transformers", "umap", "datasets", "sklearn", "numba")
SCRIPT = """
import sys
from streamlit.testing.v1 import AppTest
for name in ("data", "score", "explore", "select", "train"):
    app = AppTest.from_file(f"pages/{name}.py", default_timeout=60)
    app.query_params["data"] = sys.argv[1]
    app.run()
    assert not app.exception, (name, app.exception)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_opening_every_page_loads_no_model_library(workspace: Workspace, scored: CorpusRef) -> None:
    environment = {**os.environ, "EUDSCORE_WORKSPACE": str(workspace.root), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(scored)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert set(done.stdout.splitlines()[-1].split()).isdisjoint(SLOW)
