"""The process that does the work of runs: `python -m eudscore.worker RUN_FOLDER...`, one after the other.

With `--resident` instead of runs it stays and answers the questions of the app's server.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from eudscore.jobs.session import RunSession, work_through
from eudscore.records import JsonDict


def perform(session: RunSession) -> JsonDict:
    """Do what the spec of a run asks for."""
    from eudscore.workflow.tasks import perform as task  # slow to import: the run says first that it lives

    return task(session)


def main(arguments: Sequence[str]) -> int:
    """Work through runs in order; one that fails does not keep the next from its turn."""
    if list(arguments) == ["--resident"]:
        from eudscore.jobs.residing import serve
        from eudscore.workflow.answering import answer

        serve(answer)
    else:
        work_through([Path(folder) for folder in arguments], perform)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
