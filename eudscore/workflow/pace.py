"""How fast work goes and when it will be done, from the counts that progress brings."""

import time
from collections.abc import Callable

_LEAST_SECONDS = 1.0  # before that a rate is noise


def duration(seconds: float) -> str:
    """A span of time in at most two units."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


class Pace:
    """Rate and time left of one stage of work after another."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._began: float | None = None
        self._first = 0

    def words(self, stage: str, done: int, total: int) -> str:
        """`412 a second, 38 s left`, or nothing while that is not known.

        Time counts from the first news on: what came before it was the loading of a model.

        Args:
            stage: what is being done; a new one begins a new count.
            done: how much of it; what was there at the first call does not count towards the rate.
            total: how much there is.
        """
        now = self._clock()
        if stage != self._stage:
            self._stage, self._began, self._first = stage, None, done
        if self._began is None and done > self._first:
            self._began, self._first = now, done
        if self._began is None:
            return ""
        seconds, counted = now - self._began, done - self._first
        if seconds < _LEAST_SECONDS or counted <= 0 or done >= total:
            return ""
        rate = counted / seconds
        shown = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        return f"{shown} a second, {duration((total - done) / rate)} left"


def file_size(size: int) -> str:
    """Bytes as people read them: 3.1 MB."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= step:
            return f"{size / step:.3g} {unit}"
    return f"{size:,} bytes"
