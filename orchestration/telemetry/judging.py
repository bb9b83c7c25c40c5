"""Judge spans by what their agents declared.

A span is its agent's by the name that it or its resource carries, and is judged by the registry of its UTC
day. An attribute sent under an alias of the seed `attribute_aliases` counts as there; its type is judged only
under the name declared. Findings name
attributes, agents, services and operations, and hold no other value.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from ingest.redaction import Redaction
from orchestration.telemetry.aliases import Aliases
from orchestration.telemetry.export import Span
from orchestration.telemetry.registry import Agent, Attribute, Registry

Breach = Literal[
    "unregistered_agent",
    "no_agent_name",
    "undeclared_service",
    "undeclared_span_kind",
    "undeclared_operation",
    "required_missing",
    "wrong_type",
    "value_outside_enum",
    "personal_data_unprotected",
    "undeclared_attribute",
]
# Stands for the agent of GenAI operations that name none.
UNNAMED = "(no agent name)"
UNKNOWN_OPERATION = "(no known operation)"
# What keyed hashing leaves of a value, here or at the sender.
_HASHED = re.compile(r"[0-9a-f]{64}")
_ELEMENTS: Mapping[str, tuple[type, ...]] = {
    "string[]": (str,),
    "int[]": (int,),
    "double[]": (float, int),
    "boolean[]": (bool,),
}


@dataclass
class Finding:
    """So many `spans` of an agent break one rule at one `subject`: an attribute, service, kind or operation.

    `example` is one of them, `<trace id>-<span id>`. `told` says what is wrong, without any value.
    """

    agent: str
    breach: Breach
    subject: str
    told: str
    spans: int = 0
    example: str = ""


@dataclass
class Seen:
    """The kinds of value that an undeclared attribute came with, and how many spans had it."""

    kinds: Counter[str] = field(default_factory=Counter)
    # Of arrays, the kinds of their elements.
    elements: set[str] = field(default_factory=set)


@dataclass
class Sender:
    """What came in the name of one agent, for the file that is proposed for it."""

    services: set[str] = field(default_factory=set)
    span_kinds: set[str] = field(default_factory=set)
    operations: set[str] = field(default_factory=set)
    first_day: date | None = None
    spans: int = 0


@dataclass(frozen=True)
class _View:
    """An agent's declarations of one day, looked up by the name that a span uses."""

    attributes: Mapping[str, Attribute]
    templates: tuple[Attribute, ...]
    # Alias to the names declared that it stands for.
    aliases: Mapping[str, tuple[str, ...]]

    def declared(self, name: str) -> Attribute | None:
        """The attribute of that name, else the template that it falls under."""
        templates = (each for each in self.templates if name.startswith(f"{each.name}."))
        return self.attributes.get(name) or next(templates, None)

    def covers(self, name: str) -> bool:
        """Whether a name is declared, itself, by a template or as an alias."""
        return name in self.aliases or self.declared(name) is not None

    @cached_property
    def asked(self) -> tuple[Attribute, ...]:
        """What can be missing."""
        return tuple(each for each in self.attributes.values() if each.requirement_level != "opt_in")


