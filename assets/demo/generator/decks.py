"""Cards drawn in shuffled rounds."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Deck(Generic[T]):
    """Cards drawn in shuffled rounds, so that none comes back before the others had their turn."""

    def __init__(self, cards: Sequence[T], rng: Random) -> None:
        self._cards = list(cards)
        self._rng = rng
        self._left: list[T] = []

    def draw(self, fits: Callable[[T], bool] = lambda _: True) -> T:
        """The next card that fits; those passed over stay where they are."""
        for _ in range(2):
            for at, card in enumerate(self._left):
                if fits(card):
                    return self._left.pop(at)
            fresh = list(self._cards)
            self._rng.shuffle(fresh)
            self._left += fresh
        raise LookupError("no card of the deck fits")

    def hand(self, count: int) -> list[T]:
        """That many different cards."""
        cards: list[T] = []
        for _ in range(count):
            cards.append(self.draw(lambda card: card not in cards))
        return cards
