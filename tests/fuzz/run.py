"""Make input after input from one seed, and check what comes of each."""

from __future__ import annotations

import hashlib
import signal
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

from tests.fuzz.checks import check_file
from tests.fuzz.corpus import Seed
from tests.fuzz.known import known_file
from tests.fuzz.mutations import mutate, wrap

# An input that is not read in this time has found a way to hang the load.
_LONGEST_SECONDS = 30
# The share of inputs of which the outcome is known in advance.
_KNOWN = 0.15
_PATHS = (
    "otlp/traces.jsonl",
    "otlp/metrics.pb",
    "otlp/logs.bin",
    "otlp/no-signal",
    "usage/u.csv",
    "billing/b",
)


@dataclass(frozen=True)
class Input:
    """One file to read. `good` and `bad` are null where nobody knows."""

    path: str
    data: bytes
    is_complete: bool
    first_bytes: int | None
    good: int | None = None
    bad: int | None = None


@dataclass
class Tally:
    """What came of the inputs so far; a failure is (number, what went wrong)."""

    inputs: int = 0
    landed: int = 0
    quarantined: int = 0
    known: int = 0
    slowest_seconds: float = 0.0
    slowest: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what another process did."""
        self.inputs += other.inputs
        self.landed += other.landed
        self.quarantined += other.quarantined
        self.known += other.known
        if other.slowest_seconds > self.slowest_seconds:
            self.slowest_seconds, self.slowest = other.slowest_seconds, other.slowest
        self.failures.extend(other.failures)


def make_input(seed: int, number: int, corpus: list[Seed], weights: list[float]) -> Input:
    """The input of this number; the same every time."""
    # Not hash(): that of text differs from process to process.
    random = Random(int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest()))  # noqa: S311
    if random.random() < _KNOWN:
        known = known_file(random)
        cut = random.randrange(len(known.data) + 1) if random.random() < 0.5 else None
        return Input(known.path, known.data, True, cut, known.good, known.bad)
    (chosen,) = random.choices(corpus, weights)
    data = wrap(mutate(chosen.data, random, corpus), random)
    path = random.choice(_PATHS) if random.random() < 0.1 else chosen.path
    cut = random.randrange(len(data) + 1) if random.random() < 0.3 else None
    return Input(path, data, random.random() < 0.8, cut)


def write_landing(landing: Path, numbers: Iterable[int], seed: int, corpus: list[Seed]) -> None:
    """The inputs of these numbers as files of one landing folder."""
    weights = weights_of(corpus)
    for number in numbers:
        given = make_input(seed, number, corpus, weights)
        path = Path(given.path)
        file = landing / path.parent / f"{number}-{path.name}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(given.data)


def weights_of(corpus: list[Seed]) -> list[float]:
    """Small files are taken more often: they are read faster and say as much."""
    return [1 / (1 + len(seed.data) / 2000) for seed in corpus]


def run(numbers: Iterable[int], seed: int, corpus: list[Seed], folder: Path, *, save: Path) -> Tally:
    """Check the inputs of these numbers; those that fail are saved."""
    tally, weights = Tally(), weights_of(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        given = make_input(seed, number, corpus, weights)
        started = time.perf_counter()
        try:
            with _at_most(_LONGEST_SECONDS):
                _check(given, folder, tally)
        except Exception:  # noqa: BLE001 - that nothing escapes is what is tested
            save.mkdir(parents=True, exist_ok=True)
            (save / f"{seed}-{number}{Path(given.path).suffix}").write_bytes(given.data)
            tally.failures.append((number, f"{_described(given)}\n{traceback.format_exc()}"))
        tally.inputs += 1
        seconds = time.perf_counter() - started
        if seconds > tally.slowest_seconds:
            tally.slowest_seconds, tally.slowest = seconds, number
    return tally


def _check(given: Input, folder: Path, tally: Tally) -> None:
    path = folder / f"input{Path(given.path).suffix}"
    path.write_bytes(given.data)
    outcome = check_file(path, given.path, is_complete=given.is_complete, first_bytes=given.first_bytes)
    if given.good is not None:
        tally.known += 1
        assert (outcome.landed, outcome.quarantined) == (given.good, given.bad), (
            f"{given.good} good and {given.bad} bad went in, {outcome.landed} landed and "
            f"{outcome.quarantined} were quarantined"
        )
    tally.landed += outcome.landed
    tally.quarantined += outcome.quarantined


def _described(given: Input) -> str:
    return f"{given.path}, {len(given.data)} bytes, {'complete' if given.is_complete else 'growing'}" + (
        f", first load at {given.first_bytes} bytes" if given.first_bytes is not None else ""
    )


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"not read in {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
