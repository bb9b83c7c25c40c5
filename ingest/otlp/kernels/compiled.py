"""How a kernel is compiled: without the interpreter, once per version of these sources, kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils
from numba.extending import intrinsic

from ingest.otlp.kernels import cache_folder

F = TypeVar("F", bound=Callable[..., Any])


# Read by numba whenever a function is marked as a kernel; its stubs do not know the name.
setattr(numba.config, "CACHE_DIR", str(cache_folder()))  # noqa: B010


# Without the count of references, which costs more than all the rest: a kernel allocates nothing.
_OPTIONS: Any = {"nogil": True, "error_model": "numpy", "_nrt": False}
_UNSEEN: Any = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel(function: F) -> F:
    """Compile `function` when it is first called, and keep it; it releases the interpreter's lock."""
    return cast(F, numba.njit(cache=True, **_OPTIONS)(function))


def part(function: F) -> F:
    """Compile `function` into the kernels that call it; Python itself cannot call it."""
    return cast(F, numba.njit(**_UNSEEN)(function))


def inlined(function: F) -> F:
    """A `part` written out wherever it is called: an arena is too large to be passed for each string."""
    return cast(F, numba.njit(forceinline=True, **_UNSEEN)(function))


def _load(kind: Any, bits: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer = builder.bitcast(builder.gep(data, [args[1]]), bits.as_pointer())
        loaded = builder.load(pointer)
        loaded.align = 1
        return loaded

    return kind(array, at), generate


def _load_word(_context: Any, array: Any, at: Any) -> Any:
    return _load(numba.types.uint64, ir.IntType(64), array, at)


def _load_double(_context: Any, array: Any, at: Any) -> Any:
    return _load(numba.types.float64, ir.DoubleType(), array, at)


def _copy_bytes(_context: Any, target: Any, to: Any, array: Any, at: Any, length: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        begin, source = (
            builder.gep(context.make_array(kind)(context, builder, value).data, [place])
            for kind, value, place in zip(signature.args[0:3:2], args[0:3:2], args[1:4:2], strict=True)
        )
        cgutils.raw_memcpy(builder, begin, source, args[4], 1)  # type: ignore[no-untyped-call]
        return context.get_dummy_value()

    return numba.types.none(target, to, array, at, length), generate


def _lowest_byte(_context: Any, word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        bits = builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))
        return builder.lshr(bits, ir.Constant(ir.IntType(64), 3))

    return numba.types.int64(word), generate


# Eight bytes of an array from a place on, the first of them lowest; all of them must lie in the array.
load_word = cast(Callable[[npt.NDArray[np.uint8], int], np.uint64], intrinsic(_load_word))
# The same eight bytes as an IEEE 754 double.
load_double = cast(Callable[[npt.NDArray[np.uint8], int], float], intrinsic(_load_double))
# Copy to a place in the first array from a place in the second, so many bytes.
copy_bytes = cast(
    Callable[[npt.NDArray[np.uint8], int, npt.NDArray[np.uint8], int, int], None], intrinsic(_copy_bytes)
)
# The place, from 0, of the lowest byte of a word that is not zero.
lowest_byte = cast(Callable[[np.uint64], int], intrinsic(_lowest_byte))
