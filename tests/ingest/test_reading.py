"""One file read in parts or damaged: nothing is lost, nothing is read twice, nothing raises."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.landing import Reading, listed
from ingest.otlp.columns import tables_by_day
from ingest.pieces import Limits, Row
from ingest.reading import read_file
from ingest.stretch import Stretch

EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/app",
    "type": "consent.granted",
    "time": "2026-10-15T10:10:00Z",
    "data": {"tenant_id": "acme", "purpose": "chat", "effective_at": "2026-10-15T10:10:00Z", "n": 1.50},
}
STRIPE = {
    "id": "evt_1",
    "object": "event",
    "type": "invoice.paid",
    "created": 1792059000,
    "data": {"object": {"id": "in_1", "customer": {"id": "cus_1", "metadata": {"tenant_id": "acme"}}}},
}
EVENTS = "\n".join(map(json.dumps, [EVENT, STRIPE, EVENT])).encode() + b"\n"
CSV = (
    b"snapshot_date,tenant_id,entitlement_tier,tenant_name,features_used\n"
    b'2026-10-15,acme,pro,"Acme, ""Inc""\nBerlin",chat;vault\n'
    b"2026-10-15,bolt,free,,\n"
    b'2026-10-15,"cat"x,free,,\n'
    b"2026-10-15,dot,free,Dot,chat\n"
)
SNAPSHOT = {"snapshot_date": "2026-10-15", "tenant_id": "acme", "entitlement_tier": "pro", "x": [1.5, None]}
CORPUS = {
    "billing/a.jsonl": EVENTS,
    "governance/a.json": b"[" + EVENTS.strip().replace(b"\n", b",\n") + b"]",
    "usage/a.csv": CSV,
    "usage/a.jsonl": (json.dumps(SNAPSHOT) + "\n").encode() * 3,
}


def read(path: Path, name: str, data: bytes, *, start: int = 0, is_complete: bool = True) -> list[Stretch]:
    """What `data` gives as the landing file `name`."""
    path.write_bytes(data)
    file = listed(path, name, name.split("/")[0])
    return list(read_file(Reading(file, start, is_complete), Limits(), lambda _: None))


def taken(stretches: list[Stretch]) -> tuple[list[Row], list[tuple[int, int, str]]]:
    rows = [row for stretch in stretches for of_table in stretch.rows.values() for row in of_table]
    bad = [(b.byte_offset, b.byte_length, b.reason_code) for stretch in stretches for b in stretch.bad]
    return rows, bad


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_a_file_cut_anywhere_and_continued_gives_what_the_whole_file_gives(name: str, tmp_path: Path) -> None:
    data, path = CORPUS[name], tmp_path / "file"
    whole = taken(read(path, name, data))
    for cut in range(1, len(data)):
        first = read(path, name, data[:cut], is_complete=False)
        start = first[-1].end_offset if first else 0
        assert taken(first + read(path, name, data, start=start)) == whole, cut


EDITS = st.lists(
    st.tuples(
        st.integers(0, 2000),
        st.integers(0, 40),
        st.one_of(
            st.binary(max_size=8), st.sampled_from([b'"', b"\n", b"\\ud800", b"1e999", b"{", b'""', b"\xff"])
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(CORPUS)), edits=EDITS, is_complete=st.booleans())
def test_a_damaged_file_never_raises_and_every_byte_is_accounted_for(
    name: str, edits: list[tuple[int, int, bytes]], is_complete: bool
) -> None:
    data = CORPUS[name]
    for at, cut, insert in edits:
        at %= len(data) + 1
        data = data[:at] + insert + data[at + cut :]
    with tempfile.TemporaryDirectory() as folder:
        stretches = read(Path(folder) / "file", name, data, is_complete=is_complete)
    for stretch in stretches:
        assert stretch.records_found == stretch.rows_landed + len(stretch.bad)
        for table, rows in stretch.rows.items():
            tables_by_day(table, rows)
    if is_complete and stretches and stretches[-1].compression == "none":
        assert stretches[-1].end_offset == len(data)
