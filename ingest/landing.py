"""Which files in the landing folder are new, have grown, or were only renamed.

What was read of a file is known from its rows in `bronze.ingest_log`: how far, the digests of its first
bytes and of the last bytes read, and its size and modification time then. Names found in the folder are
only compared and opened where they stand; none is ever used to build another path.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ingest.byte_source import ByteSource
from ingest.decompression import compression_of
from ingest.errors import SettingsError
from ingest.journal import Journal, Seen
from ingest.pieces import Limits, RecordError
from ingest.prints import PRINT_BYTES, Ends, digest_of_range, head_digest, head_digests, tail_digest
from ingest.settings import Settings

KINDS = ("otlp", "billing", "governance", "usage")
_UNFINISHED = (".tmp", ".part")
# What the log holds; a file system's times go beyond 2262.
_LATEST = 2**63 - 1
# A Parquet file is one document: when it changes, it is read anew.
_APPENDABLE = ("none", "gzip", "zstd")


@dataclass(frozen=True)
class LandingFile:
    """One file as it stands in the folder. `name` is relative to the landing folder, with `/`.

    A folder that may not be listed stands for the files in it: opening it fails as theirs would. Bytes of a
    name that are no UTF-8 stand as `\\xff` in `name`; only `path` opens the file, and `identity` (device and
    inode) tells whether it still is the one that was listed.
    """

    path: Path
    name: str
    kind: str
    bytes: int
    modified_unix_nano: int
    identity: tuple[int, int]


@dataclass(frozen=True)
class Reading:
    """A stretch of a file that is to be read.

    `is_complete`: nobody will append any more, so a torn last record is bad instead of awaited.
    `renamed_from` names the file whose content this is, already read up to `start_offset`. `last` is what the
    log says of these very bytes, to be compared again once the file is open; null where nothing was read of
    them, or nothing but decompressed. `end_offset` is where another reading of the same load goes on; null to
    read to the end of the file.
    """

    file: LandingFile
    start_offset: int
    is_complete: bool
    renamed_from: str | None = None
    last: Seen | None = None
    end_offset: int | None = None

    @property
    def reaches_end(self) -> bool:
        """True when no other reading goes on behind this one."""
        return self.end_offset is None


def landing_files(landing: Path) -> list[LandingFile]:
    """Every file below `landing` that a sender has finished naming, sorted by name.

    Hidden, `*.tmp` and `*.part` files are ignored; so are links that lead outside, which `strays` names.
    Raises SettingsError when there is no such folder.
    """
    if not landing.is_dir():
        raise SettingsError(
            f"There is no landing folder at {landing}. Create it and point a collector's file exporter at "
            "landing/otlp/, set TRACEHOUSE_HOME, or run `make demo` for a sample month."
        )
    return sorted(_files(landing), key=lambda file: file.name)


def listed(path: Path, name: str, kind: str) -> LandingFile:
    """A file as it stands now. Raises OSError when it is gone or may not be looked at."""
    stat = path.stat()
    modified = max(-_LATEST, min(stat.st_mtime_ns, _LATEST))
    return LandingFile(path, name, kind, stat.st_size, modified, (stat.st_dev, stat.st_ino))


def strays(landing: Path) -> list[str]:
    """What nobody reads although it stands in the landing folder: outside of the four folders, or a link
    that leads out of them. Names relative to the folder, sorted.
    """
    found = [
        entry
        for entry in landing.iterdir()
        if entry.name not in KINDS
        and not entry.name.startswith(".")
        and not entry.name.endswith(_UNFINISHED)
        and (not entry.is_dir() or any(entry.iterdir()))
    ]
    for kind in KINDS:
        root = (landing / kind).resolve()
        for folder, folders, names in os.walk(landing / kind):
            links = (Path(folder, name) for name in (*folders, *names) if not name.startswith("."))
            found += [link for link in links if link.is_symlink() and _leads_nowhere_read(link, root)]
    return sorted(_name(landing, path) for path in found)


def tell_strays(landing: Path) -> str:
    """One sentence about the strays; empty when there are none."""
    names = strays(landing)
    if not names:
        return ""
    folders = ", ".join(f"{kind}/" for kind in KINDS)
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return (
        f"Not read, because it is in none of {folders} or links to elsewhere: {shown} ({len(names)} in all)."
    )


def find_readings(journal: Journal, settings: Settings, *, now: datetime) -> list[Reading]:
    """What has to be read, by name. A file that was read to its end costs one look at its size and time.

    A file that cannot be opened is among them once: opening it for reading tells why.
    """
    files = landing_files(settings.landing)
    seen = journal.seen([file.name for file in files])
    readings: list[Reading] = []
    others: list[tuple[LandingFile, bool]] = []
    kept: set[str] = set()
    for file in files:
        last = seen.get(file.name)
        is_complete = _is_settled(file, settings.settle_seconds, now)
        if last is None:
            others.append((file, is_complete))
            continue
        try:
            if _is_touched(file, last, is_complete) and not _is_continued(file, last, journal):
                others.append((file, is_complete))
                continue
            is_news = _is_touched(file, last, is_complete) and not _is_read(file, last)
        except OSError:
            is_news = not last.is_unreadable
        if is_news:
            readings.append(Reading(file, last.end_offset, is_complete, last=last))
        kept.add(file.name)
    origins = _Origins(journal, kept, settings.limits)
    for file, is_complete in others:
        reading = _from_start(file, origins, is_complete) if file.bytes else None
        if reading:
            readings.append(reading)
    return sorted(readings, key=lambda reading: reading.file.name)


def has_news(journal: Journal, settings: Settings, *, now: datetime) -> bool:
    """True when a load would read anything."""
    return bool(find_readings(journal, settings, now=now))


def fingerprint(landing: Path) -> str:
    """One text for the state of the folder: it changes when a file comes, grows, is touched or goes."""
    digest = hashlib.sha256()
    for file in landing_files(landing):
        state = f"{file.name}\0{file.bytes}\0{file.modified_unix_nano}\n"
        digest.update(state.encode())
    return digest.hexdigest()


class _Origins:
    """Files that were read, by what they begin with: log rotation renames or compresses them."""

    def __init__(self, journal: Journal, kept: Set[str], limits: Limits) -> None:
        self._journal = journal
        self._kept = kept
        self._limits = limits
        self._head_sizes = journal.head_sizes()

    def renamed(self, descriptor: int, size: int) -> Seen | None:
        """The file, gone from its own name, whose every read byte stands at the beginning of an open one."""
        for last in self._beginning_as(os.pread(descriptor, PRINT_BYTES, 0)):
            is_lost = last.name not in self._kept
            if (
                is_lost
                and continues(descriptor, size, last)
                and _has_ranges(descriptor, size, last, self._journal)
            ):
                return last
        return None

    def decompressed(self, stream: BinaryIO) -> Seen | None:
        """The plain file whose every read byte is at the beginning of what an open one decompresses to.

        Raises RecordError when the stream ends, or is damaged, before that is clear.
        """
        for last in self._beginning_as(self._source(stream).peek(PRINT_BYTES)):
            is_plain = last.compression == "none"
            if is_plain and _gives(self._source(stream), last, self._journal.ranges(last.name)):
                return last
        return None

    def _beginning_as(self, head: bytes) -> list[Seen]:
        heads = head_digests(head, self._head_sizes)
        return self._journal.beginning_so(heads) if heads else []

    def _source(self, stream: BinaryIO) -> ByteSource:
        stream.seek(0)
        return ByteSource(stream, start_offset=0, limits=self._limits)


def _gives(source: ByteSource, last: Seen, ranges: list[tuple[int, int, str]]) -> bool:
    """True when each of the ranges, in their order, has its digest, and the whole the ends of what was read.

    Raises RecordError as `decompressed`.
    """
    ends, at = Ends(b"", b""), 0
    for start, end, expected in ranges:
        _digest_of_next(source, start - at, ends)
        if _digest_of_next(source, end - start, ends) != expected:
            if source.damage:
                raise source.damage
            return False
        at = end
    return ends.digests == (last.head_digest, last.tail_digest)


def _digest_of_next(source: ByteSource, size: int, ends: Ends) -> str:
    digest = hashlib.sha256()
    while size > 0 and (data := source.read(min(1 << 20, size))):
        digest.update(data)
        ends.add(data)
        size -= len(data)
    return digest.hexdigest()


def _files(landing: Path) -> Iterator[LandingFile]:
    for kind in KINDS:
        # Whoever runs the warehouse may keep a kind's folder elsewhere and link it.
        root = (landing / kind).resolve()
        closed: list[OSError] = []
        for folder, folders, names in os.walk(landing / kind, onerror=closed.append):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(folder, name)
                if not name.startswith(".") and not name.endswith(_UNFINISHED):
                    yield from _file(landing, path, kind, root)
        for error in closed:
            if isinstance(error, PermissionError):
                yield _closed(landing, Path(error.filename), kind)


def _file(landing: Path, path: Path, kind: str, root: Path) -> Iterator[LandingFile]:
    try:
        if path.is_file() and path.resolve().is_relative_to(root):
            yield listed(path, _name(landing, path), kind)
    except FileNotFoundError:
        # Renamed since the folder was listed; the next load finds it under its new name.
        return
    except OSError:
        yield _closed(landing, path, kind)


def _leads_nowhere_read(link: Path, root: Path) -> bool:
    # A linked folder is not walked, wherever it leads.
    return link.is_dir() or not link.resolve().is_relative_to(root)


def _closed(landing: Path, path: Path, kind: str) -> LandingFile:
    return LandingFile(path, _name(landing, path), kind, bytes=1, modified_unix_nano=0, identity=(0, 0))


def _name(landing: Path, path: Path) -> str:
    return os.fsencode(path.relative_to(landing).as_posix()).decode("utf-8", "backslashreplace")


def _is_touched(file: LandingFile, last: Seen, is_complete: bool) -> bool:
    """True when the file changed, or when what was awaited in it will not come any more."""
    is_changed = (last.bytes, last.modified_unix_nano) != (file.bytes, file.modified_unix_nano)
    return is_changed or (is_complete and not last.is_complete)


def _is_read(file: LandingFile, last: Seen) -> bool:
    return last.raw_end == file.bytes and (last.compression == "none" or last.is_complete)


def _is_continued(file: LandingFile, last: Seen, journal: Journal) -> bool:
    """False for a file that was written anew in place. Telemetry only grows: a longer file is trusted.

    Raises OSError when it cannot be opened.
    """
    with file.path.open("rb") as stream:
        descriptor = stream.fileno()
        is_grown_telemetry = file.kind == "otlp" and file.bytes > last.bytes
        is_trusted = is_grown_telemetry or last.compression != "none"
        return continues(descriptor, file.bytes, last) and (
            is_trusted or _has_ranges(descriptor, file.bytes, last, journal)
        )


def _from_start(file: LandingFile, origins: _Origins, is_complete: bool) -> Reading | None:
    """A file that is new under its name: from its start, or from where it was left under another name.

    Null while a compressed file is being written of which the plain one was read.
    """
    try:
        with file.path.open("rb") as stream:
            compression = compression_of(stream.read(4))
            if last := origins.renamed(stream.fileno(), file.bytes):
                return Reading(file, last.end_offset, is_complete, renamed_from=last.name, last=last)
            if compression != "none" and (last := origins.decompressed(stream)):
                return Reading(file, last.end_offset, is_complete, renamed_from=last.name)
    except RecordError:
        if not is_complete:
            return None
    except OSError:
        # Opening it for reading tells why.
        pass
    return Reading(file, 0, is_complete)


def continues(descriptor: int, size: int, last: Seen) -> bool:
    """True when an open file begins with what was read of `last`, by its first bytes and the last ones."""
    return (
        last.compression in _APPENDABLE
        and size >= last.raw_end
        and last.head_digest == head_digest(descriptor, last.raw_end)
        and last.tail_digest == tail_digest(descriptor, last.raw_end)
    )


def _has_ranges(descriptor: int, size: int, last: Seen, journal: Journal) -> bool:
    """True when every stretch read of `last` stands there too; of compressed files only the size."""
    if last.compression != "none":
        return size == last.bytes
    ranges = journal.ranges(last.name)
    return all(digest_of_range(descriptor, start, end) == digest for start, end, digest in ranges)


def _is_settled(file: LandingFile, settle_seconds: int, now: datetime) -> bool:
    age = now.timestamp() - file.modified_unix_nano / 1e9
    return settle_seconds == 0 or age >= settle_seconds
