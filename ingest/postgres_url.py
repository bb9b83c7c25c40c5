"""Where a PostgreSQL database is: a URL as libpq takes it, checked, and never shown with its password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from ingest.errors import SettingsError

SCHEMES = ("postgresql", "postgres")
_WANTED = "give postgresql://user:password@host:5432/database"
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class PostgresUrl:
    """One database. `url` may hold a password and shows in no repr; `shown` is for people."""

    url: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The URL with `***` for the password and without its parameters, which may hold one, too."""
        parts = urlsplit(self.url)
        user, _, password = self._login(parts)
        login = f"{user}:***@" if password else f"{user}@" if user else ""
        return f"postgresql://{login}{parts.netloc.rpartition('@')[2]}/{self.database}"

    @property
    def user(self) -> str | None:
        """Null where libpq takes it from `PGUSER` or from the system."""
        parts = urlsplit(self.url)
        return unquote(self._login(parts)[0]) or _parameter(parts, "user")

    @property
    def host(self) -> str | None:
        """Null where libpq takes it from `PGHOST`; several with commas between, as the URL names them."""
        parts = urlsplit(self.url)
        hosts = [_host(place) for place in parts.netloc.rpartition("@")[2].split(",")]
        return ",".join(filter(None, hosts)) or _parameter(parts, "host")

    @property
    def port(self) -> int | None:
        """Of the first host; null where the URL names none, which means 5432 or `PGPORT`."""
        parts = urlsplit(self.url)
        first = parts.netloc.rpartition("@")[2].split(",")[0]
        port = first.rpartition(":")[2] if ":" in first.rpartition("]")[2] or first.count(":") == 1 else ""
        port = port or _parameter(parts, "port") or ""
        return int(port) if port.isdecimal() else None

    @property
    def database(self) -> str:
        """Its name."""
        return unquote(urlsplit(self.url).path.removeprefix("/"))

    def masked(self, message: str) -> str:
        """`message` of a driver without the password, however it is written there."""
        parts = urlsplit(self.url)
        written = {self._login(parts)[2], *parse_qs(parts.query).get("password", [])}
        message = message.replace(self.url, self.shown)
        for password in sorted(filter(None, written | {unquote(text) for text in written}), key=len):
            message = message.replace(password, "***")
        return message

    @staticmethod
    def _login(parts: SplitResult) -> tuple[str, str, str]:
        return parts.netloc.rpartition("@")[0].partition(":")


def check_postgres_url(url: str, *, setting: str) -> PostgresUrl:
    """Raises SettingsError, which never tells the URL, where libpq could not use it."""
    try:
        parts = urlsplit(url)
        parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        raise SettingsError(f"{setting} is no URL; {_WANTED}.") from None
    if parts.scheme not in SCHEMES:
        raise SettingsError(f"{setting} starts with {parts.scheme!r}; {_WANTED}, or a folder.")
    if not url.isprintable() or " " in url:
        raise SettingsError(f"{setting} holds a space or a character that no URL may have; write it as %20.")
    if parts.fragment or "@" in parts.netloc.rpartition("@")[0]:
        raise SettingsError(f"{setting} holds a # or a second @; write them as %23 and %40.")
    if parts.netloc and "@" in parts.path:
        # A password with a slash: what comes behind it would be shown as the name of the database.
        raise SettingsError(f"{setting} holds an @ behind a /; write them as %40 and, in a password, %2F.")
    name = parts.path.removeprefix("/")
    if not name or "/" in name:
        raise SettingsError(f"{setting} names no database; {_WANTED}.")
    for place in parts.netloc.rpartition("@")[2].split(","):
        port = place.rpartition("]")[2].partition(":")[2]
        if port and not (port.isdecimal() and 0 < int(port) < 65536):
            raise SettingsError(f"{setting} has a port that is no number from 1 to 65535; {_WANTED}.")
    return PostgresUrl(url)


def check_role(name: str, *, setting: str) -> str:
    """The name of a role, as PostgreSQL takes it unquoted. Raises SettingsError for any other."""
    if not _ROLE.fullmatch(name) or name.startswith("pg_") or name in ("public", "none"):
        raise SettingsError(
            f"{setting} is {name!r}; give the name of a role: lower-case letters, digits and _, at most 63."
        )
    return name


def _host(place: str) -> str:
    return place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]


def _parameter(parts: SplitResult, name: str) -> str | None:
    return parse_qs(parts.query).get(name, [None])[-1]
