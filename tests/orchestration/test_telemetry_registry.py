"""The telemetry registry: what a file may say, what its mistakes are told as, and what is written from it."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from orchestration.telemetry.aliases import read_aliases
from orchestration.telemetry.entries import RegistryError
from orchestration.telemetry.generate import ROOT, constants, generated, page, write_generated
from orchestration.telemetry.reading import FOLDER, read_registry

DAY = date(2026, 10, 5)

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
        examples: [acme]
        annotations: {personal_data: none}
  - id: calls
    type: attribute_group
    extends: standard
    annotations: {valid_from: 2020-01-01}
    attributes:
      - id: gen_ai.usage.input_tokens
        type: int
        requirement_level: recommended
        brief: Tokens read.
        annotations: {personal_data: none, applies_to: chat}
"""
AGENT = """
agent:
  name: scribe
  owner: documents
  services: [scribe-api]
  span_kinds: [client]
  operations: [chat]
  valid_from: 2026-10-01
groups:
  - id: scribe
    type: attribute_group
    extends: calls
"""


def registry_of(folder: Path, agent: str = AGENT, common: str = COMMON, file: str = "scribe.yml") -> Path:
    """Write a registry of one agent."""
    (folder / "agents").mkdir(exist_ok=True)
    (folder / "common.yml").write_text(common, encoding="utf-8")
    (folder / "agents" / file).write_text(agent, encoding="utf-8")
    return folder


def test_what_is_committed_is_what_the_registry_gives(tmp_path: Path) -> None:
    for path in write_generated(read_registry(), read_aliases(DAY), root=tmp_path):
        name = path.relative_to(tmp_path)
        assert path.read_bytes() == (ROOT / name).read_bytes(), (
            f"{name} differs: run `python -m orchestration telemetry`"
        )


def test_the_standard_attributes_are_those_of_the_contract_in_its_order() -> None:
    """Design §8, the last paragraph."""
    assert [each.name for each in read_registry().standard] == [
        "tenant.id",
        "gen_ai.agent.name",
        "workflow.id",
        "gen_ai.workflow.name",
        "event.digest",
        "entitlement.tier",
        "consent.status",
        "consent.purpose",
        "data.jurisdiction",
        "cloud.region",
        "service.name",
        "service.version",
        "deployment.environment.name",
        "vcs.ref.head.revision",
        "container.image.name",
        "container.image.tags",
    ]


def test_adding_one_file_registers_an_agent_with_all_that_its_groups_extend(tmp_path: Path) -> None:
    agent = read_registry(registry_of(tmp_path)).agents["scribe"]
    assert {each.name: each.requirement_level for each in agent.attributes} == {
        "tenant.id": "required",
        "gen_ai.usage.input_tokens": "recommended",
    }
    # Shared attributes are older than the agent; it declares them from its own first day on.
    assert {each.valid_from for each in agent.attributes} == {date(2026, 10, 1)}


def test_a_name_that_no_file_could_have_is_the_name_of_an_agent(tmp_path: Path) -> None:
    named = AGENT.replace("name: scribe", "name: 'Scribe / v2'")
    assert list(read_registry(registry_of(tmp_path, named, file="Scribe-v2.yml")).agents) == ["Scribe / v2"]


def test_an_agent_is_registered_from_its_first_day_until_the_day_it_ends(tmp_path: Path) -> None:
    ended = AGENT.replace("valid_from: 2026-10-01", "valid_from: 2026-10-01\n  valid_to: 2026-11-01")
    agent = read_registry(registry_of(tmp_path, ended)).agents["scribe"]
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)]
    assert [agent.is_valid(day) for day in days] == [False, True, True, False]
    assert [bool(agent.in_force(day)) for day in days] == [False, True, True, False]


