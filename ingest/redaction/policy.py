"""The redaction policy of one load, read from its seed."""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from ingest.errors import SettingsError

Action = Literal["drop", "hash", "keep"]

POLICY = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "policy_redaction.csv"
_ACTIONS: Mapping[str, Action] = {"drop": "drop", "hash": "hash", "keep": "keep"}
JSON_MEMBER = "json:"


@dataclass(frozen=True)
class Redaction:
    """The policy of one load. `digest`: 32 hex characters over version and rows; the key never shows."""

    exact: Mapping[str, Action]
    prefixes: tuple[tuple[str, Action], ...]
    policy_version: str
    digest: str
    key: bytes | None = field(default=None, repr=False)

    def action(self, name: str) -> Action:
        """What to do with an attribute of this name."""
        if name in self.exact:
            return self.exact[name]
        return next((action for prefix, action in self.prefixes if name.startswith(prefix)), "keep")

    def replacement(self, action: Action, text: str) -> tuple[str, str]:
        """Text and type in place of a value that may not be written."""
        if action == "hash" and self.key is not None:
            return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest(), "hashed"
        return "", "dropped"

    def on_copies(self, *, is_same_policy: bool) -> Redaction:
        """The policy for a row that is written again from the lake: what was hashed is not hashed once more.

        A row of the same policy stays as it is; of one that stood under another, all that is named is
        dropped.
        """
        if is_same_policy:
            return KEEP_ALL
        exact: dict[str, Action] = {n: "keep" if a == "keep" else "drop" for n, a in self.exact.items()}
        prefixes: list[tuple[str, Action]] = [
            (n, "keep" if a == "keep" else "drop") for n, a in self.prefixes
        ]
        return replace(self, exact=exact, prefixes=tuple(prefixes), key=None)

    @cached_property
    def key_fingerprint(self) -> str | None:
        """Tells one key from another without giving it away; null without a key."""
        if self.key is None:
            return None
        return hmac.new(self.key, b"tracehouse key fingerprint", hashlib.sha256).hexdigest()[:16]

    def may_concern(self, text: str) -> bool:
        """False when no member of this JSON text can have a name that the policy redacts."""
        return self._names.search(text) is not None

    @cached_property
    def _names(self) -> re.Pattern[str]:
        rules = [*self.exact.items(), *self.prefixes]
        named = (name.removeprefix(JSON_MEMBER) for name, action in rules if action != "keep")
        texts = "|".join(re.escape(json.dumps(name)[1:-1]) for name in named)
        # An escape can spell any name.
        return re.compile(rf'"(?:{texts})|\\[u/]' if texts else "(?!)")


KEEP_ALL = Redaction(exact={}, prefixes=(), policy_version="none", digest="")


def read_redaction(now: datetime, key: str | None, policy: Path = POLICY) -> Redaction:
    """The rows of the policy in force at `now` (UTC).

    Raises SettingsError with the file, the row and what to write there, when the policy cannot be used.
    """
    try:
        with policy.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise SettingsError(f"The redaction policy {policy} cannot be read: {error.strerror}.") from error
    at = now.replace(tzinfo=None)
    in_force: dict[str, Action] = {}
    versions = set()
    for number, row in enumerate(rows, start=2):
        where = f"{policy.name}, row {number}"
        since, until = _instant(row, "valid_from", where), _instant(row, "valid_to", where)
        if (since is None or since <= at) and (until is None or at < until):
            in_force.setdefault(_attribute(row, where), _action(row, where))
            versions.add(row.get("policy_version") or "")
    version = max(versions, default="none")
    stars = ((name[:-1], action) for name, action in in_force.items() if name.endswith("*"))
    return Redaction(
        exact={name: action for name, action in in_force.items() if not name.endswith("*")},
        prefixes=tuple(sorted(stars, key=lambda star: -len(star[0]))),
        policy_version=version,
        digest=hashlib.blake2b(
            repr((version, sorted(in_force.items()))).encode(), digest_size=16
        ).hexdigest(),
        key=key.encode() if key else None,
    )


def _attribute(row: Mapping[str, str | None], where: str) -> str:
    name = row.get("attribute") or ""
    if not name or name == "*":
        raise SettingsError(f"{where}: attribute is {name!r}; name an attribute, or a prefix with *.")
    return name


def _action(row: Mapping[str, str | None], where: str) -> Action:
    action = _ACTIONS.get(row.get("action") or "")
    if action is None:
        raise SettingsError(f"{where}: action is {row.get('action')!r}; write drop, hash or keep.")
    return action


def _instant(row: Mapping[str, str | None], column: str, where: str) -> datetime | None:
    text = row.get(column)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        raise SettingsError(f"{where}: {column} is {text!r}; write UTC, 2026-01-31 00:00:00.") from None
