"""All dashboards on one page of HTML: no server, no script, no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from metabase.content.database import Answer
from metabase.content.model import Card, Content, Dashboard, Tab
from metabase.pictures.cards import card_of
from metabase.pictures.markup import Markup, element, joined

STYLE = Path(__file__).with_name("style.css")
# Shown once, at the head of the page, and not again on each dashboard.
HEADER = ("release_id", "release_freshness", "release_held")
NOTE = "A dash is a value that is unknown, or that does not apply; it is never a zero. All times are UTC."
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Head:
    """What the page says of itself. `held`: marts that show an older version. Times are UTC, null unknown."""

    release: str
    published_at: datetime | None
    newest_event: datetime | None
    held: int


def page_of(content: Content, answers: Mapping[tuple[str, str], Answer | None], head: Head) -> str:
    """The page. `answers` by the keys of dashboard and question; null where it did not run."""
    title = f"Tracehouse · release {head.release}"
    body = element(
        "div",
        _navigation(content),
        element(
            "main",
            _masthead(head),
            *(_dashboard(dashboard, content, answers) for dashboard in in_order(content)),
            element(
                "footer",
                f"{NOTE} Made from release {head.release}; the same release makes the same page.",
            ),
        ),
        class_="layout",
    )
    page = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="referrer", content="no-referrer"),
            element("title", title),
            element("style", Markup(STYLE.read_text())),
        ),
        element("body", body),
        lang="en",
    )
    return f"<!doctype html>\n{page}\n"


def in_order(content: Content) -> list[Dashboard]:
    """The dashboards in the order of their collections."""
    places = {key: number for number, key in enumerate(content.collections)}
    return sorted(content.dashboards.values(), key=lambda one: (places.get(one.collection, 0), one.key))


def _navigation(content: Content) -> Markup:
    parts: list[str] = [element("p", "Tracehouse", class_="brand")]
    collection = ""
    for dashboard in in_order(content):
        if dashboard.collection != collection:
            collection = dashboard.collection
            parts.append(element("h2", content.collections[collection].name))
        parts.append(element("a", dashboard.name, href=f"#{dashboard.key}"))
    return element("nav", *parts)


def _masthead(head: Head) -> Markup:
    facts = {
        "Release": head.release,
        "Published (UTC)": _time(head.published_at),
        "Newest event (UTC)": _time(head.newest_event),
        "Marts held": "none" if head.held == 0 else str(head.held),
    }
    return element(
        "header",
        element("h1", "What the agents did, what it cost, and how well it went"),
        element("dl", *(element("div", element("dt", k), element("dd", v)) for k, v in facts.items())),
        element("p", f"{NOTE} Hover over a mark to read its value."),
        class_="masthead",
    )


def _dashboard(
    dashboard: Dashboard, content: Content, answers: Mapping[tuple[str, str], Answer | None]
) -> Markup:
    filters = [
        element("li", f"{parameter.name}: {_chosen(parameter.default)}") for parameter in dashboard.parameters
    ]
    parts: list[str] = [
        element("h2", dashboard.name),
        element("p", dashboard.description, class_="about"),
        element("ul", *filters, class_="filters"),
    ]
    for tab in dashboard.tabs:
        if len(dashboard.tabs) > 1:
            parts.append(element("h3", tab.name, class_="tab"))
        parts.append(_grid(dashboard, tab, content, answers))
    return element("section", *parts, class_="dashboard", id=dashboard.key)


def _grid(
    dashboard: Dashboard, tab: Tab, content: Content, answers: Mapping[tuple[str, str], Answer | None]
) -> Markup:
    cards = sorted(tab.cards, key=lambda card: (card.row, card.col))
    shown = [_card(card, dashboard, content, answers) for card in cards if card.question not in HEADER]
    return element("div", *shown, class_="grid")


def _card(
    card: Card, dashboard: Dashboard, content: Content, answers: Mapping[tuple[str, str], Answer | None]
) -> Markup:
    if card.question is None:
        return element("div", _markdown(card.text or ""), class_="said")
    return card_of(card, content.questions[card.question], answers[dashboard.key, card.question])


def _markdown(text: str) -> Markup:
    """Paragraphs with `**strong**` words, which is all that the texts of dashboards need."""
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    return joined(element("p", *_strong(part)) for part in paragraphs)


def _strong(text: str) -> list[str]:
    return [element("strong", part) if number % 2 else part for number, part in enumerate(text.split("**"))]


def _chosen(default: object) -> str:
    if default is None:
        return "all"
    return ", ".join(default) if isinstance(default, tuple) else str(default)


def _time(found: datetime | None) -> str:
    return "unknown" if found is None else f"{found:%Y-%m-%d %H:%M}"