def test_a_ref_changes_what_the_agent_declares_and_nobody_else(tmp_path: Path) -> None:
    stricter = (
        AGENT
        + """    attributes:
      - {ref: gen_ai.usage.input_tokens, annotations: {valid_to: 2026-10-05}}
      - {ref: gen_ai.usage.input_tokens, requirement_level: required, annotations: {valid_from: 2026-10-05}}
"""
    )
    registry = read_registry(registry_of(tmp_path, stricter))
    tokens = [
        registry.agents["scribe"].in_force(day)["gen_ai.usage.input_tokens"].requirement_level
        for day in (date(2026, 10, 4), date(2026, 10, 5))
    ]
    assert tokens == ["recommended", "required"]
    assert [each.requirement_level for each in registry.groups["calls"]] == ["required", "recommended"]


def test_members_and_templates_are_types(tmp_path: Path) -> None:
    own = (
        AGENT
        + """    attributes:
      - id: outcome
        type: {members: [{id: yes_, value: accepted}, {id: no_, value: rejected}]}
        requirement_level: opt_in
        brief: Outcome.
        annotations: {personal_data: none}
      - id: llm.input_messages
        type: template[string]
        requirement_level: opt_in
        brief: Messages.
        annotations: {personal_data: personal}
"""
    )
    agent = read_registry(registry_of(tmp_path, own)).agents["scribe"]
    assert agent.in_force(DAY)["outcome"].members == ("accepted", "rejected")
    assert "llm.input_messages" not in agent.in_force(DAY)
    assert [each.told_type for each in agent.templates(DAY)] == ["template[string]"]


