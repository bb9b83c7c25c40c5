"""docs/deployment.md names what is there."""

from __future__ import annotations

import re

from tests.deploy.files import COMPOSE, DEPLOY, ROOT, services

PAGE = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")


def test_every_service_stands_in_the_table_of_what_runs() -> None:
    table = PAGE.split("## What runs")[1].split("## ")[0]
    named = set(re.findall(r"`([a-z-]+)`", "".join(re.findall(r"(?m)^\| (`[^|]+) \|", table))))
    assert named == services().keys()


def test_images_that_the_page_names_are_those_that_are_used() -> None:
    used = "".join(file.read_text(encoding="utf-8") for file in [COMPOSE, *DEPLOY.glob("**/*Dockerfile")])
    named = re.findall(r"([a-z]+(?:[/-][a-z]+)*:v?[0-9]+\.[0-9.]+(?:-[a-z]+)?)`?\s", PAGE)
    assert len(set(named)) == 4
    assert [image for image in named if image not in used] == []


def test_the_first_step_fills_every_secret_that_the_start_asks_for() -> None:
    [names] = re.findall(r"for name in ([A-Z_\s\\]+); do", PAGE)
    filled = set(names.replace("\\", " ").split())
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE.read_text(encoding="utf-8")))
    assert filled == needed | {"GRAFANA_ADMIN_PASSWORD"}


def test_settings_that_the_page_names_can_be_set() -> None:
    example = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    others = {"OTEL_EXPORTER_OTLP_ENDPOINT"}
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", PAGE))
    assert {name for name in named if not re.search(rf"(?m)^(# )?{name}=", example)} == others


def test_files_that_the_page_names_are_there() -> None:
    files = set(re.findall(r"deploy/[a-z./_-]*[a-z]", PAGE)) - {"deploy/.env"}
    assert {name for name in files if not (ROOT / name).exists()} == set()
    assert len(files) > 5
