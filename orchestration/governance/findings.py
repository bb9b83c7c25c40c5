"""What verification finds, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Damage = Literal["changed", "removed", "inserted", "reordered", "truncated", "checkpoint", "record"]


@dataclass(frozen=True)
class Finding:
    """One damage: `first` to `last` are the sequences between which it stands.

    `agreed` entries, from the first on, are as the newest checkpoint that agrees saw them, 0 where none was
    asked. Where the end is cut off, damage in the entries from `agreed` on cannot be ruled out.
    """

    damage: Damage
    first: int
    last: int
    sentence: str
    agreed: int = 0

    def overlaps(self, other: Finding) -> bool:
        """Whether both may stand at the same entry."""
        return self.first <= other.last and other.first <= self.last


def found(damage: Damage, first: int, last: int, what: str) -> Finding:
    """A finding whose sentence says that entries `first` to `last` were `what`."""
    who = f"Entry {first} was" if first == last else f"Entries {first} to {last} were"
    return Finding(damage, first, last, f"{who} {what}.")
