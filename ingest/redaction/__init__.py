"""Personal data, the second line of defence behind the collector: redacted before anything is written.

The policy is the seed `policy_redaction`: one row per attribute with `drop`, `hash` or `keep`. An attribute
is the key of an OpenTelemetry attribute of any record, or of a map inside one; `<event name>/body` is the
body of a log event; and `json:<name>` a member of that name, at any depth, of a billing or governance record.
A trailing `*` stands for any ending; the longest match counts. The rows in force when a load begins count for
everything that it writes.

What was dropped stays visible: the key keeps its place with an empty value of type `dropped`, inside JSON an
empty text (not null: a consent whose subject was dropped does not become its tenant's). A hash is
HMAC-SHA256 in hex under TRACEHOUSE_HASH_KEY, type `hashed`; without a key the value is dropped too. Digests
of records cover what was sent, so a policy that changes makes no record a new one.
"""

from __future__ import annotations

from ingest.redaction.columns import redacted
from ingest.redaction.policy import KEEP_ALL, Redaction, read_redaction

__all__ = ["KEEP_ALL", "Redaction", "read_redaction", "redacted"]
