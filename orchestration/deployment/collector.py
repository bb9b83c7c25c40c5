"""What the collector takes out before anything is written, from the policy that ingest redacts by.

One list: `policy_redaction`. What it drops, the transform processor deletes; what it hashes, the redaction
processor replaces by the same HMAC-SHA256 in hex under the same key. Neither looks into maps inside
attributes, at links of spans or at exemplars: there ingest, the second line, still does.
Source: opentelemetry-collector-contrib, processor/transformprocessor, processor/redactionprocessor, pkg/ottl.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ingest.errors import SettingsError
from ingest.redaction import Redaction
from ingest.redaction.policy import JSON_MEMBER, Action

_BODY = "/body"
_NAME = re.compile(r"[A-Za-z0-9_.\-]+")
# Where attributes stand: OTTL's context, and the statements that may use it.
_PLACES: Mapping[str, Sequence[str]] = {
    "trace_statements": ("resource", "scope", "span", "spanevent"),
    "metric_statements": ("resource", "scope", "datapoint"),
    "log_statements": ("resource", "scope", "log"),
}


def collector_processors(redaction: Redaction) -> dict[str, Any]:
    """The processors `transform/content` and `redaction/people` of the collector's configuration.

    Raises SettingsError for a policy that the collector could not follow.
    """
    rules = {name: action for name, action in redaction.exact.items() if not name.startswith(JSON_MEMBER)}
    prefixes = {name: action for name, action in redaction.prefixes if not name.startswith(JSON_MEMBER)}
    attributes = {name: action for name, action in rules.items() if not name.endswith(_BODY)}
    bodies = {name.removesuffix(_BODY): action for name, action in rules.items() if name.endswith(_BODY)}
    dropped = pattern(attributes, prefixes, "drop")
    hashed = pattern(attributes, prefixes, "hash")
    statements: dict[str, Any] = {"error_mode": "propagate"}
    for signal, places in _PLACES.items():
        statements[signal] = [_group(place, _deleting(place, dropped)) for place in places]
    inside = f'delete_matching_keys(log.body, "{dropped}") where IsMap(log.body)'
    statements["log_statements"][-1]["statements"] += [inside, *_bodies(bodies)]
    return {
        "transform/content": statements,
        "redaction/people": {
            "allow_all_keys": True,
            "blocked_key_patterns": [hashed],
            "redact_all_types": True,
            "hash_function": "hmac-sha256",
            "hmac_key": "${env:TRACEHOUSE_HASH_KEY}",
            # Counts of what was taken out would be attributes that nobody declared.
            "summary": "silent",
        },
    }


def pattern(exact: Mapping[str, Action], prefixes: Mapping[str, Action], action: Action) -> str:
    """The regular expression (RE2) of all names that the policy has this action for; `$` is written `$$`.

    As in ingest, an exact name goes before a prefix. Raises SettingsError where a prefix within a prefix, or
    a sign in a name, could not be written so.
    """
    for name in (*exact, *prefixes):
        if not _NAME.fullmatch(name):
            raise SettingsError(
                f"policy_redaction names {name!r}, which the collector's patterns do not take; use letters, "
                "digits, dots, hyphens and underscores."
            )
    parts = [f"{_literal(name)}$$" for name, each in exact.items() if each == action]
    for prefix, each in prefixes.items():
        for longer, other in prefixes.items():
            if longer != prefix and longer.startswith(prefix) and other != each:
                raise SettingsError(
                    f"policy_redaction has {each} for {prefix}* and {other} for {longer}*, which the "
                    f"collector cannot tell apart; name the attributes below {longer} one by one."
                )
        if each == action:
            others = [
                name[len(prefix) :] for name, own in exact.items() if name.startswith(prefix) and own != each
            ]
            parts.append(_literal(prefix) + (f"{other_than(others)}$$" if others else ""))
    # Without a rule: a class of no characters, which matches no name.
    return f"(?s)^(?:{'|'.join(parts)})" if parts else r"[^\x00-\x{10FFFF}]"


def other_than(words: Iterable[str]) -> str:
    """A regular expression, to be anchored at its end, of every text but these: RE2 has no lookahead."""
    words = set(words)
    if not words:
        return ".*"
    firsts = sorted({word[0] for word in words if word})
    # A hyphen stands last, where it is no range.
    signs = "".join(sorted(firsts, key=lambda sign: (sign == "-", sign)))
    parts = [f"[^{signs}].*" if signs else ".+"]
    parts += [
        _literal(first) + other_than(word[1:] for word in words if word[:1] == first) for first in firsts
    ]
    if "" not in words:
        parts.append("")
    return f"(?:{'|'.join(parts)})"


def _literal(name: str) -> str:
    """Without backslashes, which OTTL and YAML would each want doubled."""
    return name.replace(".", "[.]")


def _group(place: str, statement: str) -> dict[str, Any]:
    return {"context": place, "statements": [statement]}


def _deleting(place: str, dropped: str) -> str:
    return f'delete_matching_keys({place}.attributes, "{dropped}")'


def _bodies(bodies: Mapping[str, Action]) -> list[str]:
    """A log event's body goes by the event's name: the field, or the older attribute.

    Hashed as a whole it would tell nothing, so it goes then, too.
    """
    return [
        f'set(log.body, "") where log.event_name == "{name}" or log.attributes["event.name"] == "{name}"'
        for name, action in bodies.items()
        if action != "keep"
    ]
