"""Files of which it is known how many records are good and how many are bad, in every framing."""

from __future__ import annotations

import gzip
import itertools
import json
from dataclasses import dataclass
from random import Random

import zstandard

from tests.fuzz.corpus import as_json, trace_request

# Each is one bad record among lines: no JSON, JSON that is no request, or a request that breaks off.
_BAD_LINES = (
    b"not json at all",
    b"null",
    b"17",
    b'"text"',
    b'{"other":[{"spans":[]}]}',
    b"{'resourceSpans': []}",
    b'{"resourceSpans":"many"}',
    b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00"}]}]}]}',
    b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\\ud800"}]}]}]}',
    b'{"resourceSpans":[{"spansOfScope":[{}]}]}',
    b'{"resourceSpans":[{"scopeSpans":[{"Spans":[{}]}]}]}',
    b"\xff\xfe\x00",
    b"\x0e\x01 noise",
)
# Tags of field 0, of a group and of an unknown wire type: no protobuf parser takes them.
_BAD_MESSAGES = (b"\x02\x00", b"\x0b", b"\x0f", b"\xff" * 12, b"\x0a\x7f", b"\x00\x00", b"\x0a\x02\x4a\x00")
_FRAMINGS = ("lines", "back to back", "array", "pretty", "frames", "zstd frames", "bare")


@dataclass(frozen=True)
class Known:
    """A file below `otlp/`, and how many spans of it land and how many records of it are bad."""

    path: str
    data: bytes
    good: int
    bad: int


def known_file(random: Random) -> Known:
    """One to twelve requests, some spans in them bad, some whole records between them bad."""
    framing = random.choice(_FRAMINGS)
    numbers = itertools.count()
    requests = [_request(random, numbers) for _ in range(random.randint(1, 12))]
    good, bad = sum(request.good for request in requests), sum(request.bad for request in requests)
    match framing:
        case "frames" | "zstd frames":
            pack = zstandard.compress if framing == "zstd frames" else bytes
            messages = [request.body for request in requests]
            whole = _between(messages, _BAD_MESSAGES, random)
            bad += len(whole) - len(messages)
            packed = [pack(message) for message in whole]
            data = b"".join(len(message).to_bytes(4, "big") + message for message in packed)
        case "bare":
            data = b"".join(request.body for request in requests)
        case "lines":
            texts = [json.dumps(request.tree).encode() for request in requests]
            whole = _between(texts, (*_BAD_LINES, _torn(texts[0], random)), random)
            bad += len(whole) - len(texts)
            data = random.choice((b"\n", b"\r\n", b"\n\n \n")).join([*whole, b""])
            if whole[0] == texts[0] and random.random() < 0.2:
                # The hole that a writer leaves which goes on in a file that was truncated.
                data, bad = bytes(random.randint(1, 5000)) + data, bad + 1
        case _:
            indent = 2 if framing == "pretty" else None
            texts = [json.dumps(request.tree, indent=indent).encode() for request in requests]
            joint = {"array": b", ", "pretty": b"\n", "back to back": b""}[framing]
            data = joint.join(texts)
            data = b"[" + data + b"]\n" if framing == "array" else data
    packed_whole = random.choice((bytes, bytes, _gzip, zstandard.compress))(data)
    signal = "traces" if "frames" in framing or framing == "bare" else random.choice(("traces", "any"))
    return Known(f"otlp/known/{signal}.export", packed_whole, good, bad)


@dataclass(frozen=True)
class _Request:
    body: bytes
    tree: object
    good: int
    bad: int


def _request(random: Random, numbers: itertools.count[int]) -> _Request:
    count = random.randint(1, 5)
    request = trace_request([next(numbers) for _ in range(count)], rich=random.random() < 0.3)
    bad = 0
    for span in request.resource_spans[0].scope_spans[0].spans:
        if random.random() < 0.85:
            continue
        bad += 1
        match random.randrange(5):
            case 0:
                span.trace_id = b"\1\2\3"
            case 1:
                span.span_id = bytes(8)
            case 2:
                span.start_time_unix_nano = 1_760_000_000_000
            case 3:
                span.end_time_unix_nano = 2**63
            case _:
                span.parent_span_id = b"\1" * 9
    return _Request(bytes(request.SerializeToString()), as_json(request), count - bad, bad)


def _between(good: list[bytes], bad: tuple[bytes, ...], random: Random) -> list[bytes]:
    """`good` with a bad one before, between or behind some; two bad ones never meet."""
    mixed: list[bytes] = []
    for item in good:
        if random.random() < 0.3:
            mixed.append(random.choice(bad))
        mixed.append(item)
    return mixed


def _torn(text: bytes, random: Random) -> bytes:
    return text[: random.randrange(1, len(text))]


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)
