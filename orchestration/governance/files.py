"""Files that are whole or not there, whatever is killed or loses its power."""

from __future__ import annotations

import os
from pathlib import Path


def replace_whole(file: Path, text: str, *, beside: Path) -> None:
    """Write `text` as UTF-8 to `beside`, in the same folder, and rename it to `file`; both reach the disk.

    Raises OSError when that cannot be done; `file` is then as it was.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with beside.open("w", encoding="utf-8", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
