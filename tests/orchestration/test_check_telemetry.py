"""`check-telemetry`: exports in every form that ingest reads, judged against a small registry."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard

from ingest.errors import SettingsError
from ingest.sample.encode import traces_json, traces_protobuf
from ingest.sample.telemetry import CLIENT, SERVER, Attributes, Origin, Span, Value
from orchestration.__main__ import main
from orchestration.telemetry.check import Report, check
from orchestration.telemetry.reading import FOLDER, read_registry
from tests.running import Home

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)

COMMON = """
groups:
  - id: standard
    type: attribute_group
    annotations: {valid_from: 2020-01-01}
    attributes:
      - id: tenant.id
        type: string
        requirement_level: required
        brief: Tenant.
        annotations: {personal_data: none}
      - id: gen_ai.usage.input_tokens
        type: int
        requirement_level: recommended
        brief: Tokens read.
        annotations: {personal_data: none, applies_to: chat}
      - id: score
        type: double
        requirement_level: opt_in
        brief: Score.
        annotations: {personal_data: none}
      - id: tags
        type: string[]
        requirement_level: opt_in
        brief: Tags.
        annotations: {personal_data: none}
      - id: mood
        type: {members: [{id: good, value: good}, {id: bad, value: bad}]}
        requirement_level: opt_in
        brief: Mood.
        annotations: {personal_data: none}
      - id: customer.phone
        type: string
        requirement_level: opt_in
        brief: Phone.
        annotations: {personal_data: personal}
      - id: user.email
        type: string
        requirement_level: opt_in
        brief: Address, which the policy hashes.
        annotations: {personal_data: personal}
      - id: gen_ai.agent.name
        type: string
        requirement_level: required
        brief: Agent.
        annotations: {personal_data: none, applies_to: operation}
      - id: gen_ai.operation.name
        type: string
        requirement_level: opt_in
        brief: Operation.
        annotations: {personal_data: none}
      - id: service.name
        type: string
        requirement_level: required
        brief: Service.
        annotations: {personal_data: none}
"""
AGENT = """
agent:
  name: scribe
  owner: documents
  services: [scribe-api]
  span_kinds: [client]
  operations: [chat]
  valid_from: 2026-10-05
groups:
  - {id: scribe, type: attribute_group, extends: standard}
