"""What the redaction policy lets through to disk, and what it leaves visible in its place."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ingest.errors import SettingsError
from ingest.events import decode_event
from ingest.otlp import decode
from ingest.otlp.columns import tables_by_day
from ingest.pieces import Limits, Piece
from ingest.redaction import Redaction, read_redaction, redacted
from ingest.redaction.policy import POLICY
from tests.ingest.loads import warehouse

NOW = datetime(2026, 10, 1, tzinfo=UTC)
KEY = "a key that nobody else has"
SECRET = "Ada Lovelace, ada@example.com"
HEADER = (
    "policy_id,policy_version,attribute,action,valid_from,valid_to,severity,remediation,runbook_url,owner"
)


def policy(folder: Path, *rows: str, key: str | None = KEY, now: datetime = NOW) -> Redaction:
    """A policy of `attribute,action[,valid_from[,valid_to]]` rows."""
    file = folder / "policy_redaction.csv"
    lines = [f"p,1,{row}{',' * (3 - row.count(','))},high,,,owner" for row in rows]
    file.write_text("\n".join([HEADER, *lines]) + "\n")
    return read_redaction(now, key, file)


def hashed(text: str) -> str:
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def attributes(**values: str | int) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"stringValue": value} if isinstance(value, str) else {"intValue": value}}
        for key, value in values.items()
    ]


def table(request: Mapping[str, Any], name: str) -> pa.Table:
    data = json.dumps(request).encode()
    decoded = decode(Piece(0, len(data), data, "json", None), Limits())
    assert decoded.bad == []
    (of_day,) = tables_by_day(name, decoded.rows[name]).values()
    return of_day


def spans(*own: list[dict[str, Any]], resource: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    found = [
        {
            "traceId": "0" * 31 + "1",
            "spanId": f"{number:016x}",
            "startTimeUnixNano": "1792059000000000000",
            "attributes": each,
        }
        for number, each in enumerate(own, start=1)
    ]
    return {"resourceSpans": [{"resource": {"attributes": resource or []}, "scopeSpans": [{"spans": found}]}]}


def test_a_dropped_attribute_keeps_its_key_and_loses_its_value(tmp_path: Path) -> None:
    rows = table(spans(attributes(model="m", prompt=SECRET), attributes(model="n")), "spans")
    found = redacted("spans", rows, policy(tmp_path, "prompt,drop"))
    assert found.column("attributes").to_pylist() == [[("model", "m"), ("prompt", "")], [("model", "n")]]
    assert found.column("attribute_types").to_pylist() == [[("prompt", "dropped")], []]
    assert found.schema == rows.schema


def test_a_hashed_attribute_is_the_same_for_the_same_value_and_says_nothing_else(tmp_path: Path) -> None:
    rows = table(spans(attributes(user=SECRET), attributes(user=SECRET, n=1)), "spans")
    found = redacted("spans", rows, policy(tmp_path, "user,hash"))
    assert found.column("attributes").to_pylist() == [
        [("user", hashed(SECRET))],
        [("user", hashed(SECRET)), ("n", "1")],
    ]
    types = [dict(types) for types in found.column("attribute_types").to_pylist()]
    assert types == [{"user": "hashed"}, {"n": "int", "user": "hashed"}]


def test_without_a_key_a_value_that_would_be_hashed_is_dropped(tmp_path: Path) -> None:
    rows = table(spans(attributes(user=SECRET)), "spans")
    found = redacted("spans", rows, policy(tmp_path, "user,hash", key=None))
    assert found.column("attributes").to_pylist() == [[("user", "")]]
    assert found.column("attribute_types").to_pylist() == [[("user", "dropped")]]


def test_the_type_of_a_redacted_number_is_how_it_was_redacted(tmp_path: Path) -> None:
    rows = table(spans(attributes(account=7, n=1)), "spans")
    found = redacted("spans", rows, policy(tmp_path, "account,hash"))
    assert dict(found.column("attributes").to_pylist()[0]) == {"account": hashed("7"), "n": "1"}
    assert dict(found.column("attribute_types").to_pylist()[0]) == {"account": "hashed", "n": "int"}


def test_repeats_of_a_key_and_the_resource_are_redacted_too(tmp_path: Path) -> None:
    twice = [*attributes(prompt=SECRET), *attributes(prompt=SECRET + "!")]
    rows = table(spans(twice, resource=attributes(prompt=SECRET)), "spans")
    found = redacted("spans", rows, policy(tmp_path, "prompt,drop"))
    assert found.column("resource_attributes").to_pylist() == [[("prompt", "")]]
    assert found.column("attributes_repeated").to_pylist() == [
        [{"key": "prompt", "value": "", "type": "dropped"}]
    ]
    assert SECRET not in str(found.to_pylist())


def test_the_longest_match_counts_and_what_no_row_names_is_kept(tmp_path: Path) -> None:
    rules = policy(tmp_path, "llm.*,drop", "llm.model.*,keep", "llm.model.path,hash")
    assert [rules.action(name) for name in ("llm.input", "llm.model.name", "llm.model.path", "other")] == [
        "drop",
        "keep",
        "hash",
        "keep",
    ]


def test_a_row_counts_from_its_first_instant_to_before_its_last(tmp_path: Path) -> None:
    row = "prompt,drop,2026-10-01 00:00:00,2026-11-01 00:00:00"
    instants = [
        datetime(2026, 9, 30, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 10, 1, tzinfo=UTC),
        datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
    ]
    found = [policy(tmp_path, row, now=instant).action("prompt") for instant in instants]
    assert found == ["keep", "drop", "drop", "keep"]


def test_a_changed_policy_has_another_digest(tmp_path: Path) -> None:
    first = policy(tmp_path, "prompt,drop")
    assert policy(tmp_path, "prompt,drop").digest == first.digest
    assert policy(tmp_path, "prompt,hash").digest != first.digest


def test_the_body_of_a_log_event_is_redacted_by_its_name(tmp_path: Path) -> None:
    logs = [
        {"eventName": name, "timeUnixNano": "1792059000000000000", "body": {"stringValue": SECRET}}
        for name in ("gen_ai.user.message", "deployment")
    ]
    rows = table({"resourceLogs": [{"scopeLogs": [{"logRecords": logs}]}]}, "log_records")
    found = redacted("log_records", rows, policy(tmp_path, "gen_ai.user.message/body,drop"))
    assert found.column("body").to_pylist() == ["", SECRET]
    assert found.column("body_type").to_pylist() == ["dropped", None]


def test_the_attributes_of_an_exemplar_are_redacted(tmp_path: Path) -> None:
    exemplar = {
        "timeUnixNano": "1792059000000000000",
        "asInt": "1",
        "filteredAttributes": attributes(user=SECRET),
    }
    point = {"timeUnixNano": "1792059000000000000", "asInt": "1", "exemplars": [exemplar]}
    metric = {"name": "m", "gauge": {"dataPoints": [point]}}
    rows = table({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}, "metric_points")
    found = redacted("metric_points", rows, policy(tmp_path, "user,drop"))
    (kept,) = found.column("exemplars").to_pylist()[0]
    assert kept["filtered_attributes"] == [("user", "")]
    assert kept["filtered_attribute_types"] == [("user", "dropped")]
    assert kept["value_int"] == 1


def test_a_text_member_of_a_billing_record_is_redacted_and_the_rest_stays_as_sent(tmp_path: Path) -> None:
    record = (
        '{"object": "event", "id": "evt_1", "type": "customer.created", "created": 1792059000, '
        '"data": {"object": {"object": "customer", "id": "cus_1", "email" : "ada@example.com", '
        '"balance": 1.10, "phone": "+44 \\"20\\" 1", "note": "\\"email\\": \\"kept\\""}}}'
    )
    data = record.encode()
    rows = decode_event(Piece(0, len(data), data, "json", None), "billing", Limits()).rows["events"]
    (of_day,) = tables_by_day("events", rows).values()
    found = redacted("events", of_day, policy(tmp_path, "json:email,hash", "json:phone,drop"))
    expected = record.replace("ada@example.com", hashed("ada@example.com"))
    expected = expected.replace('"+44 \\"20\\" 1"', '""')
    assert found.column("record").to_pylist() == [expected]
    assert json.loads(found.column("data").to_pylist()[0])["object"]["email"] == hashed("ada@example.com")
    assert found.column("record_digest") == of_day.column("record_digest")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("prompt,erase", "policy_redaction.csv, row 2: action is 'erase'; write drop, hash or keep."),
        (",drop", "policy_redaction.csv, row 2: attribute is ''; name an attribute, or a prefix with *."),
        ("*,drop", "policy_redaction.csv, row 2: attribute is '*'; name an attribute, or a prefix with *."),
        (
            "prompt,drop,soon",
            "policy_redaction.csv, row 2: valid_from is 'soon'; write UTC, 2026-01-31 00:00:00.",
        ),
    ],
)
def test_a_policy_that_cannot_be_used_says_where_and_what_to_write(
    tmp_path: Path, row: str, sentence: str
) -> None:
    with pytest.raises(SettingsError) as error:
        policy(tmp_path, row)
    assert str(error.value) == sentence


def test_the_project_s_own_policy_covers_the_content_attributes_of_the_conventions() -> None:
    rules = read_redaction(NOW, KEY, POLICY)
    named = ("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions")
    assert [rules.action(name) for name in named] == ["drop"] * 3
    assert rules.action("gen_ai.usage.input_tokens") == "keep"


def test_the_project_s_own_policy_keeps_which_prompt_it_was_and_drops_what_the_prompt_said() -> None:
    actual = read_redaction(NOW, KEY)
    assert [actual.action(f"gen_ai.prompt.{end}") for end in ("name", "version", "0.content", "0.role")] == [
        "keep",
        "keep",
        "drop",
        "drop",
    ]


def test_no_value_that_the_policy_drops_is_written_and_the_policy_is_recorded(home: Path) -> None:
    here = warehouse(home)
    here.write("otlp/a.jsonl", json.dumps(spans(attributes(**{"gen_ai.input.messages": SECRET}))) + "\n")
    here.load()
    here.write("otlp/b.jsonl", json.dumps(spans(attributes(model="m"))) + "\n")
    here.load()
    assert here.ask(
        "select load_id, is_keyed, actions['gen_ai.input.messages'] from lake.bronze.redaction_policies"
    ) == [(1, False, "drop")]
    files = [path for path in home.rglob("*") if path.is_file() and "landing" not in path.parts]
    assert len(files) > 3
    written = b"".join(path.read_bytes() for path in files)
    assert b"Lovelace" not in written
    assert here.ask(
        "select attributes['gen_ai.input.messages'] from lake.bronze.spans where load_id = 1"
    ) == [("",)]


def test_what_stands_inside_a_map_or_a_list_is_redacted_and_the_rest_stays(tmp_path: Path) -> None:
    def entry(key: str, text: str) -> dict[str, Any]:
        return {"key": key, "value": {"stringValue": text}}

    inner = {"kvlistValue": {"values": [entry("user.email", SECRET), entry("n", "kept")]}}
    own = [{"key": "user", "value": inner}, {"key": "users", "value": {"arrayValue": {"values": [inner]}}}]
    request = spans([*own, *own])
    rules = policy(tmp_path, "user.email,drop")
    found = redacted("spans", table(request, "spans"), rules)
    assert dict(found.column("attributes").to_pylist()[0]) == {
        "user": '{"n": "kept", "user.email": ""}',
        "users": '[{"n": "kept", "user.email": ""}]',
    }
    assert SECRET not in str(found.to_pylist())
    log = {"timeUnixNano": "1792059000000000000", "body": inner}
    found = redacted(
        "log_records", table({"resourceLogs": [{"scopeLogs": [{"logRecords": [log]}]}]}, "log_records"), rules
    )
    assert found.column("body").to_pylist() == ['{"n": "kept", "user.email": ""}']


def test_a_log_event_named_by_its_attribute_loses_its_body(tmp_path: Path) -> None:
    log = {
        "timeUnixNano": "1792059000000000000",
        "attributes": attributes(**{"event.name": "gen_ai.user.message"}),
        "body": {"stringValue": SECRET},
    }
    rows = table({"resourceLogs": [{"scopeLogs": [{"logRecords": [log]}]}]}, "log_records")
    found = redacted("log_records", rows, policy(tmp_path, "gen_ai.user.message/body,drop"))
    assert found.column("body").to_pylist() == [""]


def test_the_metadata_of_a_metric_is_redacted(tmp_path: Path) -> None:
    metric = {
        "name": "m",
        "metadata": attributes(user=SECRET) * 2,
        "gauge": {"dataPoints": [{"timeUnixNano": "1792059000000000000"}]},
    }
    rows = table({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}, "metric_points")
    found = redacted("metric_points", rows, policy(tmp_path, "user,drop"))
    assert found.column("metadata").to_pylist() == [[("user", "")]]
    assert SECRET not in str(found.to_pylist())


@pytest.mark.parametrize(
    ("member", "rule", "expected"),
    [
        ('"phone": 5551234567', "json:phone,drop", '"phone": ""'),
        ('"email": ["a@b.c"]', "json:email,drop", '"email": ""'),
        ('"email": {"a": "a@b.c"}', "json:email,drop", '"email": ""'),
        (r'"\u0065mail": "a@b.c"', "json:email,drop", r'"\u0065mail": ""'),
        ('"customer_phone": "1"', "json:customer_*,drop", '"customer_phone": ""'),
        ('"phone": 5551234567', "json:phone,hash", f'"phone": "{hashed("5551234567")}"'),
        ('"phone": null', "json:phone,drop", '"phone": null'),
        ('"customer": "phone"', "json:phone,drop", '"customer": "phone"'),
    ],
)
def test_a_member_is_redacted_however_it_is_written(
    tmp_path: Path, member: str, rule: str, expected: str
) -> None:
    record = '{"object": "event", "id": "e", "type": "t", "created": 1792059000, "data": {"object": {HERE}}}'
    data = record.replace("HERE", member).encode()
    rows = decode_event(Piece(0, len(data), data, "json", None), "billing", Limits()).rows["events"]
    (of_day,) = tables_by_day("events", rows).values()
    found = redacted("events", of_day, policy(tmp_path, rule))
    assert found.column("record").to_pylist() == [record.replace("HERE", expected)]
    assert found.column("data").to_pylist() == ['{"object": {' + expected + "}}"]


def test_another_version_and_another_key_are_recorded(home: Path) -> None:
    for number, key in enumerate(("one", "one", "two"), start=1):
        here = warehouse(home, TRACEHOUSE_HASH_KEY=key)
        here.write(f"otlp/{number}.jsonl", json.dumps(spans(attributes(n=number))) + "\n")
        here.load()
    rows = here.ask("select load_id, key_fingerprint from lake.bronze.redaction_policies order by 1")
    assert [load_id for load_id, _ in rows] == [1, 3]
    assert rows[0][1] != rows[1][1]


def test_the_same_rows_under_another_version_have_another_digest(tmp_path: Path) -> None:
    first = policy(tmp_path, "prompt,drop")
    file = tmp_path / "policy_redaction.csv"
    file.write_text(file.read_text().replace("p,1,", "p,2,"))
    assert read_redaction(NOW, KEY, file).digest != first.digest


def test_extra_fields_of_a_snapshot_are_redacted(home: Path) -> None:
    here = warehouse(home)
    row = {"snapshot_date": "2026-10-01", "tenant_id": "t", "entitlement_tier": "pro", "user.email": SECRET}
    here.write("usage/u.jsonl", json.dumps(row) + "\n")
    here.load()
    assert here.ask("select attributes['user.email'] from lake.bronze.usage_snapshots") == [("",)]


def test_a_consent_whose_subject_was_dropped_is_not_the_tenant_s(home: Path) -> None:
    here = warehouse(home)
    data = {"tenant_id": "t", "purpose": "p", "effective_at": "2026-10-01T00:00:00Z", "subject_id": SECRET}
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "consent.granted"}
    event |= {"time": "2026-10-01T00:00:00Z", "data": data}
    here.write("governance/g.jsonl", json.dumps(event) + "\n")
    here.load()
    assert here.ask("select json_extract_string(data, '$.subject_id') from lake.bronze.events") == [("",)]
