"""HTML and SVG put together so that text cannot become markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_EMPTY_ELEMENTS = frozenset(["br", "circle", "line", "link", "meta", "path", "rect"])


class Markup(str):
    """Text that is markup already. Made by `element` and `joined` only; anything else is escaped there."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: object) -> Markup:
    """`<name attributes>children</name>`; children that are no Markup are escaped, as all attributes are.

    `_` in the name of an attribute stands for `-`, a leading or trailing one for nothing. An attribute that
    is null is left out; a float has one decimal, which is finer than a pixel.
    """
    written = "".join(
        f' {key.strip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY_ELEMENTS and not children:
        return Markup(f"<{name}{written}{'/' if name not in ('br', 'link', 'meta') else ''}>")
    return Markup(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """The parts one after the other; those that are no Markup are escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def _text(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
