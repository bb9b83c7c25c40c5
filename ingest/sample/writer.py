"""Write the sample month: day by day, service by service, into a landing folder."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import chain
from pathlib import Path

from ingest.sample.cloud_events import act_events, billing_events, consent_events, run_events
from ingest.sample.dialects import spans_of
from ingest.sample.duration_metrics import DurationMetrics
from ingest.sample.evaluations import EVENT_NAME, Evaluation, live_evaluations, nightly_evaluations
from ingest.sample.landing_file import LandingFile
from ingest.sample.ledger import Ledger, SampleSummary
from ingest.sample.malformed import BAD_RECORDS, GOOD_SPANS, write_malformed
from ingest.sample.month import DAYS, Life, midnight, nanoseconds
from ingest.sample.notifications import notifier_spans
from ingest.sample.objective_metrics import ObjectiveMetrics, gateway_searches
from ingest.sample.objectives import Measurement, measure
from ingest.sample.origins import (
    EVAL_RUNNER,
    NOTIFIER,
    PROBER,
    SEARCH_GATEWAY,
    helper_origin,
    origin_of,
)
from ingest.sample.platform import Service
from ingest.sample.probes import probe_spans
from ingest.sample.runs import Run
from ingest.sample.senders import TraceSender, write_logs, write_metrics
from ingest.sample.story import load_platform
from ingest.sample.subscriptions import write_snapshots
from ingest.sample.telemetry import LogRecord, MetricPoint, Origin, Span, SpanEvent
from ingest.sample.token_metrics import TokenMetrics
from ingest.sample.traffic import runs_of

# Called after each day with the day and the spans written so far.
Progress = Callable[[date, int], None]

# These services put evaluations on the agent's span; the others' come as log records of the eval runner.
_EVALUATED_IN_SPAN = ("genai", "agentkit")


def write_month(
    landing: Path, *, size: int = 1, seed: int = 7, progress: Progress | None = None
) -> SampleSummary:
    """Write 30 days of about 2,000 spans times `size` each below `landing`, and say what was written.

    The same size and seed give the same bytes. A file of an earlier month at the same path is replaced.
    """
    month = _Period(landing, DAYS, size, seed, holds_until=DAYS[-1])
    for day in DAYS:
        month.write_day(day)
        if progress is not None:
            progress(day, month.ledger.spans_by_service.total())
    month.ledger.counts["files"] += write_malformed(landing)
    month.ledger.counts["malformed_records"] = BAD_RECORDS
    month.ledger.spans_by_service["edge-collector"] = GOOD_SPANS
    return month.ledger.summary(seed=seed, size=size)


def write_days(landing: Path, days: Sequence[date], *, size: int = 1, seed: int = 7) -> None:
    """Write days that follow each other, in the month or after it. Counters go on, but nothing arrives late.

    Names of files hold their day.
    """
    period = _Period(landing, days, size, seed, holds_until=None)
    for day in days:
        period.write_day(day)


class _Period:
    """Days being written, one after another, with the senders, meters and ledger that live through them."""

    def __init__(
        self, landing: Path, days: Sequence[date], size: int, seed: int, *, holds_until: date | None
    ) -> None:
        life = Life.of(days)
        self._landing, self._size, self._seed = landing, size, seed
        self._platform = load_platform()
        self.ledger = Ledger(self._platform)

        def sender(name: str, form: str) -> TraceSender:
            return TraceSender(landing / "otlp" / name, form, holds_until, self.ledger.counts)

        self._senders = {
            service.name: sender(service.name, service.form) for service in self._platform.services
        }
        self._notifier = sender(NOTIFIER, "jsonl")
        self._prober = sender(PROBER, "jsonl")
        measured = [service.name for service in self._platform.services if service.exports_metrics]
        self._objective_meters = {
            name: ObjectiveMetrics(life) for name in (*measured, NOTIFIER, SEARCH_GATEWAY)
        }
        self._meters = {
            service.name: (TokenMetrics(life), DurationMetrics(life))
            for service in self._platform.services
            if service.exports_metrics
        }

    def write_day(self, day: date) -> None:
        """Write every file of `day`."""
        published: list[tuple[Origin, list[Span]]] = []
        records: list[LogRecord] = []
        with LandingFile(self._landing / "governance" / f"runs-{day}.jsonl") as events:
            for service in self._platform.services:
                traces = self._traces(service, day, published, records, events)
                self._senders[service.name].send_day(day, traces, self._random(day, service.name, "sending"))
        self.ledger.counts["files"] += 1
        self._notifier.send_day(day, published, self._random(day, NOTIFIER, "sending"))
        for name, (tokens, durations) in self._meters.items():
            folder = self._landing / "otlp" / name
            exports: Iterable[tuple[Origin, Sequence[MetricPoint]]] = chain(
                tokens.export(day), durations.export(day)
            )
            write_metrics(folder, day, exports, self.ledger.counts)
        self._write_objectives(day)
        nightly = nightly_evaluations(self._platform, day, self._random(day, EVAL_RUNNER))
        records += [self._evaluation_record(evaluation) for evaluation in nightly]
        origin = helper_origin(EVAL_RUNNER, "us-east-1", "production")
        write_logs(self._landing / "otlp" / EVAL_RUNNER, day, origin, records, self.ledger.counts)
        self._write_records(day)

    def _write_objectives(self, day: date) -> None:
        """The probes of `day`, what the search gateway's metrics count, and every meter's export."""
        origin = helper_origin(PROBER, "us-east-1", "production")
        probes = list(probe_spans(day, self._random(day, PROBER)))
        self._measure(probes, {}, "production")
        self.ledger.spans_by_service[PROBER] += len(probes)
        traces = [(origin, [span]) for span in probes]
        self._prober.send_day(day, traces, self._random(day, PROBER, "sending"))
        gateway = helper_origin(SEARCH_GATEWAY, "us-east-1", "production")
        meter = self._objective_meters[SEARCH_GATEWAY]
        for is_hit in gateway_searches(meter, gateway, day, self._random(day, SEARCH_GATEWAY)):
            searched = Measurement("rag_hit_rate", nanoseconds(midnight(day)), is_hit)
            self.ledger.add_objective(searched, "production")
            self.ledger.counts["metered_connector_calls"] += 1
        for name, meter in self._objective_meters.items():
            folder = self._landing / "otlp" / name
            write_metrics(folder, day, meter.export(day), self.ledger.counts, subject="objective-metrics")

    def _measure(self, spans: list[Span], sent_ns: dict[str, int], environment: str) -> list[Measurement]:
        """Put what objectives are measured by among `spans` into the ledger."""
        measured = list(measure(self._platform.objectives, spans, sent_ns))
        for measurement in measured:
            self.ledger.add_objective(measurement, environment)
        return measured

    def _write_records(self, day: date) -> None:
        for folder, subject, events in (
            ("billing", "billing", billing_events(self._platform, day)),
            ("governance", "consent", consent_events(self._platform, day)),
            ("governance", "acts", act_events(self._platform, day)),
        ):
            with LandingFile(self._landing / folder / f"{subject}-{day}.jsonl") as file:
                for event in events:
                    file.append(event)
            self.ledger.counts["cloud_events"] += len(events)
            self.ledger.counts["files"] += bool(events)
        rows = write_snapshots(self._platform, self._landing / "usage", day, self._random(day, "usage"))
        self.ledger.counts["usage_snapshots"] += rows
        self.ledger.counts["files"] += 1

    def _traces(
        self,
        service: Service,
        day: date,
        published: list[tuple[Origin, list[Span]]],
        records: list[LogRecord],
        events: LandingFile,
    ) -> Iterator[tuple[Origin, list[Span]]]:
        """The traces of `service` on `day`; what a run caused elsewhere is put there on the way."""
        rng = self._random(day, service.name)
        for run in runs_of(self._platform, service, day, size=self._size, rng=rng):
            self.ledger.add_run(run)
            spans = spans_of(run)
            self._evaluate(run, spans, records, rng)
            for event in run_events(self._platform, run, rng):
                events.append(event)
                self.ledger.counts["cloud_events"] += 1
            environment = run.tenant.environment
            measured = self._measure(spans, {}, environment)
            if service.name in self._objective_meters:
                for measurement in measured:
                    self._objective_meters[service.name].record(
                        origin_of(run), nanoseconds(run.release.at), measurement
                    )
            if consumed := notifier_spans(run, rng):
                helper = helper_origin(NOTIFIER, run.region, run.tenant.environment)
                published.append((helper, consumed))
                sent_ns = {span.span_id: span.start_ns for span in spans}
                for measurement in self._measure(consumed, sent_ns, environment):
                    self._objective_meters[NOTIFIER].record(helper, 0, measurement)
                self.ledger.spans_by_service[NOTIFIER] += len(consumed)
            for meter in self._meters.get(service.name, ()):
                meter.record(run)
            self.ledger.spans_by_service[service.name] += len(spans)
            yield origin_of(run), spans

    def _evaluate(self, run: Run, spans: list[Span], records: list[LogRecord], rng: random.Random) -> None:
        agent_span = next(span for span in spans if span.span_id == run.agent_span_id)
        for evaluation in live_evaluations(run, rng):
            tenant = {"tenant.id": run.tenant.tenant_id}
            if run.service.dialect in _EVALUATED_IN_SPAN:
                self.ledger.add_evaluation(evaluation)
                attributes = evaluation.attributes | tenant
                agent_span.events.append(SpanEvent(EVENT_NAME, evaluation.time_ns, attributes))
            else:
                record = self._evaluation_record(evaluation)
                record.attributes |= tenant
                record.trace_id, record.span_id = run.trace_id, run.agent_span_id
                records.append(record)

    def _evaluation_record(self, evaluation: Evaluation) -> LogRecord:
        self.ledger.add_evaluation(evaluation)
        return LogRecord(evaluation.time_ns, EVENT_NAME, evaluation.attributes)

    def _random(self, *about: object) -> random.Random:
        """A source of draws that depends on the seed and on `about` alone."""
        # Not for secrets: the month must be the same every time.
        return random.Random("/".join(map(str, (self._seed, *about))))  # noqa: S311
