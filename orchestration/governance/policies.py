"""Are the policies that people keep in CSV files sound? Every problem names its file, row and mend.

dbt's tests find a wrong value once it is loaded; this finds it before anything runs, with the words of the
file. Contract of the files: the seeds `policy_*` of inputs.md.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ingest.errors import TracehouseError

COMMON = (
    "policy_id",
    "policy_version",
    "valid_from",
    "valid_to",
    "severity",
    "remediation",
    "runbook_url",
    "owner",
)
# What has no end.
_END = datetime.max.replace(tzinfo=UTC)
SEVERITIES = ("low", "medium", "high", "critical")


class PolicyError(TracehouseError):
    """Policies that nobody can judge by; the message has one line for each problem."""


@dataclass(frozen=True)
class Kind:
    """What a value has to be: the words for people, and the test of a text that is not empty."""

    words: str
    accepts: Callable[[str], bool]


@dataclass(frozen=True)
class Column:
    """A column of a seed; where it is not `needed`, empty is a value of its own."""

    kind: Kind
    needed: bool = True


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"\d{1,9}", text) is not None


def _is_amount(text: str) -> bool:
    number = _number(text)
    return number is not None and number >= 0


def _is_probability(text: str) -> bool:
    number = _number(text)
    return number is not None and 0 < number <= 1


def _one_of(*values: str) -> Kind:
    return Kind("one of " + ", ".join(values), lambda text: text in values)


TEXT = Kind("text", lambda text: text.strip() == text)
WHOLE = Kind("a whole number, 0 or more", _is_whole)
AMOUNT = Kind("a number, 0 or more", _is_amount)
PROBABILITY = Kind("a number above 0 and up to 1", _is_probability)
TRUTH = _one_of("true", "false")
EFFECT = _one_of("allow", "deny")
# No wildcard: where data may stay is said for each jurisdiction, and without one it is unknown.
JURISDICTION = Kind("a jurisdiction such as DE", lambda text: text.strip() == text and text != "*")
INSTANT = Kind("a UTC time such as 2026-01-01 00:00:00", lambda text: _instant(text) is not None)


@dataclass(frozen=True)
class Seed:
    """The columns of a seed beside the common ones, and those that tell its rows apart at one time."""

    columns: Mapping[str, Column]
    key: Sequence[str]


SEEDS: Mapping[str, Seed] = {
    "policy_connectors": Seed(
        {
            "connector_name": Column(TEXT),
            "environment": Column(TEXT),
            "tier": Column(TEXT),
            "effect": Column(EFFECT),
        },
        ("connector_name", "environment", "tier", "effect"),
    ),
    "policy_residency": Seed(
        {"jurisdiction": Column(JURISDICTION), "data_class": Column(TEXT), "allowed_region": Column(TEXT)},
        ("jurisdiction", "data_class", "allowed_region"),
    ),
    "policy_retention": Seed(
        {
            "signal_or_data_class": Column(TEXT),
            "jurisdiction": Column(TEXT),
            "keep_days": Column(WHOLE),
            "early_delete_days": Column(WHOLE, needed=False),
        },
        ("signal_or_data_class", "jurisdiction"),
    ),
    "policy_consent": Seed(
        {
            "purpose": Column(TEXT),
            "jurisdiction": Column(TEXT),
            "max_age_days": Column(WHOLE),
            "renewal_notice_days": Column(WHOLE),
        },
        ("purpose", "jurisdiction"),
    ),
    "policy_export_control": Seed(
        {
            "data_class": Column(TEXT),
            "destination_country": Column(TEXT),
            "model_region": Column(TEXT),
            "effect": Column(EFFECT),
        },
        ("data_class", "destination_country", "model_region", "effect"),
    ),
    "policy_redaction": Seed(
        {"attribute": Column(TEXT), "action": Column(_one_of("drop", "hash", "keep"))}, ("attribute",)
    ),
    "policy_overrides": Seed(
        {
            "grace_minutes": Column(WHOLE),
            "requires_actor": Column(TRUTH),
            "requires_reason": Column(TRUTH),
        },
        (),
    ),
    "policy_entitlements": Seed(
        {
            "tier": Column(TEXT),
            "measure": Column(_one_of("total_tokens", "requests", "cost_usd", "connectors")),
            "limit": Column(AMOUNT),
            "period": Column(_one_of("day", "month")),
        },
        ("tier", "measure", "period"),
    ),
    "policy_sampling": Seed(
        {
            "tier": Column(TEXT),
            "environment": Column(TEXT),
            "minimum_probability": Column(PROBABILITY),
            "during_incident": Column(TRUTH),
        },
        ("tier", "environment", "during_incident"),
    ),
    "policy_disputes": Seed(
        {"age_band": Column(TEXT), "from_days": Column(WHOLE), "to_days": Column(WHOLE, needed=False)},
        ("from_days",),
    ),
}


def check_policies(seeds: Path, root: Path) -> None:
    """Check every policy below `seeds`; a runbook is a page below `root`, with the heading that it names.

    Raises PolicyError with all problems, each in a line.
    """
    problems = [problem for name, seed in SEEDS.items() for problem in _problems(seeds, name, seed, root)]
    if problems:
        raise PolicyError("The policies cannot be judged by:\n" + "\n".join(f"  {line}" for line in problems))


def _problems(seeds: Path, name: str, seed: Seed, root: Path) -> Iterator[str]:
    file = f"{name}.csv"
    path = seeds / file
    if not path.is_file():
        yield f"{file} is missing; a policy that asks for nothing is a file with its header alone."
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        yield f"{file} is no UTF-8 text at byte {error.start}; save it as UTF-8."
        return
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = reader.fieldnames or ()
    missing = [column for column in (*COMMON, *seed.columns) if column not in header]
    if missing:
        yield f"{file} lacks the columns {', '.join(missing)}; add them to its first line."
        return
    rows = [(number, row) for number, row in enumerate(reader, start=2)]
    for number, row in rows:
        if None in row or None in row.values():
            yield f"{file}, row {number}: not as many values as columns; quote what contains a comma."
            return
        for problem in _problems_of_row(row, seed, root):
            yield f"{file}, row {number}: {problem}"
    yield from (f"{file}, {problem}" for problem in _overlaps(rows, seed))


def _problems_of_row(row: Mapping[str, str], seed: Seed, root: Path) -> Iterator[str]:
    columns = {
        **seed.columns,
        "policy_id": Column(TEXT),
        "policy_version": Column(TEXT),
        "valid_from": Column(INSTANT),
        "valid_to": Column(INSTANT, needed=False),
        "severity": Column(_one_of(*SEVERITIES)),
        "remediation": Column(TEXT),
        "runbook_url": Column(TEXT),
        "owner": Column(TEXT),
    }
    for name, column in columns.items():
        value = row[name]
        if not value and column.needed:
            yield f"{name} is empty; it has to be {column.kind.words}."
        elif value and not column.kind.accepts(value):
            yield f"{name} is {value!r}; it has to be {column.kind.words}."
    begins, ends = _instant(row["valid_from"]), _instant(row["valid_to"])
    if begins and ends and ends <= begins:
        yield f"valid_to {row['valid_to']} is not after valid_from {row['valid_from']}; correct one of them."
    if row["runbook_url"] and not _is_page(row["runbook_url"], root):
        yield f"runbook_url {row['runbook_url']} leads nowhere; write that section, or correct the link."


def _overlaps(rows: Sequence[tuple[int, Mapping[str, str]]], seed: Seed) -> Iterator[str]:
    """Rows of one key that hold at one time: nobody could say which counts."""
    last: dict[tuple[str, ...], tuple[datetime, int]] = {}
    dated = [(begins, number, row) for number, row in rows if (begins := _instant(row["valid_from"]))]
    for begins, number, row in sorted(dated, key=lambda each: each[:2]):
        key = tuple(row[column] for column in seed.key)
        until = _instant(row["valid_to"]) or _END
        if key in last and begins < last[key][0]:
            told = ", ".join(f"{column} {row[column]}" for column in seed.key) or "everything"
            yield (
                f"rows {last[key][1]} and {number} both hold for {told} from {row['valid_from']} on; "
                f"end row {last[key][1]} there with valid_to."
            )
        last[key] = max((until, number), last.get(key, (begins, number)))


def _instant(text: str) -> datetime | None:
    """A time as dbt reads it, too; Python alone would take more."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d)?", text) is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else None


def _is_page(url: str, root: Path) -> bool:
    """A web address, or a file of the project with the heading after `#`."""
    if url.startswith("https://"):
        return True
    page, _, anchor = url.partition("#")
    file = (root / page).resolve()
    if not file.is_relative_to(root.resolve()) or not file.is_file():
        return False
    headings = re.findall(r"(?m)^#+ +(.+)$", file.read_text(encoding="utf-8"))
    return not anchor or anchor in {
        re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings
    }
