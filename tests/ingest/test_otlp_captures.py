"""Real captures and the examples of other projects: counts by hand or from their own makers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.otlp_reading import Read, read_file

pytestmark = pytest.mark.shared

CAPTURES = ("genai", "logfire", "mlflow_otlp", "openai_agents", "openinference", "openllmetry")
# Records of these files break a rule: all-zero or unreadable ids, a time beyond 2262, unknown enum names.
QUARANTINED = {
    "otlp_real/langwatch_payloads/claude_code.json": ["bad_trace_id"],
    "otlp_real/langwatch_payloads/cursor.json": ["bad_trace_id"],
    "otlp_real/langwatch_payloads/forge-attempt__provenance.json": ["bad_trace_id"],
    "otlp_spec/duckdb_otlp/malformed.jsonl": ["not_otlp", "malformed_json", "bad_trace_id", "torn_record"],
    "otlp_spec/duckdb_otlp/multifile_malformed_traces.jsonl": ["torn_record"],
    "otlp_spec/duckdb_otlp/ts_overflow_logs.jsonl": ["time_out_of_range"],
    "otlp_spec/otlp2parquet/invalid/log_invalid_severity.json": ["bad_field"],
    "otlp_spec/otlp2parquet/invalid/malformed.json": ["torn_record"],
    "otlp_spec/otlp2parquet/invalid/metrics_invalid_temporality.json": ["bad_field"],
    "otlp_spec/otlp2parquet/invalid/trace_invalid_base64.json": ["bad_trace_id"],
    "otlp_spec/otlp2parquet/invalid/trace_invalid_kind.json": ["bad_field"],
    "otlp_spec/otlp2parquet/invalid/trace_mixed_encoding.json": ["bad_trace_id"],
}
SAME_PAYLOADS = (
    "traces",
    "logs",
    "metrics_gauge",
    "metrics_sum",
    "metrics_histogram",
    "metrics_exponential_histogram",
    "metrics_summary",
    "metrics_mixed",
)
TABLES = {
    "spans": "spans",
    "events": "span_events",
    "links": "span_links",
    "log_records": "log_records",
    "metric_points": "metric_points",
}


def test_every_file_gives_the_records_that_it_holds(shared_data: Path) -> None:
    expected = json.loads((shared_data / "expected.json").read_text())
    assert len(expected) == 122
    for name, answer in expected.items():
        result = read_file(shared_data / name, name)
        assert result.codes == QUARANTINED.get(name, []), name
        if name in QUARANTINED:
            assert all(not rows for rows in result.rows.values()), name
            continue
        landed = {field: len(result.rows[table]) for field, table in TABLES.items()}
        assert landed == {field: answer["counts"].get(field, 0) for field in TABLES}, name
        assert result.reader.end_offset == (shared_data / name).stat().st_size


@pytest.mark.parametrize("capture", CAPTURES)
def test_protobuf_bodies_and_their_json_lines_give_the_same_rows(shared_data: Path, capture: str) -> None:
    folder = shared_data / "otlp_real" / "captured" / capture
    bodies = [read_file(path) for path in sorted((folder / "bodies").glob("*.pb"))]
    lines = [read_file(path) for path in folder.glob("*.jsonl") if path.stem != "ledger"]
    for table in TABLES.values():
        assert _digests(bodies, table) == _digests(lines, table)
    assert sum(len(result.rows["spans"]) for result in bodies) > 0


@pytest.mark.parametrize(
    "name",
    [
        "traces",
        "logs",
        "metrics_gauge",
        "metrics_sum",
        "metrics_histogram",
        "metrics_summary",
        "metrics_mixed",
    ],
)
def test_one_payload_as_lines_and_as_protobuf_gives_the_same_rows(shared_data: Path, name: str) -> None:
    folder = shared_data / "otlp_spec" / "otlp2parquet"
    lines, protobuf = (read_file(folder / f"{name}{suffix}") for suffix in (".jsonl", ".pb"))
    for table in TABLES.values():
        assert lines.digests(table) == protobuf.digests(table)


def _digests(results: list[Read], table: str) -> list[str]:
    return sorted(digest for result in results for digest in result.digests(table))
