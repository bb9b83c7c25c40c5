"""Proof that one entry stands in the ledger, checked with nothing but a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_type_hints

from ingest.errors import SettingsError
from orchestration.governance import merkle
from orchestration.governance.checkpoints import Checkpoint
from orchestration.governance.entries import Entry, entry_hash, leaf_of


@dataclass(frozen=True)
class Proof:
    """An entry and the hashes that lead from it to a root; only a checkpoint kept elsewhere says which."""

    entry: Entry
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint

    def fault(self, kept: Checkpoint) -> str | None:
        """Why the entry is not shown to stand in the ledger of the checkpoint that was kept; null when it is.

        Raises SettingsError when the proof was made for a ledger of another size.
        """
        size = self.checkpoint.size
        if kept.size != size:
            raise SettingsError(
                f"The proof leads to a checkpoint of {size} entries, this one is of {kept.size}; take the "
                f"checkpoint of {size}, or have the entry proved for that of {kept.size}."
            )
        if entry_hash(self.entry) != self.entry.hash:
            return f"The hash of entry {self.entry.sequence} is not that of its content."
        if not merkle.is_included(leaf_of(self.entry), self.entry.sequence, size, self.hashes, kept.root):
            return f"Entry {self.entry.sequence} does not stand in the ledger of this checkpoint."
        return None

    def as_json(self) -> str:
        """The file that an auditor gets."""
        entry = {
            name: value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
            for name, value in self.entry._asdict().items()
        }
        proof = {
            "entry": entry,
            "leaf_index": self.entry.sequence,
            "tree_size": self.checkpoint.size,
            "hashes": [each.hex() for each in self.hashes],
            "checkpoint": self.checkpoint.text(),
        }
        return json.dumps(proof, ensure_ascii=False, indent=2) + "\n"


def prove(entries: Sequence[Entry], sequence: int, size: int) -> Proof:
    """Show that entry `sequence` is among the first `size`. Raises SettingsError when it is not."""
    if not 0 <= sequence < size <= len(entries):
        raise SettingsError(
            f"There is no entry {sequence} among the first {size} of this ledger's {len(entries)}."
        )
    leaves = [leaf_of(entry) for entry in entries[:size]]
    hashes = tuple(merkle.inclusion_proof(leaves, sequence))
    return Proof(entries[sequence], hashes, Checkpoint(size, merkle.root_of(leaves)))


def read_proof(file: Path) -> Proof:
    """The proof in a file that `as_json` gave. Raises SettingsError when there is none."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        entry = _entry(told["entry"])
        entry_hash(entry)
        hashes = tuple(bytes.fromhex(each) for each in told["hashes"])
        if told["leaf_index"] != entry.sequence or not isinstance(told["tree_size"], int):
            raise ValueError("the leaf is not that of the entry")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SettingsError(
            f"{file} holds no proof that this ledger wrote; make one with --prove SEQUENCE --output FILE."
        ) from error
    return Proof(entry, hashes, Checkpoint(told["tree_size"], b""))


def _entry(told: dict[str, Any]) -> Entry:
    """The entry of a proof. Raises KeyError, ValueError or TypeError where the file tells of none."""
    values = []
    for name, kind in get_type_hints(Entry).items():
        value = datetime.fromisoformat(told[name]) if kind is datetime else told[name]
        if not isinstance(value, kind):
            raise TypeError(f"{name} is no {kind}")
        values.append(value)
    return Entry(*values)
