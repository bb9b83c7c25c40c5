"""`check` names every mistake with its file and line, without a server."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from metabase.content.check import check_files
from metabase.content.database import empty_database
from metabase.content.load import FOLDER, load_content, read_content
from metabase.content.run import run_combinations
from metabase.contracts import Project, read_project
from metabase.errors import ContentError

MANIFEST = FOLDER.parent / "dbt_project" / "target" / "manifest.json"
QUESTION = """/*
name: What does a model cost?
description: In US dollars.
collection: all
display: row
parameters:
  agent: {label: Agent, type: string/=, field: [marts, token_usage_daily, agent_name]}
visualization_settings:
  graph.dimensions: [model]
  graph.metrics: [cost_usd]
*/
select
    model,
    sum(cost_usd) as cost_usd
from marts.token_usage_daily
where {{agent}}
group by model
"""
DASHBOARD = """name: Costs
description: What things cost.
collection: all
parameters:
  agent: {name: Agent, type: string/=}
tabs:
  - name: Only
    cards:
      - {text: A word., row: 0, col: 0, size_x: 24, size_y: 1}
      - {question: cost, row: 1, col: 0, size_x: 24, size_y: 6}
"""
COLLECTIONS = """groups:
  people: {name: People}
collections:
  all: {name: All, description: Everything., access: {people: read}}
"""


@pytest.fixture(scope="module")
def project() -> Project:
    """The marts of the project, by the manifest that `make setup` wrote."""
    return read_project(MANIFEST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A question, a dashboard and their collection, with nothing wrong."""
    (tmp_path / "questions").mkdir()
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "questions" / "cost.sql").write_text(QUESTION)
    (tmp_path / "dashboards" / "costs.yml").write_text(DASHBOARD)
    (tmp_path / "collections.yml").write_text(COLLECTIONS)
    return tmp_path


def _problems(folder: Path, project: Project) -> list[str]:
    loaded = read_content(folder)
    with empty_database(project) as database:
        ran, _ = run_combinations(loaded, database, today=date(2026, 11, 1))
    return [str(problem) for problem in sorted([*check_files(loaded, project), *ran])]


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def test_good_files_have_no_problem(folder: Path, project: Project) -> None:
    assert _problems(folder, project) == []


def test_a_card_takes_the_parameters_that_are_named_like_its_tags(folder: Path) -> None:
    text, question = load_content(folder).dashboards["costs"].tabs[0].cards

    assert text.parameters == {}
    assert question.parameters == {"agent": "agent"}


QUESTION_MISTAKES = [
    ("display: row", "display: rows", 5, "display rows is none of"),
    ("display: row", "display: row\ncolour: red", 6, "There is no key colour"),
    ("description: In US dollars.\n", "", 1, "The key description is missing."),
    ("name: What does a model cost?", "name: [a]", 2, "name must be text."),
    ("name: What does a model cost?", "name: a\nname: b", 3, "The key name stands here a second time."),
    ("name: What does a model cost?", "name: [a", 3, "This is no YAML"),
    ("/*", "--", 1, "A question begins with a head of YAML"),
    ("collection: all", "collection: none", 4, "There is no collection none."),
    ("{{agent}}", "{{agents}}", 16, "The tag agents is not declared in parameters."),
    ("{{agent}}", "true", 7, "The tag agent is declared, and the SQL does not use it."),
    (", agent_name]", ", agent]", 7, "The contract of token_usage_daily has no column agent."),
    ("[marts, token_usage_daily,", "[marts, usage,", 7, "marts.usage is no published mart."),
    (
        ", field: [marts, token_usage_daily, agent_name]",
        "",
        7,
        "The tag agent needs a default, or [[ ]] around it",
    ),
    ("type: string/=", "type: string", 7, "type string is none of"),
    (
        "from marts.token_usage_daily",
        "from intermediate.int_llm_calls",
        12,
        "intermediate.int_llm_calls is no published",
    ),
    (
        "from marts.token_usage_daily",
        "from read_csv('/etc/passwd')",
        12,
        "The function read_csv may not stand in from",
    ),
    ("    model,\n", "    modell,\n", 13, 'column "modell" not found'),
    ("from marts.token_usage_daily", "from marts.token_usage_daily as usage", 16, "with agent set"),
    ("group by model", "group by model; drop table x", 12, "This is no select"),
    ("graph.metrics: [cost_usd]", "graph.metrics: [cost]", 10, "The result has no column cost."),
    (
        "  graph.metrics: [cost_usd]",
        "  graph.metrics: 3",
        10,
        "graph.metrics must be a column or a list of columns.",
    ),
    (
        "  graph.metrics: [cost_usd]",
        "  column_settings: [a]",
        10,
        "column_settings must be a mapping of columns",
    ),
    ("graph.metrics:", "graph.metric:", 10, "There is no setting graph.metric."),
    ("  graph.dimensions: [model]\n", "", 5, "A row needs graph.dimensions."),
    ("display: row", "display: funnel", 5, "A funnel needs funnel.metric."),
    ("    model,\n", "    model,\n    model,\n", 12, "The result has two columns model."),
]


