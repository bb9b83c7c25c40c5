"""Every setting, read once from the environment and passed on as a value."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from ingest.errors import SettingsError
from ingest.mlflow_store.uri import check_tracking_uri
from ingest.pieces import Limits
from ingest.postgres_url import PostgresUrl, check_postgres_url, check_role

# Grafana Explore on a Tempo data source, asking for one trace by its id.
DEFAULT_TRACE_URL = (
    "http://localhost:3000/explore?schemaVersion=1&panes=%7B%22t%22:%7B%22datasource%22:%22tempo%22,"
    "%22queries%22:%5B%7B%22refId%22:%22A%22,%22queryType%22:%22traceql%22,%22query%22:%22{trace_id}%22%7D%5D%7D%7D"
)

# Of PostgreSQL: may read the released marts and nothing else.
DEFAULT_READER_ROLE = "tracehouse_reader"
PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"


@dataclass(frozen=True)
class Channels:
    """Where alerts are sent to; null where a channel is not connected. Never shown in a repr or a log."""

    slack_webhook_url: str | None = field(default=None, repr=False)
    pagerduty_routing_key: str | None = field(default=None, repr=False)
    pagerduty_url: str = field(default=PAGERDUTY_URL, repr=False)


@dataclass(frozen=True)
class Settings:
    """What one run of the warehouse needs to know. Paths are absolute.

    `as_of` is null when nothing pins it: ages and freshness are then measured at the real clock.
    `workers` is how many processes decode a large load. `serving` is the folder of releases, `postgres` the
    database that they are loaded into besides; null where readers ask the folder. `hash_key`, `channels`, the
    URL of `postgres` and `mlflow_tracking_uri`, which may hold a password, never show in a repr, a log or an
    argument list.
    """

    home: Path
    catalog: str
    lake: str
    serving: str
    trace_url: str
    settle_seconds: int
    as_of: datetime | None
    mlflow_tracking_uri: str | None = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    workers: int = 1
    hash_key: str | None = field(default=None, repr=False)
    channels: Channels = field(default_factory=Channels)
    postgres: PostgresUrl | None = None
    reader_role: str = DEFAULT_READER_ROLE

    @property
    def landing(self) -> Path:
        """The folder that senders write to and the warehouse only reads."""
        return self.home / "landing"

    @property
    def catalog_file(self) -> Path:
        """The DuckLake catalogue, which is there once a run has begun."""
        return Path(self.catalog.removeprefix("sqlite:"))

    @property
    def as_of_file(self) -> Path:
        """Holds the instant that `make demo` pins for its fixed month."""
        return self.home / "as_of"

    def as_of_or(self, now: datetime) -> datetime:
        """The instant at which ages, expiries and freshness are measured, in UTC."""
        return self.as_of or now


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings of design §3 from `environ`.

    Raises SettingsError, naming the variable, when a value cannot be used.
    """
    home = Path(environ.get("TRACEHOUSE_HOME") or "data").expanduser().resolve()
    if home.exists() and not home.is_dir():
        raise SettingsError(f"TRACEHOUSE_HOME is {home}, which is a file; give a folder.")
    catalog = environ.get("TRACEHOUSE_CATALOG") or f"sqlite:{home / 'catalog.sqlite'}"
    if not catalog.startswith("sqlite:"):
        kind = catalog.split(":", 1)[0]
        raise SettingsError(f"TRACEHOUSE_CATALOG starts with {kind!r}; this version knows sqlite:<path>.")
    lake = environ.get("TRACEHOUSE_LAKE") or str(home / "lake")
    if "://" in lake:
        raise SettingsError(f"TRACEHOUSE_LAKE is {lake!r}; this version keeps the lake in a local folder.")
    serving, postgres = _serving(environ, home)
    return Settings(
        home=home,
        catalog=catalog,
        lake=str(Path(lake).expanduser().resolve()),
        serving=str(serving.expanduser().resolve()),
        trace_url=_trace_url(environ.get("TRACEHOUSE_TRACE_URL") or DEFAULT_TRACE_URL),
        settle_seconds=_whole(environ, "TRACEHOUSE_SETTLE_SECONDS", 300, unit="seconds", at_least=0),
        as_of=_as_of(environ.get("TRACEHOUSE_AS_OF"), home / "as_of"),
        mlflow_tracking_uri=_tracking_uri(environ),
        limits=_limits(environ),
        workers=_whole(
            environ, "TRACEHOUSE_INGEST_WORKERS", _cores(), unit="processes", at_least=1, at_most=64
        ),
        hash_key=environ.get("TRACEHOUSE_HASH_KEY") or None,
        channels=_channels(environ),
        postgres=postgres,
        reader_role=check_role(
            environ.get("TRACEHOUSE_READER_ROLE") or DEFAULT_READER_ROLE, setting="TRACEHOUSE_READER_ROLE"
        ),
    )


