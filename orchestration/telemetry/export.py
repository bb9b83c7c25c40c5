"""The spans of an export, read and decoded as ingest does, with their attributes as it would store them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ingest.errors import SettingsError
from ingest.framing import read_pieces
from ingest.otlp import decode
from ingest.pieces import BadRecord, Limits, Piece, Row
from ingest.schema import SPANS
from orchestration.telemetry.aliases import Values

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Span:
    """One span: `place` is `<trace id>-<span id>`, `day` its UTC day (null without a time).

    `kind` is in lower case, such as `client`.
    """

    place: str
    day: date | None
    kind: str
    own: Values = field(repr=False)
    resource: Values = field(repr=False)


@dataclass(frozen=True)
class Others:
    """So many log records and metric points."""

    count: int


def files_of(paths: list[Path]) -> list[tuple[Path, str]]:
    """Every file named, and those below a folder that is, with the name that tells its signal.

    Hidden files are left out. Raises SettingsError for a path that is neither.
    """
    found = []
    for path in paths:
        if path.is_dir():
            below = sorted(
                each for each in path.rglob("*") if each.is_file() and not each.name.startswith(".")
            )
            found += [(each, f"otlp/{each.relative_to(path).as_posix()}") for each in below]
        elif path.exists():
            found.append((path, f"otlp/{path.absolute().parent.name}/{path.name}"))
        else:
            raise SettingsError(f"There is no {path}; name a file or a folder that an exporter wrote.")
    if not found:
        raise SettingsError(f"There is no file in {', '.join(map(str, paths))}.")
    return found


def read_export(path: Path, name: str) -> Iterator[Span | Others | BadRecord]:
    """What one file holds, and what ingest would quarantine. Raises SettingsError if it cannot be read."""
    limits = Limits()
    try:
        with path.open("rb") as stream:
            for piece in read_pieces(stream, name, limits=limits):
                if not isinstance(piece, Piece):
                    yield piece
                    continue
                decoded = decode(piece, limits)
                yield from map(_span, decoded.rows["spans"])
                yield Others(len(decoded.rows["log_records"]) + len(decoded.rows["metric_points"]))
                yield from decoded.bad
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error


def _span(row: Row) -> Span:
    # The day stands before the columns, those of the load are not there yet.
    columns = dict(zip(SPANS.names, row[1:], strict=False))
    return Span(
        place=f"{columns['trace_id']}-{columns['span_id']}",
        day=None if row[0] is None else _EPOCH + timedelta(days=row[0]),
        kind=columns["kind"].lower(),
        own=_values(columns["attributes"], columns["attribute_types"]),
        resource=_values(columns["resource_attributes"], columns["resource_attribute_types"]),
    )


def _values(texts: Sequence[Any], kinds: Sequence[Any]) -> Values:
    kind_of = dict(zip(*kinds, strict=True))
    return {name: (text, kind_of.get(name, "string")) for name, text in zip(*texts, strict=True)}
