"""The cost of an added day as tables and as lines in SVG."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.warehouse_job import NodeCost

# What the day costs; seeds are the same on any day.
COUNTED = ("load", "model")
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 380, 70, 80, 50


# Where on the picture a number stands.
Place = Callable[[float], float]


@dataclass(frozen=True)
class Day:
    """Medians for the day that was added after `history` days: CPU and wall seconds of each node."""

    history: int
    cpu_s: dict[tuple[str, str], float]
    wall_s: dict[tuple[str, str], float]

    @classmethod
    def median(cls, history: int, runs: Sequence[Sequence[NodeCost]]) -> Day:
        """Node by node, over the runs."""
        nodes = [(cost.kind, cost.name) for cost in runs[0]]
        found = [{(cost.kind, cost.name): cost for cost in run} for run in runs]
        return cls(
            history,
            {node: median(run[node].cpu_s for run in found) for node in nodes},
            {node: median(run[node].wall_s for run in found) for node in nodes},
        )

    def cpu(self, *kinds: str) -> float:
        """CPU seconds of all nodes of some kinds."""
        return sum(seconds for (kind, _), seconds in self.cpu_s.items() if kind in kinds)

    def wall(self, *kinds: str) -> float:
        """Wall seconds of all nodes of some kinds."""
        return sum(seconds for (kind, _), seconds in self.wall_s.items() if kind in kinds)


def ratios(days: Sequence[Day]) -> list[float]:
    """CPU of load and models over that on the empty warehouse."""
    return [day.cpu(*COUNTED) / days[0].cpu(*COUNTED) for day in days]


def terminal(days: Sequence[Day]) -> str:
    """The tables with aligned columns."""
    return f"{_totals(days)}\n\n{_nodes(days)}"


def markdown(days: Sequence[Day], size: int) -> str:
    """The same as a page."""
    return (
        "# One day more\n\n"
        f"One day of {size} times the sample month's traffic, loaded and built on a warehouse that holds so "
        f"many days already, against the same day on one that was built with no data at all; both runs are "
        f"incremental, over tables that exist. The days before were loaded and built ten at a time, and the "
        f"lake maintained each time (`python -m ingest maintain`), as it is once a day. Counters go on from "
        f"day to day; nothing arrives late, so one day is told of. {os.cpu_count()} cores.\n\n"
        f"```\n{_totals(days)}\n```\n\n"
        "![CPU seconds of the added day](warehouse.svg)\n\n"
        "Written by `python -m benchmarks.warehouse`. CPU is user and system time, from the start of the "
        "load or dbt node to its end; the starts of Python and dbt, dbt's parsing and hooks, and the "
        "maintenance are not in it. The ratio is of load and models; the tests, which read whole tables, "
        "are left out.\n\n"
        f"## Models\n\n```\n{_nodes(days)}\n```\n"
    )


def draw(days: Sequence[Day], size: int) -> str:
    """CPU seconds of the added day over the days before it; dashed, 1.3 times the empty warehouse."""
    last = max(day.history for day in days)
    top = 1.6 * days[0].cpu(*COUNTED)

    def x(history: float) -> float:
        return _LEFT + history / last * (_WIDTH - _LEFT - 140)

    def y(seconds: float) -> float:
        return _TOP + (1 - seconds / top) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" font-family="Helvetica, Arial, sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        '<text x="16" y="28" font-size="17" font-weight="bold">What one more day costs: CPU seconds</text>',
        f'<text x="16" y="48" fill="#5f6c7b">{size} times the traffic of the sample month</text>',
        f'<line x1="{_LEFT}" y1="{y(0)}" x2="{x(last)}" y2="{y(0)}" stroke="#1f2933"/>',
        _limit(x, y, 1.3 * days[0].cpu(*COUNTED), last),
    ]
    for kinds, colour, label in ((COUNTED, "#2a6fbb", "load and models"), (("load",), "#9aa5b1", "load")):
        points = " ".join(f"{x(day.history):.1f},{y(day.cpu(*kinds)):.1f}" for day in days)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for day in days:
            at = f'x="{x(day.history):.1f}" y="{y(day.cpu(*kinds)) - 8:.1f}"'
            parts.append(f'<text {at} text-anchor="middle">{day.cpu(*kinds):.1f}</text>')
        end = y(days[-1].cpu(*kinds)) + 4
        parts.append(f'<text x="{x(last) + 24:.1f}" y="{end:.1f}" fill="{colour}">{label}</text>')
    for day in days:
        at = f'x="{x(day.history):.1f}" y="{y(0) + 20:.1f}"'
        parts.append(f'<text {at} text-anchor="middle" fill="#5f6c7b">{day.history} days</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _limit(x: Place, y: Place, seconds: float, last: int) -> str:
    return (
        f'<line x1="{x(0)}" y1="{y(seconds):.1f}" x2="{x(last)}" y2="{y(seconds):.1f}" stroke="#c0392b" '
        f'stroke-dasharray="6 4"/>'
        f'<text x="{x(last) + 24:.1f}" y="{y(seconds):.1f}" fill="#c0392b">1.3 times</text>'
    )


def _totals(days: Sequence[Day]) -> str:
    lines = ["history    load  models   ratio    wall   ratio   seeds  (CPU s; wall s of load and models)"]
    for day, ratio in zip(days, ratios(days), strict=True):
        wall = day.wall(*COUNTED)
        lines.append(
            f"{day.history:>7} {day.cpu('load'):>7.2f} {day.cpu('model'):>7.2f} {ratio:>7.2f} {wall:>7.2f} "
            f"{wall / days[0].wall(*COUNTED):>7.2f} {day.cpu('seed'):>7.2f}"
        )
    return "\n".join(lines)


def _nodes(days: Sequence[Day]) -> str:
    """Every load, seed and model, the one that grew most first."""
    nodes = sorted(days[0].cpu_s, key=lambda node: days[0].cpu_s[node] - days[-1].cpu_s[node])
    head = "".join(f"{f'{day.history} days':>9}" for day in days)
    lines = [f"{'':<34}{head}    ratio  (CPU s)"]
    for node in nodes:
        cells = "".join(f"{day.cpu_s[node]:>9.3f}" for day in days)
        lines.append(f"{node[1]:<34}{cells}{days[-1].cpu_s[node] / max(days[0].cpu_s[node], 0.001):>9.2f}")
    return "\n".join(lines)
