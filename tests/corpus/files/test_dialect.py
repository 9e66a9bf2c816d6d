import csv

import pytest

from eudscore.corpus.files.dialect import Dialect, sniff


@pytest.mark.parametrize(
    ("sample", "delimiter", "width"),
    [
        ("text,label\na;b,1\n", ",", 2),
        ("text;label\na, b;1\n", ";", 2),
        ('text\tlabel\n"a\t1\nb, c\t2\n', "\t", 2),
        ("a|b|c\n1,5|2|3\n", "|", 3),
        ("text\na b\n", ",", 1),
        ("", ",", 1),
        ("text^label\na, b^1\n", "^", 2),
        ("text~label\na; b~1\n", "~", 2),
        ("text\x1flabel\na, b\x1f1\n", "\x1f", 2),
        ("one,two;three\na,b;c\nd,e;f;g\n", ",", 2),
    ],
)
def test_the_delimiter_is_the_one_that_the_lines_agree_on(sample: str, delimiter: str, width: int) -> None:
    assert sniff(sample, whole=True) == Dialect(delimiter, width)


def test_a_sample_that_ends_in_the_middle_of_a_line_is_not_held_against_a_delimiter() -> None:
    assert sniff("a,b,c\n1,2,3\n4", whole=False) == Dialect(",", 3)


def test_the_longest_cell_of_the_process_stays_what_it_was() -> None:
    before = csv.field_size_limit()
    sniff("text,label\n" + "long " * 60_000 + ",1\n", whole=True)
    assert csv.field_size_limit() == before
