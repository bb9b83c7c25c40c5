"""`python -m orchestration verify-ledger`: has anybody touched the ledger, and is one entry in it?"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from ingest import lake
from ingest.errors import SettingsError
from ingest.settings import Settings, read_settings
from orchestration.governance.checkpoints import (
    Checkpoint,
    checkpoint_files,
    parse_checkpoint,
    read_checkpoint,
)
from orchestration.governance.entries import Entry
from orchestration.governance.findings import Finding
from orchestration.governance.ledger import (
    has_ledger,
    ledger_folder,
    read_checkpoints,
    read_entries,
    read_marks,
)
from orchestration.governance.proofs import prove, read_proof
from orchestration.governance.records import verify_records
from orchestration.governance.verification import verify


def main(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Exit code: 0 sound, 1 damage was found, 2 bad settings or arguments.

    A proof is checked where there is no home to have settings.
    """
    parser = argparse.ArgumentParser(prog="python -m orchestration verify-ledger", description=__doc__)
    parser.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint that was kept elsewhere; may be given again",
    )
    parser.add_argument(
        "--prove", type=int, metavar="SEQUENCE", help="write a proof that this entry is there"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write the proof: a new file")
    parser.add_argument(
        "--proof", type=Path, metavar="FILE", help="check such a proof against --checkpoint; needs no lake"
    )
    chosen = parser.parse_args(arguments)
    if (chosen.prove is None) != (chosen.output is None):
        parser.error("--prove SEQUENCE and --output FILE go together.")
    kept = [read_checkpoint(file) for file in chosen.checkpoint]
    if chosen.proof is not None:
        if len(kept) != 1 or chosen.prove is not None:
            parser.error("--proof FILE needs one --checkpoint FILE to be checked against, and nothing else.")
        return check_proof(chosen.proof, kept[0])
    entries, code = verify_home(read_settings(environ), kept)
    if chosen.prove is None or code:
        return code
    return write_proof(entries, chosen.prove, kept, chosen.output)


def verify_home(settings: Settings, kept: Sequence[Checkpoint]) -> tuple[list[Entry], int]:
    """Print what is wrong with the ledger of a home, or that nothing is; its entries, and 0 or 1.

    Raises SettingsError when there has never been one.
    """
    if not settings.catalog_file.exists():
        raise SettingsError(f"There is no lake in {settings.home}; set TRACEHOUSE_HOME or run `make run`.")
    # One state of the lake, so that a run that writes meanwhile is no damage.
    with lake.connect(settings, read_only=True) as connection, lake.transaction(connection):
        return tell_damage(connection, settings.home, kept)


def tell_damage(
    connection: duckdb.DuckDBPyConnection, home: Path, kept: Sequence[Checkpoint]
) -> tuple[list[Entry], int]:
    """`verify_home` on a lake that is open."""
    entries, texts = read_ledger(connection, ledger_folder(home))
    if not (entries or texts or kept or (has_ledger(connection) and read_marks(connection))):
        raise SettingsError(f"The lake in {home} has no ledger yet; run `make run` first.")
    findings = examine(connection, entries, texts, kept)
    for finding in findings:
        print(finding.sentence)
    if findings:
        print(f"Damaged: {len(findings):,} found in a ledger of {len(entries):,} entries.")
        return entries, 1
    print(f"Sound: {len(entries):,} entries, compared with {len(texts) + len(kept):,} checkpoints.")
    return entries, 0


def read_ledger(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> tuple[list[Entry], list[tuple[str, str]]]:
    """The entries, and every checkpoint's place and text; none where the tables are gone or not made yet."""
    files = [(str(file), file.read_text(errors="replace")) for file in checkpoint_files(folder)]
    if not has_ledger(connection):
        return [], files
    own = [(f"the lake ({size})", text) for size, text in read_checkpoints(connection)]
    return list(read_entries(connection)), [*own, *files]


def examine(
    connection: duckdb.DuckDBPyConnection,
    entries: Sequence[Entry],
    texts: Sequence[tuple[str, str]],
    kept: Sequence[Checkpoint],
) -> list[Finding]:
    """Everything that is wrong with the chain, with the checkpoints and with what the entries tell of."""
    checkpoints, unreadable = _parsed(texts)
    chain = verify(entries, [*checkpoints, *kept])
    touched = {each.first for each in chain if each.first == each.last}
    records = verify_records(connection, entries, is_chain_sound=not chain) if has_ledger(connection) else []
    return [*chain, *unreadable, *(each for each in records if each.first not in touched)]


def write_proof(entries: Sequence[Entry], sequence: int, kept: Sequence[Checkpoint], output: Path) -> int:
    """Prove an entry of a sound ledger, for the checkpoint that was kept or else for all entries; 0."""
    size = kept[0].size if kept else len(entries)
    proof = prove(entries, sequence, size)
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(proof.as_json())
    except OSError as error:
        raise SettingsError(f"The proof cannot be written to {output}; name a new file.") from error
    print(f"Entry {sequence} among {size:,}: {output}")
    return 0


def check_proof(file: Path, kept: Checkpoint) -> int:
    """Print whether the proof in `file` holds against the checkpoint that was kept; 0 or 1."""
    proof = read_proof(file)
    fault = proof.fault(kept)
    entry = proof.entry
    about = f"{entry.kind} {entry.subject}, {entry.occurred_at} UTC, payload {entry.payload_digest}"
    print(fault or f"Proved: entry {entry.sequence} of {kept.size:,} is {about}.")
    return 1 if fault else 0


def _parsed(texts: Sequence[tuple[str, str]]) -> tuple[list[Checkpoint], list[Finding]]:
    """The checkpoints in texts, each given with its place, and those that can no longer be read."""
    checkpoints, unreadable = [], []
    for source, text in texts:
        try:
            checkpoints.append(parse_checkpoint(text, source=source, is_kept=False))
        except SettingsError as error:
            unreadable.append(Finding("checkpoint", 0, 0, str(error)))
    return checkpoints, unreadable
