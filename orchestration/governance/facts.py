"""What belongs into the ledger, found where the warehouse keeps it.

A collector looks at one such place from its mark on, so that its cost follows what is new. To let another
kind of fact into the ledger, add its collector to `collectors`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from orchestration.governance.alerting.tables import has_table
from orchestration.governance.entries import Entry, Fact, digest_of

# The events that are facts of governance, and their kinds. `governance.erasure.completed` is the
# warehouse's own word about an entry that the erasure has made itself.
KIND_OF_EVENT = {
    "governance.policy.decided": "policy_action",
    "governance.decision.overridden": "policy_action",
    # Where it is about a decision.
    "governance.review.completed": "policy_action",
    "governance.policy.published": "policy_change",
    "governance.exception.acknowledged": "exception_action",
    "governance.exception.waived": "exception_action",
    "governance.exception.resolved": "exception_action",
    "governance.alert.raised": "alert",
    "governance.alert.escalated": "alert",
    "governance.alert.acknowledged": "alert",
    "governance.alert.closed": "alert",
    "governance.erasure.requested": "erasure",
    "governance.hold.placed": "hold",
    "governance.hold.released": "hold",
    "governance.incident.opened": "incident",
    "governance.incident.closed": "incident",
}
_OF_PUBLICATIONS = ("publication", "gate_decision")
_POLICY_FILES = ("policy_*.csv", "alert_routes.csv", "runbooks.csv")
_POLICY_FILE = "seeds/"


@dataclass(frozen=True)
class Collector:
    """One place that facts come from.

    `find` gives the facts behind a mark, null for all of them, and the new mark; what was delivered twice
    may be there twice. `owns` tells which entries it can still find the record of.
    """

    name: str
    find: Callable[[duckdb.DuckDBPyConnection, str | None], tuple[list[Fact], str | None]]
    owns: Callable[[Entry], bool]


def collectors(policies: Path, now: datetime) -> tuple[Collector, ...]:
    """Every collector of a warehouse whose policy files lie in `policies`."""
    return (*RECORDED, policy_files(policies, now))


def event_subject(event_type: str, source: str, event_id: str) -> str:
    """The subject of an event's entry: type, source and id, with blanks between and none in the source.

    An event is identified by its source and id; the type in front keeps senders out of the names that the
    warehouse gives to its own acts.
    """
    return f"{event_type} {source.replace('%', '%25').replace(' ', '%20')} {event_id}"


def canonical(value: Any) -> bytes:
    """JSON without blanks, its keys in order, in UTF-8: the same bytes for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _events(connection: duckdb.DuckDBPyConnection, mark: str | None) -> tuple[list[Fact], str | None]:
    """Events as they stand in bronze; the mark is a load id.

    The payload is the text of the record as it landed.
    """
    types = list(KIND_OF_EVENT)
    rows = connection.execute(
        "select type, source, event_id, occurred_at, lower(json_extract_string(data, '$.trace_id')), "
        "'sha256:' || sha256(record) from lake.bronze.events "
        "where load_id > ? and format = 'cloudevents' and list_contains(?, type) and "
        "(type != 'governance.review.completed' or json_extract_string(data, '$.decision_id') is not null)",
        [int(mark or -1), types],
    ).fetchall()
    newest = connection.execute("select max(load_id) from lake.bronze.ingest_log").fetchone()
    facts = [
        Fact(KIND_OF_EVENT[event_type], event_subject(event_type, source, event_id), *about)
        for event_type, source, event_id, *about in rows
    ]
    return facts, mark if newest is None or newest[0] is None else str(newest[0])


def _publications(connection: duckdb.DuckDBPyConnection, mark: str | None) -> tuple[list[Fact], str | None]:
    """A fact for each publication and one for each of its marts; the mark is the id of a publication.

    The payload of the publication is every mart's state, rows, digest and snapshot; that of a decision of
    the gate the mart's state and every check that was made.
    """
    published = connection.execute(
        "select publication_id, published_at, mart, state, row_count, digest, lake_snapshot_id "
        "from lake.marts.publications where publication_id > ? order by publication_id, mart",
        [mark or ""],
    ).fetchall()
    checks = _checks(connection, mark) if published else {}
    facts = []
    for (publication_id, at), group in groupby(published, key=lambda row: row[:2]):
        marts = [row[2:] for row in group]
        for mart, state, *_ in marts:
            made = sorted(checks[publication_id, mart], key=canonical)
            decided = canonical({"mart": mart, "state": state, "checks": made})
            facts.append(Fact("gate_decision", f"{publication_id} {mart}", at, None, digest_of(decided)))
        told = {"publication_id": publication_id, "published_at": at.isoformat(), "marts": marts}
        facts.append(Fact("publication", publication_id, at, None, digest_of(canonical(told))))
        mark = publication_id
    return facts, mark


