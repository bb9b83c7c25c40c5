"""LangGraph services under OpenInference: node chains, and a root chain that repeats its children's tokens.

Prompt tokens include cached ones, completion tokens include reasoning.
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
from ingest.sample.runs import Action, Call, Run, Usage
from ingest.sample.telemetry import Attributes, Span

SCOPE = ("openinference.instrumentation.langchain", "0.1.56")


def spans_of(run: Run) -> list[Span]:
    """The graph with rolled-up usage, the agent, a chain per node, and the steps in their nodes."""
    shared = standard_attributes(run, agent_key="agent.name") | {"session.id": run.conversation_id}
    usages = [call.usage for call in run.calls if call.usage is not None]
    rolled_up = _usage(_sum(usages)) if usages else {}
    spans = [
        new_span(
            run, "LangGraph", run.root_id, "", shared | {"openinference.span.kind": "CHAIN"} | rolled_up
        ),
        new_span(
            run,
            f"invoke_agent {run.agent.name}",
            run.agent_span_id,
            run.root_id,
            shared | {"openinference.span.kind": "AGENT"} | agent_attributes(run),
        ),
    ]
    previous = ""
    for node, node_id, steps in _nodes(run):
        attributes: Attributes = shared | {"openinference.span.kind": "CHAIN", "graph.node.id": node}
        if previous:
            attributes["graph.node.parent_id"] = previous
        chain = new_span(run, node, node_id, run.agent_span_id, attributes)
        chain.start_ns, chain.end_ns = steps[0].start_ns, steps[-1].end_ns
        chain.error = steps[-1].error
        spans.append(chain)
        for step in steps:
            spans += _step_spans(run, step, node_id, shared | {"graph.node.id": node})
        previous = node
    return spans


def _nodes(run: Run) -> list[tuple[str, str, list[Call | Action]]]:
    """The nodes that ran, with span ids that follow from the agent span's and need no further draw."""
    first_id = int(run.agent_span_id, 16)
    return [
        (name, f"{first_id ^ (index + 1):016x}", steps) for index, (name, steps) in enumerate(run.node_steps)
    ]


def _step_spans(run: Run, step: Call | Action, parent_id: str, shared: Attributes) -> list[Span]:
    if isinstance(step, Call):
        return [_call_span(run, step, parent_id, shared)]
    if step.kind in ("tool", "connector"):
        tool: Attributes = {
            "openinference.span.kind": "TOOL",
            "tool.name": step.name,
            "gen_ai.tool.call.id": step.attributes["gen_ai.tool.call.id"],
        }
        return tool_spans(run, step, step.name, parent_id, tool, shared)
    return [action_span(run, step, parent_id, shared)]


def _call_span(run: Run, call: Call, parent_id: str, shared: Attributes) -> Span:
    is_embedding = call.operation == "embeddings"
    attributes = shared | error_attributes(call.error) | {"retry.attempt": call.attempt}
    if is_embedding:
        attributes |= {"openinference.span.kind": "EMBEDDING", "embedding.model_name": call.model.name}
    else:
        attributes |= {
            "openinference.span.kind": "LLM",
            "llm.provider": call.model.provider,
            "llm.system": call.model.provider,
            "llm.request.model_name": call.model.name,
        }
    if call.response_id is not None:
        attributes |= {"llm.model_name": call.model.answers_as, "llm.finish_reason": "stop"}
    if is_embedding and call.usage is not None:
        attributes |= {"llm.provider": call.model.provider, "llm.token_count.prompt": call.usage.input}
    elif call.usage is not None:
        attributes |= _usage(call.usage)
    name = "CreateEmbeddings" if is_embedding else "ChatModel"
    return new_span(run, name, call.span_id, parent_id, attributes, step=call)


def _sum(usages: list[Usage]) -> Usage:
    return Usage(
        uncached_input=sum(usage.uncached_input for usage in usages),
        cache_read=sum(usage.cache_read for usage in usages),
        cache_write=sum(usage.cache_write for usage in usages),
        visible_output=sum(usage.visible_output for usage in usages),
        reasoning=sum(usage.reasoning for usage in usages),
    )


def _usage(usage: Usage) -> Attributes:
    return {
        "llm.token_count.prompt": usage.input,
        "llm.token_count.completion": usage.output,
        "llm.token_count.total": usage.input + usage.output,
        "llm.token_count.prompt_details.cache_read": usage.cache_read,
        "llm.token_count.prompt_details.cache_write": usage.cache_write,
        "llm.token_count.completion_details.reasoning": usage.reasoning,
    }
