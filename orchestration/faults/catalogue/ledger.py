"""Somebody who can write to the lake touches the ledger; verification finds it, and where."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.faults.fault import Fault, Tamper, exception, ledger
from orchestration.governance.checkpoints import parse_checkpoint
from orchestration.governance.ledger import ledger_folder


def _sql(statement: str) -> Tamper:
    """An SQL statement, as whoever can write to the lake could send it."""

    def tamper(connection: duckdb.DuckDBPyConnection, _: Path) -> None:
        connection.execute(statement)

    return tamper


def _alter_checkpoint(_: duckdb.DuckDBPyConnection, home: Path) -> None:
    file = ledger_folder(home) / "checkpoint"
    told = parse_checkpoint(file.read_text(), source=str(file), is_kept=False)
    file.write_text(told._replace(root=bytes(32)).text())


FAULTS = (
    Fault(
        "an entry says something else",
        "ledger",
        ledger("changed"),
        tamper=_sql("update lake.governance.ledger set subject = 'somebody else' where sequence = 4"),
    ),
    Fault(
        "an entry is gone",
        "ledger",
        ledger("removed"),
        tamper=_sql("delete from lake.governance.ledger where sequence = 4"),
    ),
    Fault(
        "two entries changed places",
        "ledger",
        ledger("reordered"),
        tamper=_sql("update lake.governance.ledger set sequence = 9 - sequence where sequence in (4, 5)"),
    ),
    Fault(
        "the end is cut off",
        "ledger",
        ledger("truncated"),
        tamper=_sql("delete from lake.governance.ledger where sequence >= 4"),
    ),
    Fault(
        "an entry stands there twice",
        "ledger",
        ledger("inserted"),
        tamper=_sql("insert into lake.governance.ledger from lake.governance.ledger where sequence = 4"),
    ),
    Fault("a checkpoint names another root", "ledger", ledger("checkpoint"), tamper=_alter_checkpoint),
    Fault(
        "the record that an entry tells of was changed",
        "ledger",
        ledger("record"),
        tamper=_sql(
            "update lake.bronze.events set record_digest = repeat('0', 64), record = '{}' "
            "where type = 'governance.policy.decided' and event_date = date '2026-10-31'"
        ),
    ),
    Fault(
        "somebody wrote to the ledger, and nobody asks for it",
        "ledger",
        exception("ledger_break"),
        tamper=_sql("update lake.governance.ledger set subject = 'somebody else' where sequence = 2"),
        also=(ledger("changed"),),
    ),
)
