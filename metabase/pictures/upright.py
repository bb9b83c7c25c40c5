"""Charts whose categories lie along the bottom: lines, areas, bars, both together, waterfalls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metabase.pictures.markup import Markup, element, joined
from metabase.pictures.scales import Scale, linear, logarithmic
from metabase.pictures.series import Chart, Series
from metabase.pictures.values import Settings, shortened, shown

TOP, BOTTOM, LEFT, RIGHT = 10.0, 24.0, 52.0, 12.0
# A character of a label is about so wide; a name is not cut to fewer than the second.
CHARACTER, SHORTEST = 6.4, 6


def upright(chart: Chart, settings: Settings, width: float, height: float) -> Markup:
    """The chart as SVG. Null has no mark: a line breaks there, and a bar is missing."""
    stack = settings.get("stackable.stack_type")
    if stack == "normalized":
        chart = _shares(chart)
    left = [series for series in chart.series if not series.is_right]
    right = [series for series in chart.series if series.is_right]
    plot_right = width - (LEFT if right else RIGHT)
    bottom = height - BOTTOM
    scale = _scale(left, bool(stack), settings, bottom)
    drawn: list[str] = [_grid(scale, left[0].settings, LEFT, plot_right)]
    if right:
        other = _scale(right, False, {}, bottom)
        drawn.append(_right_axis(other, right[0].settings, plot_right))
    step = (plot_right - LEFT) / max(len(chart.categories), 1)
    middles = [LEFT + step * (number + 0.5) for number in range(len(chart.categories))]
    drawn.append(_categories(chart, middles, bottom, plot_right))
    bars = [series for series in left if series.display in ("bar", "waterfall")]
    drawn.append(_bars(chart, bars, scale, middles, step, is_stacked=bool(stack)))
    base: list[float] = [0.0] * len(middles)
    for series in left:
        if series.display == "area":
            drawn.append(_area(chart, series, scale, middles, base if stack else None))
        elif series.display == "line":
            drawn.append(_line(chart, series, scale, middles))
    drawn += [_line(chart, series, other, middles) for series in right]
    if settings.get("graph.show_goal") and scale.low <= settings["graph.goal_value"] <= scale.high:
        drawn.append(_goal(settings, scale, plot_right))
    return element("svg", *drawn, viewBox=f"0 0 {width:.0f} {height:.0f}")


def waterfall(chart: Chart, settings: Settings, width: float, height: float) -> Markup:
    """Each value from where the one before ended; the sum of all at the end."""
    series = chart.series[0]
    ends = []
    total = 0.0
    for value in series.values:
        ends.append((total, total + (value or 0.0)))
        total += value or 0.0
    if settings.get("waterfall.show_total"):
        ends.append((0.0, total))
    names = [*chart.categories, "End"][: len(ends)]
    scale = linear([end for pair in ends for end in pair], height - BOTTOM, TOP)
    step = (width - LEFT - RIGHT) / len(ends)
    drawn: list[str] = [_grid(scale, series.settings, LEFT, width - RIGHT)]
    for number, (name, (start, end)) in enumerate(zip(names, ends, strict=True)):
        is_whole = number in (0, len(names) - 1)
        kind = "whole" if is_whole else ("rise" if end >= start else "fall")
        x = LEFT + step * number
        top, low = scale.at(max(start, end)), scale.at(min(start, end))
        label = f"{name}: {shown(end if is_whole else end - start, series.settings)}"
        drawn.append(
            element(
                "rect",
                element("title", label),
                x=x + step * 0.15,
                y=top,
                width=step * 0.7,
                height=max(low - top, 1.5),
                class_=f"mark {kind}",
            )
        )
        drawn.append(element("text", name, x=x + step / 2, y=height - 7, class_="tick middle small"))
    return element("svg", *drawn, viewBox=f"0 0 {width:.0f} {height:.0f}")


def _scale(series: Sequence[Series], is_stacked: bool, settings: Settings, bottom: float) -> Scale:
    values = [value for one in series for value in one.values if value is not None]
    if settings.get("graph.y_axis.scale") == "log" and any(value > 0 for value in values):
        return logarithmic(values, bottom, TOP)
    if is_stacked:
        columns = list(zip(*(one.values for one in series), strict=True))
        values = [sum(value for value in column if value and value > 0) for column in columns]
        values += [sum(value for value in column if value and value < 0) for column in columns]
    only_lines = all(one.display == "line" for one in series)
    shares = only_lines and bool(values) and series[0].settings.get("number_style") == "percent"
    # A line of shares near the top would be flat from zero on.
    return linear(values, bottom, TOP, zero=not (shares and min(values) > 0.5), is_whole=_is_whole(series))


def _is_whole(series: Sequence[Series]) -> bool:
    """True where half of one makes no sense on the axis."""
    settings = series[0].settings if series else {}
    return settings.get("decimals") == 0 and settings.get("number_style") == "decimal"


def _shares(chart: Chart) -> Chart:
    totals = [
        sum(value or 0.0 for value in column)
        for column in zip(*(s.values for s in chart.series), strict=True)
    ]
    series = tuple(
        Series(
            one.name,
            tuple(
                None if value is None or not total else value / total
                for value, total in zip(one.values, totals, strict=True)
            ),
            {"number_style": "percent", "decimals": 1},
            one.display,
            one.color,
        )
        for one in chart.series
    )
    return Chart(chart.categories, chart.is_time, series, chart.left_out)


def _grid(scale: Scale, settings: Settings, left: float, right: float) -> Markup:
    drawn = []
    for tick in scale.ticks:
        y = scale.at(tick)
        kind = "zero" if tick == 0 else "grid"
        drawn.append(element("line", x1=left, x2=right, y1=y, y2=y, class_=kind))
        drawn.append(element("text", shortened(tick, settings), x=left - 7, y=y + 4, class_="tick end"))
    return joined(drawn)


def _right_axis(scale: Scale, settings: Settings, right: float) -> Markup:
    return joined(
        element("text", shortened(tick, settings), x=right + 7, y=scale.at(tick) + 4, class_="tick")
        for tick in scale.ticks
    )


def _categories(chart: Chart, middles: Sequence[float], bottom: float, right: float) -> Markup:
    """As many labels as fit; days of one year without it, and the year once in the corner."""
    years = {name[:4] for name in chart.categories}
    is_one_year = chart.is_time and len(years) == 1 and len(chart.categories[0]) == len("2026-10-01")
    names = [name[5:] if is_one_year else name for name in chart.categories]
    step = (right - LEFT) / max(len(names), 1)
    most = int((step - 8) / CHARACTER)
    if not chart.is_time and most >= SHORTEST:
        names = [name if len(name) <= most else f"{name[: most - 1]}…" for name in names]
    longest = max((len(name) for name in names), default=1) * CHARACTER + 8
    every = max(1, -(-int(longest) // int(step or 1)))
    corner = [element("text", *years, x=2, y=bottom + 17, class_="tick")] if is_one_year else []
    return joined(
        corner
        + [
            element("text", name, x=x, y=bottom + 17, class_="tick middle")
            for number, (name, x) in enumerate(zip(names, middles, strict=True))
            if number % every == 0
        ]
    )


def _label(chart: Chart, series: Series, number: int) -> Markup:
    value = shown(series.values[number], series.settings)
    return element("title", f"{chart.categories[number]} · {series.name}: {value}")


def _bars(
    chart: Chart,
    bars: Sequence[Series],
    scale: Scale,
    middles: Sequence[float],
    step: float,
    *,
    is_stacked: bool,
) -> Markup:
    drawn = []
    wide = step * (0.82 if step > 6 else 0.95)
    each = wide if is_stacked or not bars else wide / len(bars)
    for number, middle in enumerate(middles):
        above, below = 0.0, 0.0
        for place, series in enumerate(bars):
            value = series.values[number]
            if not value:
                continue
            start = (above if value > 0 else below) if is_stacked else 0.0
            above, below = (above + value, below) if value > 0 else (above, below + value)
            top, low = sorted((scale.at(start), scale.at(start + value)))
            drawn.append(
                element(
                    "rect",
                    _label(chart, series, number),
                    x=middle - wide / 2 + (0.0 if is_stacked else each * place),
                    y=top,
                    width=max(each - 0.5, 0.5),
                    height=max(low - top, 0.5),
                    fill=series.color,
                    class_="mark",
                )
            )
    return joined(drawn)


def _line(chart: Chart, series: Series, scale: Scale, middles: Sequence[float]) -> Markup:
    points = [
        None if value is None else (x, scale.at(value))
        for x, value in zip(middles, series.values, strict=True)
    ]
    drawn = [
        element("path", d=_path(run), stroke=series.color, class_="mark line")
        for run in _runs(points)
        if len(run) > 1
    ]
    for number, point in enumerate(points):
        if point is not None:
            drawn.append(
                element(
                    "circle",
                    _label(chart, series, number),
                    cx=point[0],
                    cy=point[1],
                    r=2.2,
                    fill=series.color,
                    class_="mark dot",
                )
            )
    return joined(drawn)


def _area(
    chart: Chart, series: Series, scale: Scale, middles: Sequence[float], base: list[float] | None
) -> Markup:
    floor = list(base) if base is not None else [0.0] * len(middles)
    tops = [low + (value or 0.0) for low, value in zip(floor, series.values, strict=True)]
    if base is not None:
        base[:] = tops
    upper = [(x, scale.at(top)) for x, top in zip(middles, tops, strict=True)]
    lower = [(x, scale.at(low)) for x, low in zip(middles, floor, strict=True)]
    is_known = [value is not None for value in series.values]
    shapes = [
        element(
            "path",
            element("title", series.name),
            d=f"{_path(top)} L{_path(low[::-1])[1:]} Z",
            fill=series.color,
            class_="mark area",
        )
        for top, low in zip(_runs(_known(upper, is_known)), _runs(_known(lower, is_known)), strict=True)
    ]
    dots = [
        element(
            "circle", _label(chart, series, number), cx=x, cy=y, r=3.0, fill=series.color, class_="dot hidden"
        )
        for number, (x, y) in enumerate(upper)
        if series.values[number] is not None
    ]
    return joined([*shapes, *dots])


def _goal(settings: Mapping[str, Any], scale: Scale, right: float) -> Markup:
    y = scale.at(settings["graph.goal_value"])
    label = str(settings.get("graph.goal_label", "Goal"))
    return joined(
        [
            element("line", x1=LEFT, x2=right, y1=y, y2=y, class_="goal"),
            element("text", label, x=LEFT + 6, y=y - 5, class_="tick"),
        ]
    )


def _known(
    points: Sequence[tuple[float, float]], is_known: Sequence[bool]
) -> list[tuple[float, float] | None]:
    return [point if known else None for point, known in zip(points, is_known, strict=True)]


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
