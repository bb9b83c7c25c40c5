"""Is what the ledger tells of still what was recorded?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import duckdb

from orchestration.governance.entries import Entry, Fact, digest_of
from orchestration.governance.facts import RECORDED
from orchestration.governance.findings import Finding
from orchestration.governance.ledger import is_tombstone, read_marks, read_tombstones


def verify_records(
    connection: duckdb.DuckDBPyConnection, entries: Sequence[Entry], *, is_chain_sound: bool
) -> list[Finding]:
    """Entries whose record the lake has no longer or has with another content, and records without an entry.

    The latter only where the chain is sound: else it tells better what is missing.
    """
    recorded = [fact for source in RECORDED for fact in source.find(connection, None)[0]]
    tombstones = read_tombstones(connection)
    owned = [e for e in entries if is_tombstone(e) or any(source.owns(e) for source in RECORDED)]
    findings = compare_records(owned, recorded, tombstones)
    if is_chain_sound:
        marks = read_marks(connection)
        waiting = [fact for source in RECORDED for fact in source.find(connection, marks.get(source.name))[0]]
        known = {(fact.kind, fact.subject) for fact in recorded} - {
            (each.kind, each.subject) for each in waiting
        }
        findings += _lost(entries, known | {("erasure", subject) for subject in tombstones})
    return findings


def _lost(entries: Sequence[Entry], known: set[tuple[str, str]]) -> Iterator[Finding]:
    """What was entered and has no entry: so shows a cut that took every checkpoint in reach along."""
    if lost := sorted(known - {(entry.kind, entry.subject) for entry in entries}):
        sentence = (
            f"{len(lost):,} records were entered and have no entry, such as {' '.join(lost[0])}; "
            "entries were removed, or records put in."
        )
        yield Finding("record", 0, max(len(entries) - 1, 0), sentence)


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
