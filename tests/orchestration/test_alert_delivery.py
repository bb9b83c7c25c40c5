"""Alerts between two runs of the pipeline: an idle run, the command and the sensor."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster import DagsterInstance, RunRequest, SkipReason, build_sensor_context

from ingest import lake
from ingest.settings import Settings
from orchestration.__main__ import main
from orchestration.alert_assets import deliver_alerts
from orchestration.governance.alerting import decide
from orchestration.launch import deliver_waiting
from tests.orchestration.alerting.receiver import Receiver, Reply, receiving
from tests.orchestration.alerting.small_lake import add_exceptions, add_route, instant, settings_of


@pytest.fixture(scope="module")
def decided(empty_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one alert waits for Slack."""
    home = tmp_path_factory.mktemp("waiting") / "home"
    shutil.copytree(empty_lake, home)
    with lake.connect(settings_of(home)) as connection:
        add_route(connection, channel="slack")
        add_exceptions(connection, [instant("2026-10-14 12:00")])
        as_of = datetime(2026, 10, 14, 18, tzinfo=UTC)
        decide(connection, as_of=as_of, trace_url="{trace_id}", about=("tenant",))
    return home


@pytest.fixture
def waiting(decided: Path, tmp_path: Path) -> Settings:
    """Such a home of the test's own."""
    shutil.copytree(decided, tmp_path / "home")
    return settings_of(tmp_path / "home")


def with_slack(settings: Settings, receiver: Receiver) -> Settings:
    return settings_of(settings.home, TRACEHOUSE_SLACK_WEBHOOK_URL=receiver.url)


def test_an_idle_run_delivers_what_waits(waiting: Settings) -> None:
    with receiving() as receiver:
        deliver_waiting(with_slack(waiting, receiver))
        deliver_waiting(with_slack(waiting, receiver))
    assert len(receiver.requests) == 1


def test_an_idle_run_leaves_alerts_to_the_run_that_is_writing(waiting: Settings) -> None:
    with receiving() as receiver:
        with lake.writer_lock(waiting):
            deliver_waiting(with_slack(waiting, receiver))
        assert receiver.requests == []
        deliver_waiting(with_slack(waiting, receiver))
    assert len(receiver.taken) == 1


def test_the_command_tries_again_what_was_refused_for_good(
    waiting: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with receiving(lambda _: Reply(410, is_taken=False)) as receiver:
        monkeypatch.setenv("TRACEHOUSE_HOME", str(waiting.home))
        monkeypatch.setenv("TRACEHOUSE_SLACK_WEBHOOK_URL", receiver.url)
        assert main(["deliver-alerts"]) == 0
        assert "alerts: 1 message to slack failed for good: it answered 410 Gone" in capsys.readouterr().err
        receiver.behave = lambda _: Reply()
        assert main(["deliver-alerts"]) == 0
        assert len(receiver.requests) == 1
        assert main(["deliver-alerts", "--retry-failed"]) == 0
        assert "alerts: delivered 1 to slack" in capsys.readouterr().err
    assert len(receiver.taken) == 1


def test_what_waits_for_a_channel_can_be_given_up_before_it_is_connected(
    waiting: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACEHOUSE_HOME", str(waiting.home))
    monkeypatch.delenv("TRACEHOUSE_SLACK_WEBHOOK_URL", raising=False)
    assert main(["deliver-alerts", "--give-up", "slack"]) == 0
    assert "gave up 1 that waited for slack" in capsys.readouterr().err
    with receiving() as receiver:
        monkeypatch.setenv("TRACEHOUSE_SLACK_WEBHOOK_URL", receiver.url)
        assert main(["deliver-alerts", "--retry-failed"]) == 0
    assert receiver.requests == []


def test_the_sensor_asks_for_a_run_only_while_somebody_waits(
    waiting: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEHOUSE_HOME", str(waiting.home))
    monkeypatch.delenv("TRACEHOUSE_SLACK_WEBHOOK_URL", raising=False)
    with receiving() as receiver, DagsterInstance.ephemeral() as instance:
        context = build_sensor_context(instance=instance)
        # Nobody is there to be told.
        assert isinstance(deliver_alerts(context), SkipReason)
        monkeypatch.setenv("TRACEHOUSE_SLACK_WEBHOOK_URL", receiver.url)
        assert isinstance(deliver_alerts(context), RunRequest)
        deliver_waiting(with_slack(waiting, receiver))
        assert isinstance(deliver_alerts(context), SkipReason)


def test_a_home_without_a_lake_or_with_one_from_before_alerts_owes_nothing(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    deliver_waiting(settings)
    assert not settings.catalog_file.exists()
    with lake.connect(settings):
        pass
    deliver_waiting(settings)
