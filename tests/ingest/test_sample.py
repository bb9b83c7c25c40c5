"""The sample month: the same every time, encoded as OpenTelemetry does, and true to its own ledger."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.sample import DAYS, END, SampleSummary, write_month
from ingest.sample.consent import consent_status
from ingest.sample.dialects import spans_of
from ingest.sample.encode import logs_json, logs_protobuf, traces_json, traces_protobuf
from ingest.sample.landing_file import LandingFile
from ingest.sample.ledger import sampling_weight
from ingest.sample.notifications import notifier_spans
from ingest.sample.origins import NOTIFIER, PROBER, origin_of
from ingest.sample.story import load_platform
from ingest.sample.telemetry import LogRecord, Span, SpanEvent
from ingest.sample.traffic import draw_run, runs_of

_ID_KEYS = ("traceId", "spanId", "parentSpanId")
_INPUT_KEYS = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "ai.usage.inputTokens",
)
_OUTPUT_KEYS = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "ai.usage.outputTokens",
)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSummary]:
    """The month at its default size, written once."""
    landing = tmp_path_factory.mktemp("sample") / "landing"
    return landing, write_month(landing)


@dataclass(frozen=True)
class Delivered:
    """A span as it stands in a landing file: its service, the protobuf message, its plain attributes."""

    service: str
    span: Any
    attributes: dict[str, Any]

    @property
    def key(self) -> bytes:
        """What makes two deliveries the same span."""
        return bytes(self.span.trace_id + self.span.span_id)


@pytest.fixture(scope="module")
def delivered(month: tuple[Path, SampleSummary]) -> list[Delivered]:
    """Every span delivered, the malformed file aside."""
    landing, _ = month
    return [
        Delivered(_service(resource_spans), span, _attributes(span))
        for path in sorted(landing.glob("otlp/*/traces-*"))
        if path.parent.name != "edge-collector"
        for request in _requests(path, ExportTraceServiceRequest)
        for resource_spans in request.resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


def test_the_same_size_and_seed_give_the_same_bytes(
    month: tuple[Path, SampleSummary], tmp_path: Path
) -> None:
    landing, summary = month

    again = write_month(tmp_path)

    assert again == summary
    assert _digests(tmp_path) == _digests(landing)


def test_another_seed_gives_another_month() -> None:
    platform = load_platform()
    service = platform.services[0]

    first, second = (
        [run.trace_id for run in runs_of(platform, service, DAYS[0], size=1, rng=_draws(seed))]
        for seed in (1, 2)
    )

    assert not set(first) & set(second)


def test_size_multiplies_the_traffic() -> None:
    platform = load_platform()
    service = platform.services[0]

    small, large = (
        len(list(runs_of(platform, service, DAYS[0], size=size, rng=_draws(1)))) for size in (1, 10)
    )

    assert small * 8 < large < small * 12


def test_the_month_is_thirty_days_and_ends_at_midnight_after_october() -> None:
    assert len(DAYS) == 30
    assert (DAYS[0], DAYS[-1]) == (date(2026, 10, 2), date(2026, 10, 31))
    assert datetime(2026, 11, 1, tzinfo=UTC) == END


@pytest.mark.parametrize("service", load_platform().services, ids=lambda service: service.name)
def test_json_and_protobuf_say_the_same_as_opentelemetry_reads_them(service: Any) -> None:
    platform = load_platform()
    rng = _draws(3)
    agent = next(agent for agent in platform.agents if agent.service == service.name)
    run = draw_run(platform, service, agent, platform.tenants[0], DAYS[5], rng)
    spans = spans_of(run) + notifier_spans(run, rng)
    spans[0].events.append(SpanEvent("seen", run.end_ns, {"flag": True, "ratio": 0.5, "names": ("a", "b")}))

    from_json = _parse_json(traces_json(origin_of(run), spans), ExportTraceServiceRequest)

    assert from_json == ExportTraceServiceRequest.FromString(traces_protobuf(origin_of(run), spans))


def test_log_records_are_the_same_in_json_and_protobuf() -> None:
    platform = load_platform()
    service = platform.services[0]
    run = draw_run(platform, service, platform.agents[0], platform.tenants[0], DAYS[5], _draws(3))
    records = [
        LogRecord(run.end_ns, "gen_ai.evaluation.result", {"score": 1.0}, run.trace_id, run.root_id),
        LogRecord(run.end_ns, "gen_ai.evaluation.result", {"label": "pass"}),
    ]

    from_json = _parse_json(logs_json(origin_of(run), records), ExportLogsServiceRequest)

    assert from_json == ExportLogsServiceRequest.FromString(logs_protobuf(origin_of(run), records))


def test_every_span_of_the_ledger_was_delivered_and_no_other(
    month: tuple[Path, SampleSummary], delivered: list[Delivered]
) -> None:
    _, summary = month
    by_service: dict[str, set[bytes]] = defaultdict(set)
    for item in delivered:
        by_service[item.service].add(item.key)

    expected = {name: n for name, n in summary.spans_by_service.items() if name != "edge-collector"}
    assert {service: len(ids) for service, ids in by_service.items()} == expected
    assert len(delivered) == summary.spans - 1 + summary.repeated_spans


def test_some_spans_come_twice_and_some_a_day_late(month: tuple[Path, SampleSummary]) -> None:
    _, summary = month

    assert 0 < summary.repeated_spans < summary.spans * 0.02
    assert 0 < summary.late_spans < summary.spans * 0.02


def test_usage_of_leaf_spans_adds_up_to_the_ledger(
    month: tuple[Path, SampleSummary], delivered: list[Delivered]
) -> None:
    _, summary = month
    spans = {item.key: item for item in delivered}
    reporting_ancestors = set()
    for item in spans.values():
        if _tokens(item, _INPUT_KEYS) is None:
            continue
        parent = item.span.trace_id + item.span.parent_span_id
        while parent in spans and parent not in reporting_ancestors:
            reporting_ancestors.add(parent)
            parent = item.span.trace_id + spans[parent].span.parent_span_id
    seen: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for key, item in spans.items():
        if key not in reporting_ancestors:
            seen[item.service][0] += _tokens(item, _INPUT_KEYS) or 0
            seen[item.service][1] += _tokens(item, _OUTPUT_KEYS) or 0
    for helper in (NOTIFIER, PROBER):
        del seen[helper]

    assert dict(seen) == {
        service: [
            told.uncached_input_tokens + told.cache_read_tokens + told.cache_write_tokens,
            told.visible_output_tokens + told.reasoning_tokens,
        ]
        for service, told in summary.calls_by_service.items()
    }


def test_the_last_metric_points_hold_the_tokens_of_the_spans(month: tuple[Path, SampleSummary]) -> None:
    landing, summary = month
    newest: dict[tuple[Any, ...], tuple[int, float]] = {}
    for path in sorted(landing.glob("otlp/docs-api/metrics-*")):
        for request in _requests(path, ExportMetricsServiceRequest):
            for resource_metrics in request.resource_metrics:
                for metric in resource_metrics.scope_metrics[0].metrics:
                    if metric.name != "gen_ai.client.token.usage":
                        continue
                    point = metric.histogram.data_points[0]
                    attributes = _attributes(point)
                    series = (resource_metrics.resource.SerializeToString(), *sorted(attributes.items()))
                    assert newest.get(series, (0, 0.0)) < (point.time_unix_nano, point.sum)
                    assert sum(point.bucket_counts) == point.count
                    newest[series] = (point.time_unix_nano, point.sum)

    told = summary.calls_by_service["docs-api"]
    seen = {
        kind: sum(total for series, (_, total) in newest.items() if ("gen_ai.token.type", kind) in series)
        for kind in ("input", "output")
    }
    assert seen == {
        "input": told.uncached_input_tokens + told.cache_read_tokens + told.cache_write_tokens,
        "output": told.visible_output_tokens + told.reasoning_tokens,
    }


def test_the_last_exponential_histograms_hold_every_call_and_its_time(
    month: tuple[Path, SampleSummary],
) -> None:
    landing, summary = month
    newest: dict[tuple[Any, ...], Any] = {}
    for path in sorted(landing.glob("otlp/docs-api/metrics-*")):
        for request in _requests(path, ExportMetricsServiceRequest):
            for resource_metrics in request.resource_metrics:
                for metric in resource_metrics.scope_metrics[0].metrics:
                    if metric.name != "gen_ai.client.operation.duration":
                        continue
                    point = metric.exponential_histogram.data_points[0]
                    attributes = sorted(_attributes(point).items())
                    series = (resource_metrics.resource.SerializeToString(), *attributes)
                    assert point.count == point.zero_count + sum(point.positive.bucket_counts)
                    assert len(point.positive.bucket_counts) <= 160
                    newest[series] = point

    told = summary.calls_by_service["docs-api"]
    assert sum(point.count for point in newest.values()) == told.calls
    assert sum(point.sum for point in newest.values()) == pytest.approx(told.duration_ns / 1e9)
    # A wide range makes buckets coarser, a narrow one keeps them fine.
    assert len({point.scale for point in newest.values()}) > 1


def test_snapshots_and_subscription_events_tell_the_same_story(month: tuple[Path, SampleSummary]) -> None:
    landing, summary = month
    changes: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for path in sorted(landing.glob("billing/billing-*.jsonl")):
        for event in map(json.loads, path.read_text().splitlines()):
            if event["type"] == "billing.subscription.changed" and event["id"] != "sub-broken":
                changes[event["data"]["tenant_id"]].append((event["data"]["effective_at"], event["data"]))

    rows = [row for path in sorted(landing.glob("usage/snapshots-*")) for row in _snapshots(path)]
    for row in rows:
        effective = [data for at, data in changes[row["tenant_id"]] if at[:10] <= row["snapshot_date"]]
        exponent = 0 if row["mrr_currency"] == "JPY" else -2
        assert row["entitlement_tier"] == effective[-1]["entitlement_tier"]
        assert row["status"] == effective[-1]["status"]
        assert row["mrr_amount"] == Decimal(effective[-1]["mrr_minor"]).scaleb(exponent)
    assert len(rows) == summary.usage_snapshots == 40 * 30 - 2


def test_planted_facts_can_be_read_off_the_spans(
    month: tuple[Path, SampleSummary], delivered: list[Delivered]
) -> None:
    _, summary = month
    agent_spans = {
        item.span.trace_id: item.attributes for item in delivered if item.span.name.startswith("invoke_agent")
    }
    consents = [attributes.get("consent.status", "unknown") for attributes in agent_spans.values()]
    denied_calls = {
        item.key: item.attributes.get("error.type")
        for item in delivered
        if item.attributes.get("connector.name") == "shadow-crm"
    }

    assert len(agent_spans) == summary.runs
    assert {status: consents.count(status) for status in set(consents)} == summary.runs_by_consent
    assert set(summary.runs_by_consent) == {"granted", "missing", "expired", "withdrawn", "unknown"}
    assert len(denied_calls) == summary.denylisted_connector_calls > 0
    denials = list(denied_calls.values()).count("policy_denied")
    assert denials == summary.denylisted_connector_denials > 0
    assert summary.residency_breach_calls > 0
    assert summary.tenants_churned == ("alpenblick-hotels", "copper-canyon")
    assert "sequoia-retail" in summary.tenants_downgraded
    assert "hudson-legal" in summary.tenants_upgraded


def test_the_new_release_makes_its_agent_worse_slower_and_dearer(
    month: tuple[Path, SampleSummary], delivered: list[Delivered]
) -> None:
    _, summary = month
    (regression,) = summary.regressions
    deployed_ns = int(regression.deployed_at.timestamp()) * 10**9
    calls: dict[bool, dict[bytes, Delivered]] = {False: {}, True: {}}
    for item in delivered:
        if (
            item.attributes.get("gen_ai.operation.name") == "chat"
            and item.attributes["gen_ai.agent.name"] == regression.agent_name
        ):
            is_new = item.attributes["gen_ai.request.model"] == "claude-opus-4-5"
            calls[is_new][item.key] = item
    before, after = list(calls[False].values()), list(calls[True].values())

    assert max(item.span.start_time_unix_nano for item in before) < deployed_ns + 120 * 10**9
    assert min(item.span.start_time_unix_nano for item in after) >= deployed_ns
    assert regression.mean_score_before - regression.mean_score_after > 0.15
    assert _share_failed(after) > 2 * _share_failed(before)
    assert _median_ns(after) > 1.5 * _median_ns(before)


def test_a_tenant_that_left_sends_nothing_more(delivered: list[Delivered]) -> None:
    left_ns = int(datetime(2026, 10, 14, tzinfo=UTC).timestamp()) * 10**9
    starts = [
        item.span.start_time_unix_nano
        for item in delivered
        if item.attributes.get("tenant.id") == "copper-canyon" and not item.span.parent_span_id
    ]

    assert starts
    # A message that was published in the last hour may still be delivered.
    assert max(starts) < left_ns + 3600 * 10**9


def test_consent_expires_at_the_very_instant() -> None:
    platform = load_platform()
    expiry = datetime(2026, 10, 12, tzinfo=UTC)
    pair = ("hudson-legal", "document_processing")

    assert consent_status(platform, *pair, expiry - timedelta(microseconds=1)) == "granted"
    assert consent_status(platform, *pair, expiry) == "expired"


def test_consent_is_missing_before_the_first_grant_and_unknown_without_records() -> None:
    platform = load_platform()
    granted = datetime(2026, 10, 13, 9, tzinfo=UTC)

    before = consent_status(platform, "vigne-et-fils", "support", granted - timedelta(microseconds=1))
    assert before == "missing"
    assert consent_status(platform, "vigne-et-fils", "support", granted) == "granted"
    assert consent_status(platform, "maple-outfitters", "support", granted) is None


def test_a_renewed_consent_outlives_its_first_expiry() -> None:
    first_expiry = datetime(2026, 10, 20, tzinfo=UTC)

    assert consent_status(load_platform(), "tulip-finance", "analytics", first_expiry) == "granted"


@pytest.mark.parametrize(("threshold", "weight"), [("8", 2), ("c", 4), ("fd70a4", 100.000095), ("0", 1)])
def test_a_sampling_threshold_gives_its_weight(threshold: str, weight: float) -> None:
    assert sampling_weight(threshold) == weight


def test_spans_of_a_sampled_service_carry_its_threshold(delivered: list[Delivered]) -> None:
    states = {item.span.trace_state for item in delivered if item.service == "lead-scout-api"}

    assert states == {"ot=th:c"}


def test_the_summary_counts_the_files_that_stand_there(month: tuple[Path, SampleSummary]) -> None:
    landing, summary = month
    files = [path for path in landing.rglob("*") if path.is_file()]

    assert len(files) == summary.files
    assert not [path for path in files if path.suffix == ".part"]


def test_a_file_that_could_not_be_finished_keeps_its_part_name(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"

    with pytest.raises(RuntimeError), LandingFile(path) as file:
        file.append(b"{}")
        raise RuntimeError("the disk is full")

    assert [path.name for path in tmp_path.iterdir()] == ["traces.jsonl.part"]


def test_children_lie_within_their_parents() -> None:
    platform = load_platform()
    rng = _draws(11)
    for service in platform.services:
        for run in runs_of(platform, service, DAYS[4], size=1, rng=rng):
            _assert_nested(spans_of(run))


def test_office_hours_follow_the_tenant(delivered: list[Delivered]) -> None:
    by_tenant: dict[str, list[int]] = defaultdict(list)
    for item in delivered:
        if item.span.name.startswith("invoke_agent"):
            hour = item.span.start_time_unix_nano // (3600 * 10**9) % 24
            by_tenant[item.attributes["tenant.id"]].append(hour)

    # 9 to 17 o'clock in Tokyo is 0 to 8 UTC, in New York 14 to 22 UTC.
    tokyo, new_york = by_tenant["sakura-trading"], by_tenant["cascade-health"]
    assert sum(0 <= hour < 8 for hour in tokyo) > 0.6 * len(tokyo)
    assert sum(14 <= hour < 22 for hour in new_york) > 0.6 * len(new_york)


def _draws(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a test must draw the same every time


def _assert_nested(spans: list[Span]) -> None:
    by_id = {span.span_id: span for span in spans}
    assert len(by_id) == len(spans)
    for span in spans:
        assert span.start_ns <= span.end_ns
        if span.parent_id:
            parent = by_id[span.parent_id]
            assert parent.start_ns <= span.start_ns
            assert span.end_ns <= parent.end_ns


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _requests(path: Path, message: Any) -> Iterator[Any]:
    """The export requests of one landing file, read with OpenTelemetry's and the compressors' own code."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    elif path.suffix == ".zst":
        content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    if ".binpb" not in path.name:
        for line in content.splitlines():
            yield _parse_json(line, message)
        return
    offset = 0
    while offset < len(content):
        end = offset + 4 + int.from_bytes(content[offset : offset + 4], "big")
        yield message.FromString(content[offset + 4 : end])
        offset = end


