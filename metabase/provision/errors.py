"""What stops a plan or an apply. Each message is one sentence, or one a line, that says what to do next."""

from __future__ import annotations

from ingest.errors import TracehouseError


class MetabaseError(TracehouseError):
    """Metabase cannot be reached, or refused a request. `status` is null when there was no answer."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class StoredWronglyError(TracehouseError):
    """A write was accepted, and what was read back is something else."""


class NotOursError(TracehouseError):
    """Something that nobody told us to manage stands where a managed object is to go."""


class BadContentError(TracehouseError):
    """A file names what is not there, or says a name twice."""


class FailingQuestionsError(TracehouseError):
    """Questions that Metabase could not run, one a line, each by its file."""
