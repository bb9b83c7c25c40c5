"""Two plain values, key by key: the differences that a plan shows and a read-back must not find."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """One key that differs. `before` null: it is not there now; `after` null: it is to go."""

    path: tuple[str, ...]
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """The path in one word, such as `cards / Overview: cost_by_model / row`."""
        return " / ".join(self.path)


def changes(before: Any, after: Any, path: tuple[str, ...] = ()) -> list[Change]:
    """Every key at which `after` differs from `before`; lists are compared whole, in their order."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = [*after, *(key for key in before if key not in after)]
        return [
            change for key in keys for change in changes(before.get(key), after.get(key), (*path, str(key)))
        ]
    return [] if _same(before, after) else [Change(path, before, after)]


def tidy(value: Any) -> Any:
    """`value` without keys that hold nothing: servers leave out, or add, nulls and empty maps and lists."""
    if isinstance(value, Mapping):
        kept = {str(key): tidy(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, {}, [])}
    if isinstance(value, list | tuple):
        return [tidy(item) for item in value]
    return value


def _same(before: Any, after: Any) -> bool:
    """Equality of JSON: 1 and 1.0 are one number, but true is none."""
    if isinstance(before, bool) != isinstance(after, bool):
        return False
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    return bool(before == after)


def shown(value: Any) -> str:
    """A value on one line."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
