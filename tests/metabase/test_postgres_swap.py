"""Fifty releases swapped under readers who never stop asking, and one who never lets go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from adbc_driver_manager import dbapi
from adbc_driver_postgresql.dbapi import Connection, connect

from tests.metabase.served import Served, ask

# Both marts of release n say n in every row; a query that saw two releases would say two numbers.
BOTH = (
    "select count(*), min(total_tokens), max(total_tokens), min(seats), max(seats) "
    "from marts.calls_daily join marts.tenants using (tenant_id)"
)


@dataclass
class Heard:
    """What one reader was told: the numbers of the releases it saw, queries that were not whole, errors."""

    seen: list[int] = field(default_factory=list)
    torn: list[tuple[Any, ...]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def note(self, row: tuple[Any, ...]) -> None:
        rows, *numbers = row
        if rows != 20 or len(set(numbers)) != 1:
            self.torn.append(row)
        else:
            self.seen.append(numbers[0])


def ask_plainly(reader: Connection, heard: Heard) -> None:
    heard.note(ask(reader, BOTH)[0])


def ask_in_a_transaction(reader: Connection, heard: Heard) -> None:
    ask(reader, "begin")
    heard.note(ask(reader, BOTH)[0])
    heard.note(ask(reader, BOTH)[0])
    ask(reader, "commit")


def ask_what_was_prepared(reader: Connection, heard: Heard) -> None:
    if not ask(reader, "select 1 from pg_prepared_statements where name = 'both_marts'"):
        ask(reader, f"prepare both_marts as {BOTH}")
    with reader.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
        cursor.execute("execute both_marts")
        heard.note(tuple(cursor.fetchall()[0]))


def ask_for_the_newest_publication(reader: Connection, heard: Heard) -> None:
    rows, low, high, *_ = ask(reader, BOTH)[0]
    [(newest,)] = ask(reader, "select max(row_count) from marts.publications")
    heard.note((rows, low, high))
    if newest < high:
        heard.torn.append((rows, low, high, newest))


@contextmanager
def readers(url: str, ways: list[Callable[[Connection, Heard], None]]) -> Iterator[list[Heard]]:
    """One connected reader for each of `ways`, until the block ends.

    PostgreSQL itself ends a query with an error that has waited a second for a lock.
    """
    done = threading.Event()
    heard = [Heard() for _ in ways]

    def read(way: Callable[[Connection, Heard], None], told: Heard) -> None:
        with connect(url, autocommit=True) as reader:
            ask(reader, "set lock_timeout = '1s'")
            while not done.is_set():
                try:
                    way(reader, told)
                except dbapi.Error as error:
                    told.errors.append(str(error))

    threads = [threading.Thread(target=read, args=pair) for pair in zip(ways, heard, strict=True)]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        done.set()
        for thread in threads:
            thread.join()


@contextmanager
def longest_wait(url: str) -> Iterator[list[float]]:
    """Seconds that the server itself says sessions have waited for a lock on a table, as often as asked."""
    done = threading.Event()
    waits: list[float] = [0.0]

    def look() -> None:
        with connect(url, autocommit=True) as watcher:
            while not done.is_set():
                waits.extend(float(seconds) for (seconds,) in ask(watcher, WAITS))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield waits
    finally:
        done.set()
        thread.join()


WAITS = """
    select extract(epoch from clock_timestamp() - waitstart)::float8
    from pg_locks join pg_stat_activity as sessions using (pid)
    where waitstart is not null and sessions.usename like 'r%'
"""


def stage(served: Served, number: int) -> None:
    """Write a release in which every number is `number` where the next one is staged."""
    staging = served.folder.staging
    staging.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for mart, query in {
            "calls_daily": (
                "select date '2026-10-01' + cast(day as integer) as usage_date, tenant_id, 'pro' as "
                f"entitlement_tier, 1::bigint as requests, {number}::bigint as total_tokens, "
                "1::decimal(38, 9) as cost_usd from range(10) as days (day), "
                "(values ('acme'), ('zeta')) as tenants (tenant_id)"
            ),
            "tenants": f"select unnest(['acme', 'zeta']) as tenant_id, {number}::bigint as seats",
            "publications": f"select 'r{number:08d}' as of_publication_id, {number}::bigint as row_count",
        }.items():
            connection.execute(f"copy ({query}) to '{Path(staging) / mart}.parquet' (format parquet)")


def swap(served: Served, number: int) -> None:
    stage(served, number)
    served.target.prepare(f"r{number:08d}", served.project)
    served.target.show(f"r{number:08d}", served.project)


@pytest.mark.parametrize("swaps", [10, pytest.param(50, marks=pytest.mark.long)])
def test_swaps_under_four_readers_and_an_idle_one(
    served: Served, swaps: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """No error, no query that sees two releases, and nobody who waits a second for a lock."""
    swap(served, 1)
    ways = [ask_plainly, ask_in_a_transaction, ask_what_was_prepared, ask_for_the_newest_publication]
    with connect(served.reader_url) as idle, longest_wait(served.url) as waits:
        idle_heard = Heard()
        with readers(served.reader_url, ways) as heard:
            for number in range(2, swaps + 2):
                # Idle in a transaction that has locked the tables of the release, for ten swaps each time.
                if number % 10 == 2:
                    ask_plainly(idle, idle_heard)
                swap(served, number)
        ask_plainly(idle, idle_heard)
        idle.rollback()
    assert [told.errors for told in heard] == [[], [], [], []]
    assert [told.torn for told in heard] == [[], [], [], []]
    assert all(told.seen == sorted(told.seen) and len(set(told.seen)) > 3 for told in heard)
    assert idle_heard.seen == list(range(1, swaps + 2, 10))
    assert max(waits) < 1
    with capsys.disabled():
        print(f"\n{swaps} swaps, {sum(len(told.seen) for told in heard):,} queries, ", end="")
        print(f"longest wait for a lock {max(waits) * 1000:.0f} ms")
