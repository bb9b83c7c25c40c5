"""CloudEvents 1.0 and Stripe events: one JSON object each, kept as it was sent.

A line with `"object": "event"` is a Stripe event; another object of Stripe's is taken as it is, with
`created` as its time. Some of Stripe's objects have no `created`, and a few that stand for a whole account no
`id`: these are null. Everything else must be a CloudEvent in its JSON format.
Sources: CloudEvents 1.0 spec.md and json-format.md; Stripe API reference, the Event object.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

import msgspec

from ingest.event_types import COMMON, EVENT_TYPES, TEXT, TIME, Fields, is_time, parse_time
from ingest.json_record import Object, parse_object
from ingest.pieces import Decoded, Limits, Piece, RecordError, Row, bad_record

_CONTEXT: Fields = {"id": TEXT, "source": TEXT, "type": TEXT, "time": TIME}
_MEMBERS = msgspec.json.Decoder(type=dict[str, msgspec.Raw])
_NANOSECONDS = 10**9
_LATEST = 2**63 - 1


@dataclass(frozen=True)
class Sent:
    """The landing folder, text and digest of one record: what is kept is what was sent."""

    landing_kind: str
    data: bytes
    digest: str

    @property
    def record(self) -> str:
        """The whole record."""
        return self.data.decode()

    def member(self, name: str) -> str:
        """The text of one member of the record, which has it."""
        return bytes(_MEMBERS.decode(self.data)[name]).decode()


def decode_event(piece: Piece, landing_kind: str, limits: Limits) -> Decoded:
    """One JSON value of a billing or governance file to one row of `events`, or to one bad record.

    The row's columns are those of `ingest.schema.EVENTS` up to `record_digest`, after its UTC day.
    """
    try:
        event, digest = parse_object(piece)
        row_of = _stripe if _is_stripe(event) else _cloud_event
        row = row_of(event, Sent(landing_kind, piece.data, digest))
    except RecordError as error:
        position = (piece.byte_offset, piece.byte_length)
        return Decoded({}, [bad_record(position, "event", error, piece.data, limits)])
    return Decoded({"events": [row]}, [])


def _cloud_event(event: Object, sent: Sent) -> Row:
    if event.get("specversion") != "1.0":
        raise RecordError(
            "bad_specversion", "specversion is not 1.0, so this is no CloudEvent; nor is it a Stripe object."
        )
    _check(event, _CONTEXT, _CONTEXT, "")
    data = event.get("data")
    if not isinstance(data, dict):
        raise RecordError("missing_data", "data is missing, or no JSON object.")
    declared = EVENT_TYPES.get(event["type"])
    if declared is not None:
        _check(data, declared.required, {**COMMON, **declared.optional, **declared.required}, "data.")
    nanoseconds = _nanoseconds(event["time"])
    return _row(
        sent,
        format="cloudevents",
        identity=(event["id"], event["source"], event["type"], _text(event.get("subject"))),
        nanoseconds=nanoseconds,
        dataschema=_text(event.get("dataschema")),
        tenant_id=_text(data.get("tenant_id")),
        data=sent.member("data"),
    )


def _stripe(event: Object, sent: Sent) -> Row:
    is_event = event["object"] == "event"
    created = event.get("created")
    if (is_event or created is not None) and not _is_seconds(created):
        raise RecordError("bad_created", "created is missing, or no time in whole seconds since 1970.")
    named: Fields = {"id": TEXT, "type": TEXT} if is_event else {"id": TEXT} if event.get("id") else {}
    _check(event, named, named, "")
    data = event.get("data") if is_event else event
    subject = data.get("object") if is_event and isinstance(data, dict) else event
    if not isinstance(data, dict) or not isinstance(subject, dict):
        raise RecordError("missing_data", "data.object is missing.")
    return _row(
        sent,
        format="stripe" if is_event else "stripe_object",
        identity=(
            event.get("id") or None,
            "stripe",
            event["type"] if is_event else event["object"],
            _text(subject.get("id")),
        ),
        nanoseconds=None if created is None else created * _NANOSECONDS,
        dataschema=_text(event.get("api_version")),
        tenant_id=_stripe_tenant(subject),
        data=sent.member("data") if is_event else sent.record,
    )


def _row(
    sent: Sent,
    *,
    format: str,
    identity: tuple[str | None, str, str, str | None],
    nanoseconds: int | None,
    dataschema: str | None,
    tenant_id: str | None,
    data: str,
) -> Row:
    return (
        None if nanoseconds is None else nanoseconds // (86_400 * _NANOSECONDS),
        format,
        sent.landing_kind,
        *identity,
        None if nanoseconds is None else _instant(nanoseconds),
        nanoseconds,
        dataschema,
        tenant_id,
        data,
        sent.record,
        sent.digest,
    )


def _instant(nanoseconds: int) -> datetime:
    """UTC without a zone, cut to microseconds."""
    whole = datetime.fromtimestamp(nanoseconds // _NANOSECONDS, UTC)
    return whole.replace(tzinfo=None, microsecond=nanoseconds % _NANOSECONDS // 1000)


def _is_stripe(event: Object) -> bool:
    return isinstance(event.get("object"), str) and "specversion" not in event


def _is_seconds(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LATEST // _NANOSECONDS


def _stripe_tenant(subject: Object) -> str | None:
    """The customer's metadata.tenant_id, else the customer's id; the object may be the customer itself."""
    customer = subject if subject.get("object") == "customer" else subject.get("customer")
    if not isinstance(customer, dict):
        return _text(customer)
    metadata = customer.get("metadata")
    named = _text(metadata.get("tenant_id")) if isinstance(metadata, dict) else None
    return named or _text(customer.get("id"))


def _check(item: Object, required: Fields, known: Fields, prefix: str) -> None:
    for name in required:
        if item.get(name) is None:
            raise RecordError(f"missing_{name}", f"{prefix}{name} is missing.")
    for name, kind in known.items():
        if item.get(name) is not None and not kind.accepts(item[name]):
            raise RecordError(f"bad_{name}", f"{prefix}{name} is not {kind.words}.")


def _nanoseconds(time: str) -> int:
    """An RFC 3339 instant as exact unix nanoseconds."""
    whole = parse_time(time)
    if whole is None or not is_time(time):
        raise RecordError("bad_time", "time is not an RFC 3339 time with its zone.")
    fraction = time.partition(".")[2]
    digits = "".join(_leading_digits(fraction))[:9].ljust(9, "0")
    seconds = int((whole.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    nanoseconds = seconds * _NANOSECONDS + int(digits)
    if not 0 < nanoseconds <= _LATEST:
        raise RecordError("bad_time", "time lies outside the years 1970 to 2262.")
    return nanoseconds


def _leading_digits(text: str) -> list[str]:
    digits = []
    for character in text:
        if not character.isdigit():
            break
        digits.append(character)
    return digits


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
