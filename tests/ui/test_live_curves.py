"""Curves of a training: every step of a short one, means of neighbours of a long one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eudscore.ui.live_curves import option, points


def lines_of(losses: list[float]) -> list[dict[str, float]]:
    return [{"step": step, "loss": loss} for step, loss in enumerate(losses, 1)]


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.integers(1, 20))
def test_a_line_has_no_more_points_than_fit_and_ends_at_the_last_step(losses: list[float], most: int) -> None:
    found = points(lines_of(losses), "loss", most=most)
    assert len(found) <= most
    assert found[-1][0] == len(losses)
    size = int(np.ceil(len(losses) / most))
    expected = [np.mean(losses[begin : begin + size]) for begin in range(0, len(losses), size)]
    np.testing.assert_allclose([value for _, value in found], expected, atol=1e-5)


def test_a_short_line_is_drawn_as_it_is() -> None:
    assert points(lines_of([2.0, 1.5, 1.25]), "loss") == [[1, 2.0], [2, 1.5], [3, 1.25]]


@pytest.mark.parametrize("line", [{}, {"step": 4}, {"loss": 1}, {"step": 4, "loss": None}, {"step": 4, "loss": True},
                                  {"step": 4, "loss": float("inf")}, {"step": "4", "loss": 1.0}])  # fmt: skip
def test_what_is_no_number_is_left_out(line: dict[str, object]) -> None:
    assert points([*lines_of([2.0]), line], "loss") == [[1, 2.0]]


def test_the_picture_has_a_line_for_each_run_before_its_first_step() -> None:
    found = option({"Selection": [], "All data": lines_of([1.0])}, "loss")
    assert [(line["name"], line["data"]) for line in found["series"]] == [("Selection", []), ("All data", [[1, 1.0]])]
    assert found["animation"] is False


def test_the_axis_ends_where_the_longest_run_will() -> None:
    assert option({"Selection": lines_of([1.0])}, "loss", steps=40)["xAxis"]["max"] == 40
    assert "max" not in option({"Selection": []}, "loss")["xAxis"]
