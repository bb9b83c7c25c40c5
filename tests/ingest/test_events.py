"""CloudEvents and Stripe events: what is kept, what is quarantined and why (inputs.md)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.events import decode_event
from ingest.json_record import MAX_NESTING
from ingest.pieces import BadRecord, Decoded, Limits, Piece
from ingest.schema import EVENTS
from tests.ingest.loads import warehouse

COLUMNS = EVENTS.names[: EVENTS.names.index("record_digest") + 1]


def event(**changes: Any) -> dict[str, Any]:
    """A CloudEvent of a type that the contract does not name, with `changes`; None leaves a member out."""
    whole = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/app",
        "type": "acme.thing.happened",
        "time": "2026-10-15T10:10:00Z",
        "data": {"tenant_id": "acme"},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


CONSENT = {"tenant_id": "acme", "purpose": "analytics", "effective_at": "2026-10-15T10:10:00Z"}


def consent(**changes: Any) -> dict[str, Any]:
    data = {name: value for name, value in {**CONSENT, **changes}.items() if value is not None}
    return event(type="consent.granted", data=data)


def landed(record: dict[str, Any] | str) -> dict[str, Any]:
    """The one row that a record gives, by column."""
    decoded = _decode(record)
    assert decoded.bad == []
    (row,) = decoded.rows["events"]
    return dict(zip(COLUMNS, row[1:], strict=True))


def refused(record: dict[str, Any] | str) -> BadRecord:
    """The one bad record that a record gives."""
    decoded = _decode(record)
    assert decoded.rows == {}
    (bad,) = decoded.bad
    return bad


def _decode(record: dict[str, Any] | str) -> Decoded:
    data = (record if isinstance(record, str) else json.dumps(record)).encode()
    return decode_event(Piece(0, len(data), data, "json", None), "billing", Limits())


def test_an_event_of_a_type_that_nobody_declared_is_kept_whole() -> None:
    text = (
        '{"specversion":"1.0", "id":"e1","source":"/app","type":"acme.x","subject":"s","dataschema":"urn:x",'
        '"time":"2026-10-15T10:10:00.123456789Z","extra":1,"data":{"tenant_id":"acme","amount":0.10}}'
    )
    row = landed(text)
    assert row["record"] == text
    assert row["data"] == '{"tenant_id":"acme","amount":0.10}'
    assert (row["format"], row["landing_kind"], row["event_id"], row["source"], row["type"]) == (
        ("cloudevents", "billing", "e1", "/app", "acme.x")
    )
    assert (row["subject"], row["dataschema"], row["tenant_id"]) == ("s", "urn:x", "acme")
    # 1792059000 s is 2026-10-15T10:10:00Z.
    assert row["time_unix_nano"] == 1792059000123456789
    assert row["occurred_at"] == datetime.fromisoformat("2026-10-15T10:10:00.123456")


def test_a_time_in_another_zone_is_kept_in_utc() -> None:
    assert landed(event(time="2026-10-15T12:10:00+02:00"))["time_unix_nano"] == 1792059000 * 10**9


def test_the_day_of_an_event_is_that_of_its_time_in_utc() -> None:
    data = json.dumps(event(time="2026-10-16T00:30:00+02:00")).encode()
    (row,) = decode_event(Piece(0, len(data), data, "json", None), "billing", Limits()).rows["events"]
    # 2026-10-15 is day 20741: 56 years of 365 days, 14 leap days, and 287 days since New Year.
    assert row[0] == 56 * 365 + 14 + 287


@pytest.mark.parametrize("name", ["id", "source", "type", "time"])
def test_a_missing_context_attribute_is_named(name: str) -> None:
    bad = refused(event(**{name: None}))
    assert (bad.reason_code, bad.reason, bad.signal) == (f"missing_{name}", f"{name} is missing.", "event")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"specversion": "0.3"}, "bad_specversion"),
        ({"specversion": None}, "bad_specversion"),
        ({"data": None}, "missing_data"),
        ({"data": "text"}, "missing_data"),
        ({"id": ""}, "bad_id"),
        ({"id": 7}, "bad_id"),
        ({"type": ["a"]}, "bad_type"),
        ({"time": "2026-10-15T10:10:00"}, "bad_time"),
        ({"time": "2026-02-30T10:10:00Z"}, "bad_time"),
        ({"time": "1969-12-31T23:59:59Z"}, "bad_time"),
        ({"time": "0001-01-01T00:00:00+23:59"}, "bad_time"),
    ],
)
def test_an_event_that_is_no_cloudevent_is_refused(changes: dict[str, Any], code: str) -> None:
    assert refused(event(**changes)).reason_code == code


@pytest.mark.parametrize("name", ["tenant_id", "purpose", "effective_at"])
def test_a_missing_required_field_of_a_declared_type_is_named(name: str) -> None:
    bad = refused(consent(**{name: None}))
    assert (bad.reason_code, bad.reason) == (f"missing_{name}", f"data.{name} is missing.")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"tenant_id": 5}, "tenant_id"),
        ({"effective_at": "yesterday"}, "effective_at"),
        ({"expires_at": "2026-10-15"}, "expires_at"),
        ({"trace_id": "00"}, "trace_id"),
        ({"trace_id": "g" * 32}, "trace_id"),
    ],
)
def test_a_field_of_another_type_is_named(data: dict[str, Any], name: str) -> None:
    assert refused(consent(**data)).reason_code == f"bad_{name}"


def test_a_value_outside_its_list_is_refused_and_the_list_is_told() -> None:
    dispute = {
        "dispute_id": "d1",
        "tenant_id": "acme",
        "amount_minor": 1200,
        "currency": "EUR",
        "status": "maybe",
        "effective_at": "2026-10-15T10:10:00Z",
    }
    bad = refused(event(type="billing.dispute.opened", data=dispute))
    assert bad.reason_code == "bad_status"
    assert "needs_response, under_review, won, lost, warning_needs_response" in bad.reason
    assert landed(event(type="billing.dispute.opened", data={**dispute, "status": "won"}))


@pytest.mark.parametrize(
    ("digest", "is_good"),
    [("sha256:" + "0" * 64, True), ("sha256:" + "0" * 63, False), ("md5:" + "0" * 64, False)],
)
def test_a_vault_digest_is_sha256_and_64_hex_characters(digest: str, is_good: bool) -> None:
    data = {"tenant_id": "acme", "mutation_id": "m1", "vault_path": "/a", "digest": digest, "bytes": 0}
    decoded = _decode(event(type="vault.file.created", data=data))
    assert [bad.reason_code for bad in decoded.bad] == ([] if is_good else ["bad_digest"])


def test_a_waiver_needs_its_end_and_an_acknowledgement_does_not() -> None:
    data = {"exception_id": "x1", "actor_id": "a1"}
    assert landed(event(type="governance.exception.acknowledged", data=data))
    waived = refused(event(type="governance.exception.waived", data=data))
    assert waived.reason_code == "missing_until"


def test_an_unknown_field_is_kept() -> None:
    assert json.loads(landed(consent(colour="red"))["data"])["colour"] == "red"


def test_no_reason_quotes_a_value() -> None:
    assert "hunter2" not in refused(consent(effective_at="hunter2")).reason


def test_key_order_and_the_spelling_of_a_number_do_not_change_the_digest() -> None:
    start = '{"specversion":"1.0","id":"e1","source":"/a","type":"t","time":"2026-10-15T10:10:00Z","data":'
    digests = {
        landed(start + data)["record_digest"]
        for data in (
            '{"a":1,"b":10}}',
            '{"b":1e1,"a":1.0}}',
            '{ "a" : 1.00, "b" : 10 }}',
            '{"\\u0061":1,"b":10}}',
        )
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    "data",
    [
        '{"a":"1"}',
        '{"a":2}',
        '{"a":-1}',
        '{"a":10}',
        '{"a":true}',
        '{"a":[1]}',
        '{"a":null}',
        '{"a":{"number":"1"}}',
        '{"a":1.0000000000000000000000000000000001}',
        "{}",
    ],
)
def test_another_value_changes_the_digest(data: str) -> None:
    start = '{"specversion":"1.0","id":"e1","source":"/a","type":"t","time":"2026-10-15T10:10:00Z","data":'
    assert landed(start + data + "}")["record_digest"] != landed(start + '{"a":1}}')["record_digest"]


STRIPE = '{"id":"evt_1","object":"event","type":"invoice.paid","created":1792059000,"data":{"object":%s}}'


@pytest.mark.parametrize(
    ("subject", "tenant"),
    [
        ('{"id":"in_1","object":"invoice","customer":"cus_1"}', "cus_1"),
        (
            '{"id":"in_1","object":"invoice","customer":{"id":"cus_1","metadata":{"tenant_id":"acme"}}}',
            "acme",
        ),
        ('{"id":"in_1","object":"invoice","customer":{"id":"cus_1","metadata":{}}}', "cus_1"),
        ('{"id":"in_1","object":"invoice","customer":{"id":"cus_1","metadata":[1]}}', "cus_1"),
        ('{"id":"cus_1","object":"customer","metadata":{"tenant_id":"acme"}}', "acme"),
        ('{"id":"cus_1","object":"customer"}', "cus_1"),
        ('{"id":"pr_1","object":"price"}', None),
    ],
)
def test_the_tenant_of_a_stripe_event_is_its_customers(subject: str, tenant: str | None) -> None:
    assert landed(STRIPE % subject)["tenant_id"] == tenant


def test_a_stripe_event_is_kept_as_stripe_wrote_it() -> None:
    text = STRIPE % '{"id":"in_1","object":"invoice","customer":"cus_1","total":1200}'
    row = landed(text)
    assert (row["format"], row["event_id"], row["source"], row["type"], row["subject"]) == (
        ("stripe", "evt_1", "stripe", "invoice.paid", "in_1")
    )
    assert row["record"] == text
    assert row["data"] == '{"object":{"id":"in_1","object":"invoice","customer":"cus_1","total":1200}}'
    assert row["time_unix_nano"] == 1792059000 * 10**9


def test_a_bare_stripe_object_stands_at_its_creation() -> None:
    row = landed('{"id":"sub_1","object":"subscription","created":1792059000,"customer":"cus_1"}')
    assert (row["format"], row["type"], row["tenant_id"]) == ("stripe_object", "subscription", "cus_1")
    assert row["occurred_at"] == datetime.fromisoformat("2026-10-15T10:10:00")


@pytest.mark.parametrize("member", ["", ',"created":null'])
def test_a_bare_stripe_object_without_a_creation_has_no_time_and_no_day(member: str) -> None:
    text = f'{{"object":"balance","livemode":false{member}}}'
    data = text.encode()
    (row,) = decode_event(Piece(0, len(data), data, "json", None), "billing", Limits()).rows["events"]
    told = dict(zip(COLUMNS, row[1:], strict=True))
    assert (row[0], told["occurred_at"], told["time_unix_nano"], told["event_id"]) == (None, None, None, None)
    assert (told["type"], told["record"]) == ("balance", text)


@pytest.mark.parametrize("created", ['"2026"', "0", "-5", "true", "99999999999999"])
def test_a_stripe_object_with_a_time_that_is_none_is_refused(created: str) -> None:
    bad = refused(f'{{"id":"sub_1","object":"subscription","created":{created}}}')
    assert bad.reason_code == "bad_created"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"object":"event","type":"x","created":1792059000,"data":{"object":{}}}', "missing_id"),
        ('{"id":"evt_1","object":"event","type":"x","data":{"object":{}}}', "bad_created"),
        ("5", "not_an_object"),
        ('{"a":NaN}', "malformed_json"),
        ('{"a":' + "1" * 5000 + "}", "malformed_json"),
        ('{"a":1e99999999999999999999}', "bad_number"),
        (json.dumps(event(data={"tenant_id": "\ud800"})), "invalid_text"),
    ],
)
def test_text_that_is_no_exact_json_object_is_one_bad_record(text: str, code: str) -> None:
    assert refused(text).reason_code == code


@pytest.mark.parametrize(
    ("levels", "is_good"), [(MAX_NESTING - 1, True), (MAX_NESTING, False), (5000, False)]
)
def test_nesting_is_bounded(levels: int, is_good: bool) -> None:
    # `data` is one level below the event.
    text = json.dumps(event(data={"deep": 0})).replace(
        "0}", '{"a":' * (levels - 1) + "1" + "}" * (levels - 1) + "}"
    )
    assert bool(_decode(text).rows) is is_good


def test_a_batch_and_single_events_land_with_their_places(home: Path) -> None:
    here = warehouse(home)
    one, two, three = (json.dumps(event(id=name)) for name in "abc")
    here.write("governance/x/batch.json", f"[{one},\n{two}]")
    here.write("billing/lines.jsonl", f"{three}\nnot json\n")
    here.load()
    assert here.ask("select event_id, landing_kind from lake.bronze.events order by 1") == [
        ("a", "governance"),
        ("b", "governance"),
        ("c", "billing"),
    ]
    assert here.ask("select byte_offset, signal, raw from lake.bronze.quarantine")[0][0] == len(three) + 1


def test_a_null_character_and_quotes_come_back_from_the_lake_as_they_were(home: Path) -> None:
    here = warehouse(home)
    tenant = "a\0b'; drop table lake.bronze.events; --"
    here.write("billing/a.jsonl", json.dumps(event(data={"tenant_id": tenant})))
    here.load()
    assert here.ask("select tenant_id from lake.bronze.events") == [(tenant,)]
