"""Answers about arrays that nobody can write to, given again without being worked out again."""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer", bound=NDArray[Any])


def remembered(most: int) -> Callable[[Callable[Asked, Answer]], Callable[Asked, Answer]]:
    """Keep the last answers of a function of arrays and plain values; they become read-only, for they are shared.

    Arrays are told apart by where they lie, not by what they hold, which costs nothing. That is safe for read-only
    ones (a mapped file, an array that was frozen) while a reference keeps them in place; with any other array the
    function is called as if nothing was remembered.

    Args:
        most: how many answers are kept.
    """

    def decorate(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
        kept: OrderedDict[tuple[Any, ...], tuple[Any, Answer]] = OrderedDict()
        lock = Lock()

        @wraps(function)
        def ask(*args: Asked.args, **named: Asked.kwargs) -> Answer:
            given = (*args, *named.values())
            if any(isinstance(one, np.ndarray) and one.flags.writeable for one in given):
                return function(*args, **named)
            key = (*map(_mark, args), *((name, _mark(value)) for name, value in named.items()))
            with lock:
                if key in kept:
                    kept.move_to_end(key)
                    return kept[key][1]
            answer = function(*args, **named)
            answer.flags.writeable = False
            with lock:
                kept[key] = (given, answer)
                while len(kept) > most:
                    kept.popitem(last=False)
            return answer

        return ask

    return decorate


def _mark(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return value.__array_interface__["data"][0], value.shape, value.strides, value.dtype.str
