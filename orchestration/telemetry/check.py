"""`python -m orchestration check-telemetry`: does an export keep to what its agents declared?

    python -m orchestration check-telemetry otel-export.jsonl --agent support-triage

Reads whatever ingest reads. Names of attributes, agents, services and operations are told, and no other value
(docs/telemetry.md).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.errors import SettingsError, TracehouseError
from ingest.pieces import BadRecord
from ingest.redaction import read_redaction
from orchestration.telemetry.aliases import read_aliases
from orchestration.telemetry.export import Others, files_of, read_export
from orchestration.telemetry.judging import UNNAMED, Finding, Judgement
from orchestration.telemetry.proposals import agent_file, entries, written
from orchestration.telemetry.reading import FOLDER, read_registry
from orchestration.telemetry.registry import file_of

_LEFT_OUT = "spans of no agent, or of another"


@dataclass(frozen=True)
class Coverage:
    """How many of the `spans` that should have an attribute are `present` with it."""

    agent: str
    attribute: str
    requirement_level: str
    spans: int
    present: int


@dataclass(frozen=True)
class Proposal:
    """Lines of YAML for `file` of the registry."""

    agent: str
    file: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Report:
    """What the check found.

    `spans` counts by agent; `left_out` spans are those of no agent, or of another than was asked for, and
    `other_records` are not judged. `unreadable` counts, by reason code, what ingest would quarantine.
    """

    spans: dict[str, int]
    left_out: int
    other_records: int
    unreadable: dict[str, int]
    findings: Sequence[Finding]
    coverage: Sequence[Coverage]
    proposals: Sequence[Proposal]

    @property
    def is_fine(self) -> bool:
        """No breach, and every record could be read."""
        return not self.findings and not self.unreadable


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 the export keeps to the registry, 1 it does not, 2 bad arguments or nothing to judge."""
    chosen = _parser().parse_args(arguments)
    try:
        report = check(chosen.paths, agent=chosen.agent, registry=chosen.registry, now=datetime.now(UTC))
    except TracehouseError as error:
        print(f"tracehouse: {error}", file=sys.stderr)
        return 2
    print(as_json(report) if chosen.format == "json" else as_text(report))
    return 0 if report.is_fine else 1


def check(paths: list[Path], *, agent: str | None, registry: Path, now: datetime) -> Report:
    """Judge the spans of all files below `paths`; `now` (UTC) dates those without a time, and the policy.

    With `agent`, spans that name no agent count as its own, and those of others are left out. Raises
    SettingsError for what cannot be read, and when there is no span to judge.
    """
    told = read_registry(registry)
    if agent is not None and agent not in told.agents:
        raise SettingsError(
            f"The registry has no agent {agent!r}, only {', '.join(told.agents) or 'none yet'}. "
            "Leave --agent out, and a file for it is proposed."
        )
    judgement = Judgement(told, read_aliases(now.date()), read_redaction(now, None), now.date(), only=agent)
    unreadable: Counter[str] = Counter()
    others = 0
    first_reason = ""
    for path, name in files_of(paths):
        for found in read_export(path, name):
            if isinstance(found, BadRecord):
                unreadable[found.reason_code] += 1
                first_reason = first_reason or f" {path.name}: {found.reason}"
            elif isinstance(found, Others):
                others += found.count
            else:
                judgement.judge(found)
    if not judgement.senders:
        raise SettingsError(
            f"There is no span to judge: {judgement.left_out} {_LEFT_OUT}, {others} other records, "
            f"{unreadable.total()} that cannot be read.{first_reason}"
        )
    return _report(judgement, others, unreadable)


def as_json(report: Report) -> str:
    """The report as one JSON document, `verdict` first."""
    verdict = {"verdict": "fine" if report.is_fine else "breaches"}
    return json.dumps(verdict | asdict(report), indent=2, ensure_ascii=False)


def as_text(report: Report) -> str:
    """The report for people: what is wrong, how far attributes are there, what to write."""
    lines = []
    for finding in report.findings:
        of = report.spans.get(finding.agent, finding.spans)
        lines.append(
            f"{written(finding.agent)}: {finding.breach}: {written(finding.subject)}: {finding.told} "
            f"({finding.spans:,} of {of:,} spans, such as {finding.example})"
        )
    for code, count in report.unreadable.items():
        lines.append(f"unreadable: {code}: {count:,} records that ingest would quarantine")
    incomplete = [each for each in report.coverage if each.present < each.spans]
    if incomplete:
        lines += ["", "Coverage below 100 %:"]
        lines += [
            f"  {written(each.agent)}: {each.attribute} ({each.requirement_level}): "
            f"{each.present:,} of {each.spans:,} spans, {100 * each.present / each.spans:.1f} %"
            for each in incomplete
        ]
    for proposal in report.proposals:
        lines += ["", f"# proposed for {proposal.file}", *proposal.lines]
    return "\n".join([*lines, *([""] if lines else []), _sentence(report)])


def _sentence(report: Report) -> str:
    spans, agents = sum(report.spans.values()), len(report.spans.keys() - {UNNAMED})
    verdict = "keep to the registry" if not report.findings else f"break it in {len(report.findings)} ways"
    return (
        f"{spans:,} spans of {agents} agents {verdict}; {report.left_out:,} {_LEFT_OUT}, "
        f"{report.other_records:,} other records not judged, {sum(report.unreadable.values()):,} unreadable."
    )


def _report(judgement: Judgement, others: int, unreadable: Counter[str]) -> Report:
    coverage = []
    for (agent, attribute), (spans, present) in sorted(judgement.coverage.items()):
        declared = judgement.registry.agents[agent]
        level = next(each.requirement_level for each in declared.attributes if each.name == attribute)
        coverage.append(Coverage(agent, attribute, level, spans, present))
    return Report(
        spans={name: sender.spans for name, sender in sorted(judgement.senders.items())},
        left_out=judgement.left_out,
        other_records=others,
        unreadable=dict(unreadable),
        findings=judgement.findings,
        coverage=coverage,
        proposals=_proposals(judgement),
    )


def _proposals(judgement: Judgement) -> list[Proposal]:
    known = (judgement.registry, judgement.aliases, judgement.redaction)
    proposals = []
    for agent, sender in sorted(judgement.senders.items()):
        if agent == UNNAMED:
            continue
        seen = judgement.undeclared.get(agent, {})
        if agent not in judgement.registry.agents:
            lines = agent_file(agent, sender, seen, *known)
        elif seen:
            lines = entries(seen, *known)
        else:
            continue
        proposals.append(Proposal(agent, f"agents/{file_of(agent)}", lines))
    return proposals


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration check-telemetry", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files of an export, or folders")
    parser.add_argument("--agent", help="judge this agent alone; spans that name none are its own")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--registry", type=Path, default=FOLDER, help="another registry's folder")
    return parser
