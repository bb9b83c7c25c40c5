"""Head samples of a month, drawn again and again, and counted by the project's own models.

A head sampler decides by the trace id alone: with another seed, other traces of the same month are kept.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.sample.ledger import sampling_weight
from tests.running import Home
from tests.warehouse.building import dbt

MEASURES = ("requests", "total_tokens", "cost_usd")
_BITS = 56


@dataclass(frozen=True)
class Estimate:
    """What the interval of one measure of one sample said."""

    total: float
    low: float
    high: float


@dataclass(frozen=True)
class Coverage:
    """How the intervals of many samples did. `theory` is the half-width that the whole month implies."""

    truth: float
    covered: float
    median_half_width: float
    theory: float

    @property
    def over_theory(self) -> float:
        """Median half-width over theory's."""
        return self.median_half_width / self.theory


def threshold(probability: float) -> str:
    """The tracestate threshold `th` of 14 hex digits that keeps this share of the traces."""
    return f"{int((1 - probability) * 2**_BITS):014x}"


def is_kept(trace_id: str, seed: int, probability: float) -> bool:
    """Whether the sampler with this seed keeps the trace."""
    # Not for secrets: a draw that SQL can repeat.
    drawn = hashlib.md5(f"{seed} {trace_id}".encode()).hexdigest()  # noqa: S324
    return drawn[-14:] >= threshold(probability)


def compiled(home: Home, model: str) -> str:
    """The SQL with which dbt builds `model` anew."""
    dbt(home, "compile", "--full-refresh", "--select", model)
    found = (home.path / "target" / "compiled").rglob(f"{model}.sql")
    # What dbt compiled of a model's own tests stands below the name of a yml.
    (sql,) = (file.read_text() for file in found if not any(p.suffix == ".yml" for p in file.parents))
    return sql


