"""The answer of a question as series to draw: which column is the axis, and which are drawn along it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from metabase.content import settings as visual
from metabase.content.database import Answer
from metabase.content.model import Question
from metabase.pictures.values import is_number, shown, title_of

# More would not be told apart; what is beyond is summed as one where sums are drawn, else left out and said.
MOST_SERIES = 10


@dataclass(frozen=True)
class Series:
    """One line, area or set of bars. `values` stand beside the categories; null has no mark."""

    name: str
    values: tuple[float | None, ...]
    settings: Mapping[str, Any]
    display: str
    color: str
    is_right: bool = False


@dataclass(frozen=True)
class Chart:
    """What to draw. `left_out`: series beyond the most that can be told apart."""

    categories: tuple[str, ...]
    is_time: bool
    series: tuple[Series, ...]
    left_out: int


def chart_of(question: Question, answer: Answer) -> Chart:
    """The series of an answer with at least one row."""
    found = question.visualization_settings
    dimensions, metrics = list(found["graph.dimensions"]), list(found["graph.metrics"])
    at = {name: place for place, name in enumerate(answer.columns)}
    axis = at[dimensions[0]]
    keys = _along([row[axis] for row in answer.rows])
    place = {key: number for number, key in enumerate(keys)}
    if len(dimensions) > 1:
        values = _broken_out(answer, place, axis, at[dimensions[1]], at[metrics[0]])
        columns = dict.fromkeys(values, metrics[0])
    else:
        values = {name: [None] * len(keys) for name in metrics}
        for row in answer.rows:
            for name in metrics:
                values[name][place[_day(row[axis])]] = _number(row[at[name]])
        columns = {name: name for name in metrics}
    return Chart(
        categories=tuple(shown(key, visual.of_column(found, dimensions[0])) for key in keys),
        is_time=bool(keys) and isinstance(keys[0], date),
        **_drawn(question, values, columns, is_broken=len(dimensions) > 1),
    )


def _drawn(
    question: Question, values: dict[str, list[float | None]], columns: Mapping[str, str], *, is_broken: bool
) -> dict[str, Any]:
    found = question.visualization_settings
    of_series: Mapping[str, Mapping[str, Any]] = found.get("series_settings", {})
    kept, others = values, {}
    if is_broken and len(values) > MOST_SERIES:
        by_size = sorted(values, key=lambda name: -sum(value or 0 for value in values[name]))
        kept = {name: values[name] for name in values if name in by_size[: MOST_SERIES - 1]}
        others = {name: values[name] for name in values if name not in kept}
        if "stackable.stack_type" in found:
            sums = [_sum(column) for column in zip(*others.values(), strict=True)]
            kept[f"{len(others)} others"] = sums
            columns = {**columns, f"{len(others)} others": next(iter(columns.values()))}
            others = {}
    series = []
    for number, (name, points) in enumerate(kept.items()):
        own = of_series.get(name, {})
        column = visual.of_column(found, columns[name])
        series.append(
            Series(
                name=name if is_broken else title_of(name, column),
                values=tuple(points),
                settings=column,
                display=str(
                    own.get("display") or ("bar" if question.display == "combo" else question.display)
                ),
                color=str(own.get("color") or f"var(--s{number % MOST_SERIES})"),
                is_right=own.get("axis") == "right",
            )
        )
    return {"series": tuple(series), "left_out": len(others)}


def _broken_out(
    answer: Answer, place: Mapping[Any, int], axis: int, breakout: int, metric: int
) -> dict[str, list[float | None]]:
    values: dict[str, list[float | None]] = {}
    for name in sorted({str(row[breakout]) for row in answer.rows}):
        values[name] = [None] * len(place)
    for row in answer.rows:
        values[str(row[breakout])][place[_day(row[axis])]] = _number(row[metric])
    return values


def _along(found: Sequence[Any]) -> list[Any]:
    """The keys of the axis: every day from the first to the last, or the values as they come."""
    days = [_day(key) for key in found if key is not None]
    if days and all(isinstance(day, date) for day in days) and not _are_months(days):
        first, last = min(days), max(days)
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return list(dict.fromkeys(_day(key) for key in found))


def _are_months(days: Sequence[date]) -> bool:
    return all(day.day == 1 for day in days) and len(set(days)) > 1


def _day(key: Any) -> Any:
    return key.date() if isinstance(key, datetime) else key


def _number(value: Any) -> float | None:
    return float(value) if is_number(value) else None


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
