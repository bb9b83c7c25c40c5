"""BLAKE2b with digests of 16 bytes, of many messages side by side: compiled, a lane is a lane of a vector.

A message alone fills no vector, and for one as short as a record even `hashlib` spends half its time on the
way in and out. Source: RFC 7693, whose names are kept; `tests/ingest/test_digest.py` compares with `hashlib`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.otlp.digest import DIGEST_BYTES
from ingest.otlp.kernels.arena import Bytes, Ints
from ingest.otlp.kernels.compiled import inlined, kernel, part

Words = npt.NDArray[np.uint64]

_LANES = 8
_BLOCK = 128
_ALL_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
_IV = (
    np.uint64(0x6A09E667F3BCC908),
    np.uint64(0xBB67AE8584CAA73B),
    np.uint64(0x3C6EF372FE94F82B),
    np.uint64(0xA54FF53A5F1D36F1),
    np.uint64(0x510E527FADE682D1),
    np.uint64(0x9B05688C2B3E6C1F),
    np.uint64(0x1F83D9ABFB41BD6B),
    np.uint64(0x5BE0CD19137E2179),
)
# The first word of the parameter block: no key, fanout and depth of 1.
_PARAMETERS = np.uint64(0x01010000 | DIGEST_BYTES)

# Rows of the state, each a word for every lane: hash, block, bytes so far, and whether the block is the last.
_H = 0
_M = _H + 8
_T = _M + 16
_F = _T + 1
_ROWS = _F + 1


def blake2b_digests(words: Words, begins: Ints, lengths: Ints) -> Bytes:
    """The digest of each message, uint8[n, 16]: `lengths` bytes from `begins` on, a place in `words`.

    The last word of a message must be there wholly; what it holds behind the last byte does not count.
    """
    found = np.empty((len(begins), DIGEST_BYTES), np.uint8)
    _hash(words, begins, lengths, np.zeros(_ROWS * _LANES, np.uint64), np.full(_LANES, -1), found)
    return found


@kernel
def _hash(words: Words, begins: Ints, lengths: Ints, state: Words, messages: Ints, found: Bytes) -> None:
    """Each lane takes the next message when it is done with one; -1 stands for none."""
    following, busy = 0, _LANES
    while busy:
        busy = 0
        for lane in range(_LANES):
            if messages[lane] < 0 and following < len(begins):
                messages[lane] = following
                following += 1
                _begin(state, lane)
            if messages[lane] >= 0:
                busy += 1
                _take_block(words, begins[messages[lane]], lengths[messages[lane]], state, lane)
        _compress(state)
        for lane in range(_LANES):
            if messages[lane] >= 0 and state[_F * _LANES + lane]:
                _write(state, lane, found, messages[lane])
                messages[lane] = -1


@inlined
def _begin(state: Words, lane: int) -> None:
    state[_T * _LANES + lane] = 0
    state[lane] = _IV[0] ^ _PARAMETERS
    for place in range(1, 8):
        state[place * _LANES + lane] = _IV[place]


@inlined
def _take_block(words: Words, begin: int, length: int, state: Words, lane: int) -> None:
    """The next block of a message, the last one filled up with zeroes."""
    done = np.int64(state[_T * _LANES + lane])
    left, at, to = length - done, begin + done // 8, _M * _LANES + lane
    is_last = left <= _BLOCK
    whole = left // 8 if is_last else 16
    for place in range(whole):
        state[to + place * _LANES] = words[at + place]
    for place in range(whole, 16):
        state[to + place * _LANES] = 0
    if is_last and left % 8:
        unused = np.uint64(64 - 8 * (left % 8))
        state[to + whole * _LANES] = (words[at + whole] << unused) >> unused
    state[_T * _LANES + lane] = length if is_last else done + _BLOCK
    state[_F * _LANES + lane] = _ALL_ONES if is_last else np.uint64(0)


@inlined
def _write(state: Words, lane: int, found: Bytes, row: int) -> None:
    for place in range(8):
        shift = np.uint64(8 * place)
        found[row, place] = (state[lane] >> shift) & np.uint64(255)
        found[row, place + 8] = (state[_LANES + lane] >> shift) & np.uint64(255)


@part
def _compress(state: Words) -> None:
    """The function F, of one block in each lane.

    Written out, and with one array, the loop becomes instructions of eight words each.
    """
    for i in range(_LANES):
        m0, m1, m2, m3 = _four(state, _M, i)
        m4, m5, m6, m7 = _four(state, _M + 4, i)
        m8, m9, m10, m11 = _four(state, _M + 8, i)
        m12, m13, m14, m15 = _four(state, _M + 12, i)
        h0, h1, h2, h3 = _four(state, _H, i)
        h4, h5, h6, h7 = _four(state, _H + 4, i)
        t, f = state[_T * _LANES + i], state[_F * _LANES + i]
        low: Any = h0, h1, h2, h3, h4, h5, h6, h7
        high: Any = _IV[0], _IV[1], _IV[2], _IV[3], _IV[4] ^ t, _IV[5], _IV[6] ^ f, _IV[7]
        v = low + high
        v = _round(v, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
        v = _round(v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3)
        v = _round(v, m11, m8, m12, m0, m5, m2, m15, m13, m10, m14, m3, m6, m7, m1, m9, m4)
        v = _round(v, m7, m9, m3, m1, m13, m12, m11, m14, m2, m6, m5, m10, m4, m0, m15, m8)
        v = _round(v, m9, m0, m5, m7, m2, m4, m10, m15, m14, m1, m11, m12, m6, m8, m3, m13)
        v = _round(v, m2, m12, m6, m10, m0, m11, m8, m3, m4, m13, m7, m5, m15, m14, m1, m9)
        v = _round(v, m12, m5, m1, m15, m14, m13, m4, m10, m0, m7, m6, m3, m9, m2, m8, m11)
        v = _round(v, m13, m11, m7, m14, m12, m1, m3, m9, m5, m0, m15, m4, m8, m6, m2, m10)
        v = _round(v, m6, m15, m14, m9, m11, m3, m0, m8, m12, m2, m13, m7, m1, m4, m10, m5)
        v = _round(v, m10, m2, m8, m4, m7, m6, m1, m5, m15, m11, m9, m14, m3, m12, m13, m0)
        v = _round(v, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
        v = _round(v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3)
        v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15 = v
        _set_four(state, _H, i, h0 ^ v0 ^ v8, h1 ^ v1 ^ v9, h2 ^ v2 ^ v10, h3 ^ v3 ^ v11)
        _set_four(state, _H + 4, i, h4 ^ v4 ^ v12, h5 ^ v5 ^ v13, h6 ^ v6 ^ v14, h7 ^ v7 ^ v15)


@inlined
def _four(state: Words, row: int, i: int) -> Any:
    at = row * _LANES + i
    return state[at], state[at + _LANES], state[at + 2 * _LANES], state[at + 3 * _LANES]


@inlined
def _set_four(state: Words, row: int, i: int, a: Any, b: Any, c: Any, d: Any) -> None:
    at = row * _LANES + i
    state[at], state[at + _LANES], state[at + 2 * _LANES], state[at + 3 * _LANES] = a, b, c, d


@inlined
def _round(
    v: Any, s0: Any, s1: Any, s2: Any, s3: Any, s4: Any, s5: Any, s6: Any, s7: Any,
    s8: Any, s9: Any, s10: Any, s11: Any, s12: Any, s13: Any, s14: Any, s15: Any,
) -> Any:  # fmt: skip
    v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15 = v
    v0, v4, v8, v12 = _mixed(v0, v4, v8, v12, s0, s1)
    v1, v5, v9, v13 = _mixed(v1, v5, v9, v13, s2, s3)
    v2, v6, v10, v14 = _mixed(v2, v6, v10, v14, s4, s5)
    v3, v7, v11, v15 = _mixed(v3, v7, v11, v15, s6, s7)
    v0, v5, v10, v15 = _mixed(v0, v5, v10, v15, s8, s9)
    v1, v6, v11, v12 = _mixed(v1, v6, v11, v12, s10, s11)
    v2, v7, v8, v13 = _mixed(v2, v7, v8, v13, s12, s13)
    v3, v4, v9, v14 = _mixed(v3, v4, v9, v14, s14, s15)
    return v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15


@inlined
def _mixed(a: Any, b: Any, c: Any, d: Any, x: Any, y: Any) -> Any:
    """The function G."""
    a = a + b + x
    d = _rotated(d ^ a, np.uint64(32))
    c = c + d
    b = _rotated(b ^ c, np.uint64(24))
    a = a + b + y
    d = _rotated(d ^ a, np.uint64(16))
    c = c + d
    b = _rotated(b ^ c, np.uint64(63))
    return a, b, c, d


@inlined
def _rotated(word: Any, by: Any) -> Any:
    return (word >> by) | (word << (np.uint64(64) - by))
