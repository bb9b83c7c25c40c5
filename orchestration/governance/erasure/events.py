"""What the warehouse tells of an erasure that it carried out, as CloudEvents 1.0."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orchestration.governance.alerting.events import rfc3339

SOURCE = "/tracehouse/erasure"


def completed(request_id: str, rows: int, tables: int, sequence: int | None, at: datetime) -> dict[str, Any]:
    """`governance.erasure.completed`: how much of how many tables, and the ledger's entry that proves it.

    `at` is UTC without a zone. Source: inputs.md, more event types.
    """
    return {
        "specversion": "1.0",
        "id": f"erasure-{sequence}",
        "source": SOURCE,
        "type": "governance.erasure.completed",
        "subject": request_id,
        "time": rfc3339(at),
        "datacontenttype": "application/json",
        "data": {"request_id": request_id, "rows": rows, "tables": tables, "ledger_sequence": sequence},
    }
