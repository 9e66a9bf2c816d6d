"""Which column plays which role: found and told why, or taken from the user and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import pyarrow as pa

from eudscore.corpus.classes import classes_of
from eudscore.corpus.detection.finding import Finding, no_classes
from eudscore.corpus.detection.role_checks import check_each_once, check_role, columns_of, require
from eudscore.corpus.detection.role_names import IN_WORDS, ROLES, SEVERAL
from eudscore.errors import RequestError
from eudscore.records import Corpus, Roles

Given = Mapping[str, str | Sequence[str]]
"""Role -> its column, or its columns, as the user names them."""


@dataclass(frozen=True)
class DetectedRoles:
    """Roles and why.

    Attributes:
        roles: of the columns.
        reasons: role -> a sentence, for every role that is played, for the label also where there is none, and for a
            role that a column seems made for but cannot play.
    """

    roles: Roles
    reasons: dict[str, str]


def detect_roles(
    table: pa.Table, *, text: str | None = None, label: str | None = None, file: str = "The table",
    others: Given | None = None,
) -> DetectedRoles:  # fmt: skip
    """Find out what the columns are, or check those that are given; what is found can be assigned.

    Columns are guessed by their names and by a sample of their values, and a guess is kept only if all of its rows
    bear it out: a wrong guess is worse than none.

    Args:
        table: (n rows) as it was read.
        text: name of the text column, if the user says so.
        label: name of the label column, if the user says so.
        file: what the table is called in errors.
        others: further roles that the user names; one without a column (`""` or `()`) is played by none.

    Raises:
        InputError: a given column is missing or cannot have this role, or no column holds texts.
        RequestError: there is no such role.
    """
    named: dict[str, tuple[str, ...]] = {
        **({"text": (text,)} if text else {}),
        **({"label": (label,)} if label else {}),
        **_parsed(others or {}),
    }
    for columns in named.values():
        for column in columns:
            require(table, column, file)
    check_each_once(table, named, file)
    finding = Finding(table, file, named)
    finding.find_texts()
    finding.find_coordinates()
    classes = finding.find_label()
    finding.find_others(classes)
    finding.check(classes)
    return DetectedRoles(finding.roles, finding.reasons)


def assign_roles(
    table: pa.Table, *, name: str, source: str, roles: Roles, notes: Sequence[str] = (),
    reasons: Mapping[str, str] | None = None, drawn_from: int | None = None,
) -> Corpus:  # fmt: skip
    """The corpus of a table; every column and every row stays as it is.

    Args:
        table: (n rows).
        name: what people call the data set.
        source: where it was read from.
        roles: of its columns.
        notes: how it was read, a sentence each.
        reasons: role -> why, a sentence.
        drawn_from: rows of the source where only some of them were read.

    Raises:
        InputError: a column is missing or cannot have its role.
    """
    file = PurePath(source.removeprefix("upload:")).name
    played = {role: columns for role in ROLES if (columns := columns_of(roles, role))}
    for columns in played.values():
        for column in columns:
            require(table, column, file)
    check_each_once(table, played, file)
    check_role(table, roles, "text", (), file)
    classes = no_classes(table) if roles.label is None else classes_of(table, roles.label, text=roles.text, file=file)
    for role in played:
        if role not in ("text", "label"):
            check_role(table, roles, role, classes.names, file)
    return Corpus(
        name, source, table, roles, classes.names, classes.labels,
        notes=tuple(notes), reasons=dict(reasons or {}), drawn_from=drawn_from,
    )  # fmt: skip


def with_roles(corpus: Corpus, roles: Roles) -> Corpus:
    """The same table with other roles; the reasons of those that are now played by others are dropped.

    Raises:
        InputError: a column is missing or cannot have its role.
    """
    same = {
        role: reason
        for role, reason in corpus.reasons.items()
        if role in ROLES and columns_of(corpus.roles, role) == columns_of(roles, role)
    }
    return assign_roles(
        corpus.table, name=corpus.name, source=corpus.source, roles=roles, notes=corpus.notes, reasons=same,
        drawn_from=corpus.drawn_from,
    )  # fmt: skip


def _parsed(others: Given) -> dict[str, tuple[str, ...]]:
    """Role -> its columns; none where the user wants nobody to play it."""
    known = [role for role in ROLES if role not in ("text", "label")]
    parsed: dict[str, tuple[str, ...]] = {}
    for role, columns in others.items():
        if role not in known:
            raise RequestError(f"There is no further role {role!r}: choose among {', '.join(known)}.")
        parsed[role] = tuple(column for column in ([columns] if isinstance(columns, str) else columns) if column)
        if len(parsed[role]) > 1 and role not in SEVERAL:
            listed = ", ".join(repr(column) for column in parsed[role])
            raise RequestError(f"One column can be {IN_WORDS[role]}, and {listed} were given: choose one of them.")
    return parsed
