"""Many inputs, spread over processes, and the run as a report."""

from __future__ import annotations

import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tests.conftest import SHARED_DATA
from tests.fuzz.corpus import seeds
from tests.fuzz.run import Tally, run

# A few hundred inputs a task: what a process that died was reading is then soon told apart.
_AT_ONCE = 500
FAILURES = Path(tempfile.gettempdir()) / "tracehouse-fuzz"


def fuzz(inputs: int, seed: int, processes: int, save: Path) -> Tally:
    """Check inputs 0 to `inputs` - 1 of `seed` in so many processes."""
    tally = Tally()
    # Spawned processes hold no locks of this one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        tasks = [
            (start, pool.submit(some_inputs, list(range(start, min(start + _AT_ONCE, inputs))), seed, save))
            for start in range(0, inputs, _AT_ONCE)
        ]
        for start, task in tasks:
            try:
                tally.add(task.result())
            except BrokenProcessPool:
                tally.failures.append((start, "A process died while it read this input or one soon after."))
                break
    return tally


def report(tally: Tally, seed: int, seconds: float) -> str:
    """The run in a few lines, each failure with how to see it again."""
    lines = [
        f"{tally.inputs:,} inputs of seed {seed} in {seconds:,.0f} s: {tally.landed:,} records landed, "
        f"{tally.quarantined:,} quarantined; of {tally.known:,} files the outcome was known in advance; "
        f"{len(tally.failures)} failed. Slowest: input {tally.slowest}, {tally.slowest_seconds:.2f} s."
    ]
    for number, what in sorted(tally.failures)[:20]:
        lines.append(f"\npython -m tests.fuzz --seed {seed} --only {number}\n{what}")
    return "\n".join(lines)


def some_inputs(numbers: list[int], seed: int, save: Path) -> Tally:
    """Check the inputs of these numbers in this process."""
    with tempfile.TemporaryDirectory() as folder:
        return run(numbers, seed, seeds(SHARED_DATA), Path(folder), save=save)
