"""The Compose file: valid, pinned, closed to the world, without a password of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.files import COMPOSE, DEPLOY, ROOT, read_yaml, services

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(:?[-?])?([^}]*)\}")
_SECRET = re.compile(r"PASSWORD|_KEY$")
# Secrets of other people's services, without which a deployment is whole.
_OPTIONAL_SECRETS = {
    "GRAFANA_ADMIN_PASSWORD",
    "METABASE_API_KEY",
    "METABASE_PASSWORD",
    "MLFLOW_TRACKING_PASSWORD",
    "TRACEHOUSE_PAGERDUTY_ROUTING_KEY",
}


def variables() -> list[tuple[str, str, str]]:
    """Name, operator and default or message of each variable that the Compose file asks for."""
    return [(m[1], m[2] or "", m[3]) for m in _VARIABLE.finditer(COMPOSE.read_text(encoding="utf-8"))]


def example() -> dict[str, str]:
    """What .env.example sets, and what it names behind a comment sign, by name."""
    text = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$", text))


def test_the_compose_file_keeps_to_the_published_schema() -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE),
    ]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_docker_compose_takes_the_file_where_it_is_installed() -> None:
    docker = shutil.which("docker")
    has_compose = (
        docker is not None
        and not subprocess.run([docker, "compose", "version"], capture_output=True).returncode
    )
    environ = {name: "0" * 64 for name, operator, _ in variables() if operator == ":?"}
    for profile in ("none", "observability"):
        # Without Docker's plugin every variable must at least be one that the settings give.
        if not has_compose or docker is None:
            assert environ.keys() <= example().keys()
            continue
        checked = subprocess.run(
            [
                docker,
                "compose",
                "-f",
                str(COMPOSE),
                "--env-file",
                os.devnull,
                "--profile",
                profile,
                "config",
                "--quiet",
            ],
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
        )
        assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("file", [COMPOSE, *sorted(DEPLOY.glob("**/*Dockerfile"))], ids=lambda p: p.name)
def test_every_image_is_of_one_version(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    images = re.findall(r'(?m)(?:^FROM |SOURCE: "|^    image: )([^\s"]+)', text)
    images = [image for image in images if not image.startswith("${")]
    assert images or "SOURCE" in text
    assert [image for image in images if not re.fullmatch(r"[a-z0-9./_-]+:v?\d+\.\d+\S*", image)] == []


def test_ports_are_open_to_this_machine_alone_unless_somebody_says_otherwise() -> None:
    ports = {port for service in services().values() for port in service.get("ports", [])}
    addresses = {re.sub(r"^\$\{[A-Z]+_ADDRESS:-([0-9.]+)\}", r"\1", port).split(":")[0] for port in ports}
    assert addresses == {"127.0.0.1"}


def test_only_what_publishes_a_port_or_calls_out_is_in_a_network_that_leads_out() -> None:
    networks = read_yaml(COMPOSE)["networks"]
    assert [name for name, network in networks.items() if not (network or {}).get("internal")] == ["outside"]
    outside = {name for name, service in services().items() if "outside" in service["networks"]}
    published = {name for name, service in services().items() if service.get("ports")}
    # Roles on a database elsewhere; webhooks and MLflow; Metabase's address.
    assert outside == published | {"database-roles", "pipeline", "dashboards"}


def test_no_password_has_a_default() -> None:
    defaults = {name: default for name, operator, default in variables() if operator == ":-" and default}
    assert {name for name in defaults if _SECRET.search(name)} == set()
    secrets = {name for name, _, _ in variables() if _SECRET.search(name)}
    needed = {name for name, operator, _ in variables() if operator == ":?"}
    assert secrets - needed == _OPTIONAL_SECRETS
    assert [value for name, value in example().items() if _SECRET.search(name) and value] == []


def test_the_example_names_what_the_file_asks_for_and_nothing_else() -> None:
    assert example().keys() == {name for name, _, _ in variables()}


def test_settings_of_the_project_are_called_as_its_own_example_calls_them() -> None:
    project = re.findall(
        r"(?m)^(?:# )?([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(encoding="utf-8")
    )
    named = {
        name for name in services()["pipeline"]["environment"] if name.startswith(("TRACEHOUSE_", "MLFLOW_"))
    }
    assert named <= set(project)


def test_every_service_that_stays_says_whether_it_is_well() -> None:
    asked = {name for name, service in services().items() if "healthcheck" in service}
    stays = {name for name, service in services().items() if service["restart"] != "no"}
    assert asked == stays


def test_a_service_that_can_do_without_writes_to_no_image_and_has_no_rights_of_root() -> None:
    writes = {name for name, service in services().items() if not service["read_only"]}
    assert writes == {"metabase"}
    for name, service in services().items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_files_that_are_mounted_and_built_are_there() -> None:
    for name, service in services().items():
        for mounted in service.get("volumes", []):
            source = mounted.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), f"{name} mounts {source}"
                assert mounted.endswith(":ro"), f"{name} may write to {source}"
        if build := service.get("build"):
            assert (DEPLOY / build["context"] / build.get("dockerfile", "Dockerfile")).is_file(), name


def test_volumes_and_networks_that_are_named_are_declared() -> None:
    compose: dict[str, Any] = read_yaml(COMPOSE)
    volumes = {v.split(":")[0] for s in services().values() for v in s.get("volumes", []) if v[0] != "."}
    assert volumes == compose["volumes"].keys()
    assert {n for s in services().values() for n in s["networks"]} == compose["networks"].keys()


def test_collector_and_ingest_run_as_the_same_user() -> None:
    ingest = re.findall(r"(?m)^ARG UID=(\d+)$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    collector = re.findall(
        r"(?m)^USER (\d+):\d+$", (DEPLOY / "otel-collector/Dockerfile").read_text(encoding="utf-8")
    )
    assert ingest == collector == ["10001"]


def test_the_image_holds_every_folder_that_the_code_reads() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        name for line in re.findall(r"(?m)^COPY (?:--\S+ )?(.+) \S+$", dockerfile) for name in line.split()
    }
    let_in = re.findall(r"(?m)^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8"))
    assert copied == set(let_in)
    assert {
        "ingest",
        "metabase",
        "orchestration",
        "dbt_project",
        "docs",
        "dagster.yaml",
        "pyproject.toml",
    } <= copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
