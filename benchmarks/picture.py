"""The results as a bar chart in SVG, one group of bars for each encoding."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.report import Result, find

_WIDTH, _LEFT, _RIGHT = 960, 270, 310
_BAR, _GAP, _HEAD, _GROUP_HEAD = 20, 8, 64, 34
_OURS, _THEIRS, _FLOOR = "#2a6fbb", "#9aa5b1", "#d9dee3"
_INK, _FAINT = "#1f2933", "#5f6c7b"
_TITLES = {"json": "OTLP/JSON", "protobuf": "OTLP protobuf"}


def draw(results: Sequence[Result]) -> str:
    """The picture: spans per second and core as bars; beside them MB/s, peak memory, CPU over the floor's."""
    scale = (_WIDTH - _LEFT - _RIGHT) / max(result.spans_a_core for result in results)
    parts: list[str] = []
    y = _HEAD
    for encoding, title in _TITLES.items():
        parts.append(_text(16, y + 16, title, weight="bold"))
        y += _GROUP_HEAD
        for result in (result for result in results if result.case.encoding == encoding):
            floor = find(results, "floor", encoding)
            parts.extend(_row(result, y, scale, result.median.cpu_s / floor.median.cpu_s))
            y += _BAR + _GAP
        y += 10
    count, runs = results[0].spans, results[0].median.runs
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}" height="{y}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>',
        _text(16, 28, "From export to Parquet: spans per second and core", weight="bold", size=17),
        _text(16, 48, f"{count:,} GenAI spans of 24 attributes, median of {runs} runs", colour=_FAINT),
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def _row(result: Result, y: int, scale: float, over_floor: float) -> list[str]:
    width = result.spans_a_core * scale
    colour = {"tracehouse": _OURS, "floor": _FLOOR}.get(result.case.peer, _THEIRS)
    speed = result.source_bytes / 1e6 / result.median.cpu_s
    beside = f"{speed:,.0f} MB/s, peak {result.median.peak_bytes / 1e6:,.0f} MB, {over_floor:.1f} x floor"
    number = f"{result.spans_a_core:,.0f}"
    middle = y + 15
    return [
        _text(_LEFT - 10, middle, result.case.label, anchor="end"),
        f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>',
        _text(_LEFT + width + 6, middle, number, weight="bold"),
        _text(_LEFT + width + 6 + 9 * len(number) + 6, middle, beside, colour=_FAINT, size=12),
    ]


def _text(
    x: float,
    y: float,
    text: str,
    *,
    weight: str = "normal",
    anchor: str = "start",
    colour: str = _INK,
    size: int = 13,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" fill="{colour}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )
