"""Names in records, known by digests alone; and what keeps somebody who was erased from coming back."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from ingest import lake
from ingest.erasures import ensure_erasures, suppress_from_now_on, suppressed_names
from ingest.redaction import KEEP_ALL, read_redaction
from ingest.replay import replay
from ingest.subjects import Names, names_of, stripped
from tests.ingest.loads import Warehouse, span_line, warehouse

ADA = "ada.l-7@example.org"
NOON = datetime(2026, 10, 14, 12)  # noqa: DTZ001 - as the lake stores times
NOON_NANO = 1_791_979_200_000_000_000


@pytest.fixture
def here(home: Path) -> Warehouse:
    return warehouse(home, TRACEHOUSE_HASH_KEY="k")


def ada(until: datetime | None = None) -> Names:
    return names_of("acme", ADA, KEEP_ALL, until=until)


def erase_from_now_on(here: Warehouse, names: Names) -> None:
    with lake.connect(here.settings) as connection:
        lake.ensure_bronze(connection)
        ensure_erasures(connection)
        suppress_from_now_on(connection, "r-1", names)


def log_line(body: str, *, at: int = NOON_NANO, tenant: str | None = None) -> str:
    named = [{"key": "tenant.id", "value": {"stringValue": tenant}}] if tenant else []
    record = {"timeUnixNano": str(at), "body": {"stringValue": body}, "attributes": named}
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        ADA,
        f"Mail {ADA}, please.",
        f"user_{ADA}_2",
        ADA.upper(),
        # As JSON, URLs and HTML write it; the letter before it belongs to an escape.
        f'{{"note": "so\\n{ADA}"}}',
        f"\\u00e9{ADA}",
        "q=%20ada.l-7%40example.org",
    ],
)
def test_a_name_is_found_as_a_word_of_its_own(text: str) -> None:
    assert ada().is_in(text.encode())


@pytest.mark.parametrize(
    "text", ["", "ada", f"x{ADA}", f"{ADA}2", "ada.l-7@example.or", "adaXl-7@example.org"]
)
def test_a_part_of_another_word_is_no_name(text: str) -> None:
    assert not ada().is_in(text.encode())


def test_letters_of_a_name_in_another_order_are_another_name() -> None:
    assert not names_of("acme", "abcd-1234", KEEP_ALL, until=None).is_in(b"dcba-1234")


def test_a_name_stays_whole_where_a_column_is_cut_into_values() -> None:
    # Together the two values would spell it.
    column = pa.array(["ada.l-7@exa", "mple.org", None, f"to {ADA}"])
    assert [row for row, _ in ada().in_column(column)] == [3]


def test_names_are_found_in_keys_and_values_however_nested() -> None:
    kind = pa.list_(pa.struct([("entries", pa.map_(pa.dictionary(pa.int32(), pa.string()), pa.string()))]))
    column = pa.array(
        [[], None, [{"entries": [("k", "v")]}, {"entries": [(ADA, "v")]}], [{"entries": [("k", ADA)]}]], kind
    )
    assert sorted(row for row, _ in ada().in_column(column)) == [2, 3]


def test_the_keyed_hash_of_a_name_is_a_form_of_it() -> None:
    redaction = read_redaction(NOON, "k")
    told, _ = redaction.replacement("hash", ADA)
    assert names_of("acme", ADA, redaction, until=None).is_in(told.encode())


def test_a_name_that_the_collector_hashed_before_ingest_did_is_found() -> None:
    redaction = read_redaction(NOON, "k")
    by_collector, _ = redaction.replacement("hash", ADA)
    told, _ = redaction.replacement("hash", by_collector)
    assert names_of("acme", ADA, redaction, until=None).is_in(told.encode())
    assert names_of("acme", by_collector, redaction, until=None, is_hash=True).is_in(told.encode())
    assert not ada().is_in(told.encode())


def test_what_is_kept_of_a_name_does_not_hold_it() -> None:
    assert "ada" not in repr(ada()).replace("salt", "")


def test_stripping_empties_the_texts_that_hold_a_name_and_keeps_json_whole() -> None:
    value = {"data": f'{{"to": "{ADA}", "n": 1}}', "list": [f"for {ADA}", "other", 3], "none": None}
    assert stripped(value, ada()) == {"data": '{"to": "", "n": 1}', "list": ["", "other", 3], "none": None}


def test_where_nobody_was_erased_nobody_is_looked_for(here: Warehouse) -> None:
    here.write("otlp/one.jsonl", log_line(f"by {ADA}"))
    here.load()
    with lake.connect(here.settings, read_only=True) as connection:
        assert not suppressed_names(connection)
    assert here.ask("select count(*) from lake.bronze.log_records") == [(1,)]


def test_a_record_of_somebody_erased_is_counted_and_nothing_of_it_kept(here: Warehouse) -> None:
    erase_from_now_on(here, ada())
    here.write("otlp/one.jsonl", log_line("nothing") + log_line(f"by {ADA}") + log_line("more"))
    here.load()
    assert here.ask("select body from lake.bronze.log_records order by 1") == [("more",), ("nothing",)]
    assert here.log("records_found, rows_landed, rows_quarantined, rows_duplicate") == [(3, 2, 1, 0)]
    (row,) = here.ask("select source_file, signal, reason_code, byte_offset, raw from lake.bronze.quarantine")
    assert row == ("otlp/one.jsonl", "logs", "erased", None, b"")


def test_a_bad_record_of_somebody_erased_leaves_only_its_place(here: Warehouse) -> None:
    erase_from_now_on(here, ada())
    bad = f'{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{"traceId": "zz", "x": "{ADA}"}}]}}]}}]}}\n'
    here.write("otlp/one.jsonl", span_line(1) + bad)
    here.load()
    (row,) = here.ask("select reason_code, byte_offset, raw, raw_digest from lake.bronze.quarantine")
    assert row == ("erased", len(span_line(1)), b"", "")
    replay(here.settings, now=NOON)
    assert here.ask("select count(*) from lake.bronze.spans") == [(1,)]


def test_what_was_in_quarantine_is_suppressed_when_it_is_read_again(here: Warehouse) -> None:
    here.write("otlp/one.jsonl", log_line(f"by {ADA}"))
    here.load()
    # As if the decoder of that day had not understood it.
    with lake.connect(here.settings) as connection:
        connection.execute(
            "insert into lake.bronze.quarantine by name select 'otlp/one.jsonl' as source_file, "
            "0 as byte_offset, 9 as byte_length, 'x' as reason_code, 1 as load_id, "
            "cast(? as blob) as raw, ? as raw_digest",
            [log_line(f"by {ADA} again").encode(), _sha256(log_line(f"by {ADA} again"))],
        )
        connection.execute("delete from lake.bronze.log_records")
    erase_from_now_on(here, ada())
    replay(here.settings, now=NOON)
    assert here.ask("select count(*) from lake.bronze.log_records") == [(0,)]


def test_a_span_goes_with_its_events_and_all_copies_of_it(here: Warehouse) -> None:
    erase_from_now_on(here, ada())
    told = {"name": "said", "attributes": [{"key": "to", "value": {"stringValue": ADA}}]}
    span = json.loads(span_line(1))
    span["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["events"] = [told]
    # The copy without the event, and another span.
    here.write("otlp/one.jsonl", span_line(1) + json.dumps(span) + "\n" + span_line(2))
    here.load()
    assert here.ask("select trace_id from lake.bronze.spans") == [(f"{2:032x}",)]
    assert here.ask("select count(*) from lake.bronze.span_events") == [(0,)]
    assert here.log("records_found, rows_landed, rows_quarantined") == [(3, 1, 2)]


def test_a_record_of_another_tenant_is_somebody_elses(here: Warehouse) -> None:
    erase_from_now_on(here, ada())
    lines = [log_line(f"{tenant} {ADA}", tenant=tenant) for tenant in ("acme", "globex")]
    here.write("otlp/one.jsonl", "".join(lines))
    here.load()
    assert here.ask("select body from lake.bronze.log_records") == [(f"globex {ADA}",)]


def test_only_what_was_made_up_to_the_erasure_is_suppressed(here: Warehouse) -> None:
    erase_from_now_on(here, ada(until=NOON))
    at = {"the microsecond": NOON_NANO, "after": NOON_NANO + 1000, "unknown": 0}
    here.write("otlp/one.jsonl", "".join(log_line(f"{ADA} {when}", at=t) for when, t in at.items()))
    here.load()
    assert here.ask("select body from lake.bronze.log_records") == [(f"{ADA} after",)]


def test_accounts_keep_their_rows_without_the_name(here: Warehouse) -> None:
    erase_from_now_on(here, ada())
    row = {"snapshot_date": "2026-10-14", "tenant_id": "acme", "entitlement_tier": "pro", "seats": 3}
    here.write("usage/one.jsonl", json.dumps(row | {"tenant_name": f"Acme ({ADA})"}) + "\n")
    dispute = {"dispute_id": "d", "tenant_id": "acme", "amount_minor": 5, "currency": "USD"}
    told = {"specversion": "1.0", "id": "e", "source": "/s", "type": "billing.dispute.opened"}
    data = {
        **dispute,
        "status": "needs_response",
        "effective_at": "2026-10-14T00:00:00Z",
        "reason": f"so {ADA}",
    }
    here.write("billing/one.jsonl", json.dumps({**told, "time": "2026-10-14T00:00:00Z", "data": data}) + "\n")
    here.load()
    assert here.ask("select seats, tenant_name from lake.bronze.usage_snapshots") == [(3, "")]
    assert here.ask(
        "select json_extract_string(data, '$.amount_minor'), json_extract_string(record, '$.data.reason') "
        "from lake.bronze.events"
    ) == [("5", "")]


def test_a_copy_of_a_file_that_landed_before_the_erasure_is_known(here: Warehouse) -> None:
    lines = log_line("nothing") + log_line(f"by {ADA}")
    first = here.write("otlp/one.jsonl", lines)
    here.load()
    erase_from_now_on(here, ada())
    here.write("otlp/two.jsonl", lines)
    here.load()
    here.write("otlp/three.jsonl", lines)
    here.load()
    assert first.exists()
    # The copies hold nothing new, whether the first reading or a suppressed one is compared.
    assert here.ask("select body from lake.bronze.log_records where load_id > 1") == []


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
