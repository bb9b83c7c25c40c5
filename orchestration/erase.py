"""`python -m orchestration erase`: forget a subject, or what may be kept no longer.

Marts are then built anew where they were touched and published, old snapshots expire, and the landing files
that still hold the subject are listed for their sender.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from ingest import lake
from ingest.errors import SettingsError
from ingest.maintain import maintain
from ingest.settings import Settings, read_settings
from ingest.subjects import Names
from metabase.contracts import read_project
from metabase.forgetting import release_without
from orchestration.governance import erasure
from orchestration.governance.erasure import Erased, HeldError, Request
from orchestration.project import MANIFEST, POLICIES, refresh_manifest


@dataclass
class Outcome:
    """What became of several requests: what was erased, the names to go on with, and why others wait."""

    erased: list[Erased] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    names: Names = field(default_factory=Names)

    @property
    def is_changed(self) -> bool:
        """Whether anything was taken out."""
        return any(erased.ledger_sequence is not None for erased in self.erased)

    def sentences(self) -> list[str]:
        """What to tell, a sentence for each request."""
        return [*(erased.sentence() for erased in self.erased), *self.waiting]

    def as_metadata(self) -> dict[str, int]:
        """How many were carried out and how many wait, and the rows of the former."""
        return {
            "carried out": sum(erased.ledger_sequence is not None for erased in self.erased),
            "waiting": len(self.waiting),
            "rows": sum(erased.rows for erased in self.erased),
        }


def main(arguments: Sequence[str]) -> int:
    """As `run`, on the home of the environment."""
    return run(read_settings(os.environ), arguments)


def run(settings: Settings, arguments: Sequence[str]) -> int:
    """Exit code: 0 done, 1 a request waits or a mart is held. Raises as `run_pipeline`."""
    from orchestration.launch import run_pipeline

    chosen = _parsed(arguments)
    if not settings.catalog_file.exists():
        raise SettingsError(f"There is no lake in {settings.home}; set TRACEHOUSE_HOME or run `make run`.")
    refresh_manifest()
    with lake.writer_lock(settings), lake.connect(settings, threads=1) as connection:
        if chosen.expired:
            outcome = Outcome([purge(connection, settings, now=clock())])
        else:
            outcome = forget(connection, settings, _requests(chosen), now=clock())
    for sentence in outcome.sentences():
        print(sentence)
    if not outcome.is_changed:
        return 1 if outcome.waiting else 0
    code = run_pipeline(settings)
    with lake.writer_lock(settings):
        with lake.connect(settings) as connection:
            erasure.settle(connection)
        print(maintain(settings, now=clock()).sentence())
        erasure.scrub_files(settings, outcome.names)
    _tell_landing(settings, outcome)
    return 1 if outcome.waiting else code


def forget(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    requests: Sequence[Request] | None,
    *,
    now: datetime,
) -> Outcome:
    """Carry out requests, those that are pending where null, in the lake, the releases and the files.

    One that may not be carried out, or not by anybody who reads this, waits and stops no other. The caller
    holds the writer lock.
    """
    outcome = Outcome()
    erasure.prepare(connection)
    for request in erasure.pending(connection, settings) if requests is None else requests:
        try:
            erased, names = erasure.erase(connection, settings, request, now=now)
        except (HeldError, SettingsError) as error:
            outcome.waiting.append(str(error))
            continue
        outcome.erased.append(erased)
        outcome.names = Names((*outcome.names.names, *names.names))
    if outcome.names:
        release_without(connection, settings, read_project(MANIFEST), outcome.names, now=now)
        erasure.scrub_files(settings, outcome.names)
    return outcome


def forget_due(connection: duckdb.DuckDBPyConnection, settings: Settings, *, now: datetime) -> Outcome:
    """Carry out every pending request, then purge. The caller holds the writer lock."""
    outcome = forget(connection, settings, None, now=now)
    outcome.erased.append(purge(connection, settings, now=now))
    return outcome


def purge(connection: duckdb.DuckDBPyConnection, settings: Settings, *, now: datetime) -> Erased:
    """Take out what the retention policy keeps no longer. The caller holds the writer lock."""
    return erasure.purge(connection, settings, POLICIES, now=now)


def clock() -> datetime:
    """The real time, UTC."""
    return datetime.now(UTC)


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m orchestration erase", description=__doc__)
    parser.add_argument("--tenant", help="whose subject it is")
    parser.add_argument("--subject", help="whom to forget: the id or address under which records name them")
    parser.add_argument("--request-id", help="as in the request; the ledger keeps it (default: a new one)")
    parser.add_argument(
        "--expired", action="store_true", help="instead: what the retention policy keeps no longer"
    )
    parser.add_argument(
        "--pending", action="store_true", help="instead: every request that landed and was not carried out"
    )
    chosen = parser.parse_args(arguments)
    one = (chosen.tenant, chosen.subject)
    if sum([all(one), chosen.expired, chosen.pending]) != 1 or (any(one) and not all(one)):
        parser.error("give --tenant and --subject, or --pending, or --expired.")
    return chosen


def _requests(chosen: argparse.Namespace) -> list[Request] | None:
    """The one that was given; null for all that are pending."""
    if chosen.pending:
        return None
    request_id = chosen.request_id or f"manual-{clock():%Y%m%dT%H%M%SZ}"
    return [Request(request_id, chosen.tenant, chosen.subject)]


def _tell_landing(settings: Settings, outcome: Outcome) -> None:
    found = erasure.still_landing(settings, outcome.names) if outcome.names else []
    if not found:
        return
    path = settings.home / "erasures" / f"{outcome.erased[-1].ledger_sequence}.csv"
    erasure.write_list(found, path)
    records = sum(each.records for each in found)
    print(f"Still landing: {records:,} records, which are suppressed if read again. Their senders have to")
    print(f"erase them; {path} says where each stands:")
    for name in sorted({each.source_file for each in found}):
        print(f"  {name}")
