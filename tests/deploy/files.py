"""The files of deploy/, read."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"


def read_yaml(path: Path) -> Any:
    """One YAML document; merge keys are resolved."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def services() -> dict[str, Any]:
    """The services of the Compose file by name."""
    return dict(read_yaml(COMPOSE)["services"])


def day_of(path: Path) -> date:
    """The day whose rows a generated file was written from, by its first line."""
    found = re.match(r"# As of (\d{4}-\d{2}-\d{2})", path.read_text(encoding="utf-8"))
    assert found is not None, f"{path} does not say of which day it is"
    return date.fromisoformat(found.group(1))
