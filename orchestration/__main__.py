"""`python -m orchestration`: run the pipeline, show it, try its gate."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from ingest.errors import LakeBusyError, SettingsError, TracehouseError
from ingest.settings import read_settings
from orchestration.project import ROOT


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 a mart is held or the run failed, 2 bad settings or arguments, 3 lake busy."""
    parser = argparse.ArgumentParser(prog="python -m orchestration", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="one pipeline run over $TRACEHOUSE_HOME/landing")
    demo_command = commands.add_parser(
        "demo", help="write the sample month, run the pipeline, print each mart"
    )
    demo_command.add_argument(
        "--size", type=int, default=1, help="how many times the default traffic (default: 1)"
    )
    ui_command = commands.add_parser("ui", help="Dagster UI with schedules and sensors")
    ui_command.add_argument("--port", type=int, default=3070)
    ui_command.add_argument("--host", default="127.0.0.1")
    commands.add_parser(
        "plant-faults",
        add_help=False,
        help="plant faults one at a time; show what catches each (see its --help)",
    )
    focus_command = commands.add_parser(
        "focus", help="a month of published charges as FOCUS 1.2, for finance tools"
    )
    focus_command.add_argument("--month", required=True, help="such as 2026-10")
    focus_command.add_argument("--output", required=True, type=Path, help="a new file, .csv or .parquet")
    deliver_command = commands.add_parser("deliver-alerts", help="deliver the alerts that still wait")
    deliver_command.add_argument(
        "--retry-failed", action="store_true", help="also those that a receiver had refused for good"
    )
    deliver_command.add_argument(
        "--give-up", choices=["slack", "pagerduty"], help="never deliver what waits for this channel"
    )
    commands.add_parser(
        "kill-test",
        add_help=False,
        help="kill loads at many instants, run each again, compare (see its --help)",
    )
    commands.add_parser(
        "compare", add_help=False, help="is a candidate fit to ship? exit code by verdict (see its --help)"
    )
    commands.add_parser(
        "verify-ledger", add_help=False, help="has anybody touched the ledger, and where (see its --help)"
    )
    commands.add_parser(
        "check-telemetry",
        add_help=False,
        help="does an export keep to what its agents declared? (see its --help)",
    )
    commands.add_parser(
        "policy-dry-run",
        add_help=False,
        help="which exceptions would changed policies add or remove? (see its --help)",
    )
    commands.add_parser(
        "decision-graph",
        add_help=False,
        help="what was decided about a trace, and what came of it (see its --help)",
    )
    commands.add_parser(
        "erase", add_help=False, help="forget a subject, or what may be kept no longer (see its --help)"
    )
    commands.add_parser(
        "probe", add_help=False, help="send a test event, see where the last ones arrived (see its --help)"
    )
    commands.add_parser(
        "postmortem", add_help=False, help="the page of an incident, from what was recorded (see its --help)"
    )
    commands.add_parser("telemetry", help="write seeds, constants and page of the telemetry registry")
    chosen, rest = parser.parse_known_args(arguments)
    if chosen.command == "compare":
        from orchestration.compare import main as compare

        return compare(rest)
    if chosen.command == "check-telemetry":
        from orchestration.telemetry.check import main as check_telemetry

        return check_telemetry(rest)
    if chosen.command == "decision-graph":
        from orchestration.decision_graph import main as decision_graph

        return decision_graph(rest)
    if chosen.command == "probe":
        from orchestration.probe import main as probe

        return probe(rest)
    if chosen.command == "postmortem":
        from orchestration.postmortem import main as postmortem

        return postmortem(rest)
    if chosen.command == "policy-dry-run":
        from orchestration.policy_dry_run import run as policy_dry_run

        return policy_dry_run(rest)
    if rest and chosen.command not in ("erase", "kill-test", "plant-faults", "verify-ledger"):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        if chosen.command == "verify-ledger":
            from orchestration.governance.verify_ledger import main as verify_ledger

            # A proof is checked where there is no home to have settings.
            return verify_ledger(rest, os.environ)
        if chosen.command == "plant-faults":
            from orchestration.faults.command import main as plant_faults

            # Faults in landing files have a home of their own.
            return plant_faults(rest)
        settings = read_settings(os.environ)
        match chosen.command:
            case "demo":
                from orchestration.demo import demo

                return demo(settings, size=chosen.size)
            case "ui":
                from orchestration.launch import serve_ui

                return serve_ui(settings, host=chosen.host, port=chosen.port)
            case "focus":
                from orchestration.focus import export_focus

                return export_focus(settings, month=chosen.month, output=chosen.output)
            case "erase":
                from orchestration.erase import run as erase

                return erase(settings, rest)
            case "telemetry":
                from orchestration.telemetry.generate import generate

                return generate(today=datetime.now(UTC).date())
            case "deliver-alerts":
                from orchestration.alert_delivery import deliver_alerts

                return deliver_alerts(settings, retry_failed=chosen.retry_failed, give_up=chosen.give_up)
            case "kill-test":
                # The campaign is one of the tests, which need a checkout, as dbt's project does.
                command = [sys.executable, "-m", "tests.kills", *rest]
                return subprocess.run(command, cwd=ROOT).returncode  # noqa: S603 - this Python, our module
            case _:
                from orchestration.launch import run_pipeline

                return run_pipeline(settings)
    except TracehouseError as error:
        print(f"tracehouse: {error}", file=sys.stderr)
        return exit_code(error)


def exit_code(error: TracehouseError) -> int:
    """What a failed command exits with (design §3)."""
    if isinstance(error, SettingsError):
        return 2
    return 3 if isinstance(error, LakeBusyError) else 1


if __name__ == "__main__":
    sys.exit(main())
