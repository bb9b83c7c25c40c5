"""What to write into the registry for attributes and agents that it does not know, as YAML.

The type is that of what was seen. The class of personal data is guessed by the name alone and marked to be
confirmed; no value is looked at for it, and none is printed.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from ingest.redaction import Redaction
from orchestration.telemetry.aliases import Aliases
from orchestration.telemetry.judging import Seen, Sender
from orchestration.telemetry.registry import PERSONAL_DATA, STANDARD, STORED_AS, Registry

_SENSITIVE = frozenset(
    {"password", "passwd", "secret", "credential", "credentials", "authorization", "cookie", "apikey"}
    | {"ssn", "iban", "card", "diagnosis"}
)
_PERSONAL = frozenset(
    {"email", "mail", "phone", "username", "firstname", "lastname", "fullname", "birthday", "birthdate"}
    | {"address", "ip", "prompt", "prompts", "messages", "content", "transcript"}
)
_PEOPLE = frozenset(["user", "enduser", "customer", "person", "patient", "employee", "actor", "reviewer"])
_PSEUDONYMS = frozenset(["session", "conversation", "device", "account", "client", "visitor"])
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.\-/]*")
# A list whose elements are attributes each, with their place in the name.
_NUMBERED = re.compile(r"(.+?)\.\d+(?:\.|$)")
_CONFIRM = "  # guessed by the name: confirm"


def entries(
    seen: Mapping[str, Seen], registry: Registry, aliases: Aliases, redaction: Redaction
) -> list[str]:
    """Lines for a group's `attributes`, by name: a `ref` where a shared group knows the attribute."""
    lines: list[str] = []
    templates: dict[str, dict[str, Seen]] = defaultdict(dict)
    for name, found in sorted(seen.items()):
        known = _known_as(name, registry, aliases)
        numbered = _NUMBERED.match(name)
        if known is not None:
            alias = "" if known == name else f"  # sent as {written(name)}"
            lines.append(f"- ref: {written(known)}{alias}")
        elif numbered is not None:
            templates[numbered[1]][name] = found
        else:
            kind = _type(found.kinds, found.elements)
            lines += _entry(name, kind, personal_data(name, kind, redaction))
    for name, members in templates.items():
        kind = _type(
            {kind for found in members.values() for kind in found.kinds},
            {element for found in members.values() for element in found.elements},
        )
        classes = {personal_data(member, kind, redaction) for member in members}
        lines += _entry(name, f"template[{kind}]", max(classes, key=PERSONAL_DATA.index))
    return lines


def _entry(name: str, kind: str, personal: str) -> list[str]:
    return [
        f"- id: {written(name)}",
        f"  type: {kind}",
        "  requirement_level: opt_in",
        "  brief: to be written",
        f"  annotations: {{personal_data: {personal}}}{_CONFIRM}",
    ]


def agent_file(
    name: str,
    sender: Sender,
    seen: Mapping[str, Seen],
    registry: Registry,
    aliases: Aliases,
    redaction: Redaction,
) -> list[str]:
    """Lines of a file for an agent that has none, with the shared groups whose attributes it sends."""
    groups = {STANDARD}
    for group_id, attributes in registry.groups.items():
        sent = {_known_as(each, registry, aliases) or each for each in seen}
        if sent & {each.name for each in attributes}:
            groups.add(group_id)
    covered = {each.name: each for group_id in groups for each in registry.groups[group_id]}
    templates = tuple(f"{each.name}." for each in covered.values() if each.is_template)
    own = {
        each: found
        for each, found in seen.items()
        if (_known_as(each, registry, aliases) or each) not in covered and not each.startswith(templates)
    }
    lines = [
        "agent:",
        f"  name: {written(name)}",
        "  owner: to be written",
        f"  services: {_list(sender.services)}",
        f"  span_kinds: {_list(sender.span_kinds)}",
        f"  operations: {_list(sender.operations)}",
        f"  valid_from: {sender.first_day or 'to be written'}",
        "groups:",
        f"  - id: {written(name)}",
        "    type: attribute_group",
        f"    extends: {_list(group_id for group_id in registry.groups if group_id in groups)}",
    ]
    if own:
        lines += [
            "    attributes:",
            *(f"      {line}" for line in entries(own, registry, aliases, redaction)),
        ]
    return lines


def personal_data(name: str, kind: str, redaction: Redaction) -> str:
    """The class that a name suggests; what the redaction policy names is personal."""
    if redaction.action(name) != "keep":
        return "personal"
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    parts = [part for part in re.split(r"[^a-z0-9]+", words) if part]
    if _SENSITIVE.intersection(parts) or "api_key" in words:
        return "sensitive"
    if kind not in ("string", "string[]", "any"):
        return "none"
    is_id = parts[-1:] in (["id"], ["uuid"], ["key"])
    if _PEOPLE.intersection(parts):
        return "pseudonymous" if is_id else "personal"
    if is_id and _PSEUDONYMS.intersection(parts):
        return "pseudonymous"
    return "personal" if _PERSONAL.intersection(parts) else "none"


def written(name: str) -> str:
    """A name that a sender chose, as YAML and terminals can take it; a long one is cut."""
    if _PLAIN_KEY.fullmatch(name) and len(name) <= 200:
        return name
    return json.dumps(name if len(name) <= 200 else f"{name[:200]}…")


def _known_as(name: str, registry: Registry, aliases: Aliases) -> str | None:
    """The attribute of a shared group that a name is, or is an alias of."""
    declared = [each.name for group in registry.groups.values() for each in group if not each.is_template]
    if name in declared:
        return name
    canonical = aliases.canonical.get(name)
    return next((each for each in declared if canonical and aliases.canonical.get(each) == canonical), None)


def _type(kinds: Collection[str], elements: Collection[str]) -> str:
    """The narrowest type for all of these kinds of value; of arrays, by their elements."""
    if set(kinds) == {"array"}:
        (only, *others) = elements
        return only if not others and only in STORED_AS else "any"
    scalars = {name: stored for name, stored in STORED_AS.items() if not name.endswith("[]")}
    return next((name for name, stored in scalars.items() if set(kinds) <= set(stored)), "any")


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(written(each) for each in sorted(names))}]"
