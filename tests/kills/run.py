"""Kill a load at a chosen instant, run it once more, and compare what is there with an undisturbed load."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest import lake
from ingest.errors import LakeBusyError
from ingest.settings import Settings
from tests.kills.state import State, state_of
from tests.running import ROOT, Home

Trigger = Literal["start", "commit begins", "commit ends"]

NEAR_SECONDS = 0.1
_POLL_SECONDS = 0.0005
_GROUP_SECONDS = 5.0
# The catalogue's rollback journal: it is there while a commit is being written, and its end is the commit.
_JOURNAL = "catalog.sqlite-journal"


@dataclass(frozen=True)
class Plan:
    """Kill `seconds` after the load started, or after its `nth` commit began or ended."""

    trigger: Trigger
    nth: int
    seconds: float


@dataclass(frozen=True)
class Kill:
    """What one kill met and what the run after it left.

    `at` is seconds after the start. `commits` were over before it. `phase` is where it struck. `is_near`: a
    commit was under way or had ended no more than 100 ms before. `leftovers` are data files that no load
    will ever register. `wrong` is empty when all is as after an undisturbed load.
    """

    plan: Plan
    at: float
    commits: int
    phase: str
    is_near: bool
    leftovers: int
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class Load:
    """How often a load commits is set, so that one of seconds has several commits."""

    template: Path
    rows_per_commit: int
    workers: int = 1

    def undisturbed(self, work: Path) -> tuple[float, int, State]:
        """Seconds from start to exit, number of commits, and what a load leaves that nobody kills."""
        home = self._copy(work)
        watch = _Watch(home, None)
        with self._started(home) as process:
            watch.until_over(process)
            seconds = watch.now
        if process.returncode:
            raise RuntimeError(f"the undisturbed load ended with {process.returncode}")
        state = state_of(home.settings)
        shutil.rmtree(work)
        return seconds, len(watch.commits), state

    def killed(self, plan: Plan, expected: State, work: Path) -> Kill:
        """Kill one load as planned, run the same command again to its end, and compare."""
        home = self._copy(work)
        watch = _Watch(home, plan)
        with self._started(home) as process:
            watch.until_over(process)
            # Before the wait for the end of the workers, who may be slow to be reaped.
            at = watch.now
            _kill(process)
        is_under_way = (home.path / _JOURNAL).exists()
        # The file keeps the name of its last holder.
        had_lock = (home.path / "writer.lock").read_text() == f"process {process.pid}"
        wrong = [] if _is_free(home.settings) else ["the lock was held after the kill"]
        with self._started(home) as again:
            _, told = again.communicate()
        if again.returncode:
            wrong.append(f"the run after it ended with {again.returncode}: {told.decode()[-300:]}")
        if not _is_free(home.settings):
            wrong.append("the lock was held after the run that followed")
        state = state_of(home.settings)
        on_disk = {path.name for path in (home.path / "lake").rglob("*") if path.is_file()}
        leftovers = on_disk - state.files
        shutil.rmtree(work)
        if process.returncode == 0:
            phase = "over"
        elif not had_lock:
            phase = "starting"
        elif is_under_way:
            phase = "committing"
        else:
            phase = "writing files" if leftovers else "reading"
        is_near = process.returncode != 0 and (
            is_under_way or any(at - commit <= NEAR_SECONDS for commit in watch.commits)
        )
        wrong += [*state.faults, *state.differences(expected)]
        return Kill(plan, at, len(watch.commits), phase, is_near, len(leftovers), tuple(wrong))

    def _copy(self, work: Path) -> Home:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(self.template, work)
        return Home(work)

    @contextmanager
    def _started(self, home: Home) -> Iterator[subprocess.Popen[bytes]]:
        """The load in a process group of its own."""
        command = [sys.executable, "-m", "tests.kills.child", str(self.rows_per_commit), str(self.workers)]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=home.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with process:
            try:
                yield process
            finally:
                _kill(process)


class _Watch:
    """Looks at the catalogue's journal to know when commits begin and end, until the planned instant."""

    def __init__(self, home: Home, plan: Plan | None) -> None:
        self._journal = home.path / _JOURNAL
        self._plan = plan
        self._begun: list[float] = []
        self._started = time.monotonic()
        self.commits: list[float] = []

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def until_over(self, process: subprocess.Popen[bytes]) -> None:
        """Return when the process has ended, or when it is to be killed."""
        while process.poll() is None and not self._is_time():
            is_there = self._journal.exists()
            if is_there and len(self._begun) == len(self.commits):
                self._begun.append(self.now)
            elif not is_there and len(self._begun) > len(self.commits):
                self.commits.append(self.now)
            time.sleep(_POLL_SECONDS)

    def _is_time(self) -> bool:
        if self._plan is None:
            return False
        marks = {"start": [0.0], "commit begins": self._begun, "commit ends": self.commits}[
            self._plan.trigger
        ]
        return len(marks) >= self._plan.nth and self.now >= marks[self._plan.nth - 1] + self._plan.seconds


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started, unless it ended by itself."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        # Its workers die of the same signal, perhaps a moment later.
        until = time.monotonic() + _GROUP_SECONDS
        with suppress(ProcessLookupError):
            while time.monotonic() < until:
                os.killpg(process.pid, 0)
                time.sleep(_POLL_SECONDS)


def _is_free(settings: Settings) -> bool:
    try:
        with lake.writer_lock(settings):
            return True
    except LakeBusyError:
        return False
