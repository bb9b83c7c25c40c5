"""What is kept too long goes, on both sides of its boundary, and never what a legal hold could mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingest import lake
from orchestration.governance import erasure
from orchestration.governance.erasure import Erased
from orchestration.governance.erasure.retention import oldest_days
from orchestration.governance.ledger import record_facts
from orchestration.governance.verify_ledger import verify_home
from tests.ingest.loads import Warehouse
from tests.orchestration.erasure.landing import NOON_NANO, event, logs, span, spans

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HEADER = "policy_id,policy_version,signal_or_data_class,jurisdiction,keep_days,valid_from,valid_to\n"
# 400 days before 1 November 2026 is 27 September 2025; 30 days before is 2 October 2026.
POLICY = (
    HEADER
    + "r,1,traces,*,400,2020-01-01 00:00:00,\n"
    + "r,1,traces,DE,30,2020-01-01 00:00:00,\n"
    + "r,1,logs,*,400,2020-01-01 00:00:00,\n"
    + "r,1,events,*,30,2020-01-01 00:00:00,\n"
    + "r,1,personal,*,1,2020-01-01 00:00:00,\n"
)


def purge(here: Warehouse) -> Erased:
    policies = here.settings.home / "policies"
    policies.mkdir(exist_ok=True)
    (policies / "policy_retention.csv").write_text(POLICY)
    with lake.writer_lock(here.settings), lake.connect(here.settings, threads=1) as connection:
        return erasure.purge(connection, here.settings, policies, now=NOW)


def nano(year: int, month: int, day: int, *, microseconds: int = 0) -> int:
    instant = datetime(year, month, day, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return int((instant - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 1000


def left(here: Warehouse) -> list[int]:
    return [
        trace for (trace,) in here.ask("select cast(trace_id as integer) from lake.bronze.spans order by 1")
    ]


def test_a_record_stays_on_the_last_day_that_the_policy_keeps_and_goes_on_the_next(here: Warehouse) -> None:
    last, first = nano(2025, 9, 26, microseconds=86_399_999_999), nano(2025, 9, 27)
    here.write("otlp/a.jsonl", spans(span(1, at=last), span(2, at=first), span(3, at=nano(2026, 10, 1))))
    here.load()
    assert purge(here).tables == {"bronze.spans": 1}
    assert left(here) == [2, 3]


def test_the_row_of_a_jurisdiction_goes_before_that_of_all(here: Warehouse) -> None:
    kept, gone = nano(2026, 10, 2), nano(2026, 10, 1, microseconds=86_399_999_999)
    german = [span(n, at=at, data_jurisdiction="DE") for n, at in ((1, gone), (2, kept))]
    here.write("otlp/a.jsonl", spans(*german, span(3, at=gone, data_jurisdiction="FR"), span(4, at=gone)))
    here.load()
    assert purge(here).tables == {"bronze.spans": 1}
    assert left(here) == [2, 3, 4]


def test_a_record_of_unknown_time_stays(here: Warehouse) -> None:
    timeless = logs("timeless").replace(f'"timeUnixNano": "{NOON_NANO}", ', "")
    here.write("otlp/a.jsonl", timeless + logs("old").replace(str(NOON_NANO), str(nano(2020, 1, 1))))
    here.load()
    assert purge(here).tables == {"bronze.log_records": 1}
    assert here.ask("select body from lake.bronze.log_records") == [("timeless",)]


@pytest.mark.parametrize(
    ("hold", "stay"),
    [
        ({"tenant_id": "acme"}, [1, 2, 4]),
        ({}, [1, 2, 3, 4]),
        ({"tenant_id": "acme", "data_class": "personal"}, [1, 4]),
        ({"tenant_id": "zeta"}, [4]),
    ],
)
def test_what_a_legal_hold_covers_stays(here: Warehouse, hold: dict[str, str], stay: list[int]) -> None:
    old = nano(2025, 1, 1)
    nobodys = span(4, at=old, data_class="personal")
    nobodys["attributes"] = [each for each in nobodys["attributes"] if each["key"] != "tenant.id"]
    here.write(
        "otlp/a.jsonl",
        spans(
            span(1, at=old, data_class="personal"),
            span(2, at=old, data_class="internal"),
            span(3, at=old, tenant_id="globex", data_class="personal"),
            nobodys,
        ),
    )
    here.write("governance/a.jsonl", event("governance.hold.placed", "h", hold_id="h", **hold))
    here.load()
    purge(here)
    assert left(here) == stay


def test_the_same_goes_when_the_hold_is_released(here: Warehouse) -> None:
    here.write("otlp/a.jsonl", spans(span(1, at=nano(2025, 1, 1))))
    here.write("governance/a.jsonl", event("governance.hold.placed", "h", hold_id="h", tenant_id="acme"))
    here.load()
    assert purge(here).ledger_sequence is None
    here.write(
        "governance/b.jsonl", event("governance.hold.released", "i", "2026-10-15T00:00:00Z", hold_id="h")
    )
    here.load()
    assert purge(here).tables == {"bronze.spans": 1}


def test_holds_and_files_under_hold_stay_known(here: Warehouse) -> None:
    old = "2026-01-01T00:00:00Z"
    file = {"tenant_id": "acme", "digest": "sha256:" + "a" * 64, "bytes": 1}
    here.write(
        "governance/a.jsonl",
        event("governance.hold.placed", "h", old, hold_id="h", tenant_id="zeta")
        + event("vault.file.created", "f1", old, vault_path="a", mutation_id="1", legal_hold=True, **file)
        + event("vault.file.created", "f2", old, vault_path="b", mutation_id="2", legal_hold=False, **file)
        + event("vault.file.created", "f3", old, vault_path="c", mutation_id="3", **file),
    )
    here.load()
    assert purge(here).tables == {"bronze.events": 2}
    assert here.ask("select event_id from lake.bronze.events order by 1") == [("f1",), ("h",)]


def test_a_purge_is_told_in_the_ledger_and_does_nothing_twice(
    here: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    decision = {"tenant_id": "acme", "decision_id": "d", "policy_id": "p", "policy_version": "1"}
    told = {**decision, "decision": "deny", "subject_kind": "vault"}
    here.write("governance/a.jsonl", event("governance.policy.decided", "e", "2026-01-01T00:00:00Z", **told))
    here.load()
    with lake.connect(here.settings) as connection:
        record_facts(connection, here.settings.home, here.settings.home / "none", now=NOW)
    purged = purge(here)
    assert purged.sentence().startswith("retention 2026-11-01: 1 row of 1 table erased; entry ")
    assert purge(here).sentence() == "Nothing is kept longer than it may be."
    assert verify_home(here.settings, [])[1] == 0
    capsys.readouterr()


def test_the_rows_in_force_count_from_and_until_the_instants_that_they_name(tmp_path: Path) -> None:
    policy = tmp_path / "policy_retention.csv"
    policy.write_text(
        HEADER
        + "r,1,traces,*,400,2020-01-01 00:00:00,2026-11-01 00:00:00\n"
        + "r,2,traces,*,10,2026-11-01 00:00:00,\n"
    )
    at = datetime(2026, 11, 1, tzinfo=UTC).replace(tzinfo=None)
    before = at - timedelta(microseconds=1)
    assert oldest_days(policy, at) == {"traces": {"*": date(2026, 10, 22)}}
    # 400 days before 31 October 2026.
    assert oldest_days(policy, before) == {"traces": {"*": date(2025, 9, 26)}}
