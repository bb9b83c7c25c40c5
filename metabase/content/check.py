"""Whether the files of `metabase/` fit together: names, references, grids, tags, settings. No SQL is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from metabase.content import settings
from metabase.content.database import SCHEMA, published, unpublished
from metabase.content.load import COLLECTIONS, GRID_WIDTH, Loaded
from metabase.content.model import Card, Content, Dashboard, Question
from metabase.content.problems import Problem
from metabase.content.samples import NO_DAY, samples_of_type
from metabase.content.statements import PURE_TABLE_FUNCTIONS, reads_of
from metabase.content.tags import optional_tags_of, render, tags_of
from metabase.contracts import Project
from metabase.errors import ContentError


def check_files(loaded: Loaded, project: Project) -> list[Problem]:
    """Every problem that can be found without running a question, in the order of files and lines."""
    found = [*loaded.problems, *_names(loaded)]
    with duckdb.connect() as parser:
        for question in loaded.content.questions.values():
            found += _question(loaded, question, project, parser)
    for dashboard in loaded.content.dashboards.values():
        found += _dashboard(loaded, dashboard)
    return sorted(set(found))


def question_file(key: str) -> str:
    """The file of a question, below `metabase/`."""
    return f"questions/{key}.sql"


def marts_of(content: Content, dashboard: Dashboard) -> set[str]:
    """The published tables that the questions of a dashboard read, by name."""
    keys = {card.question for tab in dashboard.tabs for card in tab.cards if card.question}
    found: set[str] = set()
    with duckdb.connect() as parser:
        for key in keys:
            question = content.questions[key]
            values = {tag.name: samples_of_type(tag) for tag in question.tags}
            reads = reads_of(parser, render(question.sql, question.tags, values, today=NO_DAY).sql)
            if not isinstance(reads, str):
                found |= {table.removeprefix(f"{SCHEMA}.") for table in reads.tables}
    return found


def _names(loaded: Loaded) -> Iterator[Problem]:
    """No two of a kind share a name; people could not tell them apart."""
    content = loaded.content
    questions = {key: (question_file(key), ("name",), q.name) for key, q in content.questions.items()}
    dashboards = {key: (f"dashboards/{key}.yml", ("name",), d.name) for key, d in content.dashboards.items()}
    collections = {
        key: (COLLECTIONS, ("collections", key, "name"), c.name) for key, c in content.collections.items()
    }
    groups = {key: (COLLECTIONS, ("groups", key, "name"), g.name) for key, g in content.groups.items()}
    for kind in (questions, dashboards, collections, groups):
        first: dict[str, str] = {}
        for key, (file, path, name) in kind.items():
            if name in first:
                sentence = f"The name {name!r} is also that of {first[name]}."
                yield Problem(file, loaded.documents[file].line(*path), sentence)
            first.setdefault(name, key)


def _question(
    loaded: Loaded, question: Question, project: Project, parser: duckdb.DuckDBPyConnection
) -> Iterator[Problem]:
    file = question_file(question.key)
    document, sql_lines = loaded.documents[file], loaded.sql_lines[question.key]
    if question.collection and question.collection not in loaded.content.collections:
        yield Problem(file, document.line("collection"), f"There is no collection {question.collection}.")
    declared = {tag.name: tag for tag in question.tags}
    used = dict(reversed(tags_of(question.sql)))
    for name, line in used.items():
        if name not in declared:
            yield Problem(file, sql_lines[line], f"The tag {name} is not declared in parameters.")
    optional = optional_tags_of(question.sql)
    tables = published(project)
    for tag in question.tags:
        line = document.line("parameters", tag.name)
        if tag.name not in used:
            yield Problem(file, line, f"The tag {tag.name} is declared, and the SQL does not use it.")
        elif tag.field is None and tag.default is None and tag.name not in optional:
            yield Problem(file, line, f"The tag {tag.name} needs a default, or [[ ]] around it in the SQL.")
        if tag.field is not None:
            schema, table, column = tag.field
            if schema != SCHEMA or table not in tables:
                yield Problem(file, line, f"{schema}.{table} is no published mart.")
            elif column not in tables[table]:
                yield Problem(file, line, f"The contract of {table} has no column {column}.")
    if used.keys() <= declared.keys():
        yield from _reads(question, project, parser, file, sql_lines[0])
    for key in settings.NEEDED.get(question.display, ()):
        if not question.visualization_settings.get(key):
            yield Problem(file, document.line("display"), f"A {question.display} needs {key}.")
    yield from _settings(loaded, file, (), question.visualization_settings)


def _reads(
    question: Question, project: Project, parser: duckdb.DuckDBPyConnection, file: str, line: int
) -> Iterator[Problem]:
    values = {tag.name: samples_of_type(tag) for tag in question.tags}
    try:
        sql = render(question.sql, question.tags, values, today=NO_DAY).sql
    except ContentError as error:
        yield Problem(file, line, str(error))
        return
    reads = reads_of(parser, sql)
    if isinstance(reads, str):
        yield Problem(file, line, f"This is no select: {reads}.")
        return
    for table in unpublished(reads, project):
        yield Problem(file, line, f"{table} is no published mart; read marts.<mart>.")
    for function in sorted(reads.functions - PURE_TABLE_FUNCTIONS):
        yield Problem(file, line, f"The function {function} may not stand in from; read marts.<mart>.")


def _dashboard(loaded: Loaded, dashboard: Dashboard) -> Iterator[Problem]:
    file = f"dashboards/{dashboard.key}.yml"
    document = loaded.documents[file]
    if dashboard.collection and dashboard.collection not in loaded.content.collections:
        line = document.line("collection")
        yield Problem(file, line, f"There is no collection {dashboard.collection}.")
    names: set[str] = set()
    mapped: set[str] = set()
    for number, tab in enumerate(dashboard.tabs):
        if tab.name in names:
            yield Problem(file, document.line("tabs", number, "name"), f"A second tab is named {tab.name!r}.")
        names.add(tab.name)
        for place, card in enumerate(tab.cards):
            path = ("tabs", number, "cards", place)
            line = document.line(*path)
            mapped |= card.parameters.keys()
            yield from (Problem(file, line, s) for s in _grid(card, tab.cards[:place]))
            yield from (Problem(file, line, s) for s in _card(loaded.content, dashboard, card))
            yield from _settings(loaded, file, path, card.visualization_settings)
    for parameter in dashboard.parameters:
        if parameter.slug not in mapped:
            line = document.line("parameters", parameter.slug)
            yield Problem(file, line, f"The parameter {parameter.slug} reaches no card.")


def _grid(card: Card, before: tuple[Card, ...]) -> Iterator[str]:
    if card.size_x < 1 or card.size_y < 1:
        yield "A card is at least 1 wide and 1 high."
    if card.col + card.size_x > GRID_WIDTH:
        yield f"The card ends at column {card.col + card.size_x}; the grid has {GRID_WIDTH}."
    for other in before:
        beside = card.col >= other.col + other.size_x or other.col >= card.col + card.size_x
        below = card.row >= other.row + other.size_y or other.row >= card.row + card.size_y
        if not (beside or below):
            name = other.question or "a text"
            yield f"The card lies over that of {name} at row {other.row}, column {other.col}."


def _card(content: Content, dashboard: Dashboard, card: Card) -> Iterator[str]:
    if card.question is None:
        if card.parameters:
            yield "A text has no parameters."
        return
    question = content.questions.get(card.question)
    if question is None:
        yield f"There is no question {card.question}."
        return
    yield from _hidden_targets(
        content, dashboard, {**question.visualization_settings, **card.visualization_settings}
    )
    slugs = {parameter.slug: parameter for parameter in dashboard.parameters}
    tags = {tag.name: tag for tag in question.tags}
    for slug, name in card.parameters.items():
        if slug not in slugs:
            yield f"The dashboard has no parameter {slug}."
        elif name not in tags:
            yield f"The question {question.key} has no tag {name}."
        elif slugs[slug].type != tags[name].type:
            yield f"The parameter {slug} is {slugs[slug].type}, the tag {name} {tags[name].type}."
    shown_to, asked_by = (
        content.collections.get(dashboard.collection),
        content.collections.get(question.collection),
    )
    if shown_to and asked_by:
        for group in sorted(shown_to.access.keys() - asked_by.access.keys()):
            yield f"The group {group} sees this dashboard, and not {asked_by.key}, where {question.key} is."


def _hidden_targets(content: Content, dashboard: Dashboard, found: Mapping[str, object]) -> Iterator[str]:
    """Clicks that lead a reader of `dashboard` to another one that the reader may not see."""
    here = content.collections.get(dashboard.collection)
    for _, link in settings.links_in(found):
        target = content.dashboards.get(str(link.get("targetId")))
        there = content.collections.get(target.collection) if target else None
        if here and there and target and link.get("linkType") == "dashboard":
            for group in sorted(here.access.keys() - there.access.keys()):
                yield f"The group {group} sees this dashboard, and not {target.key}, where a click leads."


def _settings(
    loaded: Loaded, file: str, path: tuple[str | int, ...], found: Mapping[str, object]
) -> Iterator[Problem]:
    document = loaded.documents[file]
    for place, sentence in settings.unknown_in(found):
        yield Problem(file, document.line(*path, "visualization_settings", *place), f"{sentence}.")
    for place, link in settings.links_in(found):
        line = document.line(*path, "visualization_settings", *place)
        if link.get("type") != "link" or link.get("linkType") not in ("url", "dashboard", "question"):
            yield Problem(file, line, "A click goes by type link to a linkType url, dashboard or question.")
        known = {"dashboard": loaded.content.dashboards, "question": loaded.content.questions}
        target = known.get(str(link.get("linkType")))
        if target is not None and link.get("targetId") not in target:
            yield Problem(file, line, f"There is no {link['linkType']} {link.get('targetId')}.")
        dashboard = loaded.content.dashboards.get(str(link.get("targetId")))
        if link.get("linkType") == "dashboard" and dashboard is not None:
            slugs = {parameter.slug for parameter in dashboard.parameters}
            for slug, source in settings.sources_in(link):
                if slug not in slugs:
                    yield Problem(file, line, f"The dashboard {dashboard.key} has no parameter {slug}.")
                if source is None:
                    yield Problem(file, line, f"The parameter {slug} needs a source with a type and an id.")
