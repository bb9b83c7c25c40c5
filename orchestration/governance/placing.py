"""At which sequence is the hash of a stored entry right? Where it stands, if nobody has moved it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from orchestration.governance.entries import Entry, entry_hash

# How far off an entry without any sound neighbour is looked for, and for how many of them.
_FARTHEST = 256
_MOST_SEARCHED = 64


class Placed(NamedTuple):
    """A stored entry and the sequence at which its hash is right; null where it is right nowhere."""

    entry: Entry
    place: int | None

    @property
    def stands(self) -> int:
        """The sequence that it has now."""
        return self.entry.sequence

    @property
    def is_sound(self) -> bool:
        """Whether its hash is right where it stands."""
        return self.place == self.entry.sequence


def placed(entries: Sequence[Entry], expected: int) -> list[Placed]:
    """Every entry with its place; `expected` is how many of them there should be, as far as is known."""
    search = _Search(entries)
    if None in search.places:
        search.from_neighbours(range(len(entries)))
        search.some_way_off(expected - len(entries))
    return [Placed(*pair) for pair in zip(entries, search.places, strict=True)]


class _Search:
    """The places that are known so far. An entry names the one before it by its hash, wherever they stand."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self.places = [entry.sequence if entry_hash(entry) == entry.hash else None for entry in entries]
        self._with_hash: dict[str | None, list[int]] = defaultdict(list)
        self._behind: dict[str | None, list[int]] = defaultdict(list)
        if None in self.places:
            for index, entry in enumerate(entries):
                self._with_hash[entry.hash].append(index)
                self._behind[entry.previous_hash].append(index)

    def from_neighbours(self, indexes: Iterable[int]) -> None:
        """Go from those that have a place to what follows on them and what they follow on."""
        waiting = deque(indexes)
        while waiting:
            index = waiting.popleft()
            place = self.places[index]
            if place is None:
                continue
            entry = self._entries[index]
            after, before = self._behind[entry.hash], self._with_hash[entry.previous_hash]
            waiting.extend(each for each in after if self._fits(each, place + 1))
            waiting.extend(each for each in before if self._fits(each, place - 1))

    def some_way_off(self, likely: int) -> None:
        """Try the places that a stretch would have which was renumbered behind a missing or a new one."""
        near = [shift for distance in range(1, _FARTHEST + 1) for shift in (distance, -distance)]
        unknown = (index for index, place in enumerate(self.places) if place is None)
        for _, index in zip(range(_MOST_SEARCHED), unknown, strict=False):
            stands = self._entries[index].sequence
            if any(self._fits(index, stands + shift) for shift in [likely, *near]):
                self.from_neighbours([index])

    def _fits(self, index: int, place: int) -> bool:
        """Whether an entry without a place has this one, which it then keeps."""
        entry = self._entries[index]
        if self.places[index] is not None or place < 0:
            return False
        if entry_hash(entry._replace(sequence=place)) != entry.hash:
            return False
        self.places[index] = place
        return True
