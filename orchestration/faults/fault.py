"""What a fault is: what is planted where, and the check that must catch it, named before anybody tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import duckdb

# exception: a row of `compliance_exceptions` by its rule, ` (unknown)` behind it for what cannot be decided;
# dbt test and gate: by name, the gate's as `<mart>.<check>`, warnings included; quarantine: by reason code;
# duplicates: what the ingest log dropped; explanation: of a row of `token_reconciliation_daily`;
# ledger: the damage that verification finds; unmoved: a mart that counts it must stay as it was.
Kind = Literal[
    "exception", "dbt test", "gate", "quarantine", "duplicates", "explanation", "ledger", "unmoved"
]

# Writes into the landing folder; changes what is open as the lake of a home.
Plant = Callable[[Path], None]
Tamper = Callable[[duckdb.DuckDBPyConnection, Path], None]


@dataclass(frozen=True, order=True)
class Check:
    """One check as the project names it."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


@dataclass(frozen=True)
class Fault:
    """One fault of the world, planted alone.

    `caught_by` must catch it. `also` may trip beside it, because the fault is theirs to see, too; a star in a
    name stands for any text. What is planted: `plant` writes files; `tamper` changes the lake after the load,
    as somebody with access to it could; `without` names files of the clean folder, as globs, that never
    arrive; with `days_later` nothing came since, and the warehouse runs that many days later.
    """

    name: str
    where: str
    caught_by: Check
    plant: Plant | None = None
    tamper: Tamper | None = None
    also: Sequence[Check] = ()
    without: Sequence[str] = ()
    days_later: int = 0

    def foresees(self, trip: Check) -> bool:
        """Whether the declaration speaks of this check."""
        named = (self.caught_by, *self.also)
        return any(trip.kind == check.kind and fnmatchcase(trip.name, check.name) for check in named)


def exception(rule_id: str) -> Check:
    """A violation of a rule."""
    return Check("exception", rule_id)


def unknown(rule_id: str) -> Check:
    """What a rule cannot decide, where it says that this is an exception, too."""
    return Check("exception", f"{rule_id} (unknown)")


def dbt_test(name: str) -> Check:
    """A data test of dbt failed or warned."""
    return Check("dbt test", name)


def gate(mart: str, check: str) -> Check:
    """An expectation of a mart failed or warned."""
    return Check("gate", f"{mart}.{check}")


def quarantine(reason_code: str) -> Check:
    """A record did not land, for this reason."""
    return Check("quarantine", reason_code)


def duplicates() -> Check:
    """The load dropped bytes that had landed before."""
    return Check("duplicates", "ingest log")


def explanation(words: str) -> Check:
    """The day's sources differ, and the reconciliation says why."""
    return Check("explanation", words)


def ledger(damage: str) -> Check:
    """`verify-ledger` finds this."""
    return Check("ledger", damage)


def unmoved(mart: str) -> Check:
    """The record lands and this mart counts it once: not a row of it changes."""
    return Check("unmoved", mart)
