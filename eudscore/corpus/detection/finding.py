"""Roles as they are found, one after the other: a column that has one is not looked at for the next."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from eudscore.corpus.classes import Classes, classes_of
from eudscore.corpus.detection.key_roles import found_group, found_id, found_weight
from eudscore.corpus.detection.label_role import about, found_label
from eudscore.corpus.detection.layouts import Layout, found_layout
from eudscore.corpus.detection.number_roles import found_coordinates, found_probabilities, found_vectors
from eudscore.corpus.detection.role_checks import check_each_once, check_role
from eudscore.corpus.detection.role_names import IN_WORDS, SEVERAL
from eudscore.corpus.detection.text_role import Looks, check_text, found_text, looks_of, text_columns
from eudscore.corpus.numbers import in_short
from eudscore.errors import InputError
from eudscore.records import UNLABELLED, Roles

Columns = dict[str, tuple[str, ...]]


class Finding:
    """What is known of the roles of a table so far, and why.

    Attributes:
        columns: role -> the columns that play it.
        reasons: role -> a sentence.
    """

    def __init__(self, table: pa.Table, file: str, named: Mapping[str, tuple[str, ...]]) -> None:
        """Begin with the roles the user names; one that is named without a column stays without."""
        self._table, self._file, self._named = table, file, named
        self.columns: Columns = {role: columns for role, columns in named.items() if columns}
        self.reasons: dict[str, str] = {}
        for role, columns in self.columns.items():
            verb = "were" if len(columns) > 1 else "was"
            self.reasons[role] = f"{in_short(columns)} {verb} chosen as {IN_WORDS[role]}."

    @property
    def roles(self) -> Roles:
        """The roles so far; there has to be a text among them."""
        return roles_of(self.columns)

    def find_texts(self) -> None:
        """The text and what belongs to it.

        Raises:
            InputError: the text that was named is none, or there is none.
        """
        text = next(iter(self.columns.get("text", ())), None)
        if text is not None:
            check_text(self._table, text, self._file)
        layout = found_layout(self._table, self._taken.difference(self.columns.get("text", ())), text)
        if layout is not None:
            self._take_layout(layout)
        look = looks_of(self._table, text) if text else layout.text if layout else self._looked_for()
        self.columns["text"] = (look.column,)
        verb, answers = "is" if text else "looks like", layout.about if layout else ""
        self.reasons["text"] = f"`{look.column}` {verb} the text: {look.sentence}{answers}."

    def find_label(self) -> Classes:
        """The label and its classes.

        Raises:
            InputError: the label that was named is none.
        """
        text = self.columns["text"][0]
        if "label" in self.columns:
            (column,) = self.columns["label"]
            classes = classes_of(self._table, column, text=text, file=self._file)
            self.reasons["label"] = f"`{column}` is the label: {about(classes)}."
            return classes
        label, self.reasons["label"] = found_label(self._table, text, self._taken, self._file)
        if label is None:
            return no_classes(self._table)
        self.columns["label"] = (label[0],)
        return label[1]

    def find_coordinates(self) -> None:
        """Positions on a map; before the label, because `y` is one only where there is no `x` beside it."""
        if self._open("coordinates"):
            self._take("coordinates", found_coordinates(self._table, self._taken))

    def find_others(self, classes: Classes) -> None:
        """What the user has computed already, and what tells rows apart or holds them together."""
        if self._open("probabilities"):
            self._take("probabilities", found_probabilities(self._table, self._taken, classes.names))
        if self._open("vectors"):
            self._take("vectors", found_vectors(self._table, self._taken))
        if self._open("id"):
            self._take("id", found_id(self._table, self._taken))
        if self._open("group"):
            questions = "context" in self.columns and "prompt" not in self.columns
            self._take("group", found_group(self._table, self._taken, questions=questions))
        if self._open("weight"):
            self._take("weight", found_weight(self._table, self._taken))

    def check(self, classes: Classes) -> None:
        """Let go of guesses that some row does not bear out, and refuse what was named and cannot be.

        Raises:
            InputError: a column that was named cannot have its role.
        """
        for role in list(self.columns):
            if role == "label":
                continue
            try:
                check_role(self._table, self.roles, role, classes.names, self._file)
            except InputError as error:
                if role in self._named or role == "text":
                    raise
                why = str(error)
                columns = self.columns.pop(role)
                self.reasons[role] = (
                    f"{in_short(columns)} could not be taken for {IN_WORDS[role]}: {why[:1].lower()}{why[1:]}"
                )

    @property
    def _taken(self) -> set[str]:
        return {column for columns in self.columns.values() for column in columns}

    def _open(self, role: str) -> bool:
        return role not in self._named and role not in self.columns

    def _take(self, role: str, found: tuple[str | tuple[str, ...], str] | None) -> None:
        if found is not None:
            columns, self.reasons[role] = found
            self.columns[role] = columns if isinstance(columns, tuple) else (columns,)

    def _take_layout(self, layout: Layout) -> None:
        for role, column in layout.roles.items():
            needs = ("context", "answer") if role == "answer_start" else ()
            if self._open(role) and all(other in self.columns for other in needs):
                self._take(role, (column, layout.reasons[role]))

    def _looked_for(self) -> Looks:
        """The text that is found; where its only column plays another role already, that is told."""
        played = {column: role for role, columns in self.columns.items() for column in columns}
        texts = text_columns(self._table)
        if texts and all(column in played for column in texts):
            check_each_once(self._table, {"text": texts[:1], played[texts[0]]: texts[:1]}, self._file)
        return found_text(self._table, self._taken, self._file)


def roles_of(columns: Mapping[str, tuple[str, ...]]) -> Roles:
    """Roles from the columns of each."""
    several = {role: columns.get(role, ()) for role in SEVERAL}
    single = {role: names[0] for role, names in columns.items() if role not in SEVERAL and names}
    return Roles(**single, **several)  # type: ignore[arg-type]


def no_classes(table: pa.Table) -> Classes:
    """No class, and no row with one."""
    return Classes((), np.full(table.num_rows, UNLABELLED, dtype=np.int64))
