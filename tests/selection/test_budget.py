"""Budgets and bands as people write them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.errors import RequestError
from eudscore.records import Band
from eudscore.selection.budget import checked_band, parse_band, parse_budget, rows_of


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("16%", 0.16), (" 16 % ", 0.16), ("0.5%", 0.005), ("100%", 1.0), ("0.16", 0.16), (".5", 0.5),
        ("1.0", 1.0), ("1600", 1600), ("1", 1), (1600, 1600), (np.int64(5), 5), (0.16, 0.16), (1.0, 1.0),
        (np.float64(0.5), 0.5),
    ],
)  # fmt: skip
def test_a_budget_is_a_share_or_a_number_of_rows(written: object, meant: float | int) -> None:
    budget = parse_budget(written)
    assert budget == pytest.approx(meant)
    assert type(budget) is type(meant)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("0%", "The budget 0% is not a share above 0 and up to 100%."),
        ("120%", "The budget 120% is not a share above 0 and up to 100%."),
        ("-5%", "The budget -5% is not a share above 0 and up to 100%."),
        ("1.5", "The budget 1.5 is not a share above 0 and up to 100%."),
        (1.5, "The budget 1.5 is not a share above 0 and up to 100%."),
        (0.0, "The budget 0.0 is not a share above 0 and up to 100%."),
        (float("nan"), "The budget nan is not a share above 0 and up to 100%."),
        ("0", "The budget 0 is less than one row."),
        ("-5", "The budget -5 is less than one row."),
        (0, "The budget 0 is less than one row."),
        ("abc", "The budget 'abc' is not a number."),
        ("", "The budget '' is not a number."),
        ("nan", "The budget 'nan' is not a number."),
        ("1,600", "The budget '1,600' is not a number."),
        ("16%%", "The budget '16%%' is not a number."),
        (True, "The budget True is neither a number nor text."),
        (None, "The budget None is neither a number nor text."),
    ],
)
def test_a_budget_out_of_range_gets_one_sentence_and_a_way_out(written: object, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_budget(written)
    assert str(caught.value) == (
        f"{sentence} Give a share such as 16%, a number of rows such as 1600, or tokens such as '40000 tokens'."
    )


@given(st.floats(1e-9, 1), st.integers(1, 10**7))
def test_a_share_comes_to_the_nearest_number_of_rows_within_one_and_all(share: float, n: int) -> None:
    rows = rows_of(share, n)
    assert 1 <= rows <= n
    assert abs(rows - share * n) <= 0.5 or rows == 1


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_a_number_of_rows_is_itself_or_all_there_are(wanted: int, n: int) -> None:
    assert rows_of(wanted, n) == min(wanted, n)


def test_a_share_is_rounded_half_up() -> None:
    assert [rows_of(0.5, n) for n in (1, 3, 5)] == [1, 2, 3]


def test_nothing_can_be_chosen_from_no_rows() -> None:
    with pytest.raises(RequestError, match="no rows to choose from"):
        rows_of(0.5, 0)


@pytest.mark.parametrize(
    ("written", "lo", "hi"),
    [
        ("0.2:0.6", 0.2, 0.6),
        ("20%:60%", 0.2, 0.6),
        ("0:1", 0, 1),
        (" 20% : 0.6 ", 0.2, 0.6),
        ("0:.5", 0, 0.5),
    ],
)
def test_a_band_is_two_quantiles_or_percentages(written: str, lo: float, hi: float) -> None:
    band = parse_band(written)
    assert (band.lo, band.hi) == pytest.approx((lo, hi))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("0.2", "The band '0.2' is not two numbers with a colon between them."),
        ("0.2:0.4:0.6", "The band '0.2:0.4:0.6' is not two numbers with a colon between them."),
        ("low:high", "The band 'low:high' is not two numbers with a colon between them."),
        ("", "The band '' is not two numbers with a colon between them."),
        ("20:60", "The band 20:60 is not 0 <= LO < HI <= 1."),
        ("0.6:0.2", "The band 0.6:0.2 is not 0 <= LO < HI <= 1."),
        ("0.5:0.5", "The band 0.5:0.5 is not 0 <= LO < HI <= 1."),
        ("-0.1:0.5", "The band -0.1:0.5 is not 0 <= LO < HI <= 1."),
    ],
)
def test_a_wrong_band_gets_one_sentence_and_a_way_out(written: str, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_band(written)
    assert str(caught.value) == f"{sentence} Give LO:HI on the quantile scale, such as 0.2:0.6 or 20%:60%."


def test_a_band_with_nan_is_refused() -> None:
    with pytest.raises(RequestError, match="is not 0 <= LO < HI <= 1"):
        checked_band(Band(float("nan"), 0.5))
