"""The notifier: consumes what runs published and delivers it, in traces of its own."""

from __future__ import annotations

import random

from ingest.sample.runs import Action, Run, new_id
from ingest.sample.telemetry import CLIENT, CONSUMER, Attributes, Span

_MS = 1_000_000
_CHANNELS = ("email", "slack", "webhook")
# Of the deliveries; a failed one is tried once more.
_FAILED, _SUPPRESSED = 0.03, 0.02


def notifier_spans(run: Run, rng: random.Random) -> list[Span]:
    """A consumer span, linked to its producer, and its delivery attempts, for every message of `run`."""
    published = [step for step in run.steps if isinstance(step, Action) and step.kind == "publish"]
    return [span for action in published for span in _consume(run, action, rng)]


def _consume(run: Run, action: Action, rng: random.Random) -> list[Span]:
    shared: Attributes = {
        "tenant.id": run.tenant.tenant_id,
        "entitlement.tier": run.entitlement_tier,
        "workflow.id": f"wf-{run.agent.workflow}",
        "gen_ai.workflow.name": run.agent.workflow,
        "data.jurisdiction": run.tenant.jurisdiction,
    }
    # One message in fifty waits out a rebalance of the consumer group.
    lag_ms = rng.randint(4_000, 9_000) if rng.random() < 0.02 else rng.randint(15, 600)
    start_ns = action.start_ns + lag_ms * _MS
    consumer = Span(
        trace_id=new_id(rng, 128),
        span_id=new_id(rng, 64),
        parent_id="",
        name=f"process {action.name}",
        kind=CONSUMER,
        start_ns=start_ns,
        end_ns=start_ns,
        attributes=shared | action.attributes,
        links=[(run.trace_id, action.span_id)],
    )
    spans = [consumer]
    notification: Attributes = {
        "notification.id": f"nt_{new_id(rng, 64)}",
        "notification.channel": rng.choice(_CHANNELS),
    }
    draw = rng.random()
    first = "failed" if draw < _FAILED else "suppressed" if draw < _FAILED + _SUPPRESSED else "delivered"
    statuses = [first, rng.choice(("delivered", "failed"))] if first == "failed" else [first]
    for status in statuses:
        begin_ns = consumer.end_ns + rng.randint(1, 5) * _MS
        consumer.end_ns = begin_ns + rng.randint(30, 400) * _MS
        spans.append(
            Span(
                trace_id=consumer.trace_id,
                span_id=new_id(rng, 64),
                parent_id=consumer.span_id,
                name=f"notify {notification['notification.channel']}",
                kind=CLIENT,
                start_ns=begin_ns,
                end_ns=consumer.end_ns,
                attributes=shared | notification | {"notification.status": status},
                error="channel answered 503" if status == "failed" else None,
            )
        )
    return spans
