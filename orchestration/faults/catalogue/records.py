"""Bytes and records that cannot land: quarantine names the reason, and the rest of the file still lands."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import msgspec

from ingest.sample.dialects import spans_of
from ingest.sample.encode import logs_protobuf, traces_protobuf
from ingest.sample.origins import origin_of
from orchestration.faults.clean import (
    SUPPORTED,
    TODAY,
    at,
    decision_of,
    evaluation_of,
    snapshot_of,
    subscription_of,
    support_run,
    traces_of,
)
from orchestration.faults.fault import Fault, duplicates, quarantine
from orchestration.faults.planting import billing, events, file, lines

_RUN = support_run(at(hour=15), "planted")
_REQUEST = traces_of(_RUN)
_UNTRACED = replace(evaluation_of(_RUN, "planted"), trace_id="", span_id="")
_CUSTOMER = {"object": "customer", "id": "cus_planted", "metadata": {"tenant_id": SUPPORTED.tenant_id}}


def _again(landing: Path) -> None:
    sent = (landing / f"otlp/support-api/traces-{TODAY}.jsonl").read_bytes()
    file("otlp/planted/traces.jsonl", sent)(landing)


FAULTS = (
    Fault(
        "a gzip file that breaks off",
        "otlp file",
        quarantine("truncated_stream"),
        file("otlp/planted/traces.jsonl.gz", gzip.compress(_REQUEST + b"\n")[:-40]),
    ),
    Fault(
        "a gzip file with bytes turned over",
        "otlp file",
        quarantine("corrupt_stream"),
        file(
            "otlp/planted/traces.jsonl.gz",
            (whole := gzip.compress(_REQUEST + b"\n"))[:200] + bytes(200) + whole[400:],
        ),
    ),
    Fault(
        "a JSON request that breaks off",
        "otlp file",
        quarantine("torn_record"),
        file("otlp/planted/traces.jsonl", _REQUEST[: len(_REQUEST) // 2]),
    ),
    Fault(
        "a proxy's error page among the requests",
        "otlp file",
        quarantine("malformed_json"),
        lines("otlp/planted/traces.jsonl", _REQUEST, b"{upstream connect error}"),
    ),
    Fault(
        "JSON that is no telemetry",
        "otlp file",
        quarantine("not_otlp"),
        lines("otlp/planted/traces.jsonl", b'{"hello": "world"}'),
    ),
    Fault(
        "text that is not UTF-8",
        "otlp file",
        quarantine("malformed_json"),
        lines("otlp/planted/traces.jsonl", _REQUEST.replace(b"refund-resolver", b"refund-\xff\xfesolver")),
    ),
    Fault(
        "protobuf with bytes turned over",
        "otlp file",
        quarantine("malformed_protobuf"),
        file(
            "otlp/planted/traces.binpb",
            len(sent := traces_protobuf(origin_of(_RUN), spans_of(_RUN))).to_bytes(4, "big")
            + sent[:20]
            + b"\xff" * 40
            + sent[60:],
        ),
    ),
    Fault(
        "protobuf whose path names no signal",
        "otlp file",
        quarantine("unknown_signal"),
        file("otlp/planted/export.binpb", traces_protobuf(origin_of(_RUN), spans_of(_RUN))),
    ),
    Fault(
        "logs in a folder for traces",
        "otlp file",
        quarantine("signal_mismatch"),
        # With the id of a trace, they would not even have the form of spans.
        file("otlp/planted/traces.binpb", logs_protobuf(origin_of(_RUN), [_UNTRACED])),
    ),
    Fault(
        "a file that landed already, delivered under another name",
        "otlp file",
        duplicates(),
        _again,
    ),
    Fault(
        "snapshots as CSV in a file that says JSON",
        "usage snapshot",
        quarantine("malformed_json"),
        lines(
            "usage/planted.jsonl",
            b"snapshot_date,tenant_id,entitlement_tier",
            b"2026-10-31,fern-bikes,pro",
        ),
    ),
    Fault(
        "a trace id of four digits",
        "spans",
        quarantine("bad_trace_id"),
        lines("otlp/planted/traces.jsonl", _REQUEST.replace(_RUN.trace_id.encode(), b"4d4d")),
    ),
    Fault(
        "milliseconds where nanoseconds belong",
        "spans",
        quarantine("implausible_time"),
        lines(
            "otlp/planted/traces.jsonl",
            traces_of(
                _RUN,
                [
                    replace(span, start_ns=span.start_ns // 10**6, end_ns=span.end_ns // 10**6)
                    for span in spans_of(_RUN)
                ],
            ),
        ),
    ),
    Fault(
        "an event without a field that its type requires",
        "policy event",
        quarantine("missing_decision"),
        events(decision_of(_RUN, "planted", decision=None)),
    ),
    Fault(
        "an event with a field of another type",
        "policy event",
        quarantine("bad_decision_id"),
        events(decision_of(_RUN, "planted", decision_id=17)),
    ),
    Fault(
        "an event whose time has no zone",
        "policy event",
        quarantine("bad_time"),
        events(decision_of(_RUN, "planted").replace(b'15:00:00Z"', b'15:00:00"', 1)),
    ),
    Fault(
        "a member that one event gives twice",
        "policy event",
        quarantine("repeated_name"),
        events(decision_of(_RUN, "planted").replace(b'"data":{', b'"data":{"decision":"deny",')),
    ),
    Fault(
        "a subscription in a currency that is none",
        "billing event",
        quarantine("bad_currency"),
        billing(subscription_of(SUPPORTED, "planted", at(hour=12), currency="dollars")),
    ),
    Fault(
        "a Stripe event without its time",
        "billing event",
        quarantine("bad_created"),
        billing(
            msgspec.json.encode(
                {"object": "event", "id": "evt_1", "type": "customer.updated", "data": {"object": _CUSTOMER}}
            )
        ),
    ),
    Fault(
        "a snapshot of no tenant",
        "usage snapshot",
        quarantine("missing_tenant_id"),
        lines(
            "usage/planted.jsonl",
            msgspec.json.encode(snapshot_of(SUPPORTED, TODAY) | {"tenant_id": None}),
        ),
    ),
    Fault(
        "a snapshot with words for a number",
        "usage snapshot",
        quarantine("bad_seats"),
        lines("usage/planted.jsonl", msgspec.json.encode(snapshot_of(SUPPORTED, TODAY, seats="many"))),
    ),
    Fault(
        "a CSV row that lost a field",
        "usage snapshot",
        quarantine("wrong_field_count"),
        lines(
            "usage/planted.csv",
            b"snapshot_date,tenant_id,entitlement_tier",
            b"2026-10-31,fern-bikes",
        ),
    ),
    Fault(
        "a document that nests a thousand deep",
        "billing event",
        quarantine("too_deep"),
        billing(
            subscription_of(SUPPORTED, "planted", at(hour=12)).replace(
                b'"data":{', b'"data":{"nested":' + b"[" * 1_000 + b"]" * 1_000 + b","
            )
        ),
    ),
)
