"""What a user can put right. Every message says what was wrong, what was there and what to do."""


class EudscoreError(Exception):
    """Base of all errors a user can mend; its text is shown as it is in Python, CLI and page."""


class InputError(EudscoreError):
    """A file, a column or a value that was given cannot be used."""


class ModelError(EudscoreError):
    """A model that was asked for cannot be had or cannot be used."""


class RequestError(EudscoreError):
    """An option is out of its range, or options contradict one another."""


class WorkspaceError(EudscoreError):
    """The workspace cannot be read or written."""


class Interrupted(EudscoreError):  # noqa: N818 - not a failure: the user asked for it
    """The user stopped the work; what was done is kept."""


class Paused(Interrupted):
    """The work stopped at a point from which it can go on."""
