"""`python -m metabase report`: every question of every dashboard run once, on one page of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from metabase.content.database import Answer, Database, QueryError
from metabase.content.model import Content, Dashboard
from metabase.content.tags import Value, render
from metabase.pictures.page import Head, page_of


@dataclass(frozen=True)
class Written:
    """The page: its size in bytes, and the questions that do not run on this release, by key."""

    size: int
    failed: tuple[str, ...]


def write_report(content: Content, database: Database, target: Path, *, today: date) -> Written:
    """Write the page to `target`, beside it first and then renamed.

    `today` is the UTC day that relative dates are counted from. A question that does not run, for want of a
    mart in an older release, say, has a card that says so.
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
    return Written(len(page), tuple(sorted({key for (_, key), answer in answers.items() if answer is None})))


def head_of(database: Database) -> Head:
    """What the release says of itself."""
    row = database.query(
        "select publication_id, max(published_at), count(*) filter (where state = 'held') "
        "from marts.publications group by publication_id order by publication_id desc limit 1"
    ).rows
    release, published_at, held = row[0] if row else ("none", None, 0)
    newest = _answer(database, "select max(last_event_at) from marts.pipeline_health", ())
    event = newest.rows[0][0] if newest else None
    return Head(str(release), _time(published_at), _time(event), int(held))


def _answers(
    content: Content, dashboard: Dashboard, database: Database, today: date
) -> list[tuple[str, Answer | None]]:
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
            found.append((question.key, _answer(database, rendered.sql, rendered.values)))
    return found


def _answer(database: Database, sql: str, values: Sequence[Any]) -> Answer | None:
    try:
        return database.query(sql, values)
    except QueryError:
        return None


def _time(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None
