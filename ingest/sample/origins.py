"""Who sends: the resources of the services, and of the platform's own helpers."""

from __future__ import annotations

from ingest.sample.dialects import scope_of
from ingest.sample.platform import Release, Service
from ingest.sample.runs import Run
from ingest.sample.telemetry import Origin

NOTIFIER = "notifier"
EVAL_RUNNER = "eval-runner"
PROBER = "prober"
SEARCH_GATEWAY = "search-gateway"
_HELPER_REVISION = "2b6d90e4c8f1735a0e92bd46f7a18c53d0e4b97f"


def origin_of(run: Run) -> Origin:
    """The process that served `run`."""
    return service_origin(run.service, run.release, run.region, run.tenant.environment)


def service_origin(service: Service, release: Release, region: str, environment: str) -> Origin:
    """One deployment of a service: its version in a region and environment."""
    return Origin(
        (
            ("service.name", service.name),
            ("service.version", release.version),
            ("deployment.environment.name", environment),
            ("vcs.ref.head.revision", release.revision),
            ("container.image.name", service.image),
            ("container.image.tags", (release.version,)),
            ("cloud.region", region),
            ("telemetry.sdk.name", "opentelemetry"),
            ("telemetry.sdk.language", "nodejs" if service.dialect == "vercel" else "python"),
        ),
        *scope_of(service.dialect),
    )


def helper_origin(name: str, region: str, environment: str) -> Origin:
    """A helper service that calls no model."""
    return Origin(
        (
            ("service.name", name),
            ("service.version", "1.0.0"),
            ("deployment.environment.name", environment),
            ("vcs.ref.head.revision", _HELPER_REVISION),
            ("container.image.name", f"registry.example/{name}"),
            ("container.image.tags", ("1.0.0",)),
            ("cloud.region", region),
            ("telemetry.sdk.name", "opentelemetry"),
            ("telemetry.sdk.language", "python"),
        ),
        f"platform.{name}",
        "1.0.0",
    )
