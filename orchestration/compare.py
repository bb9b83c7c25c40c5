"""`python -m orchestration.compare`: is the candidate fit to ship?

The rule of the verdict stands in dbt, in the mart `model_comparison` (docs/comparisons.md). Here what is
published of it is looked up, told, and turned into an exit code.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import duckdb

from ingest.errors import TracehouseError
from ingest.settings import Settings, read_settings
from metabase.serving import Serving
from orchestration.preview import markdown_table

EXIT_CODES = {"pass": 0, "regress": 1, "inconclusive": 2}
NOT_COMPARED = 3
DIMENSIONS = ("release_train", "model", "prompt_version", "mlflow_run")

_REASONS = {
    "better": "better",
    "no_intolerable_loss": "no loss beyond the tolerated {tolerated}",
    "worse_within_tolerance": "worse, but by less than the tolerated {tolerated}",
    "worse": "worse",
    "interval_too_wide": "the interval is too wide to tell; judge more items",
    "too_few_items": "fewer than 20 items on a side; judge more",
    "results_missing": "the evaluator came to no result for {unjudged} items",
    "candidate_not_judged": "judged the baseline alone",
    "no_common_evaluator_version": "no version of the evaluator judged both",
}
# The verdict stands first: a name from telemetry at the start of a line may be a command to a CI system.
_HEADINGS = (
    "verdict",
    "agent",
    "dataset",
    "evaluator",
    "quality",
    "change",
    "items",
    "cost",
    "run time",
    "why",
)


class NotComparedError(TracehouseError):
    """There is nothing to compare; the message says what there is. Exit code 3."""


@dataclass(frozen=True)
class Comparison:
    """The rows of `model_comparison` for one pair of variants, as of the release that published them.

    `is_held`: the newest release held the mart, so they are of an earlier one.
    """

    baseline: str
    candidate: str
    release: str
    published_at: datetime
    is_held: bool
    rows: Sequence[Mapping[str, Any]]

    @property
    def verdict(self) -> str:
        """`regress` if any row is, else `inconclusive` if any row is, else `pass`."""
        found = {row["verdict"] for row in self.rows}
        return next(verdict for verdict in ("regress", "inconclusive", "pass") if verdict in found)

    @property
    def sentence(self) -> str:
        """The outcome in one line."""
        counts = Counter(row["verdict"] for row in self.rows)
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in EXIT_CODES if counts[verdict])
        pair = f"{_printable(self.candidate)} against {_printable(self.baseline)}"
        agents = len({row["agent_name"] for row in self.rows})
        each = f" The 95 % are each of the {agents} agents' own." if agents > 1 else ""
        return f"{self.verdict}: {pair}: {told}.{each}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 pass, 1 regress, 2 inconclusive, 3 not compared (the reason is on standard error)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    chosen = _parser().parse_args(arguments)
    try:
        comparison = compare(
            read_settings(os.environ),
            chosen.baseline,
            chosen.candidate,
            {"agent_name": chosen.agent, "evaluator": chosen.evaluator, "dataset": chosen.dataset},
        )
        told = _FORMATS[chosen.format](comparison)
        if chosen.output:
            _write(chosen.output, told)
            print(comparison.sentence, flush=True)
        else:
            print(told, flush=True)
    except Exception as error:  # noqa: BLE001 - Python ends with 1 for what nobody caught, and 1 is a verdict
        message = str(error).partition("\n")[0] or type(error).__name__
        print(f"tracehouse: {_printable(message)}", file=sys.stderr)
        return NOT_COMPARED
    return EXIT_CODES[comparison.verdict]


def compare(settings: Settings, baseline: str, candidate: str, only: Mapping[str, str | None]) -> Comparison:
    """What the newest release says of two variants.

    A variant is a label of the mart, `<dimension>=<value>`, or the value alone where one dimension has both.
    `only` narrows by column; null takes all. Raises NotComparedError.
    """
    database = Serving(Path(settings.serving)).database
    if not database.exists():
        raise NotComparedError(f"Nothing is published at {database.parent} yet; run `make run` first.")
    if baseline == candidate:
        raise NotComparedError(f"Baseline and candidate are both {_printable(baseline)}; name two variants.")
    with duckdb.connect(str(database), read_only=True) as connection:
        release, is_held = _release(connection)
        narrowed = {column: value for column, value in only.items() if value is not None}
        conditions = " and ".join(["true", *(f"{column} = ?" for column in narrowed)])
        cursor = connection.execute(
            f"from marts.model_comparison where {conditions} order by all",
            list(narrowed.values()),
        )
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    old, new = _labels(rows, baseline, candidate)
    compared = [row for row in rows if (row["baseline"], row["candidate"]) == (old, new)]
    return Comparison(old, new, *release, is_held, compared)


def _release(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, datetime], bool]:
    """The publication that readers' version of the mart came with, and whether a newer one held the mart."""
    of_mart = "from marts.publications where mart = 'model_comparison'"
    newest = connection.execute(
        f"select digest, state {of_mart} order by publication_id desc limit 1"
    ).fetchone()
    if newest is not None:
        release = connection.execute(
            f"select publication_id, published_at {of_mart} and state = 'published' and digest = ? "
            "order by publication_id desc limit 1",
            [newest[0]],
        ).fetchone()
        if release is not None:
            return release, newest[1] == "held"
    raise NotComparedError("model_comparison was never published; the gate's report says why.")


