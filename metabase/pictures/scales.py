"""Where a number lies on an axis, and which numbers are written beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

_NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high` in data, from `start` to `end` in pixels."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    is_log: bool = False

    def at(self, value: float) -> float:
        """The pixel of `value`."""
        if self.is_log:
            low, high, value = math.log10(self.low), math.log10(self.high), math.log10(max(value, self.low))
        else:
            low, high = self.low, self.high
        return self.start + (value - low) / (high - low) * (self.end - self.start)


def linear(
    values: list[float],
    start: float,
    end: float,
    *,
    ticks: int = 5,
    zero: bool = True,
    is_whole: bool = False,
) -> Scale:
    """An axis that holds `values`, and zero unless told otherwise, between round numbers."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = (low, low + 1) if zero else (low - abs(low) / 2 - 0.5, high + abs(high) / 2 + 0.5)
    step = _nice((high - low) / ticks)
    if is_whole:
        step = max(1.0, step)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = tuple(step * number for number in range(first, last + 1))
    return Scale(marks[0], marks[-1], start, end, marks)


def logarithmic(values: list[float], start: float, end: float) -> Scale:
    """An axis of the powers of ten, in steps of 1, 2 and 5 where it spans few; of values above zero only."""
    above = [value for value in values if value > 0]
    low, high = min(above, default=1.0), max(above, default=10.0)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    inside = [mark for mark in marks if low <= mark <= high]
    below = max((mark for mark in marks if mark <= low), default=low)
    beyond = min((mark for mark in marks if mark >= high), default=high)
    ticks = sorted({below, *inside, beyond if beyond > below else below * 10})
    wanted = (
        ticks
        if len(ticks) <= 6
        else [t for t in ticks if math.log10(t) % 1 < 1e-9] or ticks[:: len(ticks) // 4]
    )
    return Scale(ticks[0], ticks[-1], start, end, tuple(wanted), is_log=True)


def _nice(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in _NICE if factor * power >= step * (1 - 1e-9))
