"""Memory that the batches of one thread use one after the other: fresh pages cost more than filling them."""

from __future__ import annotations

import math
import threading
from typing import TypeVar

import numpy as np
import numpy.typing as npt

# What an unusual batch needs beyond this is given back after it.
_MOST_HELD_BYTES = 32 * 1024 * 1024


class _Held(threading.local):
    def __init__(self) -> None:
        self.by_name: dict[str, npt.NDArray[np.uint8]] = {}


_HELD = _Held()
T = TypeVar("T", bound=np.generic)


def reused(name: str, shape: tuple[int, ...], dtype: type[T]) -> npt.NDArray[T]:
    """An array with anything in it. The next call with this name may give the same memory."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    held = _HELD.by_name.get(name)
    if held is None or len(held) < size:
        held = np.empty(size, np.uint8)
        if size <= _MOST_HELD_BYTES:
            _HELD.by_name[name] = held
    return held[:size].view(dtype).reshape(shape)
