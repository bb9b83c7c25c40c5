"""Charts whose categories stand one below the other: rows and funnels."""

from __future__ import annotations

from metabase.pictures.markup import Markup, element
from metabase.pictures.scales import linear
from metabase.pictures.series import Chart
from metabase.pictures.values import NULL, Settings, shown

MOST_ROWS = 40
VALUE_WIDTH = 72.0


def rows(chart: Chart, settings: Settings, width: float, height: float) -> Markup:
    """Bars from left to right with their values beside; stacked ones name their sum. Null is a dash."""
    is_stacked = "stackable.stack_type" in settings
    names = chart.categories[:MOST_ROWS]
    label = min(max((len(name) for name in names), default=1) * 6.6 + 12, width * 0.54)
    sums = [
        [value for series in chart.series if (value := series.values[number]) is not None]
        for number in range(len(names))
    ]
    ends = [sum(known) for known in sums] if is_stacked else [value for known in sums for value in known]
    right = width - VALUE_WIDTH
    scale = linear(ends, label, right)
    step = min((height - 4) / max(len(names), 1), 34.0)
    each = step * 0.72 if is_stacked else step * 0.76 / len(chart.series)
    drawn = [element("line", x1=scale.at(0), x2=scale.at(0), y1=0, y2=step * len(names), class_="zero")]
    for number, name in enumerate(names):
        y = step * number + step * 0.14
        drawn.append(
            element(
                "text",
                element("title", name),
                _cut(name, label),
                x=label - 8,
                y=y + step * 0.36 + 4,
                class_="tick end name",
            )
        )
        end = 0.0
        for place, series in enumerate(chart.series):
            value = series.values[number]
            top = y if is_stacked else y + each * place
            start, stop = (end, end + (value or 0.0)) if is_stacked else (0.0, value or 0.0)
            end = stop
            left, wide = min(scale.at(start), scale.at(stop)), abs(scale.at(stop) - scale.at(start))
            text = f"{name} · {series.name}: {shown(value, series.settings)}"
            if value:
                drawn.append(
                    element(
                        "rect",
                        element("title", text),
                        x=left,
                        y=top,
                        width=max(wide, 1.0),
                        height=each,
                        fill=series.color,
                        class_="mark",
                    )
                )
            if not is_stacked and each >= 9:
                drawn.append(
                    _value(shown(value, series.settings), scale.at(max(stop, 0.0)), top + each / 2 + 4)
                )
        if is_stacked:
            total = shown(end, chart.series[0].settings) if sums[number] else NULL
            drawn.append(_value(total, scale.at(max(end, 0.0)), y + each / 2 + 4))
    tall = max(step * len(names) + 2, 20.0)
    if len(chart.categories) > len(names):
        more = f"{len(chart.categories) - len(names)} more are not drawn"
        drawn.append(element("text", more, x=label, y=tall + 12, class_="tick"))
        tall += 16
    return element("svg", *drawn, viewBox=f"0 0 {width:.0f} {tall:.0f}")


def funnel(
    names: list[str], values: list[float | None], settings: Settings, width: float, height: float
) -> Markup:
    """Stages from top to bottom, each as wide as it is large, with its share of the first."""
    largest = max((value for value in values if value is not None), default=1.0) or 1.0
    step = height / max(len(names), 1)
    drawn = []
    first = values[0] if values else None
    for number, (name, value) in enumerate(zip(names, values, strict=True)):
        y = step * number
        share = f" · {value / first:.0%}" if value is not None and first and number else ""
        text = f"{name}: {shown(value, settings)}{share}"
        drawn.append(element("text", text, x=width / 2, y=y + 14, class_="tick middle name"))
        if value:
            wide = width * value / largest
            drawn.append(
                element(
                    "rect",
                    element("title", text),
                    x=(width - wide) / 2,
                    y=y + 20,
                    width=wide,
                    height=max(step - 28, 6.0),
                    rx=3,
                    fill=f"var(--s{number})",
                    class_="mark",
                )
            )
    return element("svg", *drawn, viewBox=f"0 0 {width:.0f} {height:.0f}")


def _value(text: str, x: float, y: float) -> Markup:
    return element("text", text, x=x + 6, y=y, class_="tick value")


def _cut(name: str, width: float) -> str:
    most = int((width - 12) / 6.4)
    return name if len(name) <= most else f"{name[: most - 1]}…"
