"""A room imports only from floors below its own, and what starts fast imports nothing slow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "eudscore"

FLOOR = {
    "errors": 0, "records": 0, "locations": 0, "scored_texts": 0, "entropy": 0,
    "corpus": 1, "models": 1, "geometry": 1, "selection": 1, "store": 1,
    "scorers": 2, "training": 2,
    "study": 3, "jobs": 3, "engines": 3, "exchange": 3, "report": 3,
    "workflow": 4,
    "": 5, "cli": 5, "worker": 5, "ui": 5,
    "app": 6, "pages": 6, "__main__": 6,
}  # fmt: skip
SLOW = ("torch", "transformers", "umap", "datasets", "sklearn")
MODULES = [*sorted(PACKAGE.rglob("*.py")), ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
SCRIPTS = sorted((ROOT / "assets" / "map").glob("*.js"))


def room_of(path: Path) -> str:
    """The room a file belongs to; "" for the package's own __init__."""
    if path.is_relative_to(PACKAGE):
        first = path.relative_to(PACKAGE).parts[0]
        return "" if first == "__init__.py" else first.removesuffix(".py")
    return "app" if path.name == "app.py" else "pages"


def imports_of(tree: ast.AST) -> list[str]:
    """Every module named by an import anywhere in a tree."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_floors_below(path: Path) -> None:
    room = room_of(path)
    for name in imports_of(ast.parse(path.read_text(encoding="utf-8"))):
        parts = name.split(".")
        if parts[0] != "eudscore":
            continue
        other = parts[1] if len(parts) > 1 and parts[1] in FLOOR else ""
        if other == room:
            continue
        # The lowest floor is one room of plain values: its modules may name one another.
        assert FLOOR[other] < FLOOR[room] or FLOOR[room] == 0 == FLOOR[other], f"{room} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_ui_and_pages_import_streamlit(path: Path) -> None:
    if room_of(path) in ("ui", "app", "pages"):
        return
    tops = {name.split(".")[0] for name in imports_of(ast.parse(path.read_text(encoding="utf-8")))}
    # `eudscore app` starts Streamlit as a process of its own; nothing below the pages draws.
    assert "streamlit" not in tops


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_longer_than_350_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def loaded_after(code: str) -> set[str]:
    """Top-level modules a fresh interpreter has loaded after running some code."""
    script = f"{code}\nimport sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(answer.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "eudscore",
        "eudscore.cli",
        "eudscore.ui.heat",
        "eudscore.ui.picked",
        "eudscore.ui.routes",
        "eudscore.ui.state",
        "eudscore.ui.why",
        "eudscore.workflow.searching",
        "eudscore.jobs.launch",
    ],
)
def test_what_starts_fast_imports_nothing_slow(module: str) -> None:
    assert loaded_after(f"import {module}").isdisjoint(SLOW)


def test_importing_eudscore_does_not_even_import_numpy() -> None:
    assert "numpy" not in loaded_after("import eudscore")
