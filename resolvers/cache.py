"""A bounded cache in which items that were used twice outlive any flood of items used once."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """A segmented least-recently-used cache.

    A second use moves an item to the protected segment, which newcomers cannot push out.

    `size` bounds the sum of the items' weights; a quarter of it is for newcomers. Pinned items stay, and weigh nothing.
    """

    def __init__(self, size: int) -> None:
        self._bounds = (size // 4, size - size // 4)
        self._segments: tuple[OrderedDict[K, tuple[V, int]], ...] = (OrderedDict(), OrderedDict())
        self._weights = [0, 0]
        self._pinned: dict[K, V] = {}
        self.asked = 0
        self.missed = 0

    def get(self, key: K) -> V | None:
        """The item, which is protected from now on; None for an unknown key."""
        self.asked += 1
        newcomers, protected = self._segments
        found = protected.get(key)
        if found is not None:
            protected.move_to_end(key)
            return found[0]
        found = newcomers.pop(key, None)
        if found is None:
            pinned = self._pinned.get(key)
            self.missed += pinned is None
            return pinned
        self._weights[0] -= found[1]
        self._add(1, key, *found)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep a newcomer, unless it weighs more than the newcomers' share."""
        self.discard(key)
        if weight <= self._bounds[0]:
            self._add(0, key, value, weight)

    def pin(self, key: K, value: V) -> None:
        """Keep an item for good."""
        self.discard(key)
        self._pinned[key] = value

    def is_pinned(self, key: K) -> bool:
        """True for an item that is kept for good."""
        return key in self._pinned

    def discard(self, key: K) -> None:
        """Forget an item."""
        self._pinned.pop(key, None)
        for n, segment in enumerate(self._segments):
            found = segment.pop(key, None)
            if found is not None:
                self._weights[n] -= found[1]

    def figures(self) -> tuple[int, int, int]:
        """The number of items, and how often one was found and not found."""
        return len(self), self.asked - self.missed, self.missed

    def __len__(self) -> int:
        return len(self._pinned) + sum(len(segment) for segment in self._segments)

    def _add(self, n: int, key: K, value: V, weight: int) -> None:
        """Add an item to segment `n`. An item that the protected segment drops is a newcomer again."""
        segment = self._segments[n]
        segment[key] = (value, weight)
        self._weights[n] += weight
        while self._weights[n] > self._bounds[n]:
            dropped, (item, dropped_weight) = segment.popitem(last=False)
            self._weights[n] -= dropped_weight
            if n == 1:
                self._add(0, dropped, item, dropped_weight)
