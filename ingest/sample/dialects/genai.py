"""FastAPI and MCP services: OpenTelemetry GenAI conventions 1.37 and later.

Input tokens include cached ones, output tokens include reasoning.
"""

from __future__ import annotations

from ingest.sample.dialects.standard import (
    action_span,
    agent_attributes,
    error_attributes,
    new_span,
    standard_attributes,
    tool_spans,
)
from ingest.sample.runs import Action, Call, Run
from ingest.sample.telemetry import CLIENT, SERVER, Attributes, Span

SCOPE = ("opentelemetry.instrumentation.genai", "1.38.0")


def spans_of(run: Run) -> list[Span]:
    """A server span, the agent in it, and its calls and tools side by side."""
    shared = standard_attributes(run)
    http: Attributes = {
        "http.request.method": "POST",
        "http.route": "/v1/agents/{agent}/runs",
        "http.response.status_code": 200 if run.error is None else 502,
    }
    spans = [
        new_span(run, "POST /v1/agents/{agent}/runs", run.root_id, "", shared | http, kind=SERVER),
        new_span(
            run,
            f"invoke_agent {run.agent.name}",
            run.agent_span_id,
            run.root_id,
            shared | agent_attributes(run),
        ),
    ]
    for step in run.steps:
        if isinstance(step, Call):
            spans.append(_call_span(run, step, shared))
        elif step.kind in ("tool", "connector"):
            spans += tool_spans(
                run, step, f"execute_tool {step.name}", run.agent_span_id, _tool(step), shared
            )
        else:
            spans.append(action_span(run, step, run.agent_span_id, shared))
    return spans


def _tool(action: Action) -> Attributes:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": action.name,
        "gen_ai.tool.call.id": action.attributes["gen_ai.tool.call.id"],
    }


def _call_span(run: Run, call: Call, shared: Attributes) -> Span:
    attributes = shared | {
        "gen_ai.operation.name": call.operation,
        "gen_ai.provider.name": call.model.provider,
        "gen_ai.request.model": call.model.name,
        "gen_ai.conversation.id": run.conversation_id,
        "retry.attempt": call.attempt,
    }
    attributes |= error_attributes(call.error)
    if call.response_id is not None:
        attributes |= {
            "gen_ai.response.id": call.response_id,
            "gen_ai.response.model": call.model.answers_as,
            "gen_ai.response.finish_reasons": ("stop",),
        }
    if call.first_token_ns is not None:
        # Seconds, as the conventions have it.
        attributes["gen_ai.response.time_to_first_chunk"] = (call.first_token_ns - call.start_ns) / 1e9
    return new_span(
        run,
        f"{call.operation} {call.model.name}",
        call.span_id,
        run.agent_span_id,
        attributes | _usage(call),
        step=call,
        kind=CLIENT,
    )


def _usage(call: Call) -> Attributes:
    usage = call.usage
    if usage is None:
        return {}
    if call.operation == "embeddings":
        return {"gen_ai.usage.input_tokens": usage.input}
    return {
        "gen_ai.usage.input_tokens": usage.input,
        "gen_ai.usage.output_tokens": usage.output,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning,
    }
