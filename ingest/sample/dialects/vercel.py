"""Browser agents on the Vercel AI SDK: `ai.*` names, and a root that repeats the usage of its steps.

Input tokens include cached ones, output tokens include reasoning. No `workflow.id`, no `data.class`.
"""

from __future__ import annotations

from ingest.sample.dialects.standard import (
    agent_attributes,
    error_attributes,
    new_span,
    standard_attributes,
)
from ingest.sample.runs import Action, Call, Run
from ingest.sample.telemetry import Attributes, Span

SCOPE = ("ai", "6.0.326")
_LEFT_OUT = ("workflow.id", "data.class")


def spans_of(run: Run) -> list[Span]:
    """The agent, one `ai.generateText` or `ai.streamText` in it, and in that the model and tool calls."""
    shared = {key: value for key, value in standard_attributes(run).items() if key not in _LEFT_OUT}
    telemetry: Attributes = shared | {"ai.telemetry.functionId": run.agent.workflow}
    operation = (
        "ai.streamText" if any(call.first_token_ns is not None for call in run.calls) else "ai.generateText"
    )
    generate_id = f"{int(run.agent_span_id, 16) ^ 1:016x}"
    usages = [call.usage for call in run.calls if call.usage is not None]
    rolled_up: Attributes = {}
    if usages:
        rolled_up = {
            "ai.usage.inputTokens": sum(usage.input for usage in usages),
            "ai.usage.outputTokens": sum(usage.output for usage in usages),
            "ai.usage.cachedInputTokens": sum(usage.cache_read for usage in usages),
            "ai.usage.reasoningTokens": sum(usage.reasoning for usage in usages),
        }
    model: Attributes = {
        "ai.operationId": operation,
        "ai.model.id": run.calls[-1].model.name,
        "ai.model.provider": f"{run.calls[-1].model.provider}.chat",
    }
    spans = [
        new_span(
            run,
            f"invoke_agent {run.agent.name}",
            run.agent_span_id,
            "",
            shared | agent_attributes(run),
        ),
        new_span(run, operation, generate_id, run.agent_span_id, telemetry | model | rolled_up),
    ]
    for step in run.steps:
        if isinstance(step, Call):
            spans.append(_call_span(run, step, operation, generate_id, telemetry))
        else:
            spans.append(_tool_span(run, step, generate_id, telemetry))
    return spans


def _tool_span(run: Run, action: Action, parent_id: str, shared: Attributes) -> Span:
    attributes = shared | {
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": action.name,
        "ai.toolCall.id": action.attributes["gen_ai.tool.call.id"],
    }
    attributes |= error_attributes(action.error)
    return new_span(run, "ai.toolCall", action.span_id, parent_id, attributes, step=action)


def _call_span(run: Run, call: Call, operation: str, parent_id: str, shared: Attributes) -> Span:
    inner = f"{operation}.do{operation.removeprefix('ai.').removesuffix('Text').capitalize()}"
    attributes = shared | {
        "ai.operationId": inner,
        "ai.model.id": call.model.name,
        "ai.model.provider": f"{call.model.provider}.chat",
        "gen_ai.system": f"{call.model.provider}.chat",
        "gen_ai.request.model": call.model.name,
        "retry.attempt": call.attempt,
    }
    attributes |= error_attributes(call.error)
    if call.response_id is not None:
        attributes |= {
            "ai.response.id": call.response_id,
            "ai.response.model": call.model.answers_as,
            "ai.response.finishReason": "stop",
            "gen_ai.response.id": call.response_id,
            "gen_ai.response.model": call.model.answers_as,
        }
    if call.first_token_ns is not None:
        attributes["ai.response.msToFirstChunk"] = (call.first_token_ns - call.start_ns) / 1e6
    if call.usage is not None:
        attributes |= {
            "ai.usage.inputTokens": call.usage.input,
            "ai.usage.outputTokens": call.usage.output,
            "ai.usage.cachedInputTokens": call.usage.cache_read,
            "ai.usage.inputTokenDetails.cacheWriteTokens": call.usage.cache_write,
            "ai.usage.reasoningTokens": call.usage.reasoning,
            "gen_ai.usage.input_tokens": call.usage.input,
            "gen_ai.usage.output_tokens": call.usage.output,
        }
    return new_span(run, inner, call.span_id, parent_id, attributes, step=call)
