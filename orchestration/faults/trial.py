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
from orchestration.governance.ledger import ledger_folder, record_facts
from orchestration.governance.verify_ledger import examine, read_ledger
from orchestration.project import POLICIES

# A load that touched nothing else gave the models nothing to read.
_NO_RECORDS = {"ingest_log", "quarantine"}


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
    """A copy of the clean home for one fault at a time. `clean` is where another has prepared it, if so."""

    def __init__(self, folder: Path, *, clean: Path | None = None) -> None:
        self._clean = clean or folder / "clean"
        self._trial = folder / "trial"
        self._models = Models(folder / "dbt")

    def prepare(self) -> frozenset[Check]:
        """Build the clean home; all that trips in it, which should be nothing."""
        _fill(self._clean)
        return frozenset(self._run(self._clean, None))

    def plant(self, fault: Fault) -> Outcome:
        """What trips when `fault` is planted in a copy of the clean home, alone.

        Raises TrialError when dbt cannot run.
        """
        shutil.rmtree(self._trial, ignore_errors=True)
        if fault.without:
            _fill(self._trial)
            for pattern in fault.without:
                for file in (self._trial / "landing").glob(pattern):
                    file.unlink()
        else:
            shutil.copytree(self._clean, self._trial)
        if fault.plant is not None:
            fault.plant(self._trial / "landing")
        trips = self._run(self._trial, fault)
        # A mart that did not move is no news, unless the fault could have moved it.
        beside = {trip for trip in trips if trip.kind != "unmoved"} - {fault.caught_by}
        return Outcome(fault, fault.caught_by in trips, tuple(sorted(beside)))

    def _run(self, home: Path, fault: Fault | None) -> set[Check]:
        as_of = AS_OF + timedelta(days=fault.days_later if fault else 0)
        settings = _settings(home, as_of)
        is_first = fault is None or bool(fault.without)
        with lake.connect(settings, threads=1) as connection:
            lake.ensure_bronze(connection)
            after = work.latest_load(connection)
        load_once(settings, progress=_silent)
        trips = _in_bronze(settings, after)
        trips |= _in_ledger(settings, fault)
        touched = copy_lake(settings, after=None if is_first else after)
        if is_first or (fault is not None and fault.days_later):
            trips |= self._models.build(settings, as_of=as_of, audited=_audited(fault))
        elif touched - _NO_RECORDS:
            trips |= self._models.build(settings, as_of=as_of, touched=touched, audited=_audited(fault))
        if fault is not None and fault.caught_by.kind == "unmoved":
            trips |= self._unmoved(settings)
        return trips

    def _unmoved(self, settings: Settings) -> set[Check]:
        """The marts that are as they are in the clean home; none where nothing landed."""
        now = self._models.digests(settings)
        return {unmoved(mart) for mart, digest in self._digests.items() if now[mart] == digest}

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


def _in_ledger(settings: Settings, fault: Fault | None) -> set[Check]:
    """Enter what is new, let the fault tamper with it, and verify the whole."""
    with lake.connect(settings, threads=1) as connection:
        record_facts(connection, settings.home, POLICIES, now=datetime.now(UTC))
        if fault is not None and fault.tamper is not None:
            fault.tamper(connection, settings.home)
        entries, texts = read_ledger(connection, ledger_folder(settings.home))
        return {ledger(each.damage) for each in examine(connection, entries, texts, [])}


def _audited(fault: Fault | None) -> set[str] | None:
    """The marts whose gate the fault names, as an audit costs more than all of dbt; every one for none."""
    if fault is None:
        return None
    return {check.name.partition(".")[0] for check in (fault.caught_by, *fault.also) if check.kind == "gate"}


def _silent(_: str) -> None:
    """Tell nobody."""
