"""Checkpoints: what the whole ledger was at some size, in three lines that can be kept elsewhere.

The text of the C2SP format tlog-checkpoint: origin, number of entries, Merkle root in base64, each on a line.
It is not signed. What makes it evidence is that a copy lies where nobody who can write to the lake can.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ingest.errors import SettingsError
from orchestration.governance.files import replace_whole

ORIGIN = "tracehouse/ledger"


class Checkpoint(NamedTuple):
    """The root of the first `size` entries; `source` says where it was found.

    `is_kept` is false of one that lay within reach of who may have touched the ledger.
    """

    size: int
    root: bytes
    source: str = ""
    is_kept: bool = True

    @property
    def name(self) -> str:
        """What a sentence calls it."""
        return f"the checkpoint of {self.size} entries{f' in {self.source}' if self.source else ''}"

    def text(self) -> str:
        """Its three lines."""
        return f"{ORIGIN}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str, *, source: str, is_kept: bool) -> Checkpoint:
    """The checkpoint of a text; lines after the third, such as signatures, are passed over.

    Raises SettingsError, naming `source`, for any other text.
    """
    lines = text.splitlines()
    with suppress(ValueError, binascii.Error):
        if len(lines) >= 3 and lines[0] == ORIGIN and lines[1].isascii() and lines[1].isdigit():
            root = base64.b64decode(lines[2], validate=True)
            if len(root) == 32:
                return Checkpoint(int(lines[1]), root, source, is_kept)
    raise SettingsError(
        f"{source} is no checkpoint of this ledger; one has the lines {ORIGIN!r}, the number of entries and "
        "the root in base64."
    )


def read_checkpoint(file: Path) -> Checkpoint:
    """The checkpoint in `file`. Raises SettingsError when there is none."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The checkpoint {file} cannot be read; name a file that holds one.") from error
    return parse_checkpoint(text, source=str(file), is_kept=True)


def checkpoint_files(folder: Path) -> Iterator[Path]:
    """The files that `write_checkpoints` has left in `folder`, the newest copy last."""
    yield from sorted((folder / "checkpoints").glob("*.txt"))
    if (folder / "checkpoint").exists():
        yield folder / "checkpoint"


def write_checkpoints(folder: Path, checkpoints: Sequence[tuple[int, str]]) -> None:
    """Write those that `folder` does not have yet, and the last of them as `folder`/checkpoint.

    They are given as sizes and texts, by size. A file that is there is never written again: it is older
    evidence than the lake.
    """
    for size, text in checkpoints:
        file = folder / "checkpoints" / f"{size}.txt"
        if not file.exists():
            _replace(file, text)
    _replace(folder / "checkpoint", checkpoints[-1][1])


def _replace(file: Path, text: str) -> None:
    replace_whole(file, text, beside=file.with_name(f".{file.name}.new"))
