"""SQL that several questions share: `{{snippet: name}}` stands for `snippets/<name>.sql`.

Metabase spells it so, too. It is filled in when the files are read, so a server, the check and the report see
whole questions and nothing that could change beneath them. A snippet has no tags and no snippets in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from metabase.content.problems import Problem

_SNIPPET = re.compile(r"\{\{\s*snippet:\s*(.*?)\s*\}\}")


def read_snippets(folder: Path) -> dict[str, str]:
    """The text of each snippet by its name."""
    return {file.stem: file.read_text().rstrip() for file in sorted((folder / "snippets").glob("*.sql"))}


def names_of(sql: str) -> set[str]:
    """The snippets that `sql` names, whether they are there or not."""
    return set(_SNIPPET.findall(sql))


def filled(
    file: str, sql: str, first_line: int, snippets: Mapping[str, str], problems: list[Problem]
) -> tuple[str, tuple[int, ...]]:
    """`sql` with its snippets, and for each line of that the line of `file` that it came from.

    What is in a snippet came from the line that names it. An unknown name is a problem and stays as it is.
    """
    lines: list[str] = []
    origins: list[int] = []
    for number, line in enumerate(sql.split("\n"), first_line):
        problems += (
            Problem(file, number, f"There is no snippet metabase/snippets/{name}.sql.")
            for name in names_of(line) - snippets.keys()
        )
        text = _SNIPPET.sub(lambda found: snippets.get(found.group(1), found.group(0)), line)
        lines += text.split("\n")
        origins += [number] * (1 + text.count("\n"))
    return "\n".join(lines), tuple(origins)
