"""The collector: what it redacts is what ingest redacts, what it writes is what ingest reads."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, time
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SettingsError
from ingest.protobuf_framing import signal_of_path
from ingest.redaction import Redaction, read_redaction
from orchestration.deployment.collector import collector_processors, other_than, pattern
from orchestration.deployment.command import REDACTION, generated
from orchestration.telemetry.reading import read_registry
from tests.deploy.files import DEPLOY, ROOT, day_of, read_yaml, services

CONFIG = DEPLOY / "otel-collector/config.yaml"
BACKENDS = DEPLOY / "otel-collector/backends"
# Design, section 8: what a deployment knows of itself, of the standard attributes.
DEPLOYMENT = {
    "service.version",
    "deployment.environment.name",
    "vcs.ref.head.revision",
    "container.image.name",
    "container.image.tags",
    "cloud.region",
}


def merged(*configs: dict[str, Any]) -> dict[str, Any]:
    """Configurations as the collector merges them: maps into each other, anything else by the last."""
    result: dict[str, Any] = {}
    for config in configs:
        for key, value in config.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


def configuration(backends: str) -> dict[str, Any]:
    files = [CONFIG, ROOT / REDACTION, BACKENDS / f"{backends}.yaml"]
    return merged(*(read_yaml(file) for file in files))


def policy() -> Redaction:
    return read_redaction(datetime.combine(day_of(ROOT / REDACTION), time(), UTC), None)


def in_python(collectors: str) -> re.Pattern[str]:
    """A pattern of the collector's: `$$` is how its configuration writes `$`, the end of the text."""
    return re.compile(collectors.replace("$$", r"\Z").replace(r"[^\x00-\x{10FFFF}]", "(?!)"))


def action_of(name: str, processors: dict[str, Any]) -> str:
    """What the two processors do with an attribute of a span."""
    [statement] = processors["transform/content"]["trace_statements"][2]["statements"]
    found = re.fullmatch(r'delete_matching_keys\(span\.attributes, "(.*)"\)', statement)
    assert found is not None
    if in_python(found[1]).search(name):
        return "drop"
    [hashed] = processors["redaction/people"]["blocked_key_patterns"]
    return "hash" if in_python(hashed).search(name) else "keep"


def test_the_file_is_what_the_policy_says() -> None:
    written = (ROOT / REDACTION).read_text(encoding="utf-8")
    assert generated(day_of(ROOT / REDACTION))[REDACTION] == written


def test_the_collector_drops_and_hashes_what_ingest_does_and_nothing_else() -> None:
    redaction, processors = policy(), read_yaml(ROOT / REDACTION)["processors"]
    declared = {a.name for agent in read_registry().agents.values() for a in agent.attributes}
    named = {n for n in redaction.exact if not n.startswith("json:") and not n.endswith("/body")}
    named |= {
        f"{prefix}{rest}" for prefix, _ in redaction.prefixes for rest in ("", "0", "0.content", "a\nb")
    }
    near = (
        {f"{name}x" for name in named}
        | {f"x.{name}" for name in named}
        | {n.replace(".", "_") for n in named}
    )
    for name in sorted(declared | named | near):
        assert action_of(name, processors) == redaction.action(name), name


def test_what_the_registry_calls_personal_never_passes_as_it_came() -> None:
    processors = read_yaml(ROOT / REDACTION)["processors"]
    personal = {
        attribute.name
        for agent in read_registry().agents.values()
        for attribute in agent.attributes
        if attribute.personal_data in ("personal", "sensitive")
    }
    assert personal == {"review.actor_id"}
    assert {action_of(name, processors) for name in personal} == {"hash"}


def test_every_place_of_attributes_is_looked_at() -> None:
    content = read_yaml(ROOT / REDACTION)["processors"]["transform/content"]
    places = {
        signal: [group["context"] for group in content[signal]]
        for signal in content
        if signal != "error_mode"
    }
    assert places == {
        "trace_statements": ["resource", "scope", "span", "spanevent"],
        "metric_statements": ["resource", "scope", "datapoint"],
        "log_statements": ["resource", "scope", "log"],
    }
    for signal, groups in places.items():
        for place, group in zip(groups, content[signal], strict=True):
            assert group["statements"][0].startswith(f"delete_matching_keys({place}.attributes, ")


def test_the_body_of_an_event_that_the_policy_names_is_emptied() -> None:
    redaction = Redaction({"gen_ai.choice/body": "drop", "note/body": "keep"}, (), "1", "")
    log = collector_processors(redaction)["transform/content"]["log_statements"][2]["statements"]
    [emptied] = log[2:]
    assert emptied == (
        'set(log.body, "") where log.event_name == "gen_ai.choice" '
        'or log.attributes["event.name"] == "gen_ai.choice"'
    )


def test_a_name_that_the_policy_keeps_stays_below_a_prefix_that_it_drops() -> None:
    dropped = in_python(pattern({"p.version": "keep", "p.version.old": "keep"}, {"p.": "drop"}, "drop"))
    passed = {n for n in ("p.version", "p.version.old", "q", "p") if not dropped.search(n)}
    assert passed == {"p.version", "p.version.old", "q", "p"}
    gone = {n for n in ("p.", "p.v", "p.versions", "p.version.older", "p.0.content") if dropped.search(n)}
    assert gone == {"p.", "p.v", "p.versions", "p.version.older", "p.0.content"}


