"""The bronze tables of the lake: one pyarrow schema each, and the DuckLake DDL that follows from it.

Names follow the OpenTelemetry data model in snake_case. Times are UTC: `*_unix_nano` is the exact
int64 nanosecond value, the TIMESTAMP beside it is that value cut to microseconds; null means unknown,
never 1970. `event_date` is the UTC day of the record's start and the partition; null where the record
has no time. It stands in the folder name of a data file, not in the file.

Attributes: `*attributes` maps a key to its value as text. A key that stands in `*attribute_types`
was not a string: `int`, `double`, `bool`, `bytes` (base64 text), `array` and `kvlist` (JSON text),
`empty` (no value set; text is ''). The first of repeated keys is in the map, the rest in
`*attributes_repeated`. JSON inside arrays and kvlists keeps types: a double always has a point or an
exponent, bytes are `{"bytesValue": "…"}`, and a double that JSON cannot write is `{"doubleValue": "NaN"}`.

`record_digest` is 32 hex characters of blake2b over the record's canonical decoded values, the same for
JSON and protobuf, for any key order and any spelling of the same number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa

# Which decoder gave a row; a newer one may read what is in quarantine.
DECODER_VERSION = "1"

TEXT = pa.string()
INT = pa.int64()
REAL = pa.float64()
FLAG = pa.bool_()
TIME = pa.timestamp("us")
DATE = pa.date32()
UINT64 = pa.decimal128(20, 0)
# Keys and types are few and come again and again: a table holds each once in a column.
NAME = pa.dictionary(pa.int32(), TEXT)
ATTRIBUTES = pa.map_(NAME, TEXT)
ATTRIBUTE_TYPES = pa.map_(NAME, NAME)
REPEATED = pa.list_(pa.struct([("key", TEXT), ("value", TEXT), ("type", TEXT)]))


def _attributes(prefix: str = "") -> list[tuple[str, pa.DataType]]:
    return [
        (f"{prefix}attributes", ATTRIBUTES),
        (f"{prefix}attribute_types", ATTRIBUTE_TYPES),
        (f"{prefix}attributes_repeated", REPEATED),
    ]


_ORIGIN: list[tuple[str, pa.DataType]] = [
    *_attributes("resource_"),
    ("resource_schema_url", TEXT),
    ("scope_name", TEXT),
    ("scope_version", TEXT),
    *_attributes("scope_"),
    ("scope_schema_url", TEXT),
]

# Last columns of every record table.
_PROVENANCE: list[tuple[str, pa.DataType]] = [
    ("record_digest", TEXT),
    ("load_id", INT),
    ("ingested_at", TIME),
    ("source_file", TEXT),
    ("source_digest", TEXT),
]

_LOAD: list[tuple[str, pa.DataType]] = [
    ("load_id", INT),
    ("ingested_at", TIME),
]

SPANS = pa.schema(
    [
        ("trace_id", TEXT),
        ("span_id", TEXT),
        ("parent_span_id", TEXT),
        ("trace_state", TEXT),
        ("flags", INT),
        ("name", TEXT),
        # INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER, UNSPECIFIED; another number stays one.
        ("kind", TEXT),
        ("start_time_unix_nano", INT),
        ("end_time_unix_nano", INT),
        ("started_at", TIME),
        ("ended_at", TIME),
        # UNSET, OK, ERROR, or the number.
        ("status_code", TEXT),
        ("status_message", TEXT),
        *_attributes(),
        ("dropped_attributes_count", INT),
        ("dropped_events_count", INT),
        ("dropped_links_count", INT),
        *_ORIGIN,
        *_PROVENANCE,
    ]
)

SPAN_EVENTS = pa.schema(
    [
        ("trace_id", TEXT),
        ("span_id", TEXT),
        ("event_index", INT),
        ("name", TEXT),
        ("time_unix_nano", INT),
        ("occurred_at", TIME),
        *_attributes(),
        ("dropped_attributes_count", INT),
        *_PROVENANCE,
    ]
)

SPAN_LINKS = pa.schema(
    [
        ("trace_id", TEXT),
        ("span_id", TEXT),
        ("link_index", INT),
        ("linked_trace_id", TEXT),
        ("linked_span_id", TEXT),
        ("trace_state", TEXT),
        ("flags", INT),
        *_attributes(),
        ("dropped_attributes_count", INT),
        *_PROVENANCE,
    ]
)

METRIC_POINTS = pa.schema(
    [
        ("metric_name", TEXT),
        ("description", TEXT),
        ("unit", TEXT),
        # gauge, sum, histogram, exponential_histogram, summary
        ("metric_type", TEXT),
        ("metadata", ATTRIBUTES),
        ("metadata_types", ATTRIBUTE_TYPES),
        ("metadata_repeated", REPEATED),
        # DELTA, CUMULATIVE, UNSPECIFIED or the number; null where the kind has none.
        ("aggregation_temporality", TEXT),
        ("is_monotonic", FLAG),
        ("start_time_unix_nano", INT),
        ("time_unix_nano", INT),
        ("started_at", TIME),
        ("occurred_at", TIME),
        # Bit 1 is NO_RECORDED_VALUE: every value is then null.
        ("flags", INT),
        ("value_int", INT),
        ("value_double", REAL),
        ("count", UINT64),
        ("sum", REAL),
        ("min", REAL),
        ("max", REAL),
        ("explicit_bounds", pa.list_(REAL)),
        ("bucket_counts", pa.list_(UINT64)),
        ("scale", INT),
        ("zero_count", UINT64),
        ("zero_threshold", REAL),
        ("positive_offset", INT),
        ("positive_bucket_counts", pa.list_(UINT64)),
        ("negative_offset", INT),
        ("negative_bucket_counts", pa.list_(UINT64)),
        ("quantiles", pa.list_(pa.struct([("quantile", REAL), ("value", REAL)]))),
        (
            "exemplars",
            pa.list_(
                pa.struct(
                    [
                        ("time_unix_nano", INT),
                        ("value_int", INT),
                        ("value_double", REAL),
                        ("trace_id", TEXT),
                        ("span_id", TEXT),
                        ("filtered_attributes", ATTRIBUTES),
                        ("filtered_attribute_types", ATTRIBUTE_TYPES),
                        ("filtered_attributes_repeated", REPEATED),
                    ]
                )
            ),
        ),
        *_attributes(),
        *_ORIGIN,
        *_PROVENANCE,
    ]
)

LOG_RECORDS = pa.schema(
    [
        ("trace_id", TEXT),
        ("span_id", TEXT),
        ("flags", INT),
        ("time_unix_nano", INT),
        ("observed_time_unix_nano", INT),
        # The record's own time, else the observed time; null when both are unknown.
        ("occurred_at", TIME),
        ("observed_at", TIME),
        ("severity_number", INT),
        ("severity_text", TEXT),
        ("event_name", TEXT),
        ("body", TEXT),
        # Null for a text body; otherwise as in attribute_types.
        ("body_type", TEXT),
        *_attributes(),
        ("dropped_attributes_count", INT),
        *_ORIGIN,
        *_PROVENANCE,
    ]
)

# Every CloudEvent and Stripe event, as sent.
EVENTS = pa.schema(
    [
        # cloudevents, stripe (an event), stripe_object (a bare object)
        ("format", TEXT),
        # billing or governance: the landing folder.
        ("landing_kind", TEXT),
        # Null of a bare Stripe object without one.
        ("event_id", TEXT),
        ("source", TEXT),
        ("type", TEXT),
        ("subject", TEXT),
        # Null, as the day, of a bare Stripe object without `created`.
        ("occurred_at", TIME),
        ("time_unix_nano", INT),
        ("dataschema", TEXT),
        # data.tenant_id, or for Stripe the customer's metadata.tenant_id, else the customer id.
        ("tenant_id", TEXT),
        # The data member as JSON text.
        ("data", TEXT),
        # The whole record as JSON text.
        ("record", TEXT),
        *_PROVENANCE,
    ]
)

USAGE_SNAPSHOTS = pa.schema(
    [
        ("snapshot_date", DATE),
        ("tenant_id", TEXT),
        ("entitlement_tier", TEXT),
        ("tenant_name", TEXT),
        ("status", TEXT),
        ("seats", INT),
        ("active_users", INT),
        ("mrr_amount", pa.decimal128(18, 4)),
        ("mrr_currency", TEXT),
        ("jurisdiction", TEXT),
        ("home_region", TEXT),
        ("trial_started_on", DATE),
        ("features_enabled", pa.list_(TEXT)),
        ("features_used", pa.list_(TEXT)),
        ("connectors_enabled", pa.list_(TEXT)),
        ("updated_at", TIME),
        # Fields that inputs.md does not name, kept as text.
        ("attributes", ATTRIBUTES),
        *_PROVENANCE,
    ]
)

# Of MLflow every version is kept: a row for each time that the content of a thing was found changed. What is
# gone from the store has a last version of stage `removed`, with the content that it had. Maps have no types
# beside them: all MLflow values are text.
MLFLOW_EXPERIMENTS = pa.schema(
    [
        # Unique within its store, the source_file.
        ("experiment_id", TEXT),
        ("experiment_name", TEXT),
        # active, deleted or removed
        ("lifecycle_stage", TEXT),
        ("created_at", TIME),
        ("updated_at", TIME),
        ("tags", ATTRIBUTES),
        *_PROVENANCE,
    ]
)

MLFLOW_RUNS = pa.schema(
    [
        ("experiment_id", TEXT),
        ("experiment_name", TEXT),
        ("run_id", TEXT),
        ("run_name", TEXT),
        ("status", TEXT),
        # active, deleted or removed
        ("lifecycle_stage", TEXT),
        ("started_at", TIME),
        ("ended_at", TIME),
        ("params", ATTRIBUTES),
        # The last value of each, as MLflow has it: of the highest step, then of the latest time.
        ("metrics", pa.map_(TEXT, REAL)),
        ("tags", ATTRIBUTES),
        *_PROVENANCE,
    ]
)

# Every point of every metric; a point never changes.
MLFLOW_METRICS = pa.schema(
    [
        ("experiment_id", TEXT),
        ("run_id", TEXT),
        ("key", TEXT),
        # NaN is NaN; an infinity, which SQL stores keep as the largest double, is one again.
        ("value", REAL),
        ("step", INT),
        ("recorded_at", TIME),
        *_PROVENANCE,
    ]
)

MLFLOW_TRACES = pa.schema(
    [
        ("experiment_id", TEXT),
        # The run in which it was traced; null outside of any.
        ("run_id", TEXT),
        ("mlflow_trace_id", TEXT),
        # That of the spans; null where MLflow's id holds none.
        ("trace_id", TEXT),
        # OK, ERROR, IN_PROGRESS, STATE_UNSPECIFIED
        ("status", TEXT),
        ("started_at", TIME),
        ("duration_ms", INT),
        # As the finished trace says of itself.
        ("span_count", INT),
        ("tags", ATTRIBUTES),
        # Its metadata, and mlflow.request_preview, mlflow.response_preview, mlflow.client_request_id.
        ("attributes", ATTRIBUTES),
        # active or removed
        ("lifecycle_stage", TEXT),
        *_PROVENANCE,
    ]
)

# Versions of registered models and of prompts.
MLFLOW_MODEL_VERSIONS = pa.schema(
    [
        ("name", TEXT),
        ("version", INT),
        # model or prompt
        ("kind", TEXT),
        # As MLflow writes it, 'None' for none.
        ("stage", TEXT),
        ("status", TEXT),
        ("run_id", TEXT),
        ("source", TEXT),
        ("aliases", pa.list_(TEXT)),
        ("created_at", TIME),
        ("updated_at", TIME),
        ("description", TEXT),
        ("tags", ATTRIBUTES),
        # active or removed
        ("lifecycle_stage", TEXT),
        *_PROVENANCE,
    ]
)

MLFLOW_EVALUATIONS = pa.schema(
    [
        # Of the trace that is assessed.
        ("experiment_id", TEXT),
        # The evaluation run; null where the assessment names none.
        ("run_id", TEXT),
        ("mlflow_trace_id", TEXT),
        ("assessment_id", TEXT),
        ("evaluator", TEXT),
        # HUMAN, LLM_JUDGE, CODE, SOURCE_TYPE_UNSPECIFIED
        ("evaluator_kind", TEXT),
        # Of feedback alone: numbers, and as the label text and true or false. An expectation is no score.
        ("score_value", REAL),
        ("score_label", TEXT),
        ("occurred_at", TIME),
        # Its metadata, and mlflow.assessment.reviewer (of whom may be human, else .source_id), .rationale,
        # .expectation, .issue, .value (neither number nor text), .error_message, .stack_trace.
        ("attributes", ATTRIBUTES),
        # feedback, expectation or issue
        ("assessment_type", TEXT),
        # That of the spans; null where MLflow's id holds none.
        ("trace_id", TEXT),
        ("span_id", TEXT),
        ("updated_at", TIME),
        # False of feedback that later feedback overrides; null of what is no feedback.
        ("is_valid", FLAG),
        # The assessment that this one overrides.
        ("overrides", TEXT),
        # Of a judge that failed; there is no score then.
        ("error_code", TEXT),
        # active or removed
        ("lifecycle_stage", TEXT),
        *_PROVENANCE,
    ]
)

INGEST_LOG = pa.schema(
    [
        ("source_file", TEXT),
        # sha256 of the decompressed bytes read in this load.
        ("source_digest", TEXT),
        # otlp, billing, governance, usage, mlflow, replay
        ("source_kind", TEXT),
        # Bytes of [start_offset, end_offset), which count decompressed bytes.
        ("bytes_read", INT),
        ("start_offset", INT),
        ("end_offset", INT),
        ("records_found", INT),
        ("rows_landed", INT),
        ("rows_quarantined", INT),
        ("rows_duplicate", INT),
        ("started_at", TIME),
        ("finished_at", TIME),
        ("decoder_version", TEXT),
        # How the file is known again after it grew or was renamed; see ingest.landing. Null: no file.
        ("head_digest", TEXT),
        ("tail_digest", TEXT),
        # none, gzip, zstd or parquet
        ("compression", TEXT),
        # Size and modification time of the file on disk when it was read.
        ("file_bytes", INT),
        ("modified_unix_nano", INT),
        # False while bytes of it wait for the rest of their record, or while it cannot be opened.
        ("is_complete", FLAG),
        *_LOAD,
    ]
)

QUARANTINE = pa.schema(
    [
        ("source_file", TEXT),
        ("source_digest", TEXT),
        # Position in the decompressed bytes; for a row of a Parquet file its number, from 0.
        # Null where the file could not be opened.
        ("byte_offset", INT),
        ("byte_length", INT),
        # traces, metrics, logs, event, usage, mlflow; null when it could not be told.
        ("signal", TEXT),
        ("reason_code", TEXT),
        ("reason", TEXT),
        ("raw", pa.binary()),
        # sha256 of the whole piece, where raw was cut at the limit.
        ("raw_digest", TEXT),
        ("quarantined_at", TIME),
        *_LOAD,
    ]
)

# One row per redaction policy that a load was the first to apply; it counts until the next.
REDACTION_POLICIES = pa.schema(
    [
        ("digest", TEXT),
        ("policy_version", TEXT),
        # False: there was no key, so what would be hashed was dropped.
        ("is_keyed", FLAG),
        # Another one: the same values have other hashes from here on. It does not give the key away.
        ("key_fingerprint", TEXT),
        # Attribute, or prefix with *, to drop, hash or keep.
        ("actions", ATTRIBUTES),
        *_LOAD,
    ]
)

# What an erasure or a purge took out: models that have read it forget it and compute its day anew. Once all
# have, digests and trace ids go, too.
REMOVALS = pa.schema(
    [
        ("table_name", TEXT),
        ("event_date", DATE),
        ("trace_id", TEXT),
        ("record_digest", TEXT),
        *_LOAD,
    ]
)

# Written as Parquet files and registered, partitioned by event_date.
RECORD_TABLES: dict[str, pa.Schema] = {
    "spans": SPANS,
    "span_events": SPAN_EVENTS,
    "span_links": SPAN_LINKS,
    "metric_points": METRIC_POINTS,
    "log_records": LOG_RECORDS,
    "events": EVENTS,
    "usage_snapshots": USAGE_SNAPSHOTS,
    "mlflow_experiments": MLFLOW_EXPERIMENTS,
    "mlflow_runs": MLFLOW_RUNS,
    "mlflow_metrics": MLFLOW_METRICS,
    "mlflow_traces": MLFLOW_TRACES,
    "mlflow_evaluations": MLFLOW_EVALUATIONS,
    "mlflow_model_versions": MLFLOW_MODEL_VERSIONS,
}

# Small; inserted, not partitioned.
JOURNAL_TABLES: dict[str, pa.Schema] = {
    "ingest_log": INGEST_LOG,
    "quarantine": QUARANTINE,
    "redaction_policies": REDACTION_POLICIES,
    "removals": REMOVALS,
}

# A record without these never lands: it is quarantined first. Ingest asserts it before a file is registered.
NOT_NULL: dict[str, tuple[str, ...]] = {
    "spans": ("trace_id", "span_id"),
    "span_events": ("trace_id", "span_id", "event_index"),
    "span_links": ("trace_id", "span_id", "link_index"),
    "metric_points": ("metric_name", "metric_type"),
    "log_records": (),
    "events": ("format", "source", "type", "record"),
    "usage_snapshots": ("snapshot_date", "tenant_id", "entitlement_tier"),
    "mlflow_experiments": ("experiment_id",),
    "mlflow_runs": ("run_id",),
    "mlflow_metrics": ("run_id", "key"),
    "mlflow_traces": ("mlflow_trace_id",),
    "mlflow_evaluations": ("assessment_id",),
    "mlflow_model_versions": ("name", "version"),
}
PROVENANCE_NOT_NULL = ("record_digest", "load_id", "ingested_at", "source_file", "source_digest")


def sql_type(data_type: pa.DataType) -> str:
    """The DuckDB type of a pyarrow type. Raises KeyError for one that no bronze table uses."""
    if pa.types.is_map(data_type):
        return f"MAP({sql_type(data_type.key_type)}, {sql_type(data_type.item_type)})"
    if pa.types.is_list(data_type):
        return f"{sql_type(data_type.value_type)}[]"
    if pa.types.is_struct(data_type):
        return "STRUCT(" + ", ".join(f'"{f.name}" {sql_type(f.type)}' for f in data_type) + ")"
    if pa.types.is_decimal(data_type):
        return f"DECIMAL({data_type.precision}, {data_type.scale})"
    return _SCALARS[data_type]


_SCALARS = {
    TEXT: "VARCHAR",
    NAME: "VARCHAR",
    INT: "BIGINT",
    REAL: "DOUBLE",
    FLAG: "BOOLEAN",
    TIME: "TIMESTAMP",
    DATE: "DATE",
    pa.binary(): "BLOB",
}


def ddl(existing: Mapping[str, Collection[str]]) -> list[str]:
    """Statements that give the attached database `lake` the tables and columns that it does not have yet.

    `existing` says which columns its bronze tables have. Record tables are partitioned by UTC day when they
    are created.
    """
    statements = ["create schema if not exists lake.bronze"]
    for name, schema in (RECORD_TABLES | JOURNAL_TABLES).items():
        columns = {field.name: f'"{field.name}" {sql_type(field.type)}' for field in schema}
        if name in existing:
            new = [column for field, column in columns.items() if field not in existing[name]]
            statements += [f"alter table lake.bronze.{name} add column {column}" for column in new]
            continue
        day = ["event_date DATE"] if name in RECORD_TABLES else []
        statements.append(f"create table lake.bronze.{name} ({', '.join([*day, *columns.values()])})")
        if day:
            statements.append(f"alter table lake.bronze.{name} set partitioned by (event_date)")
    return statements
