"""Every question run, with every combination of its parameters, and how long it takes."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb

from metabase.content import settings
from metabase.content.check import question_file
from metabase.content.database import SCHEMA, Answer, Database, DuckDatabase, QueryError, published
from metabase.content.load import Loaded
from metabase.content.model import Card, Question
from metabase.content.problems import Problem
from metabase.content.samples import combinations_of, sample_values
from metabase.content.tags import render, tags_of
from metabase.contracts import Project
from metabase.errors import ContentError
from metabase.sql import quoted

# So many rows of a mart are enough to try every combination on; one run of each question reads them all.
TRIED_ROWS = 5_000
_LINE = re.compile(r"LINE (\d+):")


@dataclass(frozen=True)
class Timing:
    """The median of the runs of one question, in milliseconds, and the rows that it gave."""

    question: str
    median_ms: float
    rows: int


def can_run(question: Question) -> bool:
    """False for a question whose tags alone are a problem already."""
    return {name for name, _ in tags_of(question.sql)} <= {tag.name for tag in question.tags}


def run_combinations(loaded: Loaded, database: Database, *, today: date) -> tuple[list[Problem], int]:
    """Run each question with every choice of set and unset tags; what did not run, and how many did."""
    problems: list[Problem] = []
    count = 0
    for question in loaded.content.questions.values():
        if not can_run(question):
            continue
        for values in combinations_of(sample_values(database, question.tags)):
            count += 1
            try:
                rendered = render(question.sql, question.tags, values, today=today)
                answer = database.query(rendered.sql, rendered.values)
            except (ContentError, QueryError) as error:
                problems.append(_failed(loaded, question, values, str(error)))
                break
            if not values:
                problems += _columns(loaded, question, answer)
    return sorted(set(problems)), count


def timings(loaded: Loaded, database: Database, *, today: date, runs: int = 5) -> list[Timing]:
    """How long each question takes as people first see it, without filters; the slowest first."""
    found = []
    for question in loaded.content.questions.values():
        rendered = render(question.sql, question.tags, {}, today=today)
        taken = []
        rows = 0
        for _ in range(runs):
            start = time.perf_counter()
            rows = len(database.query(rendered.sql, rendered.values).rows)
            taken.append((time.perf_counter() - start) * 1000)
        found.append(Timing(question.key, statistics.median(taken), rows))
    return sorted(found, key=lambda timing: -timing.median_ms)


@contextmanager
def first_rows(serving: DuckDatabase, project: Project) -> Iterator[DuckDatabase]:
    """The same schema in memory, with at most `TRIED_ROWS` rows of each table."""
    with duckdb.connect() as connection:
        connection.execute(f"create schema {quoted(SCHEMA)}")
        for table in published(project):
            name = f"{quoted(SCHEMA)}.{quoted(table)}"
            rows = serving.connection.execute(f"from {name} limit {TRIED_ROWS}").to_arrow_table()
            connection.register("rows", rows)
            connection.execute(f"create table {name} as from rows")
            connection.unregister("rows")
        yield DuckDatabase(connection)


def _failed(loaded: Loaded, question: Question, values: Mapping[str, object], message: str) -> Problem:
    lines = loaded.sql_lines[question.key]
    place = _LINE.search(message)
    line = lines[int(place.group(1)) - 1] if place else lines[0]
    set_tags = f"with {', '.join(values)} set" if values else "without parameters"
    return Problem(question_file(question.key), line, f"This does not run {set_tags}: {message}")


def _columns(loaded: Loaded, question: Question, answer: Answer) -> Iterator[Problem]:
    """The columns that settings name, of the question and of the cards that show it, are in the result."""
    file = question_file(question.key)
    document = loaded.documents[file]
    for name in sorted({name for name in answer.columns if answer.columns.count(name) > 1}):
        yield Problem(file, loaded.sql_lines[question.key][0], f"The result has two columns {name}.")
    for path, name in settings.columns_in(question.visualization_settings):
        if name not in answer.columns:
            line = document.line("visualization_settings", *path)
            yield Problem(file, line, f"The result has no column {name}.")
    for where, line, card in _cards(loaded, question.key):
        for _, name in settings.columns_in(card.visualization_settings):
            if name not in answer.columns:
                yield Problem(where, line, f"The result of {question.key} has no column {name}.")


def _cards(loaded: Loaded, key: str) -> Iterator[tuple[str, int, Card]]:
    for dashboard in loaded.content.dashboards.values():
        file = f"dashboards/{dashboard.key}.yml"
        for number, tab in enumerate(dashboard.tabs):
            for place, card in enumerate(tab.cards):
                if card.question == key:
                    yield file, loaded.documents[file].line("tabs", number, "cards", place), card
