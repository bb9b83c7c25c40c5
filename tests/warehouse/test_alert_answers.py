"""An alert by the project's own routes, and an answer to it on its whole way from the landing folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from ingest import lake
from orchestration.governance.alerting import BREACHES, decide
from tests.orchestration.alerting.small_lake import TABLES, add_exceptions, instant, make_table
from tests.running import Home
from tests.warehouse.building import build, land_files

AS_OF = datetime(2026, 10, 14, 18, tzinfo=UTC)
STATES = "select audience, state, acknowledged_at from lake.intermediate.int_alerts"


def test_an_answer_in_the_landing_folder_reaches_its_alert(home: Path) -> None:
    here = Home(home)
    land_files(here)
    with lake.connect(here.settings) as connection:
        make_table(connection, "marts.compliance_exceptions", TABLES["marts.compliance_exceptions"])
        add_exceptions(connection, [instant("2026-10-14 12:00")])
        decide(connection, as_of=AS_OF, trace_url="{trace_id}")
    build(
        here, "alert_routes", "policy_escalations", "runbooks", "stg_alert_events", "stg_alerts", "int_alerts"
    )
    with lake.connect(here.settings) as connection:
        assert decide(connection, as_of=AS_OF, trace_url="{trace_id}", about=BREACHES).warnings == ()
        owed = connection.execute(
            "select channel from lake.governance.deliveries order by sequence"
        ).fetchall()
        [(alert_id, fingerprint)] = connection.execute(
            "select alert_id, fingerprint from lake.governance.alerts"
        ).fetchall()
    assert owed == [("outbox",), ("slack",)]
    assert here.in_lake(STATES) == [("legal", "open", None)]

    event = {
        "specversion": "1.0",
        "id": "answer-1",
        "source": "/on-call",
        "type": "governance.alert.acknowledged",
        "time": "2026-10-14T18:30:00Z",
        "data": {"alert_id": alert_id, "fingerprint": fingerprint, "actor_id": "lena"},
    }
    governance = home / "landing" / "governance"
    governance.mkdir()
    (governance / "answers.jsonl").write_text(json.dumps(event) + "\n")
    land_files(here)
    with lake.connect(here.settings) as connection:
        decide(connection, as_of=datetime(2026, 10, 14, 19, tzinfo=UTC), trace_url="{trace_id}")
    assert here.in_lake(STATES) == [("legal", "acknowledged", instant("2026-10-14 18:30"))]