@given(st.sets(st.text("ab.-", max_size=4), max_size=5), st.text("abc.-", max_size=5))
def test_other_than_matches_every_text_but_those_named(words: set[str], text: str) -> None:
    assert bool(re.fullmatch(other_than(words), text)) == (text not in words)


def test_no_rule_of_an_action_is_a_pattern_that_matches_nothing() -> None:
    assert not in_python(pattern({}, {}, "hash")).search("user.id")


def test_a_prefix_within_a_prefix_of_another_action_is_told() -> None:
    with pytest.raises(SettingsError, match=r"keep for a\.b\.\*"):
        pattern({}, {"a.": "drop", "a.b.": "keep"}, "drop")


def test_a_name_that_would_break_the_pattern_is_told() -> None:
    with pytest.raises(SettingsError, match="names 'a\"b'"):
        pattern({'a"b': "drop"}, {}, "drop")


@pytest.mark.parametrize("backends", ["none", "observability"])
def test_every_pipeline_names_what_is_defined_and_everything_defined_is_named(backends: str) -> None:
    config = configuration(backends)
    pipelines = config["service"]["pipelines"].values()
    for kind in ("receivers", "processors", "exporters"):
        used = {name for pipeline in pipelines for name in pipeline[kind]}
        assert used == config[kind].keys()
    assert set(config["service"]["extensions"]) == config["extensions"].keys()


@pytest.mark.parametrize("backends", ["none", "observability"])
def test_every_pipeline_bounds_memory_first_and_redacts_after_it_enriched(backends: str) -> None:
    for name, pipeline in configuration(backends)["service"]["pipelines"].items():
        order = pipeline["processors"]
        assert order[:4] == [
            "memory_limiter",
            "transform/deployment",
            "transform/content",
            "redaction/people",
        ], name
        assert order[-1] == "batch", name


def test_the_profile_only_adds_pipelines() -> None:
    alone, together = configuration("none"), configuration("observability")
    for name, pipeline in alone["service"]["pipelines"].items():
        assert together["service"]["pipelines"][name] == pipeline


def test_one_configuration_stands_for_each_choice_of_profiles() -> None:
    [argument] = [part for part in services()["otel-collector"]["command"] if "backends" in part]
    assert argument == "--config=/etc/otelcol/backends/${COMPOSE_PROFILES:-none}.yaml"
    profiles = {p for service in services().values() for p in service.get("profiles", []) if p != "tools"}
    assert {file.stem for file in BACKENDS.iterdir()} == {"none", *profiles}


def test_each_signal_is_written_where_ingest_reads_it_and_knows_it() -> None:
    config = configuration("none")
    home = services()["pipeline"]["volumes"]
    [landing] = [mounted.removeprefix("otlp:") for mounted in home if mounted.startswith("otlp:")]
    assert f"otlp:{landing}" in services()["otel-collector"]["volumes"]
    for signal, pipeline in config["service"]["pipelines"].items():
        [exporter] = pipeline["exporters"]
        path = PurePosixPath(config["exporters"][exporter]["path"])
        assert str(path.parent) == landing
        # As the exporter names a file that it has rotated away.
        rotated = path.with_name(f"{path.stem}-2026-11-27T10-15-00.000{path.suffix}")
        for each in (path, rotated):
            assert signal_of_path(f"otlp/{each.name}") == signal


def test_a_file_is_kept_until_it_is_old_however_many_there_are() -> None:
    exporters = configuration("none")["exporters"].values()
    # 0 files to keep means all of them, to the library that rotates.
    assert {(e["rotation"]["max_days"], e["rotation"]["max_backups"]) for e in exporters} == {(30, 0)}
    assert {e["format"] for e in exporters} == {"json"}


def test_deployment_metadata_has_its_standard_names_and_never_overwrites() -> None:
    with (ROOT / "dbt_project/seeds/standard_attributes.csv").open(encoding="utf-8", newline="") as file:
        assert {row["attribute"] for row in csv.DictReader(file)} >= DEPLOYMENT
    transform = read_yaml(CONFIG)["processors"]["transform/deployment"]
    assert transform["trace_statements"] == transform["metric_statements"] == transform["log_statements"]
    environ = services()["otel-collector"]["environment"]
    added = set()
    for statement in (s for group in transform["trace_statements"] for s in group["statements"]):
        found = re.fullmatch(
            r'set\(resource\.attributes\["([a-z.]+)"\], (?:Split\()?"\$\{env:([A-Z_]+)\}"(?:, ","\))?\)'
            r' where resource\.attributes\["([a-z.]+)"\] == nil and "\$\{env:([A-Z_]+)\}" != ""',
            statement,
        )
        assert found is not None, statement
        name, variable, missing, given_by = found.groups()
        assert (name, variable) == (missing, given_by)
        assert variable == name.upper().replace(".", "_")
        assert variable in environ
        added.add(name)
    assert added == DEPLOYMENT


def test_only_rows_in_force_are_written() -> None:
    instants = (datetime(2019, 12, 31, 23, 59, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
    before, since = (collector_processors(read_redaction(instant, None)) for instant in instants)
    assert [action_of("user.email", processors) for processors in (before, since)] == ["keep", "hash"]
