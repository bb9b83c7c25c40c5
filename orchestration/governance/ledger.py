"""The ledger: an append-only chain of everything that was decided, in `lake.governance.ledger`.

Each entry's hash covers its fields and the hash before it, and is at the same time a leaf of the Merkle tree
that a checkpoint gives the root of. Entries, the checkpoint behind them and the marks up to which facts were
collected are committed in one transaction: a run killed at any instant is simply run again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.lake import transaction
from metabase.tables import ensure_release_tables
from orchestration.governance.checkpoints import Checkpoint, write_checkpoints
from orchestration.governance.entries import Entry, Fact, digest_of, leaf_of, linked
from orchestration.governance.facts import Collector, canonical, collectors
from orchestration.governance.merkle import Frontier

_TABLES = {
    "ledger": (
        "sequence bigint not null, recorded_at timestamp not null, kind varchar not null, "
        "subject varchar not null, occurred_at timestamp not null, trace_id varchar, payload_digest varchar, "
        "previous_hash varchar, hash varchar not null"
    ),
    # last_hash and subtrees are what an append goes on from; verification trusts neither.
    "checkpoints": (
        "tree_size bigint not null, recorded_at timestamp not null, checkpoint varchar not null, "
        "last_hash varchar not null, subtrees varchar[] not null"
    ),
    "ledger_marks": "collector varchar not null, mark varchar not null",
    # What an erasure says of itself: JSON, with the entries whose records it removed.
    "tombstones": "subject varchar not null, document varchar not null",
}
_FACTS = pa.schema([("place", pa.int64()), ("kind", pa.string()), ("subject", pa.string())])
_ENTRIES = pa.schema(
    [
        ("sequence", pa.int64()),
        ("recorded_at", pa.timestamp("us")),
        ("kind", pa.string()),
        ("subject", pa.string()),
        ("occurred_at", pa.timestamp("us")),
        ("trace_id", pa.string()),
        ("payload_digest", pa.string()),
        ("previous_hash", pa.string()),
        ("hash", pa.string()),
    ]
)
_COMPLETED = "completed "
_ROWS_AT_ONCE = 50_000


def ledger_folder(home: Path) -> Path:
    """Where a home keeps its checkpoints as files."""
    return home / "ledger"


def ensure_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the ledger if the lake has none."""
    if has_ledger(connection):
        return
    with transaction(connection):
        connection.execute("create schema if not exists lake.governance")
        for name, columns in _TABLES.items():
            connection.execute(f"create table if not exists lake.governance.{name} ({columns})")


def has_ledger(connection: duckdb.DuckDBPyConnection) -> bool:
    """False in a lake that no pipeline run has kept a ledger in yet."""
    # A question that only the catalogue answers; DuckDB's list of tables takes longer.
    with suppress(duckdb.CatalogException):
        probes = (f"select 1 from lake.governance.{name} where false" for name in _TABLES)  # noqa: S608 - ours
        connection.execute(" union all ".join(probes))
        return True
    return False


def record_facts(connection: duckdb.DuckDBPyConnection, home: Path, policies: Path, *, now: datetime) -> int:
    """Append every fact that has no entry yet, and keep a checkpoint of it; how many there were.

    The caller holds the writer lock. `policies` is the folder of the policy files. Nothing new writes
    nothing.
    """
    ensure_release_tables(connection)
    ensure_ledger(connection)
    appended = record_from(connection, collectors(policies, now), now=now)
    publish_checkpoints(connection, ledger_folder(home))
    return appended


def record_from(connection: duckdb.DuckDBPyConnection, sources: Iterable[Collector], *, now: datetime) -> int:
    """`record_facts` from these collectors alone, without the checkpoint files."""
    with transaction(connection):
        marks = read_marks(connection)
        facts: list[Fact] = []
        for source in sources:
            found, mark = source.find(connection, marks.get(source.name))
            facts += found
            if mark is not None and mark != marks.get(source.name):
                _move_mark(connection, source.name, mark)
        return append(connection, facts, now=now)


def append(connection: duckdb.DuckDBPyConnection, facts: Iterable[Fact], *, now: datetime) -> int:
    """Append those of `facts` that have no entry, and a checkpoint, inside the caller's transaction.

    They are appended in the order of time, kind and subject. Of a fact that is told twice the telling with
    the smallest digest counts; what has an entry keeps it, whatever is told later. Gives how many are new.
    """
    new = _without_entry(connection, _first_tellings(facts))
    if not new:
        return 0
    tree, last_hash = _end(connection)
    at = now.astimezone(UTC).replace(tzinfo=None)
    entries = []
    for fact in new:
        entry = linked(fact, tree.size, at, last_hash)
        tree.add(leaf_of(entry))
        last_hash = entry.hash
        entries.append(entry)
    rows = pa.Table.from_pylist([entry._asdict() for entry in entries], schema=_ENTRIES)
    _insert(connection, "insert into lake.governance.ledger select * from given_rows", rows)
    connection.execute(
        "insert into lake.governance.checkpoints values (?, ?, ?, ?, ?)",
        [
            tree.size,
            at,
            Checkpoint(tree.size, tree.root()).text(),
            last_hash,
            [subtree.hex() for subtree in tree.subtrees],
        ],
    )
    return len(new)


