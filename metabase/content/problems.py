"""What is wrong with the files of `metabase/`, each as one sentence with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metabase.errors import ContentError


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend: `file` below `metabase/`, the line in it from 1, and a sentence about it."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


def error_of(problems: Sequence[Problem]) -> ContentError:
    """All problems as one error, a line each."""
    return ContentError("\n".join(str(problem) for problem in sorted(set(problems))))
