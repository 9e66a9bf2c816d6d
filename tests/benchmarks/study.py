"""The honest experiment on real data: fine-tunes of the built-in encoder at 16 %, by `eudscore study`.

    python tests/benchmarks/study.py run trec noisy_agnews ag_news --data ../shared/data --out DIR
    python tests/benchmarks/study.py keep trec DIR/trec
    python tests/benchmarks/study.py render
    python tests/benchmarks/study.py chart trec assets/study.png

`run` gives the commands one after the other; a study that was interrupted goes on. `keep` copies what a study found,
as far as it is, to `studies/` beside this file; `render` prints the verdicts and tables of `README.md` from there, and
`chart` draws the chart of the Train page (with Chromium).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from eudscore.study.results import read_cells
from eudscore.workflow.study_plan import StudyRequest
from eudscore.workflow.study_results import Study, open_study
from eudscore.workflow.study_table import lines_of

SEEDS = {"trec": 5, "noisy_agnews": 3, "ag_news": 3}
KEPT = Path(__file__).with_name("studies")


def run(name: str, data: Path, out: Path) -> None:
    """One study, and what it found."""
    folder = data / name
    subprocess.run(
        [sys.executable, "-m", "eudscore", "study", str(folder / "train.parquet"), "--text", "text",
         "--label", "label_name", "--test", str(folder / "test.parquet"), "--budget", "16%",
         "--seeds", str(SEEDS[name]), "--out", str(out / name)],
        check=True,
    )  # fmt: skip
    keep(name, out / name)


def keep(name: str, folder: Path) -> None:
    """What a study found so far, without the rows that it chose."""
    study = open_study(folder)
    about = {key: value for key, value in study.about.items() if key != "rows"}
    content = {"about": about, "done": study.done, "cells": [cell.to_json() for cell in study.cells]}
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def kept(name: str) -> Study:
    """The study as it was kept."""
    content = json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))
    request = StudyRequest.from_json(content["about"]["request"])
    return Study(KEPT, content["about"], request, read_cells(content["cells"]), content["done"])


def render() -> None:
    """The verdict and the table of every study that was kept."""
    for name in SEEDS:
        if (KEPT / f"{name}.json").exists():
            print("\n".join(lines_of(kept(name))) + "\n")


def chart(name: str, out: Path) -> None:
    """The chart of the Train page as a picture."""
    from playwright.sync_api import sync_playwright

    from eudscore.ui.study_chart import chart as drawn

    figure = drawn(kept(name).compared())
    figure.update_layout(paper_bgcolor="white", plot_bgcolor="white", width=900, height=360)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "chart.html"
        figure.write_html(page_file, include_plotlyjs=True)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 920, "height": 380}, device_scale_factor=2)
        page.goto(page_file.as_uri())
        page.wait_for_selector(".main-svg")
        page.screenshot(path=str(out), clip={"x": 0, "y": 0, "width": 910, "height": 370})
        browser.close()


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["run", "keep", "render", "chart"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("studies"))
    asked = parser.parse_args()
    if asked.what == "render":
        render()
    elif asked.what == "run":
        for name in asked.names or SEEDS:
            run(name, asked.data, asked.out)
    else:
        name, path = asked.names
        (keep if asked.what == "keep" else chart)(name, Path(path))


if __name__ == "__main__":
    main()
