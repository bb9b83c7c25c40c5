"""What follows from the registry: `python -m orchestration telemetry` writes seeds, constants and the page.

All of it is committed; write it again after a change of the registry.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from orchestration.telemetry.aliases import Aliases, read_aliases
from orchestration.telemetry.entries import RegistryError
from orchestration.telemetry.reading import read_registry
from orchestration.telemetry.registry import Agent, Attribute, Registry

ROOT = Path(__file__).parents[2]
CONSTANTS = "orchestration/telemetry/attributes.py"
PAGE = "docs/attributes.md"
_SEEDS = "dbt_project/seeds/"
_LINE = 110

_AGENT_COLUMNS = ("agent_name", "owner", "services", "span_kinds", "operations", "valid_from", "valid_to")
_ATTRIBUTE_COLUMNS = (
    "agent_name",
    "attribute",
    "canonical_name",
    "type",
    "stored_as",
    "requirement_level",
    "personal_data",
    "applies_to",
    "valid_from",
    "valid_to",
)
_STANDARD_COLUMNS = ("attribute", "canonical_name", "applies_to", "valid_from", "valid_to")


def generated(registry: Registry, aliases: Aliases) -> dict[str, str]:
    """Content by path below the checkout. Raises RegistryError for names that cannot stand side by side."""
    return {
        f"{_SEEDS}registered_agents.csv": _csv(_AGENT_COLUMNS, _agent_rows(registry)),
        f"{_SEEDS}agent_attributes.csv": _csv(_ATTRIBUTE_COLUMNS, _attribute_rows(registry, aliases)),
        f"{_SEEDS}standard_attributes.csv": _csv(_STANDARD_COLUMNS, _standard_rows(registry, aliases)),
        CONSTANTS: constants(registry),
        PAGE: page(registry),
    }


def write_generated(registry: Registry, aliases: Aliases, root: Path = ROOT) -> list[Path]:
    """Write everything below `root`, each beside its target and renamed; the paths."""
    written = []
    for name, content in generated(registry, aliases).items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.part")
        partial.write_text(content, encoding="utf-8", newline="")
        partial.replace(target)
        written.append(target)
    return written


def generate(today: date) -> int:
    """The command: write everything from the committed registry, and tell where."""
    for path in write_generated(read_registry(), read_aliases(today)):
        print(path)
    return 0


def constants(registry: Registry) -> str:
    """A Python module for senders: the name of every attribute, and the values of those that have few."""
    by_constant: dict[str, Attribute] = {}
    for each in _newest(registry).values():
        if each.is_template:
            continue
        other = by_constant.setdefault(_constant(each.name), each)
        if other is not each:
            raise RegistryError(
                f"{other.name} and {each.name} give one constant, {_constant(each.name)}; rename one of them."
            )
    lines = [
        '"""Names of the attributes in the telemetry registry: copy this module into your agent.',
        "",
        "Written by `python -m orchestration telemetry`.",
        '"""',
        "",
        "from typing import Final, Literal",
        "",
    ]
    members = [each for _, each in sorted(by_constant.items()) if each.members]
    lines += [line for each in members for line in _literal(each)]
    lines.append("")
    lines += [f"{name}: Final = {json.dumps(each.name)}" for name, each in sorted(by_constant.items())]
    return "\n".join(lines) + "\n"