def _labels(rows: Sequence[Mapping[str, Any]], baseline: str, candidate: str) -> tuple[str, str]:
    """The labels that a person meant; exactly one pair of the rows has them."""
    pairs = {(row["baseline"], row["candidate"]) for row in rows}
    meant = sorted((old, new) for old, new in pairs if baseline in _names(old) and candidate in _names(new))
    if len(meant) == 1:
        return meant[0]
    if meant:
        choices = ", ".join(f"{old} and {new}" for old, new in meant)
        raise NotComparedError(
            _printable(f"{baseline} and {candidate} may mean {choices}; name the dimension.")
        )
    known = sorted({label for pair in pairs for label in pair})
    if not known:
        raise NotComparedError(
            "No two variants were evaluated on one dataset there. An evaluation needs evaluator, dataset and "
            f"agent, and one of {', '.join(DIMENSIONS)} to be told apart by."
        )
    shown = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    raise NotComparedError(
        _printable(
            f"No comparison of {candidate} with {baseline} is published; the variants there are: {shown}."
        )
    )


def _names(label: str) -> tuple[str, str]:
    return label, label.partition("=")[2]


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """One row for a person, in the order of the headings; names from telemetry cannot steer a terminal."""
    items = (row["baseline_items"], row["candidate_items"])
    return (
        row["verdict"],
        *(_printable(row[name]) for name in ("agent_name", "dataset", "evaluator")),
        f"{_number(row['baseline_quality'], '.3f')} → {_number(row['candidate_quality'], '.3f')}",
        _interval(row, "quality", "+.3f"),
        f"{items[0]} pairs" if row["method"] == "paired" else f"{_number(items[0])} and {_number(items[1])}",
        _interval(row, "cost", "+.5f", " USD"),
        _interval(row, "latency", "+,.0f", " ms"),
        _REASONS[row["reason"]].format(
            tolerated=_number(row["tolerated_loss"], ".3f"),
            unjudged=f"{_number(row['baseline_unjudged'])} and {_number(row['candidate_unjudged'])}",
        ),
    )


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in text)


def _interval(row: Mapping[str, Any], quantity: str, form: str, unit: str = "") -> str:
    delta, low, high = (row[f"{quantity}_{part}"] for part in ("delta", "low", "high"))
    if delta is None:
        return "unknown"
    if low is None:
        return f"{_number(delta, form)}{unit}, of too few items"
    return f"{_number(delta, form)} [{_number(low, form)}, {_number(high, form)}]{unit}"


def _number(value: float | None, form: str = "") -> str:
    return "unknown" if value is None else format(value, form)


def _title(comparison: Comparison) -> str:
    at = comparison.published_at.strftime("%Y-%m-%d %H:%M UTC")
    pair = f"{_printable(comparison.candidate)} against {_printable(comparison.baseline)}"
    held = "; the newest release held the mart, this is its last good version" if comparison.is_held else ""
    return f"{pair}, release {comparison.release} of {at}{held}"


def _as_text(comparison: Comparison) -> str:
    table = [_HEADINGS, *map(_cells, comparison.rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in table]
    return "\n".join([_title(comparison), "", *(line.rstrip() for line in lines), "", comparison.sentence])


def _as_markdown(comparison: Comparison) -> str:
    table = markdown_table(list(_HEADINGS), [_cells(row) for row in comparison.rows])
    return "\n\n".join([f"### {_title(comparison)}", table, comparison.sentence])


def _as_json(comparison: Comparison) -> str:
    return json.dumps(
        {
            "verdict": comparison.verdict,
            "exit_code": EXIT_CODES[comparison.verdict],
            "baseline": comparison.baseline,
            "candidate": comparison.candidate,
            "publication_id": comparison.release,
            "published_at": f"{comparison.published_at.isoformat()}Z",
            "is_held": comparison.is_held,
            "comparisons": comparison.rows,
        },
        indent=2,
        ensure_ascii=False,
    )


_FORMATS = {"text": _as_text, "markdown": _as_markdown, "json": _as_json}


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise NotComparedError(f"{file} cannot be written: {error.strerror}.") from error


class _Parser(argparse.ArgumentParser):
    """Ends with the code for what was not compared: 2, argparse's own, is a verdict."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(NOT_COMPARED, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m orchestration.compare",
        description="Compare two variants of an agent: same dataset, same evaluator.",
        epilog="Exit code: 0 pass, 1 regress, 2 inconclusive, 3 not compared.",
    )
    variant = f"<dimension>=<value>, of {', '.join(DIMENSIONS)}; the value alone where it is clear"
    parser.add_argument("--baseline", required=True, metavar="VARIANT", help=variant)
    parser.add_argument("--candidate", required=True, metavar="VARIANT", help="likewise")
    parser.add_argument("--agent", help="only this agent")
    parser.add_argument("--dataset", help="only this dataset")
    parser.add_argument("--evaluator", help="only this evaluator")
    parser.add_argument("--format", choices=_FORMATS, default="text")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there; print the verdict alone")
    return parser


if __name__ == "__main__":
    sys.exit(main())
