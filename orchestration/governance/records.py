"""Is what the ledger tells of still what was recorded?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import duckdb

from orchestration.governance.entries import Entry, Fact, digest_of
from orchestration.governance.facts import RECORDED
from orchestration.governance.findings import Finding
from orchestration.governance.ledger import is_tombstone, read_tombstones


def verify_records(connection: duckdb.DuckDBPyConnection, entries: Sequence[Entry]) -> list[Finding]:
    """Entries whose record the lake has no longer, or has with another content."""
    recorded = [fact for source in RECORDED for fact in source.find(connection, None)[0]]
    owned = [e for e in entries if is_tombstone(e) or any(source.owns(e) for source in RECORDED)]
    return compare_records(owned, recorded, read_tombstones(connection))


def compare_records(
    entries: Sequence[Entry], recorded: Iterable[Fact], tombstones: Mapping[str, bytes]
) -> list[Finding]:
    """Those of `entries` whose record is not as it was, changed or gone, without an erasure that tells of it.

    `recorded` is every fact as the lake has it, repeats included. `tombstones` holds the document of each
    erasure by the subject of its entry; one that is not as the ledger has it excuses nothing.
    """
    digests: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    for fact in recorded:
        digests[fact.kind, fact.subject].add(fact.payload_digest)
    erased: set[int] = set()
    changed: set[int] = set()
    entered = {entry.subject: entry.payload_digest for entry in entries if is_tombstone(entry)}
    for subject, document in tombstones.items():
        digests["erasure", subject].add(digest_of(document))
        if entered.get(subject) == digest_of(document):
            told = json.loads(document)
            erased.update(told["entries"])
            changed.update(told.get("changed", ()))
    findings = []
    for entry in entries:
        there = digests.get((entry.kind, entry.subject), set())
        if entry.payload_digest not in there and entry.sequence not in (changed if there else erased):
            what = "has another digest now" if there else "is gone, and no erasure tells of it"
            sentence = f"The record of entry {entry.sequence}, {entry.kind} {entry.subject}, {what}."
            findings.append(Finding("record", entry.sequence, entry.sequence, sentence))
    return findings
