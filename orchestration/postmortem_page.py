"""A page of headings, paragraphs and tables, as HTML or Markdown; cells are shown, never obeyed."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

_ADDRESS = re.compile(r"(?:https?://|docs/)[^\s<>\"'`|()\\]+")
# Characters that Markdown or the HTML inside it could take for something else.
_MEANINGFUL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:@/])")
# Line ends, other controls, and what turns the direction of writing.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True)
class Link:
    """A text that leads somewhere; one whose address is neither of the web nor of docs/ is only a text."""

    text: str
    address: str | None


Cell = str | int | float | datetime | Link | None


@dataclass(frozen=True)
class Table:
    """Rows under their headings. `more` rows were left out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    more: int = 0


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs and, if there is one, a table."""

    title: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None


def as_html(title: str, sections: Sequence[Section]) -> str:
    """A whole document that loads nothing from elsewhere and runs nothing."""
    body = "".join(_html_section(section) for section in sections)
    return _DOCUMENT.format(title=_html(title), body=body)


def as_markdown(title: str, sections: Sequence[Section]) -> str:
    """The same in Markdown."""
    return (
        "\n\n".join([f"# {_markdown(title)}", *(_markdown_section(section) for section in sections)]) + "\n"
    )


_DOCUMENT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100%; margin: 1rem 0 }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #ddd }}
td {{ overflow-wrap: anywhere }}
</style>
<h1>{title}</h1>
{body}</html>
"""


def _html_section(section: Section) -> str:
    parts = [f"<h2>{_html(section.title)}</h2>", *(f"<p>{_html(text)}</p>" for text in section.paragraphs)]
    if section.table is not None:
        head = "".join(f"<th>{_html(column)}</th>" for column in section.table.columns)
        rows = "".join(
            f"<tr>{''.join(f'<td>{_html_cell(cell)}</td>' for cell in row)}</tr>\n"
            for row in section.table.rows
        )
        parts.append(f"<table>\n<tr>{head}</tr>\n{rows}</table>")
        if section.table.more:
            parts.append(f"<p>{_html(_left_out(section.table))}</p>")
    return "\n".join(parts) + "\n"


def _html_cell(cell: Cell) -> str:
    if isinstance(cell, Link) and cell.address and _ADDRESS.fullmatch(cell.address):
        return f'<a href="{_html(cell.address)}" rel="noreferrer">{_html(cell.text)}</a>'
    return _html(_text(cell))


def _markdown_section(section: Section) -> str:
    parts = [f"## {_markdown(section.title)}", *(_markdown(text) for text in section.paragraphs)]
    if section.table is not None:
        lines = [section.table.columns, ["---"] * len(section.table.columns)]
        rows = [[_markdown_cell(cell) for cell in row] for row in section.table.rows]
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in [*lines, *rows]))
        if section.table.more:
            parts.append(_markdown(_left_out(section.table)))
    return "\n\n".join(parts)


def _markdown_cell(cell: Cell) -> str:
    if isinstance(cell, Link) and cell.address and _ADDRESS.fullmatch(cell.address):
        return f"[{_markdown(cell.text)}](<{cell.address}>)"
    return _markdown(_text(cell))


def _left_out(table: Table) -> str:
    return f"{table.more:,} more were left out."


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(cell, Link):
        return cell.text
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _html(text: str) -> str:
    return html.escape(_CONTROLS.sub(" ", text))


def _markdown(text: str) -> str:
    return _MEANINGFUL.sub(r"\\\1", _CONTROLS.sub(" ", text)).replace("&", "&amp;").replace("<", "&lt;")
