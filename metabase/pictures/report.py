"""`python -m metabase report`: every question of every dashboard run once, on one page of HTML."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from metabase.content.database import Answer, Database
from metabase.content.model import Content, Dashboard
from metabase.content.tags import Value, render
from metabase.pictures.page import Head, page_of


def write_report(content: Content, database: Database, target: Path, *, today: date) -> int:
    """Write the page to `target`, beside it first and then renamed, and give its size in bytes.

    `today` is the UTC day that relative dates are counted from. Raises QueryError when a question does not
    run; `python -m metabase check` says which line of it is wrong.
    """
    answers = {
        (dashboard.key, key): answer
        for dashboard in content.dashboards.values()
        for key, answer in _answers(content, dashboard, database, today)
    }
    page = page_of(content, answers, head_of(database)).encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"{target.name}.new")
    new.write_bytes(page)
    new.replace(target)
    return len(page)


def head_of(database: Database) -> Head:
    """What the release says of itself."""
    row = database.query(
        "select publication_id, max(published_at), count(*) filter (where state = 'held') "
        "from marts.publications group by publication_id order by publication_id desc limit 1"
    ).rows
    release, published_at, held = row[0] if row else ("none", None, 0)
    newest = database.query("select max(last_event_at) from marts.pipeline_health").rows[0][0]
    return Head(str(release), _time(published_at), _time(newest), int(held))


def _answers(
    content: Content, dashboard: Dashboard, database: Database, today: date
) -> list[tuple[str, Answer]]:
    """As the dashboard opens: each card with the defaults of the dashboard's parameters."""
    defaults = {parameter.slug: parameter.default for parameter in dashboard.parameters}
    found = []
    for tab in dashboard.tabs:
        for card in tab.cards:
            if card.question is None:
                continue
            question = content.questions[card.question]
            values: dict[str, Value] = {}
            for slug, tag in card.parameters.items():
                default = defaults.get(slug)
                if default is not None:
                    values[tag] = default
            rendered = render(question.sql, question.tags, values, today=today)
            found.append((question.key, database.query(rendered.sql, rendered.values)))
    return found


def _time(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None
