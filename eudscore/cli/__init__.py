"""The command line: each verb asks, calls the workflow, and says what came of it.

Exit status: 0 done, 1 the input was wrong (one sentence on stderr), 2 usage, 130 interrupted.
"""

import os

import click

from eudscore.cli.app import app
from eudscore.cli.choosing import select
from eudscore.cli.jobs import jobs
from eudscore.cli.scoring import score
from eudscore.cli.study import study
from eudscore.cli.training import train
from eudscore.cli.workspace import workspace


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="eudscore")
def cli() -> None:
    """See where text data is uncertain, pick the part worth training on, prove that it is enough."""


for command in (app, jobs, score, select, study, train, workspace):
    cli.add_command(command)


def main() -> None:
    """Entry point of the console script."""
    # Read when torch is loaded: threads that spin while they wait slow a training many times on busy cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    cli()