def _checks(
    connection: duckdb.DuckDBPyConnection, mark: str | None
) -> dict[tuple[str, str], list[list[Any]]]:
    """What the gate checked after `mark`, by publication and mart."""
    checks: dict[tuple[str, str], list[list[Any]]] = defaultdict(list)
    for publication_id, mart, *check in connection.execute(
        "select publication_id, mart, check_name, kind, severity, outcome, observed, expected, message "
        "from lake.marts.gate_results where publication_id > ?",
        [mark or ""],
    ).fetchall():
        checks[publication_id, mart].append(check)
    return checks


def _alerts(connection: duckdb.DuckDBPyConnection, mark: str | None) -> tuple[list[Fact], str | None]:
    """What alerts tell people, once for all channels; the mark is the sequence of a delivery.

    The payload is the CloudEvent, which is an event of bronze too where an outbox file comes back in. What
    else is owed to the outbox, such as the end of an erasure, is no alert.
    """
    if not has_table(connection, "governance", "deliveries"):
        return [], mark
    rows = connection.execute(
        "select sequence, created_at, json_extract_string(event, '$.type'), "
        "json_extract_string(event, '$.source'), json_extract_string(event, '$.id'), "
        "json_extract_string(event, '$.data.trace_ids[0]'), 'sha256:' || sha256(event) "
        "from lake.governance.deliveries where sequence > ? order by sequence",
        [int(mark or -1)],
    ).fetchall()
    facts = [
        Fact(KIND_OF_EVENT[event_type], event_subject(event_type, source, event_id), at, trace_id, digest)
        for _, at, event_type, source, event_id, trace_id, digest in rows
        if KIND_OF_EVENT.get(event_type) == "alert"
    ]
    return facts, str(rows[-1][0]) if rows else mark


def policy_files(folder: Path, now: datetime) -> Collector:
    """A fact each time that a policy file differs from what the ledger says of it last.

    It occurs when the warehouse finds it, at `now`. Its subject counts the versions of the file.
    """
    at = now.astimezone(UTC).replace(tzinfo=None)

    def find(connection: duckdb.DuckDBPyConnection, _mark: str | None) -> tuple[list[Fact], str | None]:
        found = {
            _POLICY_FILE + file.name: digest_of(file.read_bytes())
            for pattern in _POLICY_FILES
            for file in folder.glob(pattern)
        }
        known = _known_policy_files(connection)
        facts = []
        for name in sorted(found.keys() | known.keys()):
            version, digest = known.get(name, (0, None))
            if found.get(name) != digest:
                facts.append(Fact("policy_change", f"{name} {version + 1}", at, None, found.get(name)))
        return facts, None

    return Collector("policy files", find, owns=lambda _: False)


def _known_policy_files(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, str | None]]:
    """Of every policy file in the ledger its last version and digest."""
    rows = connection.execute(
        "select subject, payload_digest from lake.governance.ledger "
        "where kind = 'policy_change' and starts_with(subject, ?) order by sequence",
        [_POLICY_FILE],
    ).fetchall()
    known = {}
    for subject, digest in rows:
        name, _, version = subject.rpartition(" ")
        known[name] = (int(version), digest)
    return known


# Named by its kinds: after another one was let in, all that came before is looked at again.
_EVENTS = f"events {digest_of(canonical(KIND_OF_EVENT))}"
RECORDED = (
    Collector(_EVENTS, _events, owns=lambda entry: entry.subject.partition(" ")[0] in KIND_OF_EVENT),
    Collector("publications", _publications, owns=lambda entry: entry.kind in _OF_PUBLICATIONS),
    # Their entries are events by name, and owned as such.
    Collector("alerts", _alerts, owns=lambda _: False),
)
