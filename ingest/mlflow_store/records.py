"""MLflow's entities as rows of bronze: the same, whether the store is read by SQL or over HTTP."""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ingest import schema
from ingest.pieces import BadRecord, Limits, RecordError, Row, bad_record

_MS_PER_DAY = 86_400_000
# The end of the year 9999.
_LAST_MS = 253_402_300_799_999
_INT64 = 2**63
_OTEL_TRACE = re.compile(r"tr-([0-9a-f]{32})")
_JUDGES = {"AI_JUDGE": "LLM_JUDGE"}
_NOT_HUMAN = ("LLM_JUDGE", "CODE")


@dataclass(frozen=True)
class Version:
    """One version of one thing: `digest` is of its content, which takes `size` bytes."""

    key: tuple[str, ...]
    row: Row
    digest: str
    size: int


def experiment_version(experiment: Any) -> Version:
    """A row of `mlflow_experiments`. Raises RecordError, as all of these, for what cannot be one."""
    return _version(
        "mlflow_experiments",
        experiment_key(experiment),
        experiment.creation_time,
        experiment_id=experiment.experiment_id,
        experiment_name=experiment.name,
        lifecycle_stage=experiment.lifecycle_stage,
        created_at=_time(experiment.creation_time, "creation_time"),
        updated_at=_time(experiment.last_update_time, "last_update_time"),
        tags=_pairs(experiment.tags),
    )


def run_version(run: Any, experiment_name: str | None) -> Version:
    """A row of `mlflow_runs`; its digest covers steps and times of last values: a new point is a change."""
    info, data = run.info, run.data
    latest = sorted(
        (point.key, real(point.value), point.step, point.timestamp) for point in data.to_proto().metrics
    )
    return _version(
        "mlflow_runs",
        run_key(run),
        info.start_time,
        beside=[point[2:] for point in latest],
        experiment_id=info.experiment_id,
        experiment_name=experiment_name,
        run_id=info.run_id,
        run_name=info.run_name or None,
        status=info.status,
        lifecycle_stage=info.lifecycle_stage,
        started_at=_time(info.start_time, "start_time"),
        ended_at=_time(info.end_time, "end_time"),
        params=_pairs(data.params),
        metrics=([point[0] for point in latest], [point[1] for point in latest]),
        tags=_pairs(data.tags),
    )


def metric_version(run: Any, point: Any) -> Version:
    """A row of `mlflow_metrics`: one point of a metric's history."""
    return _version(
        "mlflow_metrics",
        (run.info.run_id, point.key),
        point.timestamp,
        experiment_id=run.info.experiment_id,
        run_id=run.info.run_id,
        key=point.key,
        value=real(point.value),
        step=_whole(point.step, "step"),
        recorded_at=_time(point.timestamp, "timestamp"),
    )


def trace_version(trace: Any) -> Version:
    """A row of `mlflow_traces`."""
    metadata = dict(trace.trace_metadata)
    otel = _OTEL_TRACE.fullmatch(trace.trace_id)
    previews = {
        "mlflow.request_preview": trace.request_preview,
        "mlflow.response_preview": trace.response_preview,
        "mlflow.client_request_id": trace.client_request_id,
    }
    return _version(
        "mlflow_traces",
        trace_key(trace),
        trace.request_time,
        experiment_id=trace.experiment_id,
        run_id=metadata.get("mlflow.sourceRun") or None,
        mlflow_trace_id=trace.trace_id,
        trace_id=otel[1] if otel else None,
        status=_text(trace.state),
        started_at=_time(trace.request_time, "request_time"),
        duration_ms=_whole(trace.execution_duration, "execution_duration"),
        span_count=_span_count(metadata.get("mlflow.trace.sizeStats")),
        tags=_pairs(trace.tags),
        attributes=_pairs({name: text for name, text in previews.items() if text} | metadata),
        lifecycle_stage="active",
    )