"""
KEPT: Attributes = {
    "gen_ai.agent.name": "scribe",
    "gen_ai.operation.name": "chat",
    "tenant.id": "acme",
    "gen_ai.usage.input_tokens": 10,
}
RESOURCE: Attributes = {"service.name": "scribe-api"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registry")
    (folder / "agents").mkdir()
    (folder / "common.yml").write_text(COMMON, encoding="utf-8")
    (folder / "agents" / "scribe.yml").write_text(AGENT, encoding="utf-8")
    return folder


def span(number: int = 1, *, at: datetime = NOON, kind: int = CLIENT, **changed: Value | None) -> Span:
    """A span that keeps to the registry, but for what is changed; `__` stands for a dot, null leaves out."""
    attributes = KEPT | {name.replace("__", "."): value for name, value in changed.items()}
    start = int(at.timestamp()) * 10**9
    told = {name: value for name, value in attributes.items() if value is not None}
    return Span(f"{number:032x}", f"{number:016x}", "", "chat", kind, start, start + 10**9, told)


def export(folder: Path, *spans: Span, resource: Attributes = RESOURCE) -> Path:
    """One line of JSON with these spans."""
    path = folder / "traces.jsonl"
    path.write_bytes(traces_json(Origin(tuple(resource.items()), "test", "1"), spans) + b"\n")
    return path


def found(report: Report) -> list[tuple[str, str, int]]:
    return [(each.breach, each.subject, each.spans) for each in report.findings]


def judged(registry: Path, folder: Path, *spans: Span, agent: str | None = None, **origin: Any) -> Report:
    return check([export(folder, *spans, **origin)], agent=agent, registry=registry, now=NOW)


def framed(request: bytes) -> bytes:
    return len(request).to_bytes(4, "big") + request


JSON_FORMS: dict[str, Callable[[bytes], bytes]] = {
    "lines.jsonl": lambda line: line + b"\n" + line.replace(b"0001", b"0002") + b"\n",
    "lines.jsonl.gz": lambda line: gzip.compress(line + b"\n"),
    "document.json": lambda line: json.dumps(json.loads(line), indent=2).encode(),
    "array.json": lambda line: b"[" + line + b"," + line.replace(b"0001", b"0002") + b"]",
}
PROTOBUF_FORMS: dict[str, Callable[[bytes], bytes]] = {
    "traces.pb": lambda request: request,
    "traces.binpb": lambda request: framed(request) + framed(request),
    "traces.binpb.zst": lambda request: zstandard.compress(framed(request)),
}


@pytest.mark.parametrize("name", [*JSON_FORMS, *PROTOBUF_FORMS])
def test_every_form_that_ingest_reads_is_judged(registry: Path, tmp_path: Path, name: str) -> None:
    origin = Origin(tuple(RESOURCE.items()), "test", "1")
    lacking = [span(tenant__id=None)]
    path = tmp_path / name
    if name in JSON_FORMS:
        path.write_bytes(JSON_FORMS[name](traces_json(origin, lacking)))
    else:
        path.write_bytes(PROTOBUF_FORMS[name](traces_protobuf(origin, lacking)))
    report = check([path], agent=None, registry=registry, now=NOW)
    spans = 2 if name in ("lines.jsonl", "array.json", "traces.binpb") else 1
    assert report.unreadable == {}
    assert found(report) == [("required_missing", "tenant.id", spans)]


def test_a_span_that_keeps_to_the_registry_breaches_nothing(registry: Path, tmp_path: Path) -> None:
    report = judged(registry, tmp_path, span(score=0.5, tags=("a", "b"), mood="good"))
    assert report.is_fine
    assert report.spans == {"scribe": 1}
    assert report.proposals == []


def test_what_is_missing_is_counted_with_an_example_and_coverage(registry: Path, tmp_path: Path) -> None:
    report = judged(registry, tmp_path, span(1), span(2, tenant__id=None), span(3, tenant__id=""), span(4))
    (finding,) = report.findings
    assert (finding.agent, finding.breach, finding.subject) == ("scribe", "required_missing", "tenant.id")
    assert finding.spans == 2
    assert finding.example == f"{2:032x}-{2:016x}"
    coverage = {each.attribute: (each.present, each.spans) for each in report.coverage}
    assert coverage["tenant.id"] == (2, 4)
    assert coverage["gen_ai.usage.input_tokens"] == (4, 4)


def test_an_alias_or_the_resource_counts_as_the_attribute(registry: Path, tmp_path: Path) -> None:
    aliased = span(tenant__id=None, gen_ai__usage__input_tokens=None)
    aliased.attributes |= {"ai.telemetry.metadata.tenantId": "acme", "llm.token_count.prompt": 10}
    assert judged(registry, tmp_path, aliased).is_fine
    by_resource = {"tenant.id": "acme", **RESOURCE}
    assert judged(registry, tmp_path, span(tenant__id=None), resource=by_resource).is_fine


def test_an_attribute_of_some_spans_is_missed_on_those_alone(registry: Path, tmp_path: Path) -> None:
    other = span(gen_ai__operation__name=None, gen_ai__usage__input_tokens=None)
    assert [each.attribute for each in judged(registry, tmp_path, other).coverage] == [
        "service.name",
        "tenant.id",
    ]


@pytest.mark.parametrize(
    ("attribute", "value", "told"),
    [
        ("gen_ai__usage__input_tokens", "10", "declared int, sent as string"),
        ("gen_ai__usage__input_tokens", 10.0, "declared int, sent as double"),
        ("tenant__id", 7, "declared string, sent as int"),
        ("score", "0.5", "declared double, sent as string"),
        ("tags", "a", "declared string[], sent as string"),
        ("mood", 1, "declared enum of string, sent as int"),
    ],
)
def test_another_type_is_told_with_both(
    registry: Path, tmp_path: Path, attribute: str, value: Value, told: str
) -> None:
    (finding,) = judged(registry, tmp_path, span(**{attribute: value})).findings
    assert (finding.breach, finding.subject) == ("wrong_type", attribute.replace("__", "."))
    assert finding.told == told


def test_a_whole_number_is_right_for_a_double(registry: Path, tmp_path: Path) -> None:
    assert judged(registry, tmp_path, span(score=1)).is_fine


def test_an_array_is_wrong_when_its_elements_are(registry: Path, tmp_path: Path) -> None:
    line = traces_json(Origin(tuple(RESOURCE.items()), "test", "1"), [span(tags=("1", "2"))])
    path = tmp_path / "traces.jsonl"
    for number in (b"1", b"2"):
        line = line.replace(b'{"stringValue":"%s"}' % number, b'{"intValue":"%s"}' % number)
    path.write_bytes(line)
    (finding,) = check([path], agent=None, registry=registry, now=NOW).findings
    assert finding.told == "declared string[], sent as int[]"


def test_a_value_beside_the_members_is_told_without_it(registry: Path, tmp_path: Path) -> None:
    (finding,) = judged(registry, tmp_path, span(mood="furious")).findings
    assert (finding.breach, finding.told) == ("value_outside_enum", "the members are good, bad")


def test_an_agent_is_judged_from_its_first_day_on(registry: Path, tmp_path: Path) -> None:
    last_second = datetime(2026, 10, 4, 23, 59, 59, tzinfo=UTC)
    before = judged(registry, tmp_path, span(at=last_second, tenant__id=None))
    assert found(before) == [("unregistered_agent", "scribe", 1)]
    assert "its file counts from 2026-10-05" in before.findings[0].told
    first = judged(registry, tmp_path, span(at=datetime(2026, 10, 5, tzinfo=UTC), tenant__id=None))
    assert found(first) == [("required_missing", "tenant.id", 1)]


def test_who_sends_how_and_what_is_held_to_the_file(registry: Path, tmp_path: Path) -> None:
    report = judged(
        registry,
        tmp_path,
        span(kind=SERVER, gen_ai__operation__name="embeddings"),
        resource={"service.name": "elsewhere"},
    )
    assert found(report) == [
        ("undeclared_operation", "embeddings", 1),
        ("undeclared_service", "elsewhere", 1),
        ("undeclared_span_kind", "server", 1),
    ]


def test_personal_data_is_a_breach_unless_it_is_hashed_or_the_policy_sees_to_it(
    registry: Path, tmp_path: Path
) -> None:
    assert judged(registry, tmp_path, span(user__email="ada@example.org")).is_fine
    assert judged(registry, tmp_path, span(customer__phone="0f" * 32)).is_fine
    report = judged(registry, tmp_path, span(customer__phone="+44 20 7946 0000"))
    assert found(report) == [("personal_data_unprotected", "customer.phone", 1)]


def test_what_is_not_declared_is_proposed_so_that_it_can_be_pasted(registry: Path, tmp_path: Path) -> None:
    report = judged(
        registry,
        tmp_path,
        span(1, ticket__urgency=3, customer__full_name="Ada", session__key="k"),
        span(2, ticket__urgency=2.5, gen_ai__usage__output_tokens=1, ticket__labels=("a",)),
        span(3, llm__input_messages__0__content="x", llm__input_messages__1__content="y"),
    )
    assert {each.breach for each in report.findings} == {"undeclared_attribute"}
    (proposal,) = report.proposals
    assert proposal.file == "agents/scribe.yml"
    written = yaml.safe_load("\n".join(proposal.lines))
    proposed = {each["id"]: (each["type"], each["annotations"]["personal_data"]) for each in written}
    assert proposed == {
        "ticket.urgency": ("double", "none"),
        "ticket.labels": ("string[]", "none"),
        "customer.full_name": ("string", "personal"),
        "session.key": ("string", "pseudonymous"),
        "gen_ai.usage.output_tokens": ("int", "none"),
        "llm.input_messages": ("template[string]", "personal"),
    }
    assert all("confirm" in line for line in proposal.lines if "personal_data" in line)


def test_the_file_proposed_for_a_stranger_registers_it(registry: Path, tmp_path: Path) -> None:
    stranger = span(gen_ai__agent__name="The: ghost", ticket__urgency=3)
    report = judged(registry, tmp_path, stranger)
    assert found(report) == [("unregistered_agent", "The: ghost", 1)]
    (proposal,) = report.proposals
    assert proposal.file == "agents/The-ghost.yml"
    grown = tmp_path / "grown"
    (grown / "agents").mkdir(parents=True)
    (grown / "common.yml").write_text(COMMON, encoding="utf-8")
    (grown / proposal.file).write_text("\n".join(proposal.lines), encoding="utf-8")
    assert judged(grown, tmp_path, stranger).is_fine


def test_an_operation_that_names_no_agent_is_a_breach_and_another_span_is_nobodys(
    registry: Path, tmp_path: Path
) -> None:
    nameless = span(1, gen_ai__agent__name=None)
    unrelated = span(2, gen_ai__agent__name=None, gen_ai__operation__name=None)
    report = judged(registry, tmp_path, span(3), nameless, unrelated)
    assert found(report) == [("no_agent_name", "chat", 1)]
    assert report.left_out == 1


def test_with_an_agent_named_spans_without_one_are_its_own_and_those_of_others_are_left_out(
    registry: Path, tmp_path: Path
) -> None:
    nameless = span(1, gen_ai__agent__name=None)
    report = judged(registry, tmp_path, nameless, span(2, gen_ai__agent__name="ghost"), agent="scribe")
    assert found(report) == [("required_missing", "gen_ai.agent.name", 1)]
    assert report.left_out == 1


def test_what_ingest_would_quarantine_is_a_breach(registry: Path, tmp_path: Path) -> None:
    path = export(tmp_path, span())
    path.write_bytes(path.read_bytes() + b"no telemetry\n")
    report = check([path], agent=None, registry=registry, now=NOW)
    assert (report.findings, report.unreadable, report.is_fine) == ([], {"malformed_json": 1}, False)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, r"There is no .*traces.jsonl; name a file or a folder"),
        (b"", "There is no span to judge"),
        (b"no telemetry\n", r"1 that cannot be read. traces.jsonl: "),
    ],
)
def test_an_export_without_a_span_cannot_be_judged(
    registry: Path, tmp_path: Path, content: bytes | None, told: str
) -> None:
    path = tmp_path / "traces.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=told):
        check([path], agent=None, registry=registry, now=NOW)


def test_an_agent_that_nobody_registered_is_told_who_is(registry: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="The registry has no agent 'ghost', only scribe"):
        judged(registry, tmp_path, span(), agent="ghost")


def test_an_operation_that_nobody_knows_is_not_repeated(registry: Path, tmp_path: Path) -> None:
    report = judged(registry, tmp_path, span(gen_ai__operation__name="call Ada at home"))
    assert ("undeclared_operation", "(no known operation)", 1) in found(report)


SECRETS = ("+44 20 7946 0001", "furious-7f3a", "Ada Lovelace 9c", "acme-c0ffee")


@pytest.fixture
def leaking(tmp_path: Path) -> Path:
    phone, mood, name, tenant = SECRETS
    return export(tmp_path, span(customer__phone=phone, mood=mood, customer__name=name, tenant__id=tenant))


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_value_is_ever_printed(
    registry: Path, leaking: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-telemetry", str(leaking), "--registry", str(registry), "--format", form]) == 1
    printed = capsys.readouterr()
    assert "customer.phone" in printed.out
    assert not any(secret in printed.out + printed.err for secret in SECRETS)


def test_the_exit_code_tells_fine_breach_and_mistake(
    registry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--registry", str(registry)]
    assert main(["check-telemetry", str(export(tmp_path, span())), *options]) == 0
    assert "1 spans of 1 agents keep to the registry" in capsys.readouterr().out
    assert main(["check-telemetry", str(export(tmp_path, span(tenant__id=None))), *options]) == 1
    told = capsys.readouterr().out
    assert "scribe: required_missing: tenant.id: required, and not there (1 of 1 spans, such as 0" in told
    assert main(["check-telemetry", str(tmp_path / "nothing.jsonl"), *options]) == 2
    assert capsys.readouterr().err.startswith("tracehouse: There is no ")


def test_json_holds_what_text_tells(
    registry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = export(tmp_path, span(1, tenant__id=None), span(2))
    assert main(["check-telemetry", str(path), "--registry", str(registry), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "breaches"
    assert told["findings"] == [
        {
            "agent": "scribe",
            "breach": "required_missing",
            "subject": "tenant.id",
            "told": "required, and not there",
            "spans": 1,
            "example": f"{1:032x}-{1:016x}",
        }
    ]


def test_names_that_senders_chose_cannot_steer_a_terminal(registry: Path, tmp_path: Path) -> None:
    report = judged(registry, tmp_path, span(**{"\x1b[2J: {x}": "y"}))
    (proposal,) = report.proposals
    assert "\x1b" not in "\n".join(proposal.lines)
    assert yaml.safe_load("\n".join(proposal.lines))[0]["id"] == "\x1b[2J: {x}"


@pytest.mark.xdist_group("sample")
def test_the_agents_of_the_sample_month_keep_to_their_files(demo: Home) -> None:
    day = list((demo.path / "landing").rglob("traces-2026-10-14.*"))
    report = check(day, agent=None, registry=FOLDER, now=NOW)
    assert report.is_fine, report.findings
    assert set(report.spans) == set(read_registry().agents)


@pytest.mark.shared
def test_a_real_capture_becomes_a_file_that_it_keeps_to(tmp_path: Path, shared_data: Path) -> None:
    capture = shared_data / "otlp_real" / "captured" / "openinference" / "traces.jsonl"
    report = check([capture], agent=None, registry=FOLDER, now=NOW)
    assert found(report) == [("unregistered_agent", "summarizer", 41)]
    (proposal,) = report.proposals
    (tmp_path / "agents").mkdir()
    (tmp_path / "common.yml").write_bytes((FOLDER / "common.yml").read_bytes())
    (tmp_path / "agents" / "summarizer.yml").write_text("\n".join(proposal.lines), encoding="utf-8")
    judged_again = check([capture], agent="summarizer", registry=tmp_path, now=NOW)
    breaches = {each.breach for each in judged_again.findings}
    assert "undeclared_attribute" not in breaches and "unregistered_agent" not in breaches
    # It is declared now, and what it owes the platform is told.
    missing = {each.subject for each in judged_again.findings if each.breach == "required_missing"}
    assert "cloud.region" in missing
