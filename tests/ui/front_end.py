"""Modules of the front end, tried without a browser."""

import json
import os
import shutil
import subprocess
from typing import Any

import pytest

from eudscore import locations


def in_node(program: str, sent: Any = None) -> Any:
    """What a program answers that lies beside the modules of `assets/map`; it finds `sent` in its input. All as JSON.

    Skips where there is no node; under CI that is a failure.
    """
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI"):
            pytest.fail("node is missing, so the front end cannot be tried")
        pytest.skip("node is not on this machine")
    done = subprocess.run(
        [node, "--input-type=module", "-e", program], cwd=locations.assets() / "map", input=json.dumps(sent),
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
