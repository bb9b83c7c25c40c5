"""The DuckLake catalogue: connect, create what is missing, hold the writer lock."""

from __future__ import annotations

import fcntl
import importlib.resources
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from ingest import schema
from ingest.disk import why_not_written
from ingest.errors import LakeBusyError, LakeUnreadableError
from ingest.settings import Settings

_EXTENSIONS = ("sqlite_scanner", "ducklake")
_VERIFIED: set[Path] = set()

# How long a reader of a SQLite catalogue waits for a commit, and a commit for readers; dbt's profile says the
# same. DuckDB's own five seconds are too few on a busy machine.
_BUSY_MILLISECONDS = 60_000


def extension_file(name: str) -> Path:
    """The signed DuckDB extension that the package `duckdb_extension_<name>` carries for this DuckDB."""
    root = importlib.resources.files(f"duckdb_extension_{name}")
    return Path(str(root)) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def open_duckdb(*, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """An empty DuckDB in memory with DuckLake and its SQLite catalogue, from their packages: no network.

    Their signatures are verified once a process, which takes a fifth of a second. `threads` are DuckDB's own
    choice when null.
    """
    files = [extension_file(name) for name in _EXTENSIONS]
    are_verified = _VERIFIED.issuperset(files)
    config: dict[str, str | bool | int | float | list[str]] = {"allow_unsigned_extensions": are_verified}
    if threads is not None:
        config["threads"] = threads
    connection = duckdb.connect(config=config)
    for file in files:
        connection.execute(f"load '{_quoted(file)}'")
    _VERIFIED.update(files)
    return connection


def install_extensions() -> None:
    """Install the packaged extensions where `LOAD <name>` finds them, for dbt and other DuckDB clients."""
    connection = duckdb.connect()
    for name in _EXTENSIONS:
        connection.execute(f"install '{_quoted(extension_file(name))}'")


def connect(
    settings: Settings, *, read_only: bool = False, threads: int | None = None, name: str = "lake"
) -> duckdb.DuckDBPyConnection:
    """A connection with the lake attached as `name`, its time zone UTC; `threads` as of `open_duckdb`.

    Raises LakeUnreadableError when the catalogue cannot be opened, or is missing and `read_only`.
    """
    catalog = settings.catalog_file
    if read_only and not catalog.exists():
        raise LakeUnreadableError(f"There is no lake at {catalog} yet; run `make run` first.")
    connection = open_duckdb(threads=threads)
    try:
        if not read_only:
            catalog.parent.mkdir(parents=True, exist_ok=True)
            Path(settings.lake).mkdir(parents=True, exist_ok=True)
        connection.execute("set TimeZone = 'UTC'")
        # The catalogue remembers the data path of the day it was made; the home folder may have moved.
        connection.execute(
            f"attach 'ducklake:sqlite:{_quoted(catalog)}' as {name} "
            f"(data_path '{_quoted(Path(settings.lake))}', override_data_path true, "
            f"meta_busy_timeout {_BUSY_MILLISECONDS}"
            f"{', read_only' if read_only else ''})"
        )
    except (duckdb.Error, OSError) as error:
        connection.close()
        raise LakeUnreadableError(
            f"The lake catalogue {catalog} cannot be opened ({why_not_written(error, catalog.parent)}). "
            "Check free space, TRACEHOUSE_HOME and TRACEHOUSE_CATALOG, and that it is a DuckLake catalogue."
        ) from error
    return connection


def ensure_bronze(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the bronze tables and columns that do not exist yet, all in one transaction."""
    tables = schema.RECORD_TABLES | schema.JOURNAL_TABLES
    # A question that only the catalogue answers; DuckDB's list of tables takes five times as long.
    with suppress(duckdb.CatalogException, duckdb.BinderException):
        probes = (
            f"select 1 from (select {', '.join(columns.names)} from lake.bronze.{name} where false)"  # noqa: S608 - ours
            for name, columns in tables.items()
        )
        connection.execute(" union all ".join(probes))
        return
    with transaction(connection):
        rows = connection.execute(
            "select table_name, list(column_name) from duckdb_columns() "
            "where database_name = 'lake' and schema_name = 'bronze' group by 1"
        ).fetchall()
        for statement in schema.ddl(dict(rows)):
            connection.execute(statement)


def current_snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    """The id that names the whole state of the warehouse now."""
    row = connection.execute("select id from lake.current_snapshot()").fetchone()
    if row is None:
        raise LakeUnreadableError("The lake has no snapshot; its catalogue is damaged.")
    return int(row[0])


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One DuckLake transaction: everything inside becomes visible at once, or nothing does."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # A failed commit has already ended the transaction; the first error is the one to tell.
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise


@contextmanager
def writer_lock(settings: Settings) -> Iterator[None]:
    """Hold the lake for writing; the kernel frees it if the process dies. Not re-entrant.

    Raises LakeBusyError at once when another process holds it, LakeUnreadableError when the home folder
    cannot be written.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(settings.home / "writer.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LakeUnreadableError(
            f"The home folder {settings.home} cannot be written ({why_not_written(error, settings.home)}); "
            "make it writable, or set TRACEHOUSE_HOME to a folder that is."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 64, 0).decode(errors="replace").strip() or "another process"
            raise LakeBusyError(
                f"The lake in {settings.home} is being written by {holder}; try again when it has finished."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