def evaluation_version(assessment: Any, trace: Any) -> Version:
    """A row of `mlflow_evaluations`: one assessment of a trace."""
    kind = _text(assessment.source.source_type) or "SOURCE_TYPE_UNSPECIFIED"
    kind = _JUDGES.get(kind, kind)
    assessment_type, value = _assessed(assessment)
    is_feedback = assessment_type == "feedback"
    score_value, score_label, other = _scored(value) if is_feedback else (None, None, value)
    error = getattr(assessment.feedback, "error", None)
    metadata = dict(assessment.metadata or {})
    own = {
        # Who a human is may be personal; which judge it was is not.
        f"mlflow.assessment.{'source_id' if kind in _NOT_HUMAN else 'reviewer'}": assessment.source.source_id,
        "mlflow.assessment.rationale": assessment.rationale,
        f"mlflow.assessment.{'value' if is_feedback else assessment_type}": other,
        "mlflow.assessment.error_message": getattr(error, "error_message", None),
        "mlflow.assessment.stack_trace": getattr(error, "stack_trace", None),
    }
    otel = _OTEL_TRACE.fullmatch(trace.trace_id)
    return _version(
        "mlflow_evaluations",
        evaluation_key(assessment),
        assessment.create_time_ms,
        experiment_id=trace.experiment_id,
        run_id=assessment.run_id or metadata.get("mlflow.assessment.sourceRunId") or None,
        mlflow_trace_id=trace.trace_id,
        assessment_id=assessment.assessment_id,
        evaluator=assessment.name,
        evaluator_kind=kind,
        score_value=score_value,
        score_label=score_label,
        occurred_at=_time(assessment.create_time_ms, "create_time"),
        attributes=_pairs(metadata | {name: text for name, text in own.items() if text not in (None, "")}),
        assessment_type=assessment_type,
        trace_id=otel[1] if otel else None,
        span_id=assessment.span_id or None,
        updated_at=_time(assessment.last_update_time_ms, "last_update_time"),
        # Only feedback is overridden; of the rest a server says nothing.
        is_valid=assessment.valid is not False if is_feedback else None,
        overrides=assessment.overrides or None,
        error_code=getattr(error, "error_code", None) or None,
        lifecycle_stage="active",
    )


def model_version(version: Any, aliases: Sequence[str]) -> Version:
    """A row of `mlflow_model_versions`."""
    is_prompt = version.tags.get("mlflow.prompt.is_prompt") == "true"
    return _version(
        "mlflow_model_versions",
        model_version_key(version),
        version.creation_timestamp,
        name=version.name,
        version=_whole(int(version.version), "version"),
        kind="prompt" if is_prompt else "model",
        stage=version.current_stage or None,
        status=_text(version.status),
        run_id=version.run_id or None,
        source=version.source or None,
        aliases=list(aliases),
        created_at=_time(version.creation_timestamp, "creation_timestamp"),
        updated_at=_time(version.last_updated_timestamp, "last_updated_timestamp"),
        description=version.description or None,
        tags=_pairs(version.tags),
        lifecycle_stage="active",
    )


def experiment_key(experiment: Any) -> tuple[str, ...]:
    """How an experiment is known again, within its store."""
    return (str(experiment.experiment_id),)


def run_key(run: Any) -> tuple[str, ...]:
    """How a run is known again."""
    return (run.info.run_id,)


def trace_key(trace: Any) -> tuple[str, ...]:
    """How a trace is known again."""
    return (trace.trace_id,)


def evaluation_key(assessment: Any) -> tuple[str, ...]:
    """How an assessment is known again."""
    return (assessment.assessment_id or "",)


def model_version_key(version: Any) -> tuple[str, ...]:
    """How a version of a model or prompt is known again."""
    return (version.name, str(version.version))


def bad_version(entity: Any, error: RecordError, limits: Limits) -> BadRecord:
    """What cannot be a row, as the client gave it, for quarantine."""
    raw = json.dumps(entity, default=_members, sort_keys=True, ensure_ascii=False)
    data = raw.encode("utf-8", "backslashreplace")
    return bad_record((0, len(data)), "mlflow", error, data, limits)