@pytest.mark.parametrize(("old", "new", "line", "sentence"), QUESTION_MISTAKES)
def test_a_mistake_in_a_question_is_named(
    folder: Path, project: Project, old: str, new: str, line: int, sentence: str
) -> None:
    _change(folder / "questions" / "cost.sql", old, new)

    found = _problems(folder, project)

    assert [one for one in found if one.startswith(f"questions/cost.sql:{line}: ") and sentence in one], found


CARD = "{question: cost, row: 1, col: 0, size_x: 24, size_y: 6}"


def _clicked(mapping: str) -> str:
    """The card with a click that leads to the same dashboard and sets parameters there."""
    link = f"{{type: link, linkType: dashboard, targetId: costs, parameterMapping: {mapping}}}"
    return f"{CARD[:-1]}, visualization_settings: {{click_behavior: {link}}}}}"


DASHBOARD_MISTAKES = [
    (CARD, "{question: costs, row: 1, col: 0, size_x: 24, size_y: 6}", 10, "There is no question costs."),
    (
        CARD,
        "{question: cost, row: 0, col: 0, size_x: 24, size_y: 6}",
        10,
        "The card lies over that of a text",
    ),
    (
        CARD,
        "{question: cost, row: 1, col: 1, size_x: 24, size_y: 6}",
        10,
        "The card ends at column 25; the grid has 24.",
    ),
    (CARD, "{question: cost, row: 1, col: 0, size_x: 0, size_y: 6}", 10, "A card is at least 1 wide"),
    (
        CARD,
        "{question: cost, row: -1, col: 0, size_x: 24, size_y: 6}",
        10,
        "row must be a whole number, 0 or more.",
    ),
    (
        CARD,
        "{question: cost, text: a, row: 1, col: 0, size_x: 9, size_y: 6}",
        10,
        "A card has a question or a text",
    ),
    (CARD, CARD[:-1] + ", parameters: {agent: agents}}", 10, "The question cost has no tag agents."),
    (CARD, CARD[:-1] + ", parameters: {tier: agent}}", 10, "The dashboard has no parameter tier."),
    (CARD, CARD[:-1] + ", parameters: {}}", 5, "The parameter agent reaches no card."),
    (
        CARD,
        CARD[:-1] + ", visualization_settings: {graph.metrics: [gone]}}",
        10,
        "The result of cost has no column gone.",
    ),
    ("type: string/=", "type: string/!=", 10, "The parameter agent is string/!=, the tag agent string/=."),
    ("collection: all", "collection: none", 3, "There is no collection none."),
    ("  - name: Only", "  - name: Only\n    cards: []\n  - name: Only", 9, "A second tab is named 'Only'."),
    (
        CARD,
        CARD[:-1]
        + ", visualization_settings: {click_behavior: {type: link, linkType: dashboard, targetId: gone}}}",
        10,
        "There is no dashboard gone.",
    ),
    (
        CARD,
        _clicked("{tier: {source: {type: column, id: model}}}"),
        10,
        "The dashboard costs has no parameter tier.",
    ),
    (
        CARD,
        _clicked("{agent: {source: {type: column, id: gone}}}"),
        10,
        "The result of cost has no column gone.",
    ),
    (CARD, _clicked("{agent: {}}"), 10, "The parameter agent needs a source with a type and an id."),
]


@pytest.mark.parametrize(("old", "new", "line", "sentence"), DASHBOARD_MISTAKES)
def test_a_mistake_in_a_dashboard_is_named(
    folder: Path, project: Project, old: str, new: str, line: int, sentence: str
) -> None:
    _change(folder / "dashboards" / "costs.yml", old, new)

    found = _problems(folder, project)

    assert [one for one in found if one.startswith(f"dashboards/costs.yml:{line}: ") and sentence in one], (
        found
    )


COLLECTION_MISTAKES = [
    ("{people: read}", "{persons: read}", 4, "There is no group persons."),
    ("{people: read}", "{people: own}", 4, "The right own of people is none of read and write."),
    (
        "description: Everything.,",
        "description: Everything., parent: top,",
        4,
        "The parent top of all must stand above it.",
    ),
    (
        "{name: People}",
        "{name: People}\n  men: {name: People}",
        3,
        "The name 'People' is also that of people.",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "sentence"), COLLECTION_MISTAKES)
