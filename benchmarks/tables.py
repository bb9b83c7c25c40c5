"""The tables and columns that every peer has to give."""

from __future__ import annotations

from ingest.schema import SPAN_EVENTS, SPAN_LINKS, SPANS

_SCHEMAS = {"spans": SPANS, "span_events": SPAN_EVENTS, "span_links": SPAN_LINKS}
# What ingest writes beside them, and peers are spared: its digest, the load, the second of a repeated key.
_SPARED = {"record_digest", "load_id", "ingested_at", "source_file", "source_digest"}

TABLES = tuple(_SCHEMAS)
COLUMNS = {
    table: tuple(name for name in schema.names if name not in _SPARED and not name.endswith("_repeated"))
    for table, schema in _SCHEMAS.items()
}
