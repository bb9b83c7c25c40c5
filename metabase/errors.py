"""What stops a release. Each message is one sentence that says what to do next."""

from __future__ import annotations

from ingest.errors import SettingsError, TracehouseError


class ContractError(TracehouseError):
    """dbt's manifest is missing, or a public model in it cannot be published as it stands."""


class SpecError(TracehouseError):
    """A file of `metabase/expectations/` says something that its mart or the project does not have."""


class ReleaseError(TracehouseError):
    """A release could not be written; readers still see the one before."""


class UnknownReleaseError(SettingsError):
    """The release that was asked for is not among those kept. Exit code 2."""


class PostgresError(ReleaseError):
    """PostgreSQL could not be reached, or refused what a release needs; readers see what they saw."""


class StillReadError(PostgresError):
    """A release cannot be removed now, since a reader has a transaction open in it."""


class ContentError(SettingsError):
    """A question, a dashboard or `collections.yml` cannot be used as it is written. Exit code 2."""


class ServingError(TracehouseError):
    """The serving database cannot be read."""
