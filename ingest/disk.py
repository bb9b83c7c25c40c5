"""Why something could not be written, in a few words for a person."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

_FULL = ("No space left", "disk is full")
_NEARLY_NOTHING = 1024 * 1024


def why_not_written(error: BaseException, folder: Path) -> str:
    """The first line of the error; a full disk is told as such, however deep in the chain it stands."""
    chain = list(_chain(error))
    codes = {cause.errno for cause in chain if isinstance(cause, OSError)}
    if codes & {errno.ENOSPC, errno.EDQUOT} or any(sign in str(cause) for cause in chain for sign in _FULL):
        return "the disk is full"
    if _free_bytes(folder) < _NEARLY_NOTHING:
        return "the disk is full"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _free_bytes(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return _NEARLY_NOTHING
