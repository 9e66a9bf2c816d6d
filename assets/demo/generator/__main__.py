"""`python -m assets.demo.generator --out FOLDER` writes the two files of the demo."""

import argparse
from pathlib import Path

from .build import SEED, write

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", type=Path, default=Path(__file__).parents[1], help="folder for the Parquet files")
parser.add_argument("--seed", type=int, default=SEED, help=f"another seed gives other files (default {SEED})")
given = parser.parse_args()
write(given.out, given.seed)
