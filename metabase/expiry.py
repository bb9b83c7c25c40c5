"""Old releases go: the newest ten are kept, and an older one stays an hour for readers still on it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from ingest.settings import Settings
from metabase.errors import StillReadError
from metabase.journals import utc_naive
from metabase.serving import Serving
from metabase.targets import targets

KEPT_RELEASES = 10
GRACE = timedelta(hours=1)


def expired(kept: Sequence[str], published_at: Mapping[str, datetime], now: datetime) -> list[str]:
    """Which of `kept`, ids in order of age, may be unlinked at `now`.

    A release left the newest ten when the tenth release after it was published; it goes an hour later.
    When that is unknown it stays.
    """
    gone = []
    for place, release_id in enumerate(kept):
        pushed_out_by = place + KEPT_RELEASES
        if pushed_out_by >= len(kept):
            break
        left_at = published_at.get(kept[pushed_out_by])
        if left_at is not None and now - left_at >= GRACE:
            gone.append(release_id)
    return gone


def expire(connection: duckdb.DuckDBPyConnection, settings: Settings, *, now: datetime) -> list[str]:
    """Remove the releases that may go, and Data Docs and reports of every release that is no longer there.

    One that a reader of PostgreSQL does not let go of waits for the next time. What went from the folder.
    """
    published_at = dict(
        connection.execute(
            "select publication_id, min(published_at) from lake.marts.publications group by all"
        ).fetchall()
    )
    for target in targets(settings):
        gone = expired(target.kept(), published_at, utc_naive(now))
        for release_id in gone:
            with suppress(StillReadError):
                target.remove(release_id)
    kept = set(Serving(Path(settings.serving)).kept())
    for folder in (*settings.home.glob("data_docs/r*"), *settings.home.glob("reports/r*")):
        if folder.name not in kept:
            shutil.rmtree(folder)
    return gone