def page(registry: Registry) -> str:
    """The page of attributes, in Markdown."""
    lines = [
        "# Attributes",
        "",
        "What agents send, by the telemetry registry; [telemetry.md](telemetry.md) says how to change it.",
        "Written by `python -m orchestration telemetry`.",
        "",
        "## Agents",
        "",
        "| agent | owner | services | operations | since |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(_agent_cells(agent)) for agent in registry.agents.values()]
    lines += [
        "",
        "## What they send",
        "",
        "Asked of: the spans that should have it, be it all, those of any GenAI operation, or of one.",
        "",
        "| attribute | type | level | personal data | asked of | meaning | sent by |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        _row(_attribute_cells(registry, name, each)) for name, each in sorted(_newest(registry).items())
    ]
    return "\n".join(lines) + "\n"


def _agent_rows(registry: Registry) -> Iterator[Sequence[object]]:
    for agent in registry.agents.values():
        lists = (agent.services, agent.span_kinds, agent.operations)
        yield agent.name, agent.owner, *map(";".join, lists), agent.valid_from, agent.valid_to


def _attribute_rows(registry: Registry, aliases: Aliases) -> Iterator[Sequence[object]]:
    """Templates ask for nothing and fix no type that a name could break, so they stay out."""
    for agent in registry.agents.values():
        for each in agent.attributes:
            if not each.is_template:
                yield (
                    agent.name,
                    each.name,
                    aliases.canonical.get(each.name),
                    each.told_type,
                    ";".join(each.stored_as),
                    each.requirement_level,
                    each.personal_data,
                    each.applies_to,
                    each.valid_from,
                    each.valid_to,
                )


def _standard_rows(registry: Registry, aliases: Aliases) -> Iterator[Sequence[object]]:
    for each in registry.standard:
        if each.name not in aliases.canonical:
            raise RegistryError(
                f"common.yml: the standard attribute {each.name} fills no column; add it to the seed "
                "attribute_aliases, or move it to another group."
            )
        yield each.name, aliases.canonical[each.name], each.applies_to, each.valid_from, each.valid_to


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _newest(registry: Registry) -> dict[str, Attribute]:
    """Every attribute of a group or an agent by name, as it is declared for the latest days."""
    declared = [each for group in registry.groups.values() for each in group]
    declared += [each for agent in registry.agents.values() for each in agent.attributes]
    newest: dict[str, Attribute] = {}
    for each in declared:
        if each.name not in newest or newest[each.name].valid_from < each.valid_from:
            newest[each.name] = each
    return newest


def _constant(name: str) -> str:
    """The name in capitals, parts of words in camel case apart."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^A-Za-z0-9]", "_", apart).upper()


def _literal(attribute: Attribute) -> list[str]:
    """A type of the attribute's members, as a formatter leaves it."""
    members = [json.dumps(value) for value in attribute.members]
    line = f"{_class_name(attribute.name)} = Literal[{', '.join(members)}]"
    if len(line) <= _LINE:
        return [line]
    return [f"{_class_name(attribute.name)} = Literal[", *(f"    {each}," for each in members), "]"]


def _class_name(name: str) -> str:
    return "".join(part.title() for part in _constant(name).split("_"))


def _agent_cells(agent: Agent) -> Sequence[str]:
    since = f"{agent.valid_from}" if agent.valid_to is None else f"{agent.valid_from} to {agent.valid_to}"
    return agent.name, agent.owner, ", ".join(agent.services), ", ".join(agent.operations), since


def _attribute_cells(registry: Registry, name: str, newest: Attribute) -> Sequence[str]:
    levels = {
        agent.name: each.requirement_level
        for agent in registry.agents.values()
        for each in agent.attributes
        if each.name == name
    }
    counted = Counter(levels.values()) or Counter([newest.requirement_level])
    level = counted.most_common(1)[0][0]
    others = [f"{other}: {agent}" for agent, other in levels.items() if other != level]
    told = newest.told_type
    if newest.members:
        told = " ".join(f"`{value}`" for value in newest.members)
    asked = {"*": "all", "operation": "any operation"}.get(newest.applies_to, f"`{newest.applies_to}`")
    senders = "all" if len(levels) == len(registry.agents) else ", ".join(levels) or "none yet"
    return (
        f"`{name}.*`" if newest.is_template else f"`{name}`",
        told,
        f"{level} ({'; '.join(others)})" if others else level,
        newest.personal_data,
        asked,
        newest.brief,
        senders,
    )


def _row(cells: Sequence[str]) -> str:
    """One line, whatever stands in the cells."""
    return f"| {' | '.join(' '.join(cell.replace('|', '&#124;').split()) for cell in cells)} |"