class Month:
    """The calls of a built home and `seeds` samples of them, each a whole number of years after the month."""

    def __init__(self, home: Home, *, seeds: int, probability: float) -> None:
        self.seeds, self.probability = seeds, probability
        self._connection = duckdb.connect()
        self._connection.execute(
            "attach ':memory:' as lake; create schema lake.intermediate; create schema lake.marts"
        )
        for model in ("int_tiered_calls", "int_priced_metric_usage"):
            self._copy(home, model)
        self._draw()
        usage = compiled(home, "int_counted_usage")
        self._connection.execute(f"create view lake.intermediate.int_counted_usage as {usage}")
        mart, intervals = compiled(home, "token_usage_daily"), compiled(home, "monthly_usage_with_intervals")
        self._connection.execute(f"create table lake.marts.token_usage_daily as {mart}")
        self._connection.execute(f"create table intervals as {intervals}")

    def estimate(self, measure: str, seed: int) -> Estimate:
        """What the sample says of the month; seed 0 is the month itself."""
        row = self._connection.execute(
            f"select {measure}, {measure}_low, {measure}_high from intervals "
            "where year(usage_month) = 2026 + ? and month(usage_month) = 10",
            [seed],
        ).fetchone()
        assert row is not None
        return Estimate(*map(float, row))

    def coverage(self, measure: str) -> Coverage:
        """The intervals of all samples against the month."""
        truth = self.estimate(measure, 0).total
        samples = [self.estimate(measure, seed) for seed in range(1, self.seeds + 1)]
        half_widths = sorted((sample.high - sample.low) / 2 for sample in samples)
        return Coverage(
            truth=truth,
            covered=sum(sample.low <= truth <= sample.high for sample in samples) / self.seeds,
            median_half_width=half_widths[self.seeds // 2],
            theory=self._theory(measure),
        )

    def rows(self, seed: int) -> list[tuple[Any, ...]]:
        """The mart's rows of one sample, on the days of the month."""
        return self._connection.execute(
            "select * replace (cast(usage_date - to_years(?) as date) as usage_date) "
            "from lake.marts.token_usage_daily where year(usage_date) = 2026 + ? order by all",
            [seed, seed],
        ).fetchall()

    def _copy(self, home: Home, model: str) -> None:
        file = home.path / f"{model}.parquet"
        home.in_lake(f"copy (from lake.intermediate.{model}) to '{file}' (format parquet)")
        self._connection.execute(f"create table {model} as from '{file}'")

    def _draw(self) -> None:
        self._connection.execute(f"""
            create table lake.intermediate.int_tiered_calls as
            select
                calls.* replace (
                    cast(usage_date + to_years(cast(seed as integer)) as date) as usage_date,
                    cast(
                        case when seed = 0 or source_name != 'spans' then sampling_weight
                            else sampling_weight / {self.probability} end as decimal(18, 6)
                    ) as sampling_weight,
                    is_sampling_known or (seed > 0 and source_name = 'spans') as is_sampling_known
                )
            from int_tiered_calls as calls
            cross join range(0, {self.seeds + 1}) as seeds (seed)
            where
                seed = 0
                or source_name != 'spans'
                or right(md5(seed || ' ' || trace_id), 14) >= '{threshold(self.probability)}'
        """)
        self._connection.execute(f"""
            create table lake.intermediate.int_priced_metric_usage as
            select usage.* replace (cast(usage_date + to_years(cast(seed as integer)) as date) as usage_date)
            from int_priced_metric_usage as usage cross join range(0, {self.seeds + 1}) as seeds (seed)
        """)

    def _theory(self, measure: str) -> float:
        amount = {
            "requests": "1",
            "total_tokens": "uncached_input_tokens + cache_read_tokens + cache_write_tokens "
            "+ visible_output_tokens + reasoning_tokens",
            "cost_usd": "cost_usd",
        }[measure]
        row = self._connection.execute(f"""
            select 1.959963984540054 * sqrt(sum((1 - p) / p * total * total))
            from (
                select {self.probability} as p, cast(sum(sampling_weight * ({amount})) as double) as total
                from int_tiered_calls where source_name = 'spans' and month(usage_date) = 10 group by trace_id
            )
        """).fetchone()
        assert row is not None
        return float(row[0])


def land_sample(source: Path, target: Path, *, seed: int, probability: float) -> None:
    """Copy a landing folder with what one head sampler keeps of it, marked with the threshold."""
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        data = file.read_bytes()
        # The collector's file is broken on purpose, and none of it is a call.
        is_sampled = file.name.startswith("traces-") and file.parent.name != "edge-collector"
        copy.write_bytes(_sampled(file.name, data, seed, probability) if is_sampled else data)


def _sampled(name: str, data: bytes, seed: int, probability: float) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(_sampled(name.removesuffix(".gz"), gzip.decompress(data), seed, probability))
    if name.endswith(".zst"):
        plain = zstandard.ZstdDecompressor().decompressobj().decompress(data)
        return zstandard.compress(_sampled(name.removesuffix(".zst"), plain, seed, probability))
    if name.endswith(".binpb"):
        return _sampled_frames(data, seed, probability)
    return b"".join(_sampled_line(line, seed, probability) for line in data.splitlines())


def _sampled_line(line: bytes, seed: int, probability: float) -> bytes:
    request = json.loads(line)
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            scope["spans"] = [
                span | {"traceState": _tracestate(span.get("traceState", ""), probability)}
                for span in scope["spans"]
                if is_kept(span["traceId"], seed, probability)
            ]
    return json.dumps(request).encode() + b"\n"


def _sampled_frames(data: bytes, seed: int, probability: float) -> bytes:
    frames, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        request = ExportTraceServiceRequest.FromString(data[at + 4 : at + 4 + size])
        at += 4 + size
        for scope in (scope for resource in request.resource_spans for scope in resource.scope_spans):
            kept = [span for span in scope.spans if is_kept(span.trace_id.hex(), seed, probability)]
            for span in kept:
                span.trace_state = _tracestate(span.trace_state, probability)
            del scope.spans[:]
            scope.spans.extend(kept)
        message = request.SerializeToString()
        frames.append(len(message).to_bytes(4, "big") + message)
    return b"".join(frames)


def _tracestate(before: str, probability: float) -> str:
    """The threshold of both samplers together, where the sender already kept only some."""
    earlier = 1 / sampling_weight(before.removeprefix("ot=th:")) if before else 1.0
    return f"ot=th:{threshold(earlier * probability)}"
