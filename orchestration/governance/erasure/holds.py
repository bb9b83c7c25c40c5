"""Legal holds in force, asked of the events themselves: a hold counts from the moment that it landed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from ingest.errors import TracehouseError

# The newest word on each hold, of those said up to an instant.
_HOLDS = """
select
    json_extract_string(data, '$.hold_id'),
    json_extract_string(data, '$.tenant_id'),
    json_extract_string(data, '$.data_class')
from lake.bronze.events
where type in ('governance.hold.placed', 'governance.hold.released') and occurred_at <= ?
qualify row_number() over (
    partition by json_extract_string(data, '$.hold_id')
    order by occurred_at desc, record_digest desc
) = 1 and type = 'governance.hold.placed'
order by all
"""
# Files of the vault that are held by themselves.
_FILES = """
select
    tenant_id,
    json_extract_string(data, '$.vault_path')
from lake.bronze.events
where
    type in ('vault.file.created', 'vault.file.appended', 'vault.file.deleted')
    and occurred_at <= ?
    and json_extract_string(data, '$.vault_path') is not null
group by all
having
    max_by(json_extract_string(data, '$.legal_hold'), (occurred_at, record_digest)) = 'true'
order by all
"""


class HeldError(TracehouseError):
    """What was to be erased is under a legal hold; the message names the hold and what to do."""


@dataclass(frozen=True)
class Hold:
    """A hold in force. A null tenant or class of data covers all of them."""

    hold_id: str
    tenant_id: str | None
    data_class: str | None


def holds_in_force(connection: duckdb.DuckDBPyConnection, at: datetime) -> list[Hold]:
    """Holds that were placed and not released by `at` (UTC without a zone)."""
    return [Hold(*row) for row in connection.execute(_HOLDS, [at]).fetchall()]


def files_held(connection: duckdb.DuckDBPyConnection, at: datetime) -> list[tuple[str | None, str]]:
    """Tenant and path of the files whose newest event up to `at` says that they are under a legal hold."""
    return connection.execute(_FILES, [at]).fetchall()


def refuse_where_held(holds: Sequence[Hold], request_id: str, tenant_id: str) -> None:
    """Raise HeldError where a hold covers the tenant, whatever class of data it is about.

    Which classes a person's records are of is not known of all of them, and unknown is not free.
    """
    covering = [hold.hold_id for hold in holds if hold.tenant_id in (None, tenant_id)]
    if covering:
        raise HeldError(
            f"Request {request_id} stays pending: tenant {tenant_id} is under legal hold "
            f"{', '.join(covering)}. Nothing was erased; release the hold "
            "(`governance.hold.released`) and run `erase` again."
        )
