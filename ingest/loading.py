"""One load: read what is new in the landing folder, decode it, commit it in bounded batches."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest import lake, landing
from ingest.commit import Commits
from ingest.csv_framing import is_csv
from ingest.erasures import suppressed_names
from ingest.journal import Journal
from ingest.landing import Reading
from ingest.otlp import kernels
from ingest.parquet import LARGEST_WAIT_BYTES, Store, Written, leave_out, take_out
from ingest.pieces import Limits
from ingest.protobuf_framing import signal_of_path
from ingest.reading import is_large
from ingest.redaction import read_redaction
from ingest.settings import Settings
from ingest.stretch import Stretch
from ingest.summary import LoadSummary
from ingest.tasks import bytes_to_read, perform, tasks, with_first_ids
from ingest.workers import Workers

Progress = Callable[[str], None]

_SECONDS_BETWEEN_LINES = 5.0
# What is not committed is done again after a crash. A commit costs as much as a dozen of its files, and while
# workers read, the parent has time for it.
SECONDS_BETWEEN_COMMITS = 5.0
_FILES_PER_COMMIT = 64
# Below this, starting workers takes longer than they save; in large files, compiling the kernels too.
WORTH_WORKERS_BYTES = 64 * 1024 * 1024


def load_once(
    settings: Settings, *, progress: Progress, limits: Limits | None = None, workers: Workers | None = None
) -> LoadSummary:
    """`load` under the writer lock. Raises LakeBusyError when another process is writing."""
    landing.landing_files(settings.landing)
    with lake.writer_lock(settings):
        return load(settings, now=datetime.now(UTC), progress=progress, limits=limits, workers=workers)


def load(
    settings: Settings,
    *,
    now: datetime,
    progress: Progress,
    limits: Limits | None = None,
    workers: Workers | None = None,
) -> LoadSummary:
    """`load_into` the lake, opened for it; the caller holds the writer lock."""
    # A load asks small questions, for which a second thread costs as much again.
    with lake.connect(settings, threads=1) as connection:
        return load_into(connection, settings, now=now, progress=progress, limits=limits, workers=workers)


def load_into(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    now: datetime,
    progress: Progress,
    limits: Limits | None = None,
    workers: Workers | None = None,
) -> LoadSummary:
    """Read everything new below the landing folder, then the MLflow store if one is set, into bronze.

    The caller holds the writer lock.

    `workers` that are running already do the reading; without, a large load starts its own.

    A file's rows and its log entry become visible at once. Running it again after it was killed at any
    moment gives what one undisturbed load gives. `now` decides which files are settled. A store that cannot
    be read takes nothing from the files: the summary says why.
    """
    limits = limits or settings.limits
    redaction = read_redaction(now, settings.hash_key)
    summary = LoadSummary()
    with _uncollected():
        lake.ensure_bronze(connection)
        store = Store(Path(settings.lake), redaction, suppressed_names(connection))
        with lake.transaction(connection):
            journal = Journal(connection)
            commits = Commits(connection, settings, store.redaction)
        readings = landing.find_readings(journal, settings, now=now)
        known = _Known(journal)
        first_id = journal.newest_load_id + 1
        teller = _Teller(progress, len(readings))
        gaps = _Gaps(readings)
        batch = _Batch(commits, summary, teller)
        try:
            _compile_where_worth_it(readings, progress)
            for written in _written(readings, settings.workers, workers, store, limits, first_id, teller):
                batch.add(written)
                leave_out(written, gaps.behind(written.stretches), store)
                take_out(written, known.among(written.stretches), store)
                batch.commit_when_due()
            batch.commit()
        except BaseException:
            batch.discard()
            raise
    if settings.mlflow_tracking_uri:
        # Only here: MLflow takes seconds to import.
        from ingest.mlflow_store.loading import load_store

        uri = settings.mlflow_tracking_uri
        load_store(connection, settings, uri, store, limits, now=now, summary=summary, progress=progress)
    summary.seconds = teller.seconds
    return summary


def _compile_where_worth_it(readings: Sequence[Reading], progress: Progress) -> None:
    """Large files are decoded by kernels, which are compiled once; without them a load only takes longer."""
    large = [each for each in readings if each.file.kind == "otlp" and is_large(each)]
    if bytes_to_read(large) < WORTH_WORKERS_BYTES or kernels.are_compiled():
        return
    progress("compiling the decoder for large files, once: about a minute on two cores")
    if not kernels.compile_all():
        progress("it could not be compiled or kept; large files are read without it, which takes longer")


def _written(
    readings: Sequence[Reading],
    count: int,
    workers: Workers | None,
    store: Store,
    limits: Limits,
    first_id: int,
    teller: _Teller,
) -> Iterator[Written]:
    """What there is to read, written: by so many workers where that is worth their start."""
    todo = list(tasks(readings, limits))
    if workers:
        yield from workers.perform_all(todo, store, limits, first_id, teller.tick)
    elif min(count, len(todo)) > 1 and bytes_to_read(readings) >= WORTH_WORKERS_BYTES:
        with Workers(min(count, len(todo))) as own:
            yield from own.perform_all(todo, store, limits, first_id, teller.tick)
    else:
        for task, its_first_id in with_first_ids(todo, first_id):
            yield from perform(task, store, limits, its_first_id, teller.tick)


class _Batch:
    """What is written and waits for its commit."""

    def __init__(self, commits: Commits, summary: LoadSummary, teller: _Teller) -> None:
        self._commits = commits
        self._summary = summary
        self._teller = teller
        self._waiting: list[Written] = []
        self._committed_at = time.monotonic()

    def add(self, written: Written) -> None:
        """Let it wait."""
        self._waiting.append(written)

    def commit_when_due(self) -> None:
        """Commit when much would be lost by a crash, much is to be registered, or bad records fill memory."""
        is_long_ago = time.monotonic() - self._committed_at >= SECONDS_BETWEEN_COMMITS
        files = sum(len(paths) for each in self._waiting for paths in each.files.values())
        bytes_held = sum(each.bytes_held for each in self._waiting)
        if is_long_ago or files >= _FILES_PER_COMMIT or bytes_held >= LARGEST_WAIT_BYTES:
            self.commit()

    def commit(self) -> None:
        """Make everything that waits visible at once."""
        # What fails to commit removes its files itself, unless they are live by then.
        waiting, self._waiting = self._waiting, []
        if any(each.stretches for each in waiting):
            self._commits.commit(waiting)
            self._summary.loads += 1
            self._teller.tell(f"load {waiting[-1].load_id} committed")
        for each in waiting:
            self._summary.unreadable.update(each.unreadable)
            for stretch in each.stretches:
                self._summary.add(stretch)
        self._committed_at = time.monotonic()

    def discard(self) -> None:
        """Remove the files of all that waits."""
        for each in self._waiting:
            each.discard()


class _Teller:
    """Says how far the load is, at most every few seconds while it reads, and at every commit."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress = progress
        self._files = files
        self._started = self._told = time.monotonic()
        self._rows = 0

    @property
    def seconds(self) -> float:
        """Since the load began."""
        return time.monotonic() - self._started

    def tick(self, rows: int) -> None:
        """Count rows that were read."""
        self._rows += rows
        if time.monotonic() - self._told >= _SECONDS_BETWEEN_LINES:
            self.tell("reading")

    def tell(self, what: str) -> None:
        """One line."""
        self._told = time.monotonic()
        self._progress(f"{what}: {self._rows:,} rows of {self._files:,} files, {self.seconds:.1f} s")


