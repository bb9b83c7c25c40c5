"""Ways to spoil a file: each takes its bytes and gives others; which one, and where, the generator says."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from random import Random

import zstandard

from tests.fuzz.corpus import Seed

Mutation = Callable[[bytes, Random, list[Seed]], bytes]

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|-?\d[\d.eE+-]*|true|false|null')
_EXTREMES = (
    *(
        b"0",
        b"-0",
        b"-1",
        b"1e400",
        b"1e-400",
        b"-1E+9999999",
        b"9" * 400,
        b"0.1e1",
        b"00",
        b"NaN",
        b"Infinity",
    ),
    *(str(2**bits + step).encode() for bits in (31, 32, 63, 64, 128) for step in (-1, 0, 1)),
    *(str(-(2**bits) + step).encode() for bits in (31, 63) for step in (-1, 0, 1)),
    *(b"null", b'""', b"{}", b"[]", b"true", b'"\\ud800"', b'"\\u0000"', b"946684799999999999"),
)
# Varints and lengths at the borders, tags of other wire types, a group, field number 0.
_WIRE = (
    *(
        b"\xff" * 9 + b"\x01",
        b"\xff" * 10,
        b"\x80" * 9 + b"\x02",
        b"\xff\xff\xff\xff\x0f",
        b"\xff\xff\xff\xff\x07",
    ),
    *(
        b"\x00",
        b"\x0b",
        b"\x0c",
        b"\x0f",
        b"\x07",
        b"\x0a\x00",
        b"\x12\x00",
        b"\x1a\x7f",
        b"\x7f\xff\xff\xff",
    ),
)
_TEXT = (
    *(b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\x00", b"\x1f", b"\x85"),
    *(b"\\ud83d", b"\\udc00\\ud800", b"\\u00", b"\\x41", b"'", b'"', b"\\", b"\r", b"\n", b"\r\n", b"\n\n"),
    *(
        b"/*",
        b"//",
        b",",
        b",,",
        b":",
        b"]",
        b"}",
        b"[",
        b"{",
        b'{"resourceSpans":',
        b'"resourceLogs":[',
        b"{}",
    ),
)


def mutate(data: bytes, random: Random, others: list[Seed]) -> bytes:
    """`data` with one to six mutations."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        data = random.choice(MUTATIONS)(data, random, others)
    return data


def wrap(data: bytes, random: Random) -> bytes:
    """`data` as one or two gzip members or zstd frames, perhaps damaged, or as it is."""
    if random.random() < 0.75:
        return data
    pack = random.choice((_gzip, zstandard.compress))
    half = random.randrange(len(data) + 1)
    packed = pack(data) if random.random() < 0.6 else pack(data[:half]) + pack(data[half:])
    damage = random.choice((None, None, _flip, _cut_off, _cut_out, _random_bytes, _duplicate))
    return packed if damage is None else damage(packed, random, [])


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _flip(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _random_bytes(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.randbytes(random.choice((1, 2, 4, 16))) + data[at + random.choice((0, 1, 4)) :]


def _cut_off(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _cut_out(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    start, end = _range(data, random)
    return data[:start] + data[end:]


def _duplicate(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    start, end = _range(data, random)
    return data[:end] + data[start:end] * random.choice((1, 1, 3)) + data[end:]


def _move(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    start, end = _range(data, random)
    rest, at = data[:start] + data[end:], random.randrange(len(data) - (end - start) + 1)
    return rest[:at] + data[start:end] + rest[at:]


def _splice(data: bytes, random: Random, others: list[Seed]) -> bytes:
    if not others:
        return data
    other = random.choice(others).data
    start, end = _range(other, random)
    at = random.randrange(len(data) + 1)
    return data[:at] + other[start:end] + data[at + random.choice((0, end - start)) :]


def _join(data: bytes, random: Random, others: list[Seed]) -> bytes:
    return data + random.choice((b"", b"\n", b" ")) + random.choice(others).data if others else data


def _extreme_number(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    return _replace(data, _NUMBER, random.choice(_EXTREMES), random)


def _swap_tokens(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    found = list(_TOKEN.finditer(data))
    if len(found) < 2:
        return data
    first, second = sorted(random.sample(range(len(found)), 2))
    one, two = found[first], found[second]
    between = data[one.end() : two.start()]
    return data[: one.start()] + two.group() + between + one.group() + data[two.end() :]


def _copy_token(data: bytes, random: Random, others: list[Seed]) -> bytes:
    found = _TOKEN.findall(random.choice(others).data if others else data)
    return _replace(data, _TOKEN, random.choice(found), random) if found else data


def _nest(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    depth = random.choice((1, 20, 99, 101, 111, 441, 1500, 20_000))
    before, after = random.choice(
        (
            (b"[", b"]"),
            (b'{"a":', b"}"),
            (b'{"arrayValue":{"values":[', b"]}}"),
            (b'{"kvlistValue":{"values":[{"key":"k","value":', b"}]}}"),
        )
    )
    closing = random.choice((depth, depth, 0, depth - 1))
    return _replace(data, _TOKEN, before * depth + b"1" + after * closing, random)


def _nest_messages(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    """Field 5 (array_value) or 6 (kvlist_value) of an AnyValue in itself, behind honest lengths."""
    inner = b""
    for _ in range(random.choice((2, 40, 99, 101, 400))):
        for tag in (b"\x0a", b"\x2a"):
            inner = tag + _varint(len(inner)) + inner
    at = random.randrange(len(data) + 1)
    return data[:at] + inner + data[at:]


def _wire(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(_WIRE) + data[at + random.choice((0, 1, 2)) :]


def _text(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(_TEXT) + data[at + random.choice((0, 0, 1)) :]


def _lines(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    """Lines in another order, dropped, joined, or ended otherwise."""
    lines = data.split(b"\n")
    match random.randrange(4):
        case 0:
            random.shuffle(lines)
        case 1:
            del lines[random.randrange(len(lines))]
        case 2:
            return data.replace(b"\n", random.choice((b"\r\n", b"\r", b"", b" ", b"\n \n")))
        case _:
            at = random.randrange(len(lines))
            lines[at] = lines[at][: random.randrange(len(lines[at]) + 1)]
    return b"\n".join(lines)


def _frame_length(data: bytes, random: Random, _others: list[Seed]) -> bytes:
    """A 4-byte length before the data that is right, or nearly."""
    length = random.choice((len(data), len(data) + 1, max(len(data) - 1, 0), 0, 1, 2**24, 2**31, 2**32 - 1))
    return length.to_bytes(4, "big") + random.choice((data, zstandard.compress(data)))


MUTATIONS: tuple[Mutation, ...] = (
    *(_flip, _random_bytes, _cut_off, _cut_out, _duplicate, _move, _splice, _join, _lines),
    *(_extreme_number, _swap_tokens, _copy_token, _nest, _nest_messages, _wire, _text, _frame_length),
)


def _range(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    longest = random.choice((1, 4, 32, 512, len(data)))
    return start, min(len(data), start + random.randrange(longest + 1))


def _replace(data: bytes, pattern: re.Pattern[bytes], new: bytes, random: Random) -> bytes:
    found = list(pattern.finditer(data))
    if not found:
        return data
    place = random.choice(found)
    return data[: place.start()] + new + data[place.end() :]


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])
