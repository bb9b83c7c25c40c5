"""Many kills of one load, and the table of what came of them."""

from __future__ import annotations

import math
import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from tests.kills.run import NEAR_SECONDS, Kill, Load, Plan
from tests.kills.template import write_template

_PHASES = ("starting", "reading", "writing files", "committing")
_BUCKETS = 10
# How long a commit of the catalogue takes, roughly: a kill after so long still meets many of them.
_COMMIT_SECONDS = 0.06


@dataclass(frozen=True)
class Campaign:
    """The undisturbed load (its duration in seconds, its commits, the rows that it leaves), every kill, and
    how many came when the load was over and were repeated."""

    seconds: float
    commits: int
    rows: int
    kills: list[Kill]
    came_late: int


def campaign(
    folder: Path,
    kills: int,
    seed: int,
    *,
    requests: int,
    rows_per_commit: int,
    workers: int,
    at_once: int,
    tell: Callable[[str], None],
) -> Campaign:
    """Kill the same load `kills` times, `at_once` of them side by side, in homes below `folder`.

    Raises RuntimeError when undisturbed loads differ among themselves: then nothing could be compared.
    """
    template = folder / "template"
    write_template(template, requests)
    load = Load(template, rows_per_commit, workers)
    # Processes, not threads: one that is being started holds the locks of every thread for an instant.
    with ProcessPoolExecutor(at_once, mp_context=multiprocessing.get_context("spawn")) as pool:
        # The first of each process also warms the file cache: it is not measured.
        homes = [folder / f"undisturbed-{number}" for number in range(at_once * 3)]
        undisturbed = list(pool.map(load.undisturbed, homes))[at_once:]
        seconds, commits = median(run[0] for run in undisturbed), max(run[1] for run in undisturbed)
        expected = undisturbed[0][2]
        for _, _, state in undisturbed:
            if state.faults or state.differences(expected):
                raise RuntimeError(f"undisturbed loads differ: {state.faults} {state.differences(expected)}")
        tell(f"An undisturbed load takes {seconds:.2f} s and commits {commits} times.")
        done: list[Kill] = []
        came_late = 0
        attempt = 0
        # A kill that found the load over says nothing: it is repeated at another instant.
        while len(done) < kills:
            attempt += 1
            tasks = [
                pool.submit(load.killed, plan, expected, folder / f"kill-{attempt}-{number}")
                for number, plan in enumerate(plans(kills - len(done), f"{seed}:{attempt}", seconds, commits))
            ]
            for task in as_completed(tasks):
                kill = task.result()
                if kill.phase == "over" and not kill.wrong:
                    came_late += 1
                    continue
                done.append(kill)
                outcome = "; ".join(kill.wrong) or "identical"
                where = f"{kill.at:.3f} s, {kill.phase}, {kill.commits} commits before"
                tell(f"kill {len(done)}: {where}: {outcome}")
    return Campaign(seconds, commits, sum(rows for rows, _ in expected.tables.values()), done, came_late)


def plans(kills: int, seed: str, seconds: float, commits: int) -> list[Plan]:
    """Three quarters uniform over the load, an eighth in a commit, an eighth up to 100 ms after one."""
    random = Random(seed)  # noqa: S311 - instants, not secrets
    near = max(kills // 8, 1)
    plans = [Plan("start", 1, random.uniform(0, seconds)) for _ in range(kills - 2 * near)]
    plans += [
        Plan("commit begins", random.randint(1, commits), random.uniform(0, _COMMIT_SECONDS))
        for _ in range(near)
    ]
    # Behind the last commit the process only has to exit.
    plans += [
        Plan("commit ends", random.randint(1, max(commits - 1, 1)), random.uniform(0, NEAR_SECONDS))
        for _ in range(near)
    ]
    return plans


def report(done: Campaign, seed: int, seconds: float) -> str:
    """A Markdown table: kill instant by phase and outcome, and the sums."""
    kills = done.kills
    lines = [
        f"{len(kills)} kills of the process group (seed {seed}, {seconds:,.0f} s) of a load of "
        f"{done.seconds:.2f} s, {done.commits} commits and {done.rows:,} rows, "
        "each followed by one clean run:",
        "",
        f"| killed after | {' | '.join(_PHASES)} | near a commit | identical | different |",
        "|---|" + "---:|" * (len(_PHASES) + 3),
    ]
    step = done.seconds / _BUCKETS
    for bucket in range(_BUCKETS):
        start, end = bucket * step, (bucket + 1) * step if bucket < _BUCKETS - 1 else math.inf
        name = f"{start:.2f} to {end:.2f} s" if end < math.inf else f"{start:.2f} s and later"
        lines.append(_line(name, [kill for kill in kills if start <= kill.at < end]))
    lines.append(_line("**all**", kills))
    lines.append("")
    unregistered = [kill.leftovers for kill in kills if kill.leftovers]
    lines += [
        f"Near a commit: while it was written, or up to {NEAR_SECONDS * 1000:.0f} ms after its end. "
        f"Commits before the kill: {_counted(Counter(kill.commits for kill in kills))}. "
        f"{done.came_late} more kills came when the load was over, and were repeated.",
        f"Data files left unregistered, invisible to every query until maintenance removes them: "
        f"{sum(unregistered)} in {len(unregistered)} homes.",
    ]
    lines += [f"{kill.at:.3f} s, {kill.phase}: {'; '.join(kill.wrong)}" for kill in kills if kill.wrong]
    return "\n".join(lines)


def _line(name: str, kills: list[Kill]) -> str:
    phases = Counter(kill.phase for kill in kills)
    different = sum(bool(kill.wrong) for kill in kills)
    counts = [
        *(phases[phase] for phase in _PHASES),
        sum(kill.is_near for kill in kills),
        len(kills) - different,
        different,
    ]
    return f"| {name} | {' | '.join(map(str, counts))} |"


def _counted(counts: Counter[int]) -> str:
    return ", ".join(f"{commits}: {kills}" for commits, kills in sorted(counts.items()))
