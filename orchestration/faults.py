"""`python -m orchestration plant-faults`: does the gate hold? Seven faults in a copy of each mart."""

from __future__ import annotations

import sys
from datetime import datetime

from ingest import lake
from ingest.settings import Settings
from metabase import faults
from metabase.contracts import read_project
from orchestration.project import MANIFEST


def plant_faults(settings: Settings, *, now: datetime) -> int:
    """Print what held each planted fault; the lake and the serving folder are only read.

    Returns 1 when a fault slipped through, which the last line counts.
    """
    project = read_project(MANIFEST)
    slipped = 0
    with lake.connect(settings, read_only=True) as connection:
        for planted in faults.plant_faults(connection, project, as_of=settings.as_of_or(now)):
            found = planted.problem or ", ".join(planted.held_by) or "NOT HELD"
            slipped += not planted.held_by and planted.problem is None
            print(f"{planted.mart:<26} {planted.fault:<20} {found}")
    print(f"{slipped} planted faults slipped through.", file=sys.stderr)
    return 1 if slipped else 0
