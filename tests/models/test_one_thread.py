"""Pieces side by side: answers in order, one thread each, and the limits given back."""

import threading
import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info

from eudscore.models.one_thread import one_thread, one_thread_each


def threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info()]


def test_answers_come_in_the_order_of_the_pieces() -> None:
    assert one_thread_each(lambda piece: piece**2, range(20)) == [piece**2 for piece in range(20)]
    assert one_thread_each(lambda piece: piece, []) == []


def test_every_piece_has_one_thread_and_the_caller_gets_its_own_back() -> None:
    before = threads()
    seen = one_thread_each(lambda _: (threads(), threading.get_ident()), range(4))
    assert all(set(counts) == {1} for counts, _ in seen)
    assert threading.get_ident() not in [ident for _, ident in seen]
    assert threads() == before


def test_limits_are_given_back_after_a_failure() -> None:
    before = threads()
    with pytest.raises(ZeroDivisionError):
        one_thread_each(lambda piece: 1 / piece, [1, 0])
    assert threads() == before


def test_a_limit_of_steps_is_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with one_thread():
            warnings.warn("steps", ConvergenceWarning, stacklevel=1)
        with pytest.raises(UserWarning, match="other"):
            warnings.warn("other", UserWarning, stacklevel=1)
