"""`python -m orchestration`: run the pipeline, show it, try its gate, ask what it recorded."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from pkgutil import resolve_name

from ingest.errors import LakeBusyError, SettingsError, TracehouseError
from ingest.settings import Settings, read_settings
from orchestration.project import ROOT

# Commands that read their own arguments and settings, and what each is for.
_OF_THEIR_OWN = {
    "plant-faults": (
        "orchestration.faults.command:main",
        "plant faults one at a time; show what catches each",
    ),
    "kill-test": (
        "orchestration.__main__:kill_test",
        "kill loads at many instants, run each again, compare",
    ),
    "compare": ("orchestration.compare:main", "is a candidate fit to ship? exit code by verdict"),
    "verify-ledger": (
        "orchestration.governance.verify_ledger:main",
        "has anybody touched the ledger, and where",
    ),
    "check-telemetry": (
        "orchestration.telemetry.check:main",
        "does an export keep to what its agents declared?",
    ),
    "policy-dry-run": (
        "orchestration.policy_dry_run:run",
        "which exceptions would changed policies add or remove?",
    ),
    "decision-graph": (
        "orchestration.decision_graph:main",
        "what was decided about a trace, and what came of it",
    ),
    "erase": ("orchestration.erase:main", "forget a subject, or what may be kept no longer"),
    "probe": ("orchestration.probe:main", "send a test event, see where the last ones arrived"),
    "postmortem": ("orchestration.postmortem:main", "the page of an incident, from what was recorded"),
    "deployment": ("orchestration.deployment.command:main", "write what of deploy/ follows from the seeds"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 a mart is held or the run failed, 2 bad settings or arguments, 3 lake busy."""
    parser = _parser()
    chosen, rest = parser.parse_known_args(arguments)
    try:
        if chosen.command in _OF_THEIR_OWN:
            place, _ = _OF_THEIR_OWN[chosen.command]
            return int(resolve_name(place)(rest))
        if rest:
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
        return _run(chosen, read_settings(os.environ))
    except TracehouseError as error:
        print(f"tracehouse: {error}", file=sys.stderr)
        return exit_code(error)


def exit_code(error: TracehouseError) -> int:
    """What a failed command exits with (design §3)."""
    if isinstance(error, SettingsError):
        return 2
    return 3 if isinstance(error, LakeBusyError) else 1


def kill_test(arguments: Sequence[str]) -> int:
    """The campaign is one of the tests, which need a checkout, as dbt's project does."""
    read_settings(os.environ)
    command = [sys.executable, "-m", "tests.kills", *arguments]
    return subprocess.run(command, cwd=ROOT).returncode  # noqa: S603 - this Python, our module


def _run(chosen: argparse.Namespace, settings: Settings) -> int:
    # Each imports for itself: what one needs takes the others seconds to import.
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
        case "telemetry":
            from datetime import UTC, datetime

            from orchestration.telemetry.generate import generate

            return generate(today=datetime.now(UTC).date())
        case "deliver-alerts":
            from orchestration.alert_delivery import deliver_alerts

            return deliver_alerts(settings, retry_failed=chosen.retry_failed, give_up=chosen.give_up)
        case _:
            from orchestration.launch import run_pipeline

            return run_pipeline(settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="one pipeline run over $TRACEHOUSE_HOME/landing")
    demo = commands.add_parser("demo", help="write the sample month, run the pipeline, print each mart")
    demo.add_argument("--size", type=int, default=1, help="how many times the default traffic (default: 1)")
    ui = commands.add_parser("ui", help="Dagster UI with schedules and sensors")
    ui.add_argument("--port", type=int, default=3070)
    ui.add_argument("--host", default="127.0.0.1")
    focus = commands.add_parser("focus", help="a month of published charges as FOCUS 1.2, for finance tools")
    focus.add_argument("--month", required=True, help="such as 2026-10")
    focus.add_argument("--output", required=True, type=Path, help="a new file, .csv or .parquet")
    deliver = commands.add_parser("deliver-alerts", help="deliver the alerts that still wait")
    deliver.add_argument(
        "--retry-failed", action="store_true", help="also those that a receiver had refused for good"
    )
    deliver.add_argument(
        "--give-up", choices=["slack", "pagerduty"], help="never deliver what waits for this channel"
    )
    commands.add_parser("telemetry", help="write seeds, constants and page of the telemetry registry")
    for name, (_, purpose) in _OF_THEIR_OWN.items():
        commands.add_parser(name, add_help=False, help=f"{purpose} (see its --help)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
