"""Options of all commands that read a source, and the corpus they stand for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from eudscore.records import Corpus

Command = TypeVar("Command", bound=Callable[..., Any])

READING = ("text", "label", "split", "config", "limit", "sample", "stratified", "where", "roles")

_OPTIONS = (
    click.option("--text", metavar="COL", help="Column of the texts (detected where not given)."),
    click.option("--label", metavar="COL", help="Column of the labels (detected where not given)."),
    click.option("--role", "roles", metavar="ROLE=COL", multiple=True, callback=lambda _c, _o, given: roles_of(given),
                 help="Any other role: pair, prompt, context, answer, answer_start, group, id, weight, vectors, "
                      "probabilities, coordinates (several columns: COL,COL)."),
    click.option("--split", metavar="NAME", help="Which split of a source that has several."),
    click.option("--config", metavar="NAME", help="Which configuration of a data set of the Hub."),
    click.option("--where", metavar="SQL", help="Only rows for which this holds, e.g. \"stars < 3 and lang = 'en'\"."),
    click.option("--sample", metavar="N", type=click.IntRange(1), help="Only N rows, drawn at random with the seed."),
    click.option("--stratified", is_flag=True, help="Draw the sample class by class."),
    click.option("--limit", metavar="N", type=click.IntRange(1), help="Only the first N rows."),
)  # fmt: skip


def reading_options(command: Command) -> Command:
    """Add the options of `READING` to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def test_options(command: Command) -> Command:
    """Add the options that name a test set: `--test`, and its columns where they have other names."""
    command = click.option("--test-pair", metavar="COL", help="Column of its second texts, likewise.")(command)
    command = click.option("--test-label", metavar="COL", help="Column of its labels, if its name is another.")(command)
    command = click.option("--test-text", metavar="COL", help="Column of its texts, if its name is another.")(command)
    return click.option("--test", "test_source", required=True, metavar="FILE",
                        help="Labelled data that is never trained on.")(command)  # fmt: skip


def read_test(options: dict[str, Any], *, like: "Corpus") -> "Corpus":
    """Read the test set that `test_options` name, and take them out of the others.

    Raises:
        InputError: in one sentence.
    """
    from eudscore.workflow import fitting

    source, *columns = (options.pop(name) for name in ("test_source", "test_text", "test_label", "test_pair"))
    text, label, pair = columns
    return fitting.read_test(source, like=like, text=text, label=label, pair=pair)


def roles_of(given: Sequence[str]) -> Mapping[str, str | list[str]]:
    """`("group=author", "coordinates=x,y")` to role -> column or columns.

    Raises:
        BadParameter: no such role, or no column.
    """
    from eudscore.records import Roles

    several = {field.name for field in fields(Roles) if field.default == ()}
    known = [field.name for field in fields(Roles) if field.name not in ("text", "label")]
    found: dict[str, str | list[str]] = {}
    for words in given:
        role, _, columns = words.partition("=")
        if role not in known or not columns:
            raise click.BadParameter(f"{words!r} is no ROLE=COL; the roles are {', '.join(known)}.")
        found[role] = columns.split(",") if role in several else columns
    return found


def read(source: str, options: dict[str, Any], *, seed: int) -> "Corpus":
    """Read a source as the options of `READING` say, and take them out of the others.

    Raises:
        InputError, RequestError: in one sentence.
    """
    from eudscore.corpus.read import read_source

    chosen = {name: options.pop(name) for name in READING}
    return read_source(source, **chosen, seed=seed)


def describe(corpus: "Corpus") -> str:
    """What was read and how, a line each."""
    count = "1 class" if len(corpus.classes) == 1 else f"{len(corpus.classes):,} classes"
    label = f"label {corpus.roles.label!r} ({count})" if corpus.roles.label else "no label"
    others = [f"{role} {_quoted(column)}" for role, column in corpus.roles.to_json().items()
              if role not in ("text", "label")]  # fmt: skip
    part = f" of {corpus.drawn_from:,}" if corpus.drawn_from is not None else ""
    facts = ", ".join([f"text {corpus.roles.text!r}", label, *others])
    lines = [f"Read {corpus.name}: {len(corpus):,}{part} rows, {facts}."]
    return "\n".join(lines + [f"  {note}" for note in (*corpus.notes, *corpus.reasons.values())])


def _quoted(column: str | list[str]) -> str:
    return " and ".join(map(repr, column)) if isinstance(column, list) else repr(column)
