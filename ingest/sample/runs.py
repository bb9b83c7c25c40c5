"""A run of an agent and its steps, in no dialect yet."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime

from ingest.sample.month import instant_of
from ingest.sample.platform import Agent, Model, Release, Service, Tenant
from ingest.sample.telemetry import Attributes


@dataclass(slots=True, frozen=True)
class Usage:
    """Tokens of one call in disjoint classes."""

    uncached_input: int
    cache_read: int
    cache_write: int
    visible_output: int
    reasoning: int

    @property
    def input(self) -> int:
        """All input tokens, cached ones included."""
        return self.uncached_input + self.cache_read + self.cache_write

    @property
    def output(self) -> int:
        """All output tokens, reasoning included."""
        return self.visible_output + self.reasoning


@dataclass(slots=True)
class Call:
    """One physical inference attempt. `usage` null = not reported; `error` null = it succeeded."""

    span_id: str
    model: Model
    operation: str
    start_ns: int
    end_ns: int
    usage: Usage | None
    response_id: str | None
    first_token_ns: int | None
    error: str | None
    attempt: int


@dataclass(slots=True)
class Action:
    """A step that is no inference: tool, connector, retrieval, vault, publish or review.

    `attributes` are the platform's own, which every dialect sends alike.
    """

    kind: str
    name: str
    span_id: str
    # The span id of the connector's client call inside the tool span.
    inner_id: str
    start_ns: int
    end_ns: int
    attributes: Attributes
    error: str | None = None


@dataclass(slots=True)
class Run:
    """One run of an agent for a tenant. Steps stand in order of time; `outcome` null = unknown."""

    agent: Agent
    service: Service
    release: Release
    tenant: Tenant
    entitlement_tier: str
    consent: str | None
    region: str
    trace_id: str
    root_id: str
    agent_span_id: str
    conversation_id: str
    digest: str
    start_ns: int
    end_ns: int = 0
    steps: list[Call | Action] = field(default_factory=list)
    error: str | None = None
    outcome: str | None = None

    @property
    def calls(self) -> list[Call]:
        """The inference attempts of the run."""
        return [step for step in self.steps if isinstance(step, Call)]

    @property
    def node_steps(self) -> list[tuple[str, list[Call | Action]]]:
        """The steps dealt out to the agent's nodes in order; a node without steps did not run."""
        names = self.agent.nodes
        if not names:
            return []
        per_node = -(-len(self.steps) // len(names))
        return [
            (name, self.steps[index * per_node : (index + 1) * per_node])
            for index, name in enumerate(names)
            if self.steps[index * per_node :]
        ]

    @property
    def started_at(self) -> datetime:
        """When the run began."""
        return instant_of(self.start_ns)


def new_id(rng: random.Random, bits: int) -> str:
    """A random id of `bits` bits as lower-case hex."""
    return f"{rng.getrandbits(bits):0{bits // 4}x}"