def test_a_mistake_in_collections_is_named(
    folder: Path, project: Project, old: str, new: str, line: int, sentence: str
) -> None:
    _change(folder / "collections.yml", old, new)

    found = _problems(folder, project)

    assert [one for one in found if one.startswith(f"collections.yml:{line}: ") and sentence in one], found


def test_a_file_that_nobody_reads_is_a_problem(folder: Path, project: Project) -> None:
    (folder / "dashboards" / "costs.yml").rename(folder / "dashboards" / "costs.yaml")

    assert _problems(folder, project) == [
        "dashboards/costs.yaml:1: Nobody reads this file; a name here ends in .yml."
    ]


def test_two_questions_of_one_name_are_a_problem(folder: Path, project: Project) -> None:
    shutil.copy(folder / "questions" / "cost.sql", folder / "questions" / "cost_again.sql")

    assert _problems(folder, project) == [
        "questions/cost_again.sql:2: The name 'What does a model cost?' is also that of cost."
    ]


def test_who_sees_a_dashboard_sees_its_questions(folder: Path, project: Project) -> None:
    _change(
        folder / "collections.yml",
        "collections:\n",
        "collections:\n  few: {name: Few, description: Not all., access: {}}\n",
    )
    _change(folder / "questions" / "cost.sql", "collection: all", "collection: few")

    assert _problems(folder, project) == [
        "dashboards/costs.yml:10: The group people sees this dashboard, and not few, where cost is."
    ]


def test_who_sees_a_dashboard_sees_where_its_clicks_lead(folder: Path, project: Project) -> None:
    _change(
        folder / "collections.yml",
        "collections:\n",
        "collections:\n  few: {name: Few, description: Not all., access: {}}\n",
    )
    other = DASHBOARD.replace("name: Costs", "name: Others").replace("collection: all", "collection: few")
    (folder / "dashboards" / "others.yml").write_text(other)
    click = "{click_behavior: {type: link, linkType: dashboard, targetId: others}}"
    _change(
        folder / "dashboards" / "costs.yml",
        "size_x: 24, size_y: 6}",
        f"size_x: 24, size_y: 6, visualization_settings: {click}}}",
    )

    assert _problems(folder, project) == [
        "dashboards/costs.yml:10: The group people sees this dashboard, and not others, where a click leads."
    ]


def test_content_with_a_mistake_is_not_loaded_and_all_of_it_is_named(folder: Path) -> None:
    _change(folder / "questions" / "cost.sql", "display: row", "display: rows\nsort: up")

    with pytest.raises(
        ContentError, match=r"(?s)cost\.sql:5: display rows.*cost\.sql:6: There is no key sort"
    ):
        load_content(folder)


def test_a_snippet_stands_in_the_place_of_its_name(folder: Path, project: Project) -> None:
    _give_snippet(folder, "sum(cost_usd)\n    as cost_usd")

    assert _problems(folder, project) == []
    asked = load_content(folder).questions["cost"].sql
    assert asked.splitlines()[1:5] == [
        "    model,",
        "    sum(cost_usd)",
        "    as cost_usd",
        "from marts.token_usage_daily",
    ]


def test_a_mistake_below_a_snippet_is_named_with_the_line_of_the_file(folder: Path, project: Project) -> None:
    _give_snippet(folder, "sum(cost_usd)\n    as cost_usd")
    _change(folder / "questions" / "cost.sql", "group by model", "group by modell")

    (problem,) = [line for line in _problems(folder, project) if "modell" in line]
    assert problem.startswith("questions/cost.sql:17: ")


def test_a_mistake_in_a_snippet_is_named_with_the_line_that_asks_for_it(
    folder: Path, project: Project
) -> None:
    _give_snippet(folder, "sum(\n    costs_usd) as cost_usd")

    (problem,) = [line for line in _problems(folder, project) if "costs_usd" in line]
    assert problem.startswith("questions/cost.sql:14: ")


def test_a_snippet_that_is_missing_and_one_that_nobody_asks_for_are_named(folder: Path) -> None:
    _give_snippet(folder, "sum(cost_usd) as cost_usd")
    (folder / "snippets" / "costs.sql").rename(folder / "snippets" / "cots.sql")

    assert [str(problem) for problem in read_content(folder).problems] == [
        "questions/cost.sql:14: There is no snippet metabase/snippets/costs.sql.",
        "snippets/cots.sql:1: No question names this snippet.",
    ]


def _give_snippet(folder: Path, text: str) -> None:
    """Let the question take the cost from a snippet of this text."""
    (folder / "snippets").mkdir()
    (folder / "snippets" / "costs.sql").write_text(f"{text}\n")
    _change(folder / "questions" / "cost.sql", "sum(cost_usd) as cost_usd", "{{snippet: costs}}")
