"""The files in metabase/expectations against the project as `make setup` parsed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabase.__main__ import MANIFEST
from metabase.contracts import read_project
from metabase.spec import FOLDER, read_spec


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yml")), ids=lambda file: file.stem)
def test_an_expectations_file_names_only_what_the_project_has(file: Path) -> None:
    project = read_project(MANIFEST)
    mart = next((mart for mart in project.marts if mart.name == file.stem), None)
    assert mart is not None, f"{file.name} names no public mart"
    assert read_spec(mart, project.relations).reconciliation is not None, "nothing would notice a lost total"
