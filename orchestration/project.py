"""Where the dbt project stands. Imports nothing heavy, so that an idle run stays quick."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = ROOT / "dbt_project"
MANIFEST = DBT_PROJECT_DIR / "target" / "manifest.json"

# Tag of a run that may find nothing to do; runs of the schedule and the sensor may too.
ONLY_IF_NEEDED = "tracehouse/only_if_needed"