MISTAKES = {
    "no type": (
        "common.yml",
        COMMON.replace("type: int", "type: integer"),
        "common.yml, groups[1].attributes[0].type: 'integer' is no type; write one of string, int, double",
    ),
    "no level": (
        "common.yml",
        COMMON.replace("requirement_level: required", "requirement_level: must"),
        "common.yml, groups[0].attributes[0].requirement_level: 'must' stands here; "
        "write one of required, recommended, opt_in.",
    ),
    "no class": (
        "common.yml",
        COMMON.replace("annotations: {personal_data: none}", "annotations: {personal_data: secret}"),
        "groups[0].attributes[0].annotations.personal_data: 'secret' stands here; "
        "write one of none, pseudonymous, personal, sensitive.",
    ),
    "class left out": (
        "common.yml",
        COMMON.replace(
            "annotations: {personal_data: none, applies_to: chat}", "annotations: {applies_to: chat}"
        ),
        "groups[1].attributes[0].annotations: personal_data is missing; write `personal_data:` here.",
    ),
    "misspelt member": (
        "common.yml",
        COMMON.replace("brief: Tenant.", "breif: Tenant."),
        "groups[0].attributes[0]: there is no 'breif' here; write one of id, type, brief,",
    ),
    "example of another type": (
        "common.yml",
        COMMON.replace("examples: [acme]", "examples: [7]"),
        "groups[0].attributes[0].examples[0]: 7 is no string; write an example of the type.",
    ),
    "no such group": (
        "scribe.yml",
        AGENT.replace("extends: calls", "extends: [calls, cals]"),
        "groups[0].extends: there is no group 'cals'; write one of calls, scribe, standard.",
    ),
    "extends itself": (
        "scribe.yml",
        AGENT.replace("extends: calls", "extends: scribe"),
        "agents/scribe.yml, groups[0].extends: 'scribe' extends itself; leave it out.",
    ),
    "no such attribute": (
        "scribe.yml",
        AGENT + "    attributes: [{ref: tenat.id}]\n",
        "groups[0].attributes[0].ref: no group declares 'tenat.id'; declare it with `id`",
    ),
    "named otherwise": (
        "scribe.yml",
        AGENT.replace("name: scribe", "name: scribe-2"),
        "agent.name: the name is 'scribe-2'; rename the file to scribe-2.yml, or write scribe.",
    ),
    "no day": (
        "scribe.yml",
        AGENT.replace("2026-10-01", "October"),
        "agents/scribe.yml, agent.valid_from: 'October' is no day; write a UTC day such as 2026-01-31.",
    ),
    "ends before it begins": (
        "scribe.yml",
        AGENT.replace("valid_from: 2026-10-01", "valid_from: 2026-10-01\n  valid_to: 2026-10-01"),
        "agent.valid_to: 2026-10-01 is not after valid_from, 2026-10-01; write a later day, or leave it out.",
    ),
    "two at once": (
        "scribe.yml",
        AGENT
        + "    attributes:\n      - {ref: tenant.id, requirement_level: opt_in}\n"
        + "      - {ref: tenant.id, annotations: {valid_from: 2026-10-05}}\n",
        "groups[0]: tenant.id has two entries in force on 2026-10-05; end the first with "
        "`valid_to: 2026-10-05`, or leave one out.",
    ),
    "no kind of span": (
        "scribe.yml",
        AGENT.replace("[client]", "[clinet]"),
        "agent.span_kinds[0]: 'clinet' stands here; write one of internal, server, client,",
    ),
    "no operation": (
        "scribe.yml",
        AGENT.replace("[chat]", "[chatting]"),
        "agents/scribe.yml, agent.operations[0]: 'chatting' stands here; write one of chain, chat,",
    ),
    "asked of no operation": (
        "common.yml",
        COMMON.replace("applies_to: chat", "applies_to: chatting"),
        "groups[1].attributes[0].annotations.applies_to: 'chatting' stands here; write one of *,",
    ),
    "a name twice": (
        "scribe.yml",
        AGENT.replace("  owner: documents", "  owner: documents\n  owner: support"),
        "agents/scribe.yml, line 5: this is no YAML: 'owner' stands twice.",
    ),
    "a day that no month has": (
        "scribe.yml",
        AGENT.replace("  valid_from: ", "  valid_to: 2026-02-30\n  valid_from: "),
        "agents/scribe.yml, line 8: this is no YAML: this is no timestamp.",
    ),
    "a number of too many digits": (
        "scribe.yml",
        AGENT.replace("owner: documents", "owner: " + "9" * 5000),
        "agents/scribe.yml, line 4: this is no YAML: this is no int.",
    ),
    "lists without end": (
        "scribe.yml",
        AGENT + "x: " + "[" * 1000,
        "agents/scribe.yml: this is nested too deeply; write lists and mappings flat.",
    ),
    "no YAML": (
        "scribe.yml",
        AGENT.replace("[scribe-api]", "[scribe-api"),
        "agents/scribe.yml, line",
    ),
    "no standard group": (
        "common.yml",
        COMMON.replace("id: standard", "id: base").replace("extends: standard", "extends: base"),
        "common.yml: there is no group standard; add the group `standard` that every agent extends.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_file_its_place_and_what_to_write(tmp_path: Path, mistake: str) -> None:
    file, content, told = MISTAKES[mistake]
    folder = registry_of(tmp_path)
    (folder / file if file == "common.yml" else folder / "agents" / file).write_text(
        content, encoding="utf-8"
    )
    with pytest.raises(RegistryError) as raised:
        read_registry(folder)
    assert told in str(raised.value)


def test_the_same_attribute_from_two_groups_must_be_the_same(tmp_path: Path) -> None:
    other = (
        COMMON
        + """  - id: other
    type: attribute_group
    annotations: {valid_from: 2020-01-01}
    attributes:
      - {ref: tenant.id, requirement_level: opt_in}
"""
    )
    both = AGENT.replace("extends: calls", "extends: [calls, other]")
    with pytest.raises(RegistryError, match=r"groups\[0\]: tenant.id is inherited in two forms; declare"):
        read_registry(registry_of(tmp_path, both, other))
    settled = both + "    attributes: [{ref: tenant.id, requirement_level: recommended}]\n"
    agent = read_registry(registry_of(tmp_path, settled, other)).agents["scribe"]
    assert agent.in_force(DAY)["tenant.id"].requirement_level == "recommended"


def test_a_standard_attribute_that_fills_no_column_is_a_mistake(tmp_path: Path) -> None:
    registry = read_registry(
        registry_of(tmp_path, common=COMMON.replace("id: tenant.id", "id: tenant.shoe_size"))
    )
    with pytest.raises(RegistryError, match=r"tenant.shoe_size fills no column; add it to the seed"):
        generated(registry, read_aliases(DAY))


def test_a_brief_of_several_lines_is_one_row_of_the_page(tmp_path: Path) -> None:
    told = "brief: |\n          Wanted |\n          # by whom\n"
    own = (
        AGENT
        + f"""    attributes:
      - id: paper.size
        type: string
        requirement_level: opt_in
        {told}        annotations: {{personal_data: none}}
"""
    )
    assert "| Wanted &#124; # by whom |" in page(read_registry(registry_of(tmp_path, own)))


def test_names_that_give_one_constant_are_a_mistake(tmp_path: Path) -> None:
    own = (
        AGENT
        + """    attributes:
      - id: tenant_id
        type: string
        requirement_level: opt_in
        brief: Tenant again.
        annotations: {personal_data: none}
"""
    )
    with pytest.raises(RegistryError, match="TENANT_ID"):
        constants(read_registry(registry_of(tmp_path, own)))


def test_constants_run_on_nothing_but_the_standard_library(tmp_path: Path) -> None:
    (tmp_path / "copied.py").write_text(constants(read_registry()), encoding="utf-8")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import copied; "
        "print(copied.TENANT_ID, copied.AI_OPERATION_ID, copied.ConsentStatus.__args__)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "tenant.id ai.operationId ('granted', 'missing', 'expired', 'withdrawn')\n"


def test_seeds_say_what_the_files_say(tmp_path: Path) -> None:
    registry = read_registry(registry_of(tmp_path))
    files = generated(registry, read_aliases(DAY))
    attributes = list(csv.DictReader(files["dbt_project/seeds/agent_attributes.csv"].splitlines()))
    assert attributes[0] == {
        "agent_name": "scribe",
        "attribute": "gen_ai.usage.input_tokens",
        "canonical_name": "input_tokens",
        "type": "int",
        "stored_as": "int",
        "requirement_level": "recommended",
        "personal_data": "none",
        "applies_to": "chat",
        "valid_from": "2026-10-01",
        "valid_to": "",
    }
    assert files["dbt_project/seeds/registered_agents.csv"] == (
        "agent_name,owner,services,span_kinds,operations,valid_from,valid_to\n"
        "scribe,documents,scribe-api,client,chat,2026-10-01,\n"
    )


def test_the_page_tells_who_departs_from_what_most_agents_declare(tmp_path: Path) -> None:
    folder = registry_of(tmp_path)
    for name in ("clerk", "guide"):
        registry_of(folder, AGENT.replace("scribe", name), file=f"{name}.yml")
    own = AGENT + "    attributes: [{ref: tenant.id, requirement_level: opt_in}]\n"
    told = page(read_registry(registry_of(folder, own)))
    assert "| `tenant.id` | string | required (opt_in: scribe) | none | all | Tenant. | all |" in told


def test_the_file_that_the_page_shows_registers_its_agent(tmp_path: Path) -> None:
    told = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
    shown = re.search(r"```yaml\n(.*?)```", told, re.S)
    assert shown is not None
    common = (FOLDER / "common.yml").read_text(encoding="utf-8")
    registry = read_registry(registry_of(tmp_path, shown[1], common, "ticket-router.yml"))
    levels = {each.name: each.requirement_level for each in registry.agents["ticket-router"].attributes}
    assert (levels["ticket.urgency"], levels["agent.outcome"]) == ("recommended", "required")
    assert levels["tenant.id"] == "required"
