"""What one release is: which version of each mart readers see, and the checks that decided it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from metabase.results import CheckResult

State = Literal["published", "held"]


@dataclass(frozen=True)
class PublishedMart:
    """What readers see of one mart in one release; the row of `marts.publications`.

    `lake_snapshot_id` names the snapshot whose rows these are; null for a mart that was never good.
    """

    mart: str
    state: State
    row_count: int
    digest: str
    lake_snapshot_id: int | None


@dataclass(frozen=True)
class Publication:
    """One release: what it shows, and every check that decided it.

    `data_docs` is null where none were made.
    """

    publication_id: str
    published_at: datetime
    marts: tuple[PublishedMart, ...]
    checks: tuple[CheckResult, ...]
    data_docs: Path | None = None

    @property
    def held(self) -> tuple[str, ...]:
        """Names of the marts that keep their last good version."""
        return tuple(mart.mart for mart in self.marts if mart.state == "held")

    def reasons(self, mart: str) -> list[CheckResult]:
        """The checks that hold `mart`."""
        return [check for check in self.checks if check.mart == mart and check.holds]