def parse_instant(text: str, *, setting: str) -> datetime:
    """An RFC 3339 instant, or a date (its midnight), as an aware UTC datetime."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise SettingsError(
            f"{setting} is {text!r}; give an RFC 3339 instant such as 2026-10-31T00:00:00Z."
        ) from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _as_of(value: str | None, pinned: Path) -> datetime | None:
    if value and value.strip().lower() != "now":
        return parse_instant(value, setting="TRACEHOUSE_AS_OF")
    if not value and pinned.is_file():
        return parse_instant(pinned.read_text(), setting=f"the file {pinned}")
    return None


def _serving(environ: Mapping[str, str], home: Path) -> tuple[Path, PostgresUrl | None]:
    """The folder of releases, and the database where one is named: the folder is then the home's own."""
    wanted = environ.get("TRACEHOUSE_SERVING") or ""
    if re.match(r"postgres(ql)?:", wanted) or "://" in wanted:
        return home / "serving", check_postgres_url(wanted, setting="TRACEHOUSE_SERVING")
    return Path(wanted or home / "serving"), None


def _tracking_uri(environ: Mapping[str, str]) -> str | None:
    uri = environ.get("MLFLOW_TRACKING_URI")
    return check_tracking_uri(uri) if uri else None


def _channels(environ: Mapping[str, str]) -> Channels:
    key = environ.get("TRACEHOUSE_PAGERDUTY_ROUTING_KEY") or None
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise SettingsError(
            "TRACEHOUSE_PAGERDUTY_ROUTING_KEY holds a character that no key has; give the integration key of "
            "an Events API v2 integration, 32 letters and digits."
        )
    return Channels(
        slack_webhook_url=_webhook(environ, "TRACEHOUSE_SLACK_WEBHOOK_URL"),
        pagerduty_routing_key=key,
        pagerduty_url=_webhook(environ, "TRACEHOUSE_PAGERDUTY_URL") or PAGERDUTY_URL,
    )


def _webhook(environ: Mapping[str, str], name: str) -> str | None:
    """A URL that a secret may be sent to: over TLS, or to this machine. Its value is never told."""
    url = environ.get(name)
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SettingsError(f"{name} is no URL; give one that starts with https://.") from None
    is_local = parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1")
    if not host or not (parts.scheme == "https" or is_local):
        raise SettingsError(f"{name} is no URL that starts with https:// and names a host.")
    if parts.username or not url.isascii() or any(character.isspace() for character in url):
        raise SettingsError(f"{name} holds a user name, a space or a character that no URL may have.")
    return url


def _cores() -> int:
    """Workers when nothing is said: one for each core that this process may use, four at most."""
    return min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _limits(environ: Mapping[str, str]) -> Limits:
    default = Limits()
    return Limits(
        max_piece_bytes=_whole(
            environ, "TRACEHOUSE_MAX_RECORD_BYTES", default.max_piece_bytes, unit="bytes", at_least=1024
        ),
        max_value_nesting=_whole(
            environ,
            "TRACEHOUSE_MAX_NESTING",
            default.max_value_nesting,
            unit="levels",
            at_least=1,
            at_most=100,
        ),
        max_expansion=_whole(
            environ, "TRACEHOUSE_MAX_EXPANSION", default.max_expansion, unit="times", at_least=1
        ),
        max_bad_records=_whole(
            environ, "TRACEHOUSE_MAX_BAD_RECORDS", default.max_bad_records, unit="records", at_least=1
        ),
        max_raw_bytes=_whole(
            environ, "TRACEHOUSE_MAX_QUARANTINE_BYTES", default.max_raw_bytes, unit="bytes", at_least=0
        ),
    )


def _whole(
    environ: Mapping[str, str],
    name: str,
    default: int,
    *,
    unit: str,
    at_least: int,
    at_most: int | None = None,
) -> int:
    value = environ.get(name) or str(default)
    wanted = f"{at_least} or more" if at_most is None else f"{at_least} to {at_most}"
    try:
        number = int(value)
    except ValueError as error:
        raise SettingsError(f"{name} is {value!r}; give whole {unit}, {wanted}.") from error
    if number < at_least or (at_most is not None and number > at_most):
        raise SettingsError(f"{name} is {number}; give {wanted}.")
    return number


def _trace_url(template: str) -> str:
    if "{trace_id}" not in template:
        raise SettingsError("TRACEHOUSE_TRACE_URL has no {trace_id} in it, so no link could name a trace.")
    return template
