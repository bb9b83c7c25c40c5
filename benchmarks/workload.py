"""The input of the benchmark: one hour of a busy agent service, the same spans in each encoding.

About 24 attributes a span, an event on every third or fourth and a link on every twentieth; one span takes
2.9 KB of JSON and 1.8 KB of protobuf. The same count and seed give the same bytes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ingest.sample import encode
from ingest.sample.telemetry import CLIENT, INTERNAL, Attributes, Origin, Span, SpanEvent

SPANS_A_REQUEST = 200
EVENT_ATTRIBUTES = 3
_SEED = 7
# 2026-10-05 09:00 UTC; one hour, so that every record falls on one day.
_BEGIN_NS = 1_791_190_800 * 10**9
_HOUR_NS = 3_600 * 10**9
_MS = 10**6
_MODELS = ("claude-sonnet-4-5", "gpt-5-mini", "claude-haiku-4-5", "gpt-5")
_TOOLS = ("search_orders", "refund_payment", "lookup_customer", "send_notification")
_AGENTS = ("support-triage", "claims-assistant", "Rückfragen", "contract-review")
_TIERS = ("free", "team", "enterprise")
_WORDS = (
    *("order", "customer", "refund", "policy", "limit", "agent", "asked", "for", "the", "within", "days"),
    *("allowed", "because", "no", "open", "claim", "payment", "was", "confirmed", "by", "tenant", "rule"),
)


@dataclass(frozen=True)
class Workload:
    """The files of one input, and what every reader of it must find."""

    folder: Path
    spans: int
    events: int
    links: int
    # Of spans; those of events and resources not counted.
    attributes: int
    # The sum of gen_ai.usage.input_tokens.
    input_tokens: int

    @property
    def json_lines(self) -> Path:
        """One request a line."""
        return self.folder / "traces.jsonl"

    @property
    def frames(self) -> Path:
        """Each message behind a 4-byte big-endian length, as the Collector's file exporter writes it."""
        return self.folder / "traces.binpb"

    @property
    def delimited(self) -> Path:
        """The same messages behind varint lengths: the only framing that ClickHouse reads."""
        return self.folder / "traces.delimited"


def write_workload(folder: Path, spans: int) -> Workload:
    """Write the input into `folder`, or find it there from an earlier run."""
    facts = folder / "workload.json"
    if facts.is_file():
        found = Workload(folder, **json.loads(facts.read_text()))
        if found.spans == spans:
            return found
    folder.mkdir(parents=True, exist_ok=True)
    events = links = attributes = tokens = 0
    empty = Workload(folder, spans, 0, 0, 0, 0)
    with (
        empty.json_lines.open("wb") as lines,
        empty.frames.open("wb") as frames,
        empty.delimited.open("wb") as own,
    ):
        for origin, request in requests(spans):
            lines.write(encode.traces_json(origin, request) + b"\n")
            message = encode.traces_protobuf(origin, request)
            frames.write(len(message).to_bytes(4, "big") + message)
            own.write(_varint(len(message)) + message)
            for span in request:
                events += len(span.events)
                links += len(span.links)
                attributes += len(span.attributes)
                tokens += _tokens_of(span)
    workload = Workload(folder, spans, events, links, attributes, tokens)
    counts = asdict(workload)
    del counts["folder"]
    facts.write_text(json.dumps(counts))
    return workload


def requests(spans: int, *, seed: int = _SEED) -> Iterator[tuple[Origin, list[Span]]]:
    """The export requests, in the order sent; the last may be short."""
    rng = random.Random(seed)  # noqa: S311 - invented data
    origins = [_origin(rng, number) for number in range(8)]
    for first in range(0, spans, SPANS_A_REQUEST):
        count = min(SPANS_A_REQUEST, spans - first)
        begin = _BEGIN_NS + _HOUR_NS * first // spans
        yield origins[rng.randrange(len(origins))], _request(rng, count, begin)


def _tokens_of(span: Span) -> int:
    tokens = span.attributes.get("gen_ai.usage.input_tokens")
    return tokens if isinstance(tokens, int) else 0


def _origin(rng: random.Random, number: int) -> Origin:
    resource = (
        ("service.name", f"agent-service-{number}"),
        ("service.namespace", "agents"),
        ("service.version", f"4.{number}.1"),
        ("service.instance.id", _id(rng, 16)),
        ("deployment.environment.name", "production"),
        ("cloud.region", "eu-central-1"),
        ("telemetry.sdk.language", "python"),
        ("telemetry.sdk.version", "1.45.2"),
    )
    return Origin(resource, "opentelemetry.instrumentation.genai", "0.9.0")


