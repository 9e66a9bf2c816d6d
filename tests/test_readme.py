"""What the README promises is what the gate runs and what the files say."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_gate_runs_the_test_command_of_the_readme_literally() -> None:
    command = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
    assert f"\n{command}\n" in README
    assert f"\n{command}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_app_command_of_the_readme_is_there() -> None:
    assert "\npython3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/eudscore app\n" in README


def test_every_file_the_readme_links_to_exists() -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)]+)\)|src=\"(?!https?://)([^\"]+)\"", README):
        path = next(filter(None, target)).split("#")[0]
        assert (ROOT / path).exists(), path


def test_the_figure_of_the_demo_in_the_readme_is_that_of_its_data_card() -> None:
    card = (ROOT / "assets" / "demo" / "README.md").read_text(encoding="utf-8")
    figure = re.search(r"(\d\d\.\d) % test accuracy", README)
    assert figure is not None
    assert figure.group(1) in card
