"""Where releases are shown: the serving folder, and PostgreSQL where `TRACEHOUSE_SERVING` names a database.

The folder keeps the files of every release, so a mart is held, rolled back, compared and exported in one way,
whoever reads it. PostgreSQL is loaded from them. It comes first in every step: what it refuses, the folder
has not done yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.settings import Settings
from metabase import journals, serving
from metabase.contracts import Project
from metabase.serving import Serving


class Target(Protocol):
    """What a release asks of whatever readers ask. Every method may be called again after a kill."""

    def current(self) -> str | None:
        """The release that readers see; null before the first."""

    def kept(self) -> list[str]:
        """Ids of the releases that are there, oldest first, prepared and current ones included."""

    def prepare(self, release_id: str, project: Project, /) -> None:
        """Take over what stands in the folder's `staging`; no reader sees it yet."""

    def show(self, release_id: str, project: Project) -> None:
        """From now on readers see `release_id`, which the folder has; nothing to do where they do."""

    def remove(self, release_id: str) -> None:
        """Delete a release that is not current. Raises StillReadError while a reader holds it."""

    def batches(self, release_id: str) -> Iterator[pa.Table]:
        """The rows of a release, mart by mart, in parts; at least every column that holds text."""


@dataclass(frozen=True)
class FolderTarget:
    """The serving folder, by its own functions (`metabase.serving`)."""

    folder: Serving

    def current(self) -> str | None:
        """As `Target` says."""
        return self.folder.current()

    def kept(self) -> list[str]:
        """As `Target` says."""
        return self.folder.kept()

    def prepare(self, release_id: str, _project: Project, /) -> None:
        """Rename `staging` into place."""
        serving.install(self.folder, release_id)

    def show(self, release_id: str, project: Project) -> None:
        """Point to it, and write the views where they would differ."""
        if self.folder.current() != release_id:
            serving.point_to(self.folder, release_id)
        serving.write_views(self.folder, release_id, descriptions(project))

    def remove(self, release_id: str) -> None:
        """A file that a reader has open stays until it is closed."""
        serving.remove(self.folder, release_id)

    def batches(self, release_id: str) -> Iterator[pa.Table]:
        """One for each row group of each file."""
        for file in sorted(self.folder.release(release_id).glob("*.parquet")):
            with pq.ParquetFile(file) as parts:
                yield from (parts.read_row_group(number) for number in range(parts.num_row_groups))


def targets(settings: Settings) -> tuple[Target, ...]:
    """Every target of these settings; the folder is the last."""
    folder = Serving(Path(settings.serving))
    if settings.postgres is None:
        return (FolderTarget(folder),)
    from metabase.postgres.target import PostgresTarget

    return (PostgresTarget(settings.postgres, settings.reader_role, folder), FolderTarget(folder))


def descriptions(project: Project) -> Mapping[str, str]:
    """What every table of a release holds, by its name."""
    marts = [*project.marts, project.health] if project.health else [*project.marts]
    return {mart.name: mart.description for mart in marts} | journals.DESCRIPTIONS