def _request(rng: random.Random, count: int, begin: int) -> list[Span]:
    """Runs of six spans: an agent, then calls and tools under it."""
    spans: list[Span] = []
    while len(spans) < count:
        trace_id, agent_id, agent = _id(rng, 16), _id(rng, 8), rng.choice(_AGENTS)
        conversation = f"conv_{_id(rng, 12)}"
        tenant = f"tenant-{rng.randrange(40):03d}"
        start = begin + rng.randrange(100) * _MS
        for place in range(min(6, count - len(spans))):
            span_id = agent_id if place == 0 else _id(rng, 8)
            end = start + rng.randrange(5 * _MS, 4_000 * _MS)
            attributes = _common(rng, agent, conversation, tenant)
            if place == 0:
                name, kind = f"invoke_agent {agent}", INTERNAL
                attributes |= _of_agent(rng)
            elif place % 2:
                model = rng.choice(_MODELS)
                name, kind = f"chat {model}", CLIENT
                attributes |= _of_call(rng, model)
            else:
                tool = rng.choice(_TOOLS)
                name, kind = f"execute_tool {tool}", INTERNAL
                attributes |= _of_tool(rng, tool)
            span = Span(trace_id, span_id, "" if place == 0 else agent_id, name, kind, start, end, attributes)
            _decorate(rng, span)
            spans.append(span)
            start = end
    return spans


def _common(rng: random.Random, agent: str, conversation: str, tenant: str) -> Attributes:
    return {
        "gen_ai.conversation.id": conversation,
        "gen_ai.agent.name": agent,
        "gen_ai.agent.id": f"asst_{agent[:6].encode().hex()}",
        "tenant.id": tenant,
        "tenant.entitlement.tier": rng.choice(_TIERS),
        "user.jurisdiction": rng.choice(("DE", "FR", "US")),
        "consent.status": "granted",
        "workflow.name": "order-support",
        "workflow.step.description": " ".join(rng.choices(_WORDS, k=50)),
        "policy.rationale": " ".join(rng.choices(_WORDS, k=65)),
        "workflow.run.id": f"run_{_id(rng, 16)}",
        "release.digest": f"sha256:{_id(rng, 32)}",
    }


def _of_agent(rng: random.Random) -> Attributes:
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.agent.description": "Answers questions on orders, payments and deliveries",
        "gen_ai.output.type": "text",
        "outcome.status": rng.choice(("accepted", "rejected")),
        "outcome.score": rng.randrange(1, 1000) / 1000,
        "session.id": _id(rng, 16),
        "server.address": "agents.internal.example.com",
        "server.port": 8443,
        "http.request.method": "POST",
        "url.full": f"https://agents.internal.example.com/v2/runs/{_id(rng, 16)}?stream=true",
        "run.is_replay": rng.random() < 0.1,
    }


def _of_call(rng: random.Random, model: str) -> Attributes:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic" if model.startswith("claude") else "openai",
        "gen_ai.request.model": model,
        "gen_ai.response.model": f"{model}-20260915",
        "gen_ai.response.id": f"msg_{_id(rng, 12)}",
        "gen_ai.request.temperature": rng.choice((0.0, 0.2, 0.7, 1.0)),
        "gen_ai.request.max_tokens": 4096,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": rng.randrange(40, 12_000),
        "gen_ai.usage.output_tokens": rng.randrange(1, 2_000),
        "gen_ai.usage.cache_read.input_tokens": rng.randrange(0, 8_000),
        "server.address": "api.models.example.com",
    }


def _of_tool(rng: random.Random, tool: str) -> Attributes:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": f"call_{_id(rng, 12)}",
        "gen_ai.tool.description": "Looks up what the customer asked for in the system of record",
        # Quotes inside a value, as any embedded JSON brings them.
        "connector.request": f'{{"order": "{_id(rng, 6)}", "fields": ["status", "total"]}}',
        "connector.name": "order-system",
        "connector.operation": "read",
        "connector.bytes": rng.randrange(200, 90_000),
        "connector.latency_ms": rng.randrange(1_000, 900_000) / 1000,
        "connector.is_cached": rng.random() < 0.3,
        "policy.decision": "allow",
    }


def _decorate(rng: random.Random, span: Span) -> None:
    """Give some spans an event, a link or an error."""
    if rng.random() < 0.285:
        time = rng.randrange(span.start_ns, span.end_ns)
        event: Attributes = {
            "evaluator.name": "groundedness",
            "score.value": rng.randrange(1, 100) / 100,
            "attempt": 1,
        }
        span.events.append(SpanEvent("gen_ai.evaluation.result", time, event))
    if rng.random() < 0.05:
        span.links.append((_id(rng, 16), _id(rng, 8)))
    if rng.random() < 0.02:
        span.error = "rate_limit_exceeded: retry after 20 s"


def _id(rng: random.Random, size: int) -> str:
    return rng.randbytes(size).hex()


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
