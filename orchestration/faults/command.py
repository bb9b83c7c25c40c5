"""`python -m orchestration plant-faults`: is everything that can go wrong noticed by what is there for it?

Faults in landing files, one at a time, in a small home of their own; then seven faults in a copy of each mart
of this home's lake.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from multiprocessing import get_context
from pathlib import Path

from ingest import lake
from ingest.settings import Settings, read_settings
from metabase.contracts import read_project
from metabase.faults import plant_faults
from orchestration.faults.catalogue import FAULTS
from orchestration.faults.fault import Check, Fault
from orchestration.faults.trial import Outcome, Trials
from orchestration.preview import markdown_table
from orchestration.project import MANIFEST, refresh_manifest


def main(arguments: Sequence[str]) -> int:
    """Exit code: 0 all caught and the control clean, 1 not so, 2 bad arguments."""
    chosen = _parser().parse_args(arguments)
    refresh_manifest()
    code = 0
    if not chosen.marts:
        faults = [fault for fault in FAULTS if fnmatchcase(fault.name, chosen.only)]
        if not faults:
            _parser().error(f"no fault is called {chosen.only!r}; --list names them.")
        if chosen.list:
            print(_listed(faults))
            return 0
        code = plant_in_landing(faults, workers=chosen.workers, is_thorough=chosen.thorough)
    if not chosen.landing:
        code = max(code, plant_in_marts(read_settings(os.environ), now=datetime.now(UTC)))
    return code


def plant_in_landing(faults: Sequence[Fault], *, workers: int, is_thorough: bool = False) -> int:
    """Plant each fault alone in a clean home, print the table; 1 when one was missed or the control trips."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tracehouse-faults-") as name:
        folder = Path(name)
        control = Trials(folder / "control").prepare()
        _say(f"control: {len(control)} checks tripped ({time.monotonic() - started:.0f} s)")
        outcomes = []
        for outcome, seconds in _planted(faults, folder, workers, is_thorough):
            outcomes.append(outcome)
            _say(f"{len(outcomes)}/{len(faults)} {_verdict(outcome)} {outcome.fault.name} ({seconds:.0f} s)")
    print(_as_table(control, outcomes))
    missed = sum(not outcome.is_caught for outcome in outcomes)
    print(
        f"{len(outcomes) - missed} of {len(outcomes)} faults caught, {missed} missed; the control tripped "
        f"{len(control)} checks. {time.monotonic() - started:.0f} s"
    )
    return 1 if missed or control else 0


def plant_in_marts(settings: Settings, *, now: datetime) -> int:
    """Print what held each of seven faults in a copy of each mart; the lake is only read.

    Returns 1 when a fault slipped through, which the last line counts.
    """
    project = read_project(MANIFEST)
    slipped = 0
    with lake.connect(settings, read_only=True) as connection:
        for planted in plant_faults(connection, project, as_of=settings.as_of_or(now)):
            found = planted.problem or ", ".join(planted.held_by) or "NOT HELD"
            slipped += not planted.held_by and planted.problem is None
            print(f"{planted.mart:<26} {planted.fault:<20} {found}")
    print(f"{slipped} planted faults slipped through.", file=sys.stderr)
    return 1 if slipped else 0


def _planted(
    faults: Sequence[Fault], folder: Path, workers: int, is_thorough: bool
) -> Iterator[tuple[Outcome, float]]:
    """The outcomes in the order of the faults, with the seconds that each took."""
    # A fork would copy the locks of DuckDB's threads without the threads.
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_begin, initargs=(folder, is_thorough)
    ) as pool:
        yield from pool.map(_plant, [FAULTS.index(fault) for fault in faults])


# A process has dbt's project parsed once, and a folder for the trial that it is at.
_own: list[Trials] = []


def _begin(folder: Path, is_thorough: bool) -> None:
    clean = folder / "control" / "clean"
    _own.append(Trials(folder / f"worker-{os.getpid()}", clean=clean, is_thorough=is_thorough))


def _plant(place: int) -> tuple[Outcome, float]:
    """One fault, by its place among all: what writes it cannot be sent to another process."""
    started = time.monotonic()
    outcome = _own[0].plant(FAULTS[place])
    return replace(outcome, fault=_bare(outcome.fault)), time.monotonic() - started


def _bare(fault: Fault) -> Fault:
    return replace(fault, plant=None, tamper=None)


def _as_table(control: frozenset[Check], outcomes: Sequence[Outcome]) -> str:
    tripped = _names(sorted(control)) or "nothing"
    rows = [("none: the control", "nowhere", "nothing", tripped, "NOT CLEAN" if control else "clean")]
    rows += [
        (
            outcome.fault.name,
            outcome.fault.where,
            str(outcome.fault.caught_by),
            _names([*([outcome.fault.caught_by] if outcome.is_caught else []), *outcome.beside]) or "nothing",
            _verdict(outcome),
        )
        for outcome in outcomes
    ]
    return markdown_table(["fault", "planted in", "must be caught by", "what tripped", "verdict"], rows)


def _listed(faults: Sequence[Fault]) -> str:
    rows = [(fault.name, fault.where, str(fault.caught_by)) for fault in faults]
    return markdown_table(["fault", "planted in", "must be caught by"], rows)


def _names(checks: Sequence[Check]) -> str:
    return ", ".join(map(str, checks))


def _verdict(outcome: Outcome) -> str:
    return "caught" if outcome.is_caught else "MISSED"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration plant-faults", description=__doc__)
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--landing", action="store_true", help="only faults in landing files; needs no home")
    part.add_argument("--marts", action="store_true", help="only faults in copies of this home's marts")
    parser.add_argument("--only", default="*", metavar="NAME", help="these faults; * stands for any text")
    parser.add_argument(
        "--thorough", action="store_true", help="build, test and audit all that a fault can have touched"
    )
    parser.add_argument("--list", action="store_true", help="name the faults and plant none")
    parser.add_argument(
        "--workers", type=int, default=2, help="how many faults are planted side by side (default: 2)"
    )
    return parser