def append_tombstone(
    connection: duckdb.DuckDBPyConnection,
    request_id: str,
    *,
    entries: Sequence[int],
    told: dict[str, Any],
    now: datetime,
) -> int:
    """Say in the ledger that an erasure removed the records of `entries`; gives its own sequence.

    `told` may hold what else is to be proved, such as tables and numbers of rows, and nothing of what was
    removed. To be called inside the transaction that removes the records. A request may be carried out more
    than once, where a late load brought more of its subject: each time is an entry.
    """
    row = connection.execute("select count(*) from lake.governance.tombstones").fetchone()
    subject = f"{_COMPLETED}{row[0] + 1 if row else 1} {request_id}"
    document = canonical({**told, "entries": sorted(entries)})
    connection.execute("insert into lake.governance.tombstones values (?, ?)", [subject, document.decode()])
    at = now.astimezone(UTC).replace(tzinfo=None)
    append(connection, [Fact("erasure", subject, at, None, digest_of(document))], now=now)
    return _end(connection)[0].size - 1


def is_tombstone(entry: Entry) -> bool:
    """True for the entry of an erasure that was carried out."""
    return entry.kind == "erasure" and entry.subject.startswith(_COMPLETED)


def read_entries(connection: duckdb.DuckDBPyConnection) -> Iterator[Entry]:
    """Every entry, by sequence."""
    found = connection.execute(
        "select sequence, recorded_at, kind, subject, occurred_at, trace_id, payload_digest, previous_hash, "
        "hash from lake.governance.ledger order by sequence, hash"
    )
    while rows := found.fetchmany(_ROWS_AT_ONCE):
        yield from (Entry(*row) for row in rows)


def read_checkpoints(connection: duckdb.DuckDBPyConnection, *, from_size: int = 0) -> list[tuple[int, str]]:
    """The lake's own checkpoints of `from_size` entries and more: their sizes and their texts."""
    return connection.execute(
        "select tree_size, checkpoint from lake.governance.checkpoints where tree_size >= ? order by 1",
        [from_size],
    ).fetchall()


def read_tombstones(connection: duckdb.DuckDBPyConnection) -> dict[str, bytes]:
    """The document of every erasure, by the subject of its entry."""
    rows = connection.execute("select subject, document from lake.governance.tombstones").fetchall()
    return {subject: document.encode() for subject, document in rows}


def read_marks(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Up to where each collector has looked, by its name."""
    return dict(connection.execute("from lake.governance.ledger_marks").fetchall())


def publish_checkpoints(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write to `folder` the checkpoints that were committed and that it does not have yet."""
    sizes = [int(file.stem) for file in (folder / "checkpoints").glob("*.txt") if file.stem.isdigit()]
    # The largest once more: `checkpoint` may not have been renamed after it.
    if checkpoints := read_checkpoints(connection, from_size=max(sizes, default=0)):
        write_checkpoints(folder, checkpoints)


def _move_mark(connection: duckdb.DuckDBPyConnection, collector: str, mark: str) -> None:
    connection.execute("delete from lake.governance.ledger_marks where collector = ?", [collector])
    connection.execute("insert into lake.governance.ledger_marks values (?, ?)", [collector, mark])


def _first_tellings(facts: Iterable[Fact]) -> list[Fact]:
    told: dict[tuple[str, str], Fact] = {}
    for fact in sorted(facts, key=lambda fact: (fact.payload_digest or "", fact.occurred_at)):
        told.setdefault((fact.kind, fact.subject), fact)
    return sorted(told.values(), key=lambda fact: (fact.occurred_at, fact.kind, fact.subject))


def _without_entry(connection: duckdb.DuckDBPyConnection, facts: list[Fact]) -> list[Fact]:
    if not facts:
        return []
    rows = [{"place": place, "kind": fact.kind, "subject": fact.subject} for place, fact in enumerate(facts)]
    connection.register("given_facts", pa.Table.from_pylist(rows, schema=_FACTS))
    try:
        new = connection.execute(
            "select place from given_facts anti join lake.governance.ledger using (kind, subject) order by 1"
        ).fetchall()
    finally:
        connection.unregister("given_facts")
    return [facts[place] for (place,) in new]


def _end(connection: duckdb.DuckDBPyConnection) -> tuple[Frontier, str | None]:
    """The tree so far and the hash of its last entry, from the newest checkpoint.

    Where somebody has changed what the checkpoint keeps of the tree, the entries are read instead: the
    warehouse goes on, and verification tells of the damage.
    """
    row = connection.execute(
        "select tree_size, subtrees, last_hash, checkpoint from lake.governance.checkpoints "
        "order by tree_size desc limit 1"
    ).fetchone()
    if row is not None:
        size, subtrees, last_hash, text = row
        with suppress(ValueError):
            tree = Frontier(size, [bytes.fromhex(subtree) for subtree in subtrees])
            if Checkpoint(size, tree.root()).text() == text:
                return tree, last_hash
    tree, last_hash = Frontier(), None
    for entry in read_entries(connection):
        tree.add(leaf_of(entry))
        last_hash = entry.hash
    return tree, last_hash


def _insert(connection: duckdb.DuckDBPyConnection, statement: str, rows: pa.Table) -> None:
    connection.register("given_rows", rows)
    try:
        connection.execute(statement)
    finally:
        connection.unregister("given_rows")
