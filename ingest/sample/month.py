"""The sample month: its days, and the daily and weekly rhythm of the traffic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

# Midnight after the last day: the instant at which the month's ages and expiries are measured.
END = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = tuple((END - timedelta(days=back)).date() for back in range(30, 0, -1))

_WEEKEND_SHARE = 0.35
# Relative traffic of each hour of the tenant's own day.
_HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 18, 14, 16, 18, 17, 15, 11, 7, 5, 4, 3, 2, 1)

Rhythm = tuple[int, ...]


@dataclass(frozen=True)
class Life:
    """How long the processes of a platform run: nanoseconds since the epoch, the end excluded."""

    first_ns: int
    end_ns: int

    @classmethod
    def of(cls, days: Sequence[date]) -> Life:
        """From the first instant of the first day to the last instant of the last."""
        return cls(nanoseconds(midnight(days[0])), nanoseconds(midnight(days[-1] + timedelta(days=1))))

    def began(self, release: datetime) -> int:
        """When a process of `release` began: with its release, or with the life of the platform."""
        return max(self.first_ns, nanoseconds(release))

    def window(self, at_ns: int, length_ns: int) -> int:
        """The number of the window of `length_ns` that exports `at_ns`; what is later goes with the last."""
        return min(at_ns, self.end_ns - 1) // length_ns


def rhythm(utc_offset_hours: int) -> Rhythm:
    """Relative traffic of each UTC hour for people who live `utc_offset_hours` ahead of UTC."""
    return tuple(_HOURS[(hour + utc_offset_hours) % 24] for hour in range(24))


def share_of_week(day: date) -> float:
    """How much traffic `day` has beside a working day."""
    return _WEEKEND_SHARE if day.weekday() >= 5 else 1.0


def midnight(day: date) -> datetime:
    """The first instant of `day` in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def nanoseconds(instant: datetime) -> int:
    """Nanoseconds since the epoch, exact for whole microseconds."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def instant_of(unix_nano: int) -> datetime:
    """The instant of `unix_nano`, cut to microseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=unix_nano // 1000)


def rfc3339(instant: datetime) -> str:
    """`instant` as RFC 3339 text that ends in Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
