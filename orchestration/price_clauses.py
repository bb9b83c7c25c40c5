"""How `genai-prices` matches names, as flat conditions that SQL can ask one by one."""

from __future__ import annotations

import re
from itertools import product
from typing import Any, NamedTuple

from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
)

# SQL engines with linear-time regular expressions know no look-ahead: `^(?!A)B` is "not ^A, and ^B".
_LOOK_AHEAD = re.compile(r"\^\(\?!((?:[^()]|\([^()]*\))*)\)(.*)", re.DOTALL)


class Clause(NamedTuple):
    """A condition on a lower-case name.

    Operators: `equals`, `starts_with`, `ends_with`, `contains`, `regex`, `not_regex`.
    """

    operator: str
    operand: str


def alternatives(match: Any) -> list[tuple[Clause, ...]]:
    """A match as alternatives of conditions that must all hold; operands are lower-case, patterns kept.

    Raises ValueError for a kind of match that has no flat form.
    """
    match match:
        case ClauseOr():
            return [found for part in match.or_ for found in alternatives(part)]
        case ClauseAnd():
            chosen = product(*(alternatives(part) for part in match.and_))
            return [tuple(clause for part in parts for clause in part) for parts in chosen]
        case ClauseEquals():
            return [(Clause("equals", match.equals.lower()),)]
        case ClauseStartsWith():
            return [(Clause("starts_with", match.starts_with.lower()),)]
        case ClauseEndsWith():
            return [(Clause("ends_with", match.ends_with.lower()),)]
        case ClauseContains():
            return [(Clause("contains", match.contains.lower()),)]
        case ClauseRegex():
            return [_without_look_ahead(match.regex)]
    raise ValueError(f"A {type(match).__name__} of genai-prices has no flat form.")


def _without_look_ahead(pattern: str) -> tuple[Clause, ...]:
    found = _LOOK_AHEAD.fullmatch(pattern)
    if found is None:
        clauses = [Clause("regex", pattern)]
    else:
        refused, wanted = found.groups()
        clauses = [Clause("not_regex", f"^{refused}")]
        if wanted:
            clauses.append(Clause("regex", f"^{wanted}"))
    if any(look in clause.operand for clause in clauses for look in ("(?=", "(?!", "(?<")):
        raise ValueError(f"The pattern {pattern} of genai-prices looks around in a way without a flat form.")
    return tuple(clauses)
