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
        "plant-faults", help="plant seven faults in a copy of each mart; show what holds them"
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
    commands.add_parser("telemetry", help="write seeds, constants and page of the telemetry registry")
    chosen, rest = parser.parse_known_args(arguments)
    if chosen.command == "compare":
        from orchestration.compare import main as compare

        return compare(rest)
    if chosen.command == "check-telemetry":
        from orchestration.telemetry.check import main as check_telemetry

        return check_telemetry(rest)
    if rest and chosen.command not in ("kill-test", "verify-ledger"):