class _Known:
    """Stretches by their bytes: a copy under another name holds nothing new.

    What became of the bytes counts too: protobuf under a path that names another signal reads differently.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._of_this_load: set[tuple[object, ...]] = set()

    def among(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        """Those of the stretches whose bytes landed before; all of them are known from now on."""
        read = [stretch for stretch in stretches if stretch.bytes_read and stretch.records_found]
        before = self._journal.with_digests({stretch.source_digest for stretch in read})
        known = {(_meaning(source_file), *rest) for source_file, *rest in before}
        found = []
        for stretch in read:
            # Somebody may have been erased since: what is suppressed now landed then.
            keys = {_key(stretch, suppressed) for suppressed in (0, stretch.rows_suppressed)}
            if keys & known or keys & self._of_this_load:
                found.append(stretch)
            self._of_this_load |= keys
        return found


def _key(stretch: Stretch, suppressed: int) -> tuple[object, ...]:
    """What the log says of such bytes, read when so many of the bad records had landed."""
    return (
        _meaning(stretch.source_file),
        stretch.source_kind,
        stretch.source_digest,
        stretch.start_offset,
        stretch.rows_landed + suppressed,
        len(stretch.bad) - suppressed,
    )


class _Gaps:
    """Ranges of a file that was rotated while workers read it: what lies behind one that nobody could read.

    The next load goes on where the log ends, so nothing may land behind a gap.
    """

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._ends = {reading.file.name: reading.start_offset for reading in readings}

    def behind(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        """Those of the stretches that do not begin where their file was read to."""
        found = []
        for stretch in stretches:
            if stretch.start_offset == self._ends.get(stretch.source_file, stretch.start_offset):
                self._ends[stretch.source_file] = stretch.end_offset
            else:
                found.append(stretch)
        return found


def _meaning(source_file: str) -> str:
    """What the path says of the bytes: the signal of protobuf; a CSV file's rows follow its own header."""
    if is_csv(source_file):
        return source_file
    return signal_of_path(source_file) or ""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cyclic collector: decoding makes millions of objects and no cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
