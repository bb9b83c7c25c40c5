"""What every dialect sends alike: the standard attributes, and spans of the platform's own vocabulary."""

from __future__ import annotations

from ingest.sample.runs import Action, Call, Run
from ingest.sample.telemetry import CLIENT, INTERNAL, PRODUCER, Attributes, Span

_DATA_CLASSES = {
    "support": "personal",
    "marketing": "personal",
    "document_processing": "confidential",
    "analytics": "internal",
}
_KINDS = {"retrieval": CLIENT, "vault": CLIENT, "publish": PRODUCER, "review": INTERNAL, "connector": CLIENT}


def standard_attributes(run: Run, *, agent_key: str = "gen_ai.agent.name") -> Attributes:
    """The attributes that baggage puts on every span of `run`."""
    attributes: Attributes = {
        "tenant.id": run.tenant.tenant_id,
        "entitlement.tier": run.entitlement_tier,
        agent_key: run.agent.name,
        "workflow.id": f"wf-{run.agent.workflow}",
        "gen_ai.workflow.name": run.agent.workflow,
        "data.jurisdiction": run.tenant.jurisdiction,
        "data.class": data_class(run),
        "data.region": run.tenant.home_region,
        "consent.purpose": run.agent.purpose,
    }
    if run.consent is not None:
        attributes["consent.status"] = run.consent
    return attributes


def data_class(run: Run) -> str:
    """The class of the data that `run` works on."""
    return _DATA_CLASSES[run.agent.purpose]


def agent_attributes(run: Run) -> Attributes:
    """What the agent's own span says about the task, how it went and which prompt it used."""
    attributes: Attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.conversation.id": run.conversation_id,
        "gen_ai.prompt.version": run.agent.prompt_version,
        "agent.task": run.agent.task,
        "event.digest": run.digest,
    }
    if run.outcome is not None:
        attributes["agent.outcome"] = run.outcome
    return attributes | error_attributes(run.error)


def error_attributes(error: str | None) -> Attributes:
    """`error.type` of a failed operation, nothing for one that succeeded."""
    return {} if error is None else {"error.type": error}


def new_span(
    run: Run,
    name: str,
    span_id: str,
    parent_id: str,
    attributes: Attributes,
    *,
    step: Call | Action | None = None,
    kind: int = INTERNAL,
) -> Span:
    """A span of `run` over the time of `step`, or over the whole run."""
    threshold = run.service.sampling_threshold
    timed = run if step is None else step
    return Span(
        trace_id=run.trace_id,
        span_id=span_id,
        parent_id=parent_id,
        name=name,
        kind=kind,
        start_ns=timed.start_ns,
        end_ns=timed.end_ns,
        attributes=attributes,
        error=timed.error,
        trace_state="" if threshold is None else f"ot=th:{threshold}",
    )


def action_span(run: Run, action: Action, parent_id: str, shared: Attributes) -> Span:
    """A retrieval, vault, publish or review span: the same in every dialect."""
    attributes = shared | action.attributes | error_attributes(action.error)
    if action.kind == "retrieval":
        attributes |= {"gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": action.name}
    name = action.name if action.kind == "review" else f"{action.kind} {action.name}"
    return new_span(run, name, action.span_id, parent_id, attributes, step=action, kind=_KINDS[action.kind])


def tool_spans(
    run: Run, action: Action, name: str, parent_id: str, tool: Attributes, shared: Attributes
) -> list[Span]:
    """The tool span `name` with the dialect's attributes `tool`, and a connector's client span inside it."""
    failed = error_attributes(action.error)
    spans = [new_span(run, name, action.span_id, parent_id, shared | tool | failed, step=action)]
    if action.kind == "connector":
        client = {key: value for key, value in action.attributes.items() if not key.startswith("gen_ai.")}
        spans.append(
            new_span(
                run,
                f"{action.name} {action.attributes['connector.operation']}",
                action.inner_id,
                action.span_id,
                shared | client | failed,
                step=action,
                kind=CLIENT,
            )
        )
    return spans
