"""One fault through load, ledger, dbt, rules and gate, in a copy of a small clean home."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from ingest import lake
from ingest.loading import load_once
from ingest.settings import Settings, read_settings
from metabase.release import ensure_release_tables
from orchestration import work
from orchestration.faults.clean import AS_OF, write_clean
from orchestration.faults.fault import Check, Fault, duplicates, ledger, quarantine, unmoved
from orchestration.faults.models import Models, copy_lake
from orchestration.governance.alerting import ensure_alert_tables
from orchestration.governance.ledger import record_facts
from orchestration.governance.personal_data import scan
from orchestration.governance.verifications import verify_and_note
from orchestration.project import POLICIES


@dataclass(frozen=True)
class Outcome:
    """What tripped because of one fault: whether what must catch it did, and what else, `beside` it."""

    fault: Fault
    is_caught: bool
    beside: tuple[Check, ...]

    @property
    def unforeseen(self) -> tuple[Check, ...]:
        """What tripped and the declaration does not speak of."""
        return tuple(check for check in self.beside if not self.fault.foresees(check))


class Trials:
    """A copy of the clean home for one fault at a time. `clean` is where another has prepared it, if so.

    A thorough trial builds, tests and audits everything that the fault can have touched; else what the check
    that must catch it is made from, which is a quarter of the work.
    """

    def __init__(self, folder: Path, *, clean: Path | None = None, is_thorough: bool = False) -> None:
        self._folder = folder
        self._clean = clean or folder / "clean"
        self._is_thorough = is_thorough

    def prepare(self) -> frozenset[Check]:
        """Build the clean home; all that trips in it, which should be nothing."""
        trips = self.land()
        settings = _settings(self._clean, AS_OF)
        copy_lake(settings, after=None)
        return trips | self._models.build(settings, as_of=AS_OF)

    def land(self) -> frozenset[Check]:
        """The clean home as far as bronze and ledger, enough for what cannot land; all that trips in it."""
        _fill(self._clean)
        settings = _settings(self._clean, AS_OF)
        load_once(settings, progress=_silent)
        return frozenset(_in_bronze(settings, after=0) | _in_governance(settings, None))

    def plant(self, fault: Fault) -> Outcome:
        """What trips when `fault` is planted in a copy of the clean home, alone.

        Raises TrialError when dbt cannot run.
        """
        home = self._folder / "trial"
        shutil.rmtree(home, ignore_errors=True)
        if fault.without:
            _fill(home)
            for file in (file for pattern in fault.without for file in (home / "landing").glob(pattern)):
                file.unlink()
        else:
            shutil.copytree(self._clean, home)
        if fault.plant is not None:
            fault.plant(home / "landing")
        trips = self._run(_settings(home, AS_OF + timedelta(days=fault.days_later)), fault)
        # A mart that did not move is news only where the fault should have moved it.
        beside = {trip for trip in trips if trip.kind != "unmoved"} - {fault.caught_by}
        return Outcome(fault, fault.caught_by in trips, tuple(sorted(beside)))

    def _run(self, settings: Settings, fault: Fault) -> set[Check]:
        with lake.connect(settings, read_only=True, threads=1) as connection:
            after = work.latest_load(connection)
        landed = {table for table, rows in load_once(settings, progress=_silent).rows_landed.items() if rows}
        trips = _in_bronze(settings, after) | _in_governance(settings, fault)
        wanted = None if self._is_thorough else _read_in(fault.caught_by)
        is_anywhere = bool(fault.without or fault.days_later or fault.tamper)
        if not (landed or is_anywhere) or not (wanted or self._is_thorough):
            return trips
        copy_lake(settings, after=None if fault.without else after)
        is_audited = self._is_thorough or fault.caught_by.kind == "gate"
        trips |= self._models.build(
            settings,
            as_of=settings.as_of_or(AS_OF),
            touched=None if is_anywhere else {*landed, "ingest_log"},
            wanted=wanted,
            audited=(None if wanted is None else {wanted}) if is_audited else (),
        )
        return trips | (self._unmoved(settings) if fault.caught_by.kind == "unmoved" else set())

    def _unmoved(self, settings: Settings) -> set[Check]:
        """The marts that are as they are in the clean home."""
        now = self._models.digests(settings)
        return {unmoved(mart) for mart, digest in self._digests.items() if now[mart] == digest}

    @cached_property
    def _models(self) -> Models:
        return Models(self._folder / "dbt")

    @cached_property
    def _digests(self) -> dict[str, str]:
        return self._models.digests(_settings(self._clean, AS_OF))


def _fill(home: Path) -> None:
    (home / "landing").mkdir(parents=True)
    write_clean(home / "landing")
    with lake.connect(_settings(home, AS_OF), threads=1) as connection:
        lake.ensure_bronze(connection)
        ensure_release_tables(connection)
        ensure_alert_tables(connection)
        work.ensure_runs(connection)


def _settings(home: Path, as_of: datetime) -> Settings:
    return read_settings(
        {
            "TRACEHOUSE_HOME": str(home),
            "TRACEHOUSE_SETTLE_SECONDS": "0",
            "TRACEHOUSE_AS_OF": as_of.isoformat(),
        }
    )


def _in_bronze(settings: Settings, after: int) -> set[Check]:
    """What the load after `after` kept out, and why."""
    with lake.connect(settings, read_only=True, threads=1) as connection:
        reasons = connection.execute(
            "select distinct reason_code from lake.bronze.quarantine where load_id > ?", [after]
        ).fetchall()
        dropped = connection.execute(
            "select count(*) from lake.bronze.ingest_log where load_id > ? and rows_duplicate > 0", [after]
        ).fetchall()[0][0]
    return {quarantine(code) for (code,) in reasons} | ({duplicates()} if dropped else set())


def _in_governance(settings: Settings, fault: Fault | None) -> set[Check]:
    """Look through what is new and enter it in the ledger, let the fault tamper, and verify the whole."""
    now = datetime.now(UTC)
    with lake.connect(settings, threads=1) as connection:
        scan(connection, settings)
        record_facts(connection, settings.home, POLICIES, now=now)
        if fault is not None and fault.tamper is not None:
            fault.tamper(connection, settings.home)
        breaks = verify_and_note(connection, settings.home, as_of=settings.as_of_or(now), now=now)
    return {ledger(each.damage) for each in breaks}


def _read_in(check: Check) -> str | None:
    """The model or test of dbt that tells whether the check trips; null for one that dbt has no part in."""
    match check.kind:
        case "exception":
            return "compliance_exceptions"
        case "explanation":
            return "token_reconciliation_daily"
        case "dbt test" | "unmoved":
            return check.name
        case "gate":
            return check.name.partition(".")[0]
        case _:
            return None


def _silent(_: str) -> None:
    """Tell nobody."""