def removed_digest(digest: str) -> str:
    """The digest of the last version of what was removed; it differs from that of any content."""
    return hashlib.blake2b(f"removed {digest}".encode(), digest_size=16).hexdigest()


def real(value: float) -> float:
    """A metric's value; SQL stores keep an infinity as the largest double."""
    number = float(value)
    return math.copysign(math.inf, number) if abs(number) == sys.float_info.max else number


def day_of(ms: Any) -> int | None:
    """Days since 1970-01-01 of milliseconds since then; null where there is no time."""
    return int(ms) // _MS_PER_DAY if ms else None


def _version(
    table: str, identity: tuple[str, ...], day_ms: Any, /, *, beside: Iterable[Any] = (), **values: Any
) -> Version:
    columns = schema.RECORD_TABLES[table].names[: -len(schema.PROVENANCE_NOT_NULL)]
    for name in schema.NOT_NULL[table]:
        if values[name] in (None, ""):
            raise RecordError(f"missing_{name}", f"{name} is missing.")
    ordered = [values[name] for name in columns]
    try:
        data = json.dumps([ordered, list(beside)], ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RecordError("invalid_text", "The record holds a lone surrogate, which is no text.") from error
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    return Version(identity, (day_of(day_ms), *ordered, digest), digest, len(data))


def _time(ms: int | None, field: str) -> int | None:
    """Microseconds since 1970; null where MLflow has none, which some of its stores write as 0."""
    if not ms:
        return None
    if isinstance(ms, bool) or not isinstance(ms, int) or not 0 < ms <= _LAST_MS:
        raise RecordError(f"bad_{field}", f"{field} is no time in milliseconds between 1970 and 9999.")
    return ms * 1000


def _whole(value: int | None, field: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not -_INT64 <= value < _INT64:
        raise RecordError(f"bad_{field}", f"{field} is no whole number of 64 bits.")
    return value


def _pairs(texts: Mapping[str, Any] | None) -> tuple[list[str], list[str]]:
    """Keys and values of a map, sorted: a store gives them in any order."""
    known = {} if texts is None else texts
    found = sorted((name, "" if value is None else _plain_text(value)) for name, value in known.items())
    return [name for name, _ in found], [value for _, value in found]


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return str(value.value if isinstance(value, Enum) else value)


def _plain_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(_same_numbers(value), sort_keys=True)


def _same_numbers(value: Any) -> Any:
    """Over HTTP every number is a double."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _same_numbers(each) for name, each in value.items()}
    return [_same_numbers(each) for each in value] if isinstance(value, list) else value


def _assessed(assessment: Any) -> tuple[str, Any]:
    """Which of the three kinds an assessment is, and its value."""
    if assessment.feedback is not None:
        return "feedback", assessment.feedback.value
    if assessment.expectation is not None:
        return "expectation", assessment.expectation.value
    return "issue", getattr(assessment.issue, "issue_name", None)


def _scored(value: Any) -> tuple[float | None, str | None, Any]:
    """A number, a label, or what is neither."""
    if isinstance(value, bool):
        return None, str(value).lower(), None
    if isinstance(value, int | float):
        try:
            return float(value), None, None
        except OverflowError as error:
            raise RecordError("bad_value", "The score is beyond what a double can hold.") from error
    return (None, value, None) if isinstance(value, str) else (None, None, value)


def _span_count(stats: str | None) -> int | None:
    """Of the sizes that a finished trace says of itself; null where it says none."""
    try:
        count = json.loads(stats)["num_spans"] if stats else None
    except (ValueError, TypeError, KeyError):
        return None
    return count if isinstance(count, int) else None


def _members(value: Any) -> Any:
    return str(value) if isinstance(value, Enum) or not hasattr(value, "__dict__") else vars(value)
