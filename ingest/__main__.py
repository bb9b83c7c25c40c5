"""Load the landing folder and the MLflow store into the lake, look after the lake, write the sample month."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ingest import lake
from ingest.errors import LakeBusyError, SettingsError, TracehouseError
from ingest.settings import Settings, read_settings


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 done (quarantine included), 2 bad settings or arguments, 3 lake busy, 1 anything else."""
    parser = argparse.ArgumentParser(
        prog="python -m ingest",
        description=__doc__,
        epilog="TRACEHOUSE_HOME and the other settings come from the environment; README.md lists them.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "load",
        help="read what is new below $TRACEHOUSE_HOME/landing and in the MLflow store",
    )
    commands.add_parser(
        "replay-quarantine", help="decode what is in quarantine again; what is good by now lands"
    )
    commands.add_parser("maintain", help="merge small files, expire unneeded snapshots, remove orphans")
    sample = commands.add_parser("sample", help="write the sample month into a folder")
    sample.add_argument(
        "folder",
        type=Path,
        nargs="?",
        help="an empty or new landing folder (default: $TRACEHOUSE_HOME/landing)",
    )
    sample.add_argument("--size", type=int, default=1, help="how many times the default traffic (default: 1)")
    sample.add_argument("--seed", type=int, default=7, help="another seed, another month (default: 7)")
    chosen = parser.parse_args(arguments)
    try:
        settings = read_settings(os.environ)
        if chosen.command == "sample":
            return _sample(chosen.folder or settings.landing, size=chosen.size, seed=chosen.seed)
        return _COMMANDS[chosen.command](settings)
    except TracehouseError as error:
        print(f"tracehouse: {error}", file=sys.stderr)
        return exit_code(error)


def exit_code(error: TracehouseError) -> int:
    """What a failed command exits with (design §3)."""
    if isinstance(error, SettingsError):
        return 2
    return 3 if isinstance(error, LakeBusyError) else 1


def _load(settings: Settings) -> int:
    from ingest.landing import tell_strays
    from ingest.loading import load_once

    summary = load_once(settings, progress=_tell)
    if table := summary.markdown():
        print(table)
    print(summary.sentence())
    if told := tell_strays(settings.landing):
        _tell(told)
    if summary.store_failure:
        raise TracehouseError(summary.store_failure)
    return 0


def _replay(settings: Settings) -> int:
    from ingest.replay import replay

    with lake.writer_lock(settings):
        print(replay(settings, now=datetime.now(UTC)).sentence())
    return 0


def _maintain(settings: Settings) -> int:
    from ingest.maintain import maintain

    with lake.writer_lock(settings):
        print(maintain(settings, now=datetime.now(UTC)).sentence())
    return 0


def _sample(folder: Path, *, size: int, seed: int) -> int:
    from ingest.sample import write_month

    if size < 1:
        raise SettingsError(f"--size is {size}; give 1 or more.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError(f"{folder} is not an empty folder; invented data would mix with what is there.")
    folder.mkdir(parents=True, exist_ok=True)
    month = write_month(folder, size=size, seed=seed)
    print(
        f"Wrote {month.files:,} files to {folder}: {month.spans:,} spans, {month.log_records:,} log records, "
        f"{month.metric_points:,} metric points, {month.cloud_events:,} events, {month.usage_snapshots:,} "
        f"usage snapshots of {month.tenants} tenants, {month.first_day} to {month.last_day}."
    )
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


_COMMANDS: dict[str, Callable[[Settings], int]] = {
    "load": _load,
    "replay-quarantine": _replay,
    "maintain": _maintain,
}


if __name__ == "__main__":
    sys.exit(main())
