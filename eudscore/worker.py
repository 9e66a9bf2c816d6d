"""The processes that work: `python -m eudscore.worker RUN_FOLDER` does the work of one run.

With `--queue WORKSPACE` it works off the queue of a workspace, a process for each run; with `--resident` it stays and
answers the questions of the app's server.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from eudscore.jobs.session import RunSession, work_alone
from eudscore.records import JsonDict


def perform(session: RunSession) -> JsonDict:
    """Do what the spec of a run asks for."""
    from eudscore.workflow.tasks import perform as task  # slow to import: the run says first that it lives

    return task(session)


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments ask for; what they are is checked by whoever wrote them."""
    match list(arguments):
        case ["--resident"]:
            from eudscore.jobs.residing import serve
            from eudscore.workflow.answering import answer

            serve(answer)
        case ["--queue", root]:
            from eudscore.jobs.foreman import Foreman

            Foreman(Path(root)).serve()
        case [folder]:
            work_alone(Path(folder), perform)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
