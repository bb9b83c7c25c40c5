"""The errors that stop a run. Each message is one sentence that says what to do next."""


class TracehouseError(Exception):
    """Base of every error that a person is meant to read."""


class SettingsError(TracehouseError):
    """A setting or argument is missing or wrong; the message names it. Exit code 2."""


class LakeBusyError(TracehouseError):
    """Another process holds the writer lock of this lake. Exit code 3."""


class LakeUnreadableError(TracehouseError):
    """The catalogue or the data path cannot be opened, or the disk is full."""