@dataclass
class Judgement:
    """What was found in the spans judged so far; a span without a time counts as of `today`."""

    registry: Registry
    aliases: Aliases
    redaction: Redaction
    today: date
    # Judge this agent alone, and spans that name none as its own.
    only: str | None = None
    senders: dict[str, Sender] = field(default_factory=lambda: defaultdict(Sender))
    # (agent, attribute) to spans that should have it and those that do.
    coverage: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    undeclared: dict[str, dict[str, Seen]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Seen))
    )
    left_out: int = 0
    _findings: dict[tuple[str, Breach, str], Finding] = field(default_factory=dict)
    _views: dict[tuple[str, date], _View] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        """By agent, breach and subject."""
        return [self._findings[key] for key in sorted(self._findings)]

    def judge(self, span: Span) -> None:
        """Add what one span breaks."""
        named = self.aliases.value("agent_name", span.own, span.resource)
        operation = self.aliases.operation(span.own, span.resource)
        name = named or self.only
        if (self.only is not None and name != self.only) or (name is None and operation is None):
            self.left_out += 1
            return
        self._note_sender(name or UNNAMED, operation, span)
        if name is None:
            told = self._told(operation) or ""
            self._find(UNNAMED, "no_agent_name", told, "a GenAI operation names no agent", span)
            return
        day = span.day or self.today
        agent = self.registry.agents.get(name)
        if agent is None or not agent.is_valid(day):
            since = "" if agent is None else f" on that day; its file counts {_period(agent)}"
            self._find(name, "unregistered_agent", name, f"the agent is not registered{since}", span)
            if agent is None:
                self._note_undeclared(name, span, _View({}, (), {}))
            return
        view = self._view(agent, day)
        self._judge_sender(agent, operation, span)
        self._judge_presence(name, view, operation, span)
        self._judge_values(name, view, span)
        self._note_undeclared(name, span, view)

    def _judge_sender(self, agent: Agent, operation: str | None, span: Span) -> None:
        service = self.aliases.value("service_name", span.own, span.resource)
        told: Iterable[tuple[Breach, str | None, tuple[str, ...]]] = (
            ("undeclared_service", service, agent.services),
            ("undeclared_span_kind", span.kind, agent.span_kinds),
            ("undeclared_operation", self._told(operation), agent.operations),
        )
        for breach, sent, declared in told:
            if sent is not None and sent not in declared:
                self._find(
                    agent.name, breach, sent, f"the file declares {', '.join(declared) or 'none'}", span
                )

    def _judge_presence(self, agent: str, view: _View, operation: str | None, span: Span) -> None:
        present: set[str] = set()
        for values in (span.own, span.resource):
            for name, (text, kind) in values.items():
                # An empty value says nothing, unless it is what redaction left.
                if text or kind == "dropped":
                    present.update(view.aliases.get(name, (name,)))
        for each in view.asked:
            if each.is_asked_of(operation):
                counts = self.coverage[agent, each.name]
                counts[0] += 1
                counts[1] += each.name in present
                if each.requirement_level == "required" and each.name not in present:
                    self._find(agent, "required_missing", each.name, "required, and not there", span)

    def _judge_values(self, agent: str, view: _View, span: Span) -> None:
        for name, (text, kind) in (span.resource | span.own).items():
            declared = view.declared(name)
            if declared is None or not text or kind in ("hashed", "dropped"):
                continue
            sent = _sent_type(text, kind)
            if kind not in declared.stored_as or not _has_right_elements(declared, text):
                self._find(agent, "wrong_type", name, f"declared {declared.told_type}, sent as {sent}", span)
            elif declared.members and text not in map(str, declared.members):
                allowed = ", ".join(map(str, declared.members))
                self._find(agent, "value_outside_enum", name, f"the members are {allowed}", span)
            if self._is_unprotected(declared, name, text):
                told = f"declared {declared.personal_data}, and policy_redaction neither drops nor hashes it"
                self._find(agent, "personal_data_unprotected", name, told, span)

    def _is_unprotected(self, declared: Attribute, name: str, text: str) -> bool:
        return (
            declared.personal_data in ("personal", "sensitive")
            and self.redaction.action(name) == "keep"
            and not _HASHED.fullmatch(text)
        )

    def _note_undeclared(self, agent: str, span: Span, view: _View) -> None:
        for name, (text, kind) in (span.resource | span.own).items():
            if view.covers(name):
                continue
            seen = self.undeclared[agent][name]
            seen.kinds[kind] += 1
            if kind == "array":
                seen.elements.add(_sent_type(text, kind))
            if view.attributes:
                self._find(agent, "undeclared_attribute", name, "sent, and not declared", span)

    def _note_sender(self, agent: str, operation: str | None, span: Span) -> None:
        sender = self.senders[agent]
        sender.spans += 1
        sender.span_kinds.add(span.kind)
        if operation is not None and self._told(operation) != UNKNOWN_OPERATION:
            sender.operations.add(operation)
        if (service := self.aliases.value("service_name", span.own, span.resource)) is not None:
            sender.services.add(service)
        if span.day is not None:
            sender.first_day = min(span.day, sender.first_day or span.day)

    def _told(self, operation: str | None) -> str | None:
        """An operation that the platform knows, else that it knows none: anything can stand there."""
        known = operation is None or operation in self.aliases.operations.values()
        return operation if known else UNKNOWN_OPERATION

    def _find(self, agent: str, breach: Breach, subject: str, told: str, span: Span) -> None:
        finding = self._findings.setdefault(
            (agent, breach, subject), Finding(agent, breach, subject, told, example=span.place)
        )
        finding.spans += 1

    def _view(self, agent: Agent, day: date) -> _View:
        if (agent.name, day) not in self._views:
            attributes = agent.in_force(day)
            aliases: dict[str, tuple[str, ...]] = {name: (name,) for name in attributes}
            for declared in attributes:
                for alias in self.aliases.names.get(self.aliases.canonical.get(declared, ""), ()):
                    aliases[alias] = (*aliases.get(alias, ()), declared)
            self._views[agent.name, day] = _View(attributes, tuple(agent.templates(day)), aliases)
        return self._views[agent.name, day]


def _sent_type(text: str, kind: str) -> str:
    """The registry's name for what was sent; of an array by its elements."""
    if kind != "array":
        return {"bool": "boolean"}.get(kind, kind)
    kinds = {type(each) for each in json.loads(text)}
    for name, allowed in _ELEMENTS.items():
        if kinds and kinds <= set(allowed):
            return name
    return "an empty array" if not kinds else "an array of several types"


def _has_right_elements(declared: Attribute, text: str) -> bool:
    allowed = _ELEMENTS.get(declared.type)
    return allowed is None or all(type(each) in allowed for each in json.loads(text))


def _period(agent: Agent) -> str:
    until = "" if agent.valid_to is None else f" until {agent.valid_to}"
    return f"from {agent.valid_from}{until}"
