"""Draw what the agents did: which runs there were, and what happened in each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

from ingest.sample.consent import consent_status
from ingest.sample.month import instant_of, midnight, nanoseconds, share_of_week
from ingest.sample.platform import Agent, Model, Platform, Service, Tenant
from ingest.sample.runs import Action, Call, Run, Usage, new_id
from ingest.sample.telemetry import Attributes

_MS = 1_000_000
_HOUR_NS = 3_600_000 * _MS
_CALL_ERRORS = ("rate_limit_exceeded", "timeout", "overloaded_error")
_MAX_ATTEMPTS = 3
_TOPIC = "agent-notifications"
# Of the streamed calls, how many end without a usage block: the sender did not ask for it.
_STREAMS_WITHOUT_USAGE = 0.02


def runs_of(
    platform: Platform, service: Service, day: date, *, size: int, rng: random.Random
) -> Iterator[Run]:
    """Every run that `service` served on `day`, agent by agent, about `size` times the usual traffic."""
    shares = [
        tenant.traffic_share * tenant.standing_at(midnight(day)).traffic_factor for tenant in platform.tenants
    ]
    for agent in (agent for agent in platform.agents if agent.service == service.name):
        usual = agent.runs_per_day * size * share_of_week(day)
        for tenant in rng.choices(platform.tenants, shares, k=round(usual * rng.uniform(0.85, 1.15))):
            yield draw_run(platform, service, agent, tenant, day, rng)


def draw_run(
    platform: Platform, service: Service, agent: Agent, tenant: Tenant, day: date, rng: random.Random
) -> Run:
    """One run of `agent` for `tenant` at some time of `day`."""
    hour = rng.choices(range(24), tenant.hours)[0]
    start_ns = nanoseconds(midnight(day)) + hour * _HOUR_NS + rng.randrange(_HOUR_NS)
    at = instant_of(start_ns)
    release = service.release_at(at)
    agent = agent.under(release)
    run = Run(
        agent=agent,
        service=service,
        release=release,
        tenant=tenant,
        entitlement_tier=tenant.standing_at(at).entitlement_tier,
        consent=consent_status(platform, tenant.tenant_id, agent.purpose, at),
        region=_serving_region(platform, service, tenant, day),
        trace_id=new_id(rng, 128),
        root_id=new_id(rng, 64),
        agent_span_id=new_id(rng, 64),
        conversation_id=f"conv_{new_id(rng, 64)}",
        digest=f"sha256:{new_id(rng, 256)}",
        start_ns=start_ns,
    )
    cursor = _Cursor(run, rng, start_ns + rng.randint(3, 15) * _MS)
    _take_steps(platform, cursor, day)
    run.end_ns = cursor.now_ns + rng.randint(2, 10) * _MS
    if run.error is None and rng.random() < 0.8:
        run.outcome = "accepted" if rng.random() < agent.quality else "rejected"
    return run


def _serving_region(platform: Platform, service: Service, tenant: Tenant, day: date) -> str:
    breach = platform.breach
    is_breach = (breach.on, breach.service, breach.jurisdiction) == (day, service.name, tenant.jurisdiction)
    return breach.region if is_breach else tenant.home_region


class _Cursor:
    """A run that is being drawn, and the time it has come to."""

    def __init__(self, run: Run, rng: random.Random, now_ns: int) -> None:
        self.run, self.rng, self.now_ns = run, rng, now_ns

    def act(
        self, kind: str, name: str, ms: tuple[int, int], attributes: Attributes, error: str | None = None
    ) -> None:
        """Append an action that takes some time within `ms`."""
        start_ns = self.now_ns
        self.now_ns += self.rng.randint(ms[0] * _MS, ms[1] * _MS)
        ids = new_id(self.rng, 64), new_id(self.rng, 64)
        self.run.steps.append(Action(kind, name, *ids, start_ns, self.now_ns, attributes, error))
        self.now_ns += self.rng.randint(1, 5) * _MS


def _take_steps(platform: Platform, cursor: _Cursor, day: date) -> None:
    run, rng, agent = cursor.run, cursor.rng, cursor.run.agent
    if agent.retrieves:
        _embed_and_retrieve(platform, cursor)
    used = _tools_of(platform, run, day)
    for turn in range(agent.calls):
        _infer(platform, cursor)
        if run.error is not None:
            return
        for name in used[turn :: agent.calls]:
            _use_tool(cursor, name, is_forbidden=name == platform.denylisted.name)
    if agent.writes_vault:
        _write_vault(
            cursor, slowed=platform.vault_slowdown.factor if day == platform.vault_slowdown.on else 1
        )
    if agent.reviewed_share and rng.random() < agent.reviewed_share:
        _review(cursor)
    if agent.notifies:
        message: Attributes = {
            "messaging.system": "kafka",
            "messaging.destination.name": _TOPIC,
            "messaging.message.id": new_id(rng, 64),
        }
        cursor.act("publish", _TOPIC, (2, 12), message)


def _tools_of(platform: Platform, run: Run, day: date) -> list[str]:
    """The tools and connectors that `run` uses, the forbidden one while it is switched on."""
    forbidden = platform.denylisted
    is_switched_on = (
        run.agent.name == forbidden.agent
        and run.tenant.tenant_id in forbidden.tenants
        and forbidden.first_day <= day <= forbidden.last_day
    )
    return [*run.agent.tools, *run.agent.connectors, *([forbidden.name] if is_switched_on else [])]


def _embed_and_retrieve(platform: Platform, cursor: _Cursor) -> None:
    rng = cursor.rng
    start_ns = cursor.now_ns
    cursor.now_ns += rng.randint(20, 90) * _MS
    cursor.run.steps.append(
        Call(
            span_id=new_id(rng, 64),
            model=platform.models[platform.embedding_model],
            operation="embeddings",
            start_ns=start_ns,
            end_ns=cursor.now_ns,
            usage=Usage(rng.randint(8, 60), 0, 0, 0, 0),
            response_id=None,
            first_token_ns=None,
            error=None,
            attempt=1,
        )
    )
    found: Attributes = {"retrieval.documents.count": rng.randint(3, 10)}
    if rng.random() < 0.4:
        judged = rng.randint(1, 5)
        relevant = rng.randint(1, judged) if rng.random() < 0.9 else 0
        found |= {"retrieval.judged.count": judged, "retrieval.relevant.count": relevant}
    cursor.act("retrieval", "help-centre-index", (15, 180), found)


def _infer(platform: Platform, cursor: _Cursor) -> None:
    """One logical call: attempts until one succeeds or the last one fails the run."""
    run, rng, agent = cursor.run, cursor.rng, cursor.run.agent
    model = platform.models[rng.choices(list(agent.models), list(agent.models.values()))[0]]
    is_streamed = rng.random() < agent.streaming_share
    for attempt in range(1, _MAX_ATTEMPTS + 1):
        call = _attempt(platform, cursor, model, attempt, is_streamed=is_streamed)
        run.steps.append(call)
        cursor.now_ns = call.end_ns
        if call.error is None:
            return
        cursor.now_ns += 2**attempt * rng.randint(200, 400) * _MS
    run.error = call.error


def _attempt(platform: Platform, cursor: _Cursor, model: Model, attempt: int, *, is_streamed: bool) -> Call:
    run, rng, agent = cursor.run, cursor.rng, cursor.run.agent
    start_ns = cursor.now_ns
    # A call that failed once is likelier to fail again.
    if rng.random() < min(agent.error_rate * 4 ** (attempt - 1), 0.5):
        error = rng.choice(_CALL_ERRORS)
        waited_ms = rng.randint(8_000, 12_000) if error == "timeout" else rng.randint(40, 400)
        end_ns = start_ns + waited_ms * _MS
        return Call(new_id(rng, 64), model, "chat", start_ns, end_ns, None, None, None, error, attempt)
    usage = _draw_usage(platform, agent, model, rng, has_details=run.service.dialect != "agentkit")
    first_ms = agent.latency_factor * (rng.lognormvariate(5.8, 0.45) + usage.input / 20)
    writing_ms = agent.latency_factor * 1000 * usage.output / model.tokens_per_second
    first_ns = start_ns + int(first_ms * _MS)
    return Call(
        span_id=new_id(rng, 64),
        model=model,
        operation="chat",
        start_ns=start_ns,
        end_ns=first_ns + int(writing_ms * _MS),
        usage=None if is_streamed and rng.random() < _STREAMS_WITHOUT_USAGE else usage,
        response_id=f"{'msg' if model.provider == 'anthropic' else 'chatcmpl'}-{new_id(rng, 96)}",
        first_token_ns=first_ns if is_streamed else None,
        error=None,
        attempt=attempt,
    )


def _draw_usage(
    platform: Platform, agent: Agent, model: Model, rng: random.Random, *, has_details: bool
) -> Usage:
    """Token sizes of a real request, scaled. Without details the sender reports only input and output."""
    context, generated = rng.choice(platform.token_sizes)
    total_input = 40 + int(context * agent.context_factor)
    visible = max(1, int(generated * agent.output_factor))
    reasoning = int(visible * rng.uniform(0.5, 2.0)) if model.reasons else 0
    if not has_details:
        return Usage(total_input, 0, 0, visible + reasoning, 0)
    cache_read = int(total_input * rng.choice((0, 0, 0.5, 0.8)))
    is_written = model.provider == "anthropic" and cache_read == 0 and rng.random() < 0.3
    cache_write = int(total_input * 0.6) if is_written else 0
    return Usage(total_input - cache_read - cache_write, cache_read, cache_write, visible, reasoning)


def _use_tool(cursor: _Cursor, name: str, *, is_forbidden: bool) -> None:
    rng, agent = cursor.rng, cursor.run.agent
    call_id = f"call_{new_id(rng, 64)}"
    if name in agent.tools:
        cursor.act("tool", name, (5, 250), {"gen_ai.tool.call.id": call_id})
        return
    attributes: Attributes = {
        "gen_ai.tool.call.id": call_id,
        "connector.name": name,
        "connector.operation": "search" if rng.random() < 0.7 else "update",
        "connector.call.id": f"cc_{new_id(rng, 64)}",
        "server.address": f"{name}.connectors.example",
    }
    error = "policy_denied" if is_forbidden and rng.random() < 0.5 else None
    if error is None and rng.random() < agent.error_rate / 2:
        error = "connector_unavailable"
    cursor.act("connector", name, (60, 900), attributes, error)


def _write_vault(cursor: _Cursor, *, slowed: int) -> None:
    run, rng = cursor.run, cursor.rng
    size = rng.randint(2_000, 400_000)
    path = f"/{run.tenant.tenant_id}/{run.agent.workflow}/{run.started_at:%Y/%m/%d}/{run.trace_id[:12]}.json"
    attributes: Attributes = {
        "vault.operation": "create",
        "vault.path": path,
        "vault.digest": f"sha256:{new_id(rng, 256)}",
        "vault.bytes": size,
        "vault.result": "ok",
        "vault.mutation.id": f"vm_{new_id(rng, 64)}",
    }
    cursor.act("vault", "create", (slowed * (8 + size // 8_000), slowed * (20 + size // 3_000)), attributes)


def _review(cursor: _Cursor) -> None:
    rng = cursor.rng
    outcome = rng.choices(("approved", "edited", "rejected"), (8, 3, 2))[0]
    requested_at = instant_of(cursor.now_ns).isoformat().replace("+00:00", "Z")
    attributes: Attributes = {
        "review.id": f"rv_{new_id(rng, 64)}",
        "review.outcome": outcome,
        "review.actor_id": f"reviewer-{rng.randint(1, 12):02d}",
        "review.requested_at": requested_at,
    }
    cursor.act("review", "human_review", (20_000, 900_000), attributes)
