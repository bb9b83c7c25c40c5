"""AgentKit services: the first generation of GenAI names (to 1.36), without cache or reasoning detail."""

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
from ingest.sample.telemetry import CLIENT, Attributes, Span

SCOPE = ("openai.agents", "0.6.2")


def spans_of(run: Run) -> list[Span]:
    """The workflow, the agent in it, and its calls and tools side by side."""
    shared = standard_attributes(run)
    spans = [
        new_span(run, "Agent workflow", run.root_id, "", dict(shared)),
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
        "gen_ai.system": call.model.provider,
        "gen_ai.request.model": call.model.name,
        "retry.attempt": call.attempt,
    }
    attributes |= error_attributes(call.error)
    if call.response_id is not None:
        attributes |= {
            "gen_ai.response.id": call.response_id,
            "gen_ai.response.model": call.model.answers_as,
        }
    if call.usage is not None:
        attributes |= {
            "gen_ai.usage.prompt_tokens": call.usage.input,
            "gen_ai.usage.completion_tokens": call.usage.output,
        }
    return new_span(
        run,
        f"chat {call.model.name}",
        call.span_id,
        run.agent_span_id,
        attributes,
        step=call,
        kind=CLIENT,
    )
