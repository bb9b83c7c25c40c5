"""One message to Slack or PagerDuty: how it is written, and what their answer means.

Sources: PagerDuty, Events API v2 (send an alert event); Slack, sending messages using incoming webhooks, and
Block Kit (header, section and context blocks).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Literal

import requests

from ingest.settings import Channels

# Seconds to connect, and between two bytes of the answer.
TIMEOUT = (3.05, 10)
# Of each text that telemetry chose. PagerDuty refuses an event of more than 512 KB, and then for good.
LONGEST_TEXT = 1024
# Refusals that pass: the receiver was slow, was not ready, or wants fewer messages.
_PASSING = frozenset([HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS])

Event = Mapping[str, Any]
State = Literal["delivered", "failed", "pending"]


@dataclass(frozen=True)
class Answer:
    """What became of one attempt: `delivered`, `failed` for good, or still `pending`.

    `error` is a sentence without address or key; `retry_after` the seconds that the receiver asked for.
    """

    state: State
    error: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class Message:
    """What is posted where. `key` is the deduplication key, the same for every attempt."""

    url: str = field(repr=False)
    key: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Channel:
    """How a channel is written to. `setting` names what connects it; without it no message is made."""

    setting: str
    is_connected: Callable[[Channels], bool]
    message: Callable[[Channels, str, Event], Message]


def post(
    message: Message, session: requests.Session, *, now: datetime, timeout: tuple[float, float] = TIMEOUT
) -> Answer:
    """Send one message; TLS is verified, redirects are not followed, the answer's text is not read."""
    try:
        with session.post(
            message.url,
            data=json.dumps(message.body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": message.key},
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            return judge(response.status_code, response.headers.get("Retry-After"), now=now)
    except requests.Timeout:
        return Answer("pending", "gave no answer in time; it may have taken the message, and is asked again")
    except requests.exceptions.SSLError:
        return Answer("pending", "has a TLS certificate that cannot be verified")
    except requests.RequestException as error:
        # Its text holds the address.
        return Answer("pending", f"could not be reached ({type(error).__name__})")


def judge(status: int, retry_after: str | None, *, now: datetime) -> Answer:
    """What a receiver's status means (RFC 9110). `now` is aware; a `Retry-After` can be an instant."""
    if 200 <= status < 300:
        return Answer("delivered")
    told = f"answered {status}{_phrase(status)}"
    if status >= 500 or status in _PASSING:
        return Answer("pending", told, _seconds(retry_after, now))
    if 300 <= status < 400:
        return Answer("failed", f"{told}; redirects are not followed, so set the address that it leads to")
    return Answer("failed", f"{told}; check the setting that connects it, then have it tried again")


def _slack(channels: Channels, kind: str, event: Event) -> Message:
    key = _key(kind, event)
    return Message(channels.slack_webhook_url or "", key, slack_body(kind, event, key))


def _pagerduty(channels: Channels, kind: str, event: Event) -> Message:
    body = pagerduty_body(kind, event, channels.pagerduty_routing_key or "")
    return Message(channels.pagerduty_url, _key(kind, event), body)


def _key(kind: str, event: Event) -> str:
    return f"{event['data']['alert_id']}:{kind}"


CHANNELS = {
    "slack": Channel("TRACEHOUSE_SLACK_WEBHOOK_URL", lambda to: bool(to.slack_webhook_url), _slack),
    "pagerduty": Channel(
        "TRACEHOUSE_PAGERDUTY_ROUTING_KEY", lambda to: bool(to.pagerduty_routing_key), _pagerduty
    ),
}


def pagerduty_body(kind: str, event: Event, routing_key: str) -> dict[str, Any]:
    """An event of PagerDuty's Events API v2. An alert has one `dedup_key`, so it is one incident there."""
    data = event["data"]
    action = {"raise": "trigger", "escalate": "trigger"}.get(kind, kind)
    body = {"routing_key": routing_key, "event_action": action, "dedup_key": data["alert_id"]}
    if action != "trigger":
        return body
    severities = {"critical": "critical", "high": "error", "low": "info"}
    links = {"Runbook": data["runbook_url"], "First trace": data["trace_url"]}
    return body | {
        "payload": {
            "summary": _cut(_headline(kind, data), LONGEST_TEXT),
            "source": event["source"],
            "severity": severities.get(data["severity"], "warning"),
            "timestamp": event["time"],
            "component": data["rule_id"],
            "group": data["audience"],
            "class": data["subject_kind"],
            "custom_details": {name: _shortened(value) for name, value in data.items()},
        },
        "links": [{"href": url, "text": text} for text, url in links.items() if _is_link(url)],
    }


def slack_body(kind: str, event: Event, key: str) -> dict[str, Any]:
    """A message for a Slack incoming webhook. Slack itself does not deduplicate; metadata hold the key."""
    data = event["data"]
    headline = _headline(kind, data)
    fields = {
        "Severity": data["severity"],
        "Audience": data["audience"],
        "Window": f"{data['window_start']} to {data['window_end']}",
        "Traces": str(data["trace_count"]),
    }
    links = {"Runbook": data["runbook_url"], "First trace": data["trace_url"]}
    linked = [f"<{_escaped(url).replace('|', '%7C')}|{text}>" for text, url in links.items() if _is_link(url)]
    remediation = [data["remediation"]] if data["remediation"] and kind != "resolve" else []
    return {
        "text": _escaped(_cut(headline, LONGEST_TEXT)),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": _cut(headline, 150), "emoji": False}},
            {
                "type": "section",
                "fields": [
                    {"type": "mrkdwn", "text": _cut(f"*{name}*\n{_escaped(value)}", 2000)}
                    for name, value in fields.items()
                ],
            },
            *(
                {"type": "section", "text": {"type": "plain_text", "text": _cut(text, 3000), "emoji": False}}
                for text in remediation
            ),
            {
                "type": "context",
                "elements": [
                    {"type": "mrkdwn", "text": text} for text in [*linked, f"Alert `{data['alert_id']}`"]
                ],
            },
        ],
        "metadata": {
            "event_type": event["type"].replace(".", "_"),
            "event_payload": {"idempotency_key": key, "alert_id": data["alert_id"], "kind": kind},
        },
    }


def _headline(kind: str, data: Event) -> str:
    what = f"{data['rule_id']}: {data['summary']}"
    return {"escalate": "Unacknowledged. ", "resolve": "Closed. "}.get(kind, "") + what


def _is_link(url: str | None) -> bool:
    return bool(url and re.match(r"https?://", url))


def _escaped(text: str) -> str:
    """Slack's control characters; what telemetry names can then neither link nor call a channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _shortened(value: Any) -> Any:
    """A member of an event's data, its texts no longer than receivers take."""
    if isinstance(value, list):
        return [_shortened(each) for each in value]
    return _cut(value, LONGEST_TEXT) if isinstance(value, str) else value


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """Seconds, or an HTTP date (RFC 9110, 10.2.3); null for anything else."""
    if retry_after is None:
        return None
    if re.fullmatch(r"\s*[0-9]+\s*", retry_after):
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
