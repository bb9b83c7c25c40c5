"""One landing file as a sender writes it: JSON lines or length-prefixed frames, plain or compressed.

Written as `<name>.part`, which the warehouse ignores, and renamed when complete. The same records give
the same bytes.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import zstandard

# The Collector's file exporter: a 4-byte big-endian length before each message.
_LENGTH_BYTES = 4


class LandingFile:
    """An open landing file; `.binpb` in its name makes frames, else lines; `.gz` or `.zst` compress.

    Nothing is created when no record was appended.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._is_framed = ".binpb" in path.name
        self._file: BinaryIO | None = None
        self._stream: BinaryIO | None = None

    def append(self, document: bytes) -> None:
        """Write one document: a JSON line or a protobuf message."""
        stream = self._stream or self._open()
        if self._is_framed:
            stream.write(len(document).to_bytes(_LENGTH_BYTES, "big"))
            stream.write(document)
        else:
            stream.write(document + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is None or self._file is None:
            return
        if self._stream is not self._file:
            self._stream.close()
        self._file.close()
        if kind is None:
            self._part.replace(self._path)

    def _open(self) -> BinaryIO:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._part.open("wb")
        if self._path.suffix == ".gz":
            # No name and no time in the header: the bytes depend on the records alone.
            self._stream = gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=self._file, mtime=0)  # type: ignore[assignment]
        elif self._path.suffix == ".zst":
            self._stream = zstandard.ZstdCompressor(level=1).stream_writer(self._file, closefd=False)
        else:
            self._stream = self._file
        assert self._stream is not None
        return self._stream


def write_lines(path: Path, documents: list[bytes]) -> None:
    """Write a whole file of JSON lines; no file for no documents."""
    with LandingFile(path) as file:
        for document in documents:
            file.append(document)
