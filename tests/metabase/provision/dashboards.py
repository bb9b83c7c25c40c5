"""The dashboards of the stand-in: tabs and cards are replaced as a whole, known ids stay."""

from __future__ import annotations

import itertools
from typing import Any

from tests.metabase.provision.contract import RefusedError

_ALWAYS = ("description", "collection_id", "width", "cache_ttl")
_UNLESS_NULL = ("name", "parameters", "archived")
_CARD_KEYS = (
    "card_id",
    "row",
    "col",
    "size_x",
    "size_y",
    "parameter_mappings",
    "visualization_settings",
    "series",
)


class Dashboards:
    """All of them, and the questions that their cards may show."""

    def __init__(self, questions: dict[int, dict[str, Any]]) -> None:
        self.questions = questions
        self.stored: dict[int, dict[str, Any]] = {}
        self.numbers = itertools.count(100)

    def one(self, number: int) -> dict[str, Any]:
        if number not in self.stored:
            raise RefusedError(404, "Not found.")
        there = self.stored[number]
        cards = [
            {**card, "dashboard_id": number, "entity_id": f"e{card['id']}", "action_id": None}
            for card in there["dashcards"].values()
            # A card of a question in the trash stays, and is not shown.
            if card["card_id"] is None or not self.questions[card["card_id"]]["archived"]
        ]
        tabs = [{**tab, "dashboard_id": number} for tab in there["tabs"].values()]
        return {
            "id": number,
            "width": "fixed",
            "auto_apply_filters": True,
            **there,
            "dashcards": cards,
            "tabs": tabs,
        }

    def make(self, body: dict[str, Any]) -> dict[str, Any]:
        number = next(self.numbers)
        empty = {
            "description": None,
            "collection_id": None,
            "parameters": [],
            "archived": False,
            "directly": False,
        }
        self.stored[number] = {**empty, **body, "dashcards": {}, "tabs": {}}
        return self.one(number)

    def update(self, number: int, body: dict[str, Any]) -> dict[str, Any]:
        self.one(number)
        there = self.stored[number]
        if "dashcards" in body and there["archived"]:
            raise RefusedError(404, "The object has been archived.")
        if "dashcards" in body:
            there["tabs"], there["dashcards"] = self._layout(there, body)
        there.update({key: body[key] for key in _ALWAYS if key in body})
        there.update({key: body[key] for key in _UNLESS_NULL if body.get(key) is not None})
        there["directly"] = bool(body.get("archived", there["directly"]))
        return self.one(number)

    def _layout(
        self, there: dict[str, Any], body: dict[str, Any]
    ) -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
        """New tabs and cards of a dashboard; without `tabs`, every tab goes, and its cards with it."""
        wanted, new_cards = body.get("tabs") or [], [dict(card) for card in body["dashcards"] or []]
        for listed in (wanted, new_cards):
            if len({item["id"] for item in listed}) < len(listed):
                raise RefusedError(400, {"errors": {"id": "each id must be unique"}})
        if len(wanted) == 1:
            for card in new_cards:
                card["dashboard_tab_id"] = card.get("dashboard_tab_id") or wanted[0]["id"]
        if wanted and any(card.get("dashboard_tab_id") is None for card in new_cards):
            raise RefusedError(400, "This dashboard has tab, makes sure every card has a tab")
        real = {tab["id"]: tab["id"] if tab["id"] in there["tabs"] else next(self.numbers) for tab in wanted}
        tabs = {
            real[tab["id"]]: {"id": real[tab["id"]], "name": tab["name"], "position": place}
            for place, tab in enumerate(wanted)
        }
        gone = there["tabs"].keys() - tabs.keys()
        left = {key for key, card in there["dashcards"].items() if card["dashboard_tab_id"] not in gone}
        return tabs, dict(self._card(card, real, left) for card in new_cards)

    def _card(self, card: dict[str, Any], real: dict[int, int], left: set[int]) -> tuple[int, dict[str, Any]]:
        tab = card.get("dashboard_tab_id")
        if tab is not None and tab not in real:
            raise RefusedError(400, {"errors": {"dashboard_tab_id": "there is no such tab"}})
        question = card.get("card_id")
        if question is not None and (question not in self.questions or self.questions[question]["archived"]):
            raise RefusedError(404, "The object has been archived.")
        number = card["id"] if card["id"] in left else next(self.numbers)
        kept = {"parameter_mappings": [], "visualization_settings": {}, "card_id": None, "series": []}
        kept.update({key: card[key] for key in _CARD_KEYS if card.get(key) is not None})
        return number, {"id": number, "dashboard_tab_id": None if tab is None else real[tab], **kept}