def _parse_json(line: bytes, message: Any) -> Any:
    """OTLP/JSON has hex ids where protobuf's JSON has base64; the rest is protobuf's."""
    return json_format.ParseDict(_with_base64_ids(json.loads(line)), message())


def _with_base64_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode() if key in _ID_KEYS else _with_base64_ids(item)
        for key, item in value.items()
    }


def _service(resource_spans: Any) -> str:
    return str(_attributes(resource_spans.resource)["service.name"])


def _attributes(message: Any) -> dict[str, Any]:
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value"))
        for pair in message.attributes
        if pair.value.WhichOneof("value") != "array_value"
    }


def _tokens(item: Delivered, keys: tuple[str, ...]) -> int | None:
    return next((item.attributes[name] for name in keys if name in item.attributes), None)


def _share_failed(calls: list[Delivered]) -> float:
    return sum("error.type" in item.attributes for item in calls) / len(calls)


def _median_ns(calls: list[Delivered]) -> int:
    durations = sorted(
        item.span.end_time_unix_nano - item.span.start_time_unix_nano
        for item in calls
        if "error.type" not in item.attributes
    )
    return int(durations[len(durations) // 2])


def _snapshots(path: Path) -> list[dict[str, Any]]:
    """Rows of one snapshot file with text dates and decimal amounts; the malformed file is left out."""
    if "resent" in path.name:
        return []
    rows: list[dict[str, Any]]
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    elif path.suffix == ".csv":
        rows = list(csv.DictReader(path.read_text().splitlines()))
    else:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        row | {"snapshot_date": str(row["snapshot_date"]), "mrr_amount": Decimal(row["mrr_amount"])}
        for row in rows
    ]
