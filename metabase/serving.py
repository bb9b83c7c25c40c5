"""The serving folder: immutable releases, one pointer, one DuckDB file of views.

    releases/publication_id=r00000042/<mart>.parquet    never changes once it stands there
    current.csv                                         one id of fixed width, replaced by rename
    tracehouse.duckdb                                   schema `marts`: one view per mart
    staging/                                            a release in the making; no reader looks here

How a view stays right while releases come and go: DuckDB lists the files of a glob when it plans a query
and reads `current.csv` when it runs it, so the pointer may name a release that was not there yet when the
files were listed. A view therefore takes the newest listed release that is not newer than the pointer, and
lists releases before it lists the mart's files, so that every release it can choose has its file listed.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.errors import SettingsError
from metabase.sql import literal, quoted, select

# Present in every release, so it tells which releases there are.
PUBLICATIONS_FILE = "publications.parquet"
# The journals have a column publication_id of their own, which the folder's name would override.
FILED_AS = {"publication_id": "of_publication_id"}
_ID = re.compile(r"r\d{8}")


def publication_id(number: int) -> str:
    """`r00000042`: fixed width, sorts by age, and no reader takes it for a number or a date."""
    return f"r{number:08d}"


@dataclass(frozen=True)
class Serving:
    """Paths of one serving folder. Raises SettingsError when a glob could not find its files."""

    root: Path

    def __post_init__(self) -> None:
        if set("*?[]{}") & set(str(self.root)):
            raise SettingsError(
                f"TRACEHOUSE_SERVING is {self.root}; a path with * ? [ ] {{ }} cannot be served."
            )

    @property
    def releases(self) -> Path:
        """The folder of all releases that readers may open."""
        return self.root / "releases"

    @property
    def staging(self) -> Path:
        """Where a release is written before it is renamed into place."""
        return self.root / "staging"

    @property
    def removed(self) -> Path:
        """Where a release stands for the moment that its files are deleted in."""
        return self.root / "removed"

    @property
    def pointer(self) -> Path:
        """Names the release that readers see."""
        return self.root / "current.csv"

    @property
    def database(self) -> Path:
        """The file that readers open."""
        return self.root / "tracehouse.duckdb"

    def release(self, release_id: str) -> Path:
        """The folder of one release, kept or not."""
        return self.releases / f"publication_id={release_id}"

    def current(self) -> str | None:
        """The release that readers see; null before the first."""
        return self.pointer.read_text().strip() if self.pointer.exists() else None

    def kept(self) -> list[str]:
        """Ids of the releases on disk, oldest first."""
        if not self.releases.is_dir():
            return []
        found = (folder.name.removeprefix("publication_id=") for folder in self.releases.iterdir())
        return sorted(name for name in found if _ID.fullmatch(name))


def install(serving: Serving, release_id: str) -> None:
    """Rename the finished `staging` folder into place; readers do not look at it yet."""
    for file in serving.staging.iterdir():
        file.chmod(0o644)
        _sync(file)
    serving.staging.chmod(0o755)
    _sync(serving.staging)
    serving.releases.mkdir(parents=True, exist_ok=True)
    serving.staging.rename(serving.release(release_id))
    _sync(serving.releases)


def point_to(serving: Serving, release_id: str) -> None:
    """From now on readers see `release_id`."""
    new = serving.pointer.with_suffix(".csv.new")
    new.write_text(f"{release_id}\n")
    new.chmod(0o644)
    _replace(new, serving.pointer)


def write_views(serving: Serving, release_id: str, descriptions: Mapping[str, str]) -> bool:
    """Make `tracehouse.duckdb` show every mart of `release_id`; true when it had to be written.

    A view has the columns and types of the mart's file in that release, so a mart that is held with
    older columns stays readable. The file is replaced only when it would differ.
    """
    new = serving.database.with_suffix(".duckdb.new")
    new.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        # Readable by DuckDB 1.0 and everything since, BI drivers included.
        connection.execute(f"attach {literal(str(new))} as fresh (storage_version 'v1.0.0')")
        connection.execute("create schema fresh.marts")
        for file in sorted(serving.release(release_id).glob("*.parquet")):
            connection.execute(_view(serving, file))
            comment = literal(descriptions.get(file.stem, ""))
            connection.execute(f"comment on view fresh.marts.{quoted(file.stem)} is {comment}")
        connection.execute("detach fresh")
    if serving.database.exists() and _views(serving.database) == _views(new):
        new.unlink()
        return False
    new.chmod(0o644)
    _replace(new, serving.database)
    return True


def has_moved(serving: Serving) -> bool:
    """True when readers would look for the releases where this folder does not stand any more."""
    if not serving.database.exists():
        return False
    here = literal(str(serving.releases / "*" / PUBLICATIONS_FILE))
    return any(here not in view for _, view, _ in _views(serving.database))


def views_anywhere(serving: Serving) -> str:
    """SQL that gives any DuckDB the views of `tracehouse.duckdb`, its own in memory for one.

    It may be run again. Empty before the first release.
    """
    if not serving.database.exists():
        return ""
    views = (
        sql.replace("CREATE VIEW", "create or replace view", 1) for _, sql, _ in _views(serving.database)
    )
    return "\n".join(["create schema if not exists marts;", *views])


def remove(serving: Serving, release_id: str) -> None:
    """Delete a release that no reader can see any more; it goes as a whole, then its files do."""
    shutil.rmtree(serving.removed, ignore_errors=True)
    serving.release(release_id).rename(serving.removed)
    shutil.rmtree(serving.removed)


def clear_staging(serving: Serving) -> None:
    """An empty staging folder, whatever a killed run left there."""
    shutil.rmtree(serving.staging, ignore_errors=True)
    serving.staging.mkdir(parents=True)


def _view(serving: Serving, file: Path) -> str:
    described = duckdb.execute(
        "describe from read_parquet(?, hive_partitioning = false)", [str(file)]
    ).fetchall()
    shown = {filed: name for name, filed in FILED_AS.items()}
    casts = ", ".join(
        f"cast(rows.{quoted(name)} as {data_type}) as {quoted(shown.get(name, name))}"
        for name, data_type, *_ in described
    )
    options = "hive_partitioning = true, hive_types_autocast = false, union_by_name = true"
    all_releases = literal(str(serving.releases / "*" / PUBLICATIONS_FILE))
    all_files = literal(str(serving.releases / "*" / file.name))
    pointer = select(
        "publication_id",
        f"read_csv({literal(str(serving.pointer))}, header = false, auto_detect = false, "
        "columns = {'publication_id': 'VARCHAR'})",
    )
    current = select(
        "max(publication_id) as publication_id",
        f"read_parquet({all_releases}, {options}) where publication_id <= ({pointer})",
    )
    source = (
        f"({current}) as current join read_parquet({all_files}, {options}) as rows "
        "on rows.publication_id = current.publication_id"
    )
    return f"create view fresh.marts.{quoted(file.stem)} as {select(casts, source)}"


def _views(database: Path) -> list[tuple[str, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select view_name, sql, comment from duckdb_views() where schema_name = 'marts' order by all"
        ).fetchall()


def _replace(new: Path, target: Path) -> None:
    _sync(new)
    new.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
