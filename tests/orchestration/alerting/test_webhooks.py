"""What Slack and PagerDuty are sent, as their documentation has it, and what their answers mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.errors import SettingsError
from orchestration.governance.alerting.webhooks import judge, pagerduty_body, slack_body
from tests.orchestration.alerting.small_lake import settings_of

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
DATA: dict[str, Any] = {
    "alert_id": "a1",
    "fingerprint": "f1",
    "severity": "high",
    "rule_id": "consent_missing",
    "audience": "legal",
    "summary": "3 open exceptions of tenant acme",
    "tenant_id": "acme",
    "subject_kind": "tenant",
    "subject": "acme",
    "window_start": "2026-10-14T00:00:00Z",
    "window_end": "2026-10-15T00:00:00Z",
    "raised_at": "2026-10-14T18:00:00Z",
    "exceptions": 3,
    "trace_ids": ["0af7651916cd43dd8448eb211c80319c"],
    "trace_count": 3,
    "trace_url": "https://traces.example/0af7651916cd43dd8448eb211c80319c",
    "vault_paths": [],
    "vault_path_count": 0,
    "remediation": "Ask the tenant.",
    "runbook_url": "https://runbooks.example/consent",
}
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "a1",
    "source": "/tracehouse/alerts",
    "type": "governance.alert.raised",
    "time": "2026-10-14T18:00:00Z",
    "data": DATA,
}


def test_pagerduty_gets_an_alert_event_of_its_events_api() -> None:
    assert pagerduty_body("raise", EVENT, "key") == {
        "routing_key": "key",
        "event_action": "trigger",
        "dedup_key": "a1",
        "payload": {
            "summary": "consent_missing: 3 open exceptions of tenant acme",
            "source": "/tracehouse/alerts",
            "severity": "error",
            "timestamp": "2026-10-14T18:00:00Z",
            "component": "consent_missing",
            "group": "legal",
            "class": "tenant",
            "custom_details": DATA,
        },
        "links": [
            {"href": "https://runbooks.example/consent", "text": "Runbook"},
            {"href": "https://traces.example/0af7651916cd43dd8448eb211c80319c", "text": "First trace"},
        ],
    }


@pytest.mark.parametrize(("kind", "action"), [("acknowledge", "acknowledge"), ("resolve", "resolve")])
def test_pagerduty_knows_by_the_key_alone_which_incident_goes_on(kind: str, action: str) -> None:
    assert pagerduty_body(kind, EVENT, "key") == {
        "routing_key": "key",
        "event_action": action,
        "dedup_key": "a1",
    }


@pytest.mark.parametrize(
    ("severity", "theirs"),
    [
        ("critical", "critical"),
        ("high", "error"),
        ("medium", "warning"),
        ("low", "info"),
        ("unknown", "warning"),
    ],
)
def test_pagerduty_has_four_severities_of_its_own(severity: str, theirs: str) -> None:
    body = pagerduty_body("raise", EVENT | {"data": DATA | {"severity": severity}}, "key")
    assert body["payload"]["severity"] == theirs


def test_slack_gets_blocks_with_a_text_for_notifications_and_the_key_in_its_metadata() -> None:
    assert slack_body("raise", EVENT, "a1:raise") == {
        "text": "consent_missing: 3 open exceptions of tenant acme",
        "blocks": [
            {
                "type": "header",
                "text": {
                    "type": "plain_text",
                    "text": "consent_missing: 3 open exceptions of tenant acme",
                    "emoji": False,
                },
            },
            {
                "type": "section",
                "fields": [
                    {"type": "mrkdwn", "text": "*Severity*\nhigh"},
                    {"type": "mrkdwn", "text": "*Audience*\nlegal"},
                    {"type": "mrkdwn", "text": "*Window*\n2026-10-14T00:00:00Z to 2026-10-15T00:00:00Z"},
                    {"type": "mrkdwn", "text": "*Traces*\n3"},
                ],
            },
            {
                "type": "section",
                "text": {"type": "plain_text", "text": "Ask the tenant.", "emoji": False},
            },
            {
                "type": "context",
                "elements": [
                    {"type": "mrkdwn", "text": "<https://runbooks.example/consent|Runbook>"},
                    {
                        "type": "mrkdwn",
                        "text": "<https://traces.example/0af7651916cd43dd8448eb211c80319c|First trace>",
                    },
                    {"type": "mrkdwn", "text": "Alert `a1`"},
                ],
            },
        ],
        "metadata": {
            "event_type": "governance_alert_raised",
            "event_payload": {"idempotency_key": "a1:raise", "alert_id": "a1", "kind": "raise"},
        },
    }


def test_what_telemetry_names_calls_no_channel_and_is_cut_to_what_slack_takes() -> None:
    named = DATA | {"summary": "tenant <!channel> & co " + "x" * 5000, "remediation": "y" * 5000}
    body = slack_body("raise", EVENT | {"data": named}, "k")
    header, _, remediation, _ = body["blocks"]
    assert body["text"].startswith("consent_missing: tenant &lt;!channel&gt; &amp; co ")
    assert len(header["text"]["text"]) == 150
    assert len(remediation["text"]["text"]) == 3000
    assert len(pagerduty_body("raise", EVENT | {"data": named}, "k")["payload"]["summary"]) == 1024


def test_no_message_is_too_long_for_its_receiver_whatever_telemetry_names() -> None:
    long = "\N{GRINNING FACE}" * 200_000
    named = DATA | {"summary": long, "tenant_id": long, "subject": long, "vault_paths": [long] * 20}
    event = EVENT | {"data": named}
    # PagerDuty takes 512 KB; Slack cuts a text of more than 40,000 characters.
    assert len(json.dumps(pagerduty_body("raise", event, "k"), ensure_ascii=False).encode()) < 512 * 1024
    assert len(slack_body("raise", event, "k")["text"]) < 40_000
    assert len(json.dumps(slack_body("raise", event, "k"), ensure_ascii=False).encode()) < 512 * 1024


def test_a_runbook_in_the_project_is_no_link() -> None:
    event = EVENT | {"data": DATA | {"runbook_url": "docs/runbooks.md#consent", "trace_url": None}}
    assert pagerduty_body("raise", event, "key")["links"] == []
    assert slack_body("raise", event, "k")["blocks"][-1]["elements"] == [
        {"type": "mrkdwn", "text": "Alert `a1`"}
    ]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *((status, "delivered") for status in (200, 202, 204)),
        *((status, "pending") for status in (408, 425, 429, 500, 502, 503, 504, 599)),
        *((status, "failed") for status in (301, 308, 400, 401, 403, 404, 410, 422)),
    ],
)
def test_only_what_may_pass_is_tried_again(status: int, state: str) -> None:
    assert judge(status, None, now=NOW).state == state


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Fri, 27 Nov 2026 09:01:30 GMT", 90.0),
        ("Fri, 27 Nov 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        # A digit to Python, and none to RFC 9110.
        ("\u00b2", None),
        ("Fri, 27 Nov 2026 09:01:30 +9999999999999999999999", None),
        ("-5", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_an_instant(header: str | None, seconds: float | None) -> None:
    assert judge(429, header, now=NOW).retry_after == seconds


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACEHOUSE_SLACK_WEBHOOK_URL", "http://hooks.slack.com/services/geheim"),
        ("TRACEHOUSE_SLACK_WEBHOOK_URL", "hooks.slack.com/services/geheim"),
        ("TRACEHOUSE_SLACK_WEBHOOK_URL", "https://user:geheim@hooks.slack.com/"),
        ("TRACEHOUSE_SLACK_WEBHOOK_URL", "https://hooks.slack.com/ geheim"),
        ("TRACEHOUSE_SLACK_WEBHOOK_URL", "https://[geheim/"),
        ("TRACEHOUSE_SLACK_WEBHOOK_URL", "https://hooks.slack.com:geheim/"),
        ("TRACEHOUSE_PAGERDUTY_URL", "http://events.pagerduty.com/geheim"),
        ("TRACEHOUSE_PAGERDUTY_ROUTING_KEY", "geheim geheim"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_its_value_is_not(
    tmp_path: Any, name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        settings_of(tmp_path, **{name: value})
    assert name in str(raised.value)
    assert "geheim" not in str(raised.value)


def test_europe_and_a_receiver_on_this_machine_can_be_set(tmp_path: Any) -> None:
    europe = "https://events.eu.pagerduty.com/v2/enqueue"
    assert settings_of(tmp_path, TRACEHOUSE_PAGERDUTY_URL=europe).channels.pagerduty_url == europe
    here = "http://127.0.0.1:8080/hook"
    assert settings_of(tmp_path, TRACEHOUSE_SLACK_WEBHOOK_URL=here).channels.slack_webhook_url == here
    default = settings_of(tmp_path).channels
    assert (default.slack_webhook_url, default.pagerduty_routing_key, default.pagerduty_url) == (
        None,
        None,
        "https://events.pagerduty.com/v2/enqueue",
    )
