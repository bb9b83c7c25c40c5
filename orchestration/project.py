"""Where the dbt project stands, and its manifest kept as new as it. Imports nothing that is slow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ingest.errors import TracehouseError
from orchestration.governance.policies import check_policies
from orchestration.rules import gather_rules

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = ROOT / "dbt_project"
POLICIES = DBT_PROJECT_DIR / "seeds"
MANIFEST = DBT_PROJECT_DIR / "target" / "manifest.json"

# Tag of a run that may find nothing to do; runs of the schedule and the sensor may too.
ONLY_IF_NEEDED = "tracehouse/only_if_needed"

PARTIAL_PARSE = DBT_PROJECT_DIR / "target" / "partial_parse.msgpack"

_SOURCES = ("*.yml", "models/**/*.*", "macros/**/*.*", "seeds/**/*.*", "tests/**/*.*")


def lake_for_dbt(catalog: str, lake: str) -> dict[str, str]:
    """Where the lake stands, as dbt's profile reads it: in secrets, which a parse does not depend on.

    What was parsed for one home then serves every other; a full parse takes some ten seconds.
    """
    return {"DBT_ENV_SECRET_TRACEHOUSE_CATALOG": catalog, "DBT_ENV_SECRET_TRACEHOUSE_LAKE": lake}


def refresh_manifest() -> None:
    """Gather the rules, and let dbt parse the project when a file is newer than the manifest, or one is gone.

    Raises PolicyError when a policy cannot be judged by, else TracehouseError with dbt's words when it cannot
    parse the project.
    """
    gather_rules(DBT_PROJECT_DIR / "models" / "intermediate" / "compliance")
    if MANIFEST.exists() and MANIFEST.stat().st_mtime > _changed_at():
        return
    check_policies(DBT_PROJECT_DIR / "seeds", ROOT)
    print("Parsing the dbt project", file=sys.stderr, flush=True)
    dbt = Path(sys.executable).parent / "dbt"
    command: list[str | Path] = [dbt, "--quiet", "parse", "--profiles-dir", "."]
    environ = os.environ | lake_for_dbt("sqlite:", "")
    parsed = subprocess.run(command, cwd=DBT_PROJECT_DIR, capture_output=True, text=True, env=environ)  # noqa: S603 - ours
    if parsed.returncode:
        raise TracehouseError(f"dbt cannot parse the project: {(parsed.stdout + parsed.stderr).strip()}")
    MANIFEST.touch()


def _changed_at() -> float:
    # A removed file shows in the time of its folder.
    files = {path for pattern in _SOURCES for path in DBT_PROJECT_DIR.glob(pattern)}
    return max(path.stat().st_mtime for path in files | {path.parent for path in files} - {DBT_PROJECT_DIR})


if __name__ == "__main__":
    refresh_manifest()
