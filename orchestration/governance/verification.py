"""Has anybody touched the ledger? What is damaged, and where.

Three things are compared: each entry with its own hash, each hash with the one that the next entry names,
and the Merkle root over all hashes with every checkpoint. The first two place a clumsy change to the entry;
who changes an entry and computes all hashes behind it anew is found by the first checkpoint that lay
elsewhere, and placed between it and the last one that still agrees.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from orchestration.governance.checkpoints import Checkpoint
from orchestration.governance.entries import Entry, leaf_of
from orchestration.governance.findings import Finding, found
from orchestration.governance.merkle import Frontier
from orchestration.governance.placing import Placed, placed


def verify(entries: Iterable[Entry], checkpoints: Iterable[Checkpoint]) -> list[Finding]:
    """Everything that is wrong with `entries`, in any order, by the hashes in them and by `checkpoints`.

    Empty for a ledger that is whole. Entries that no checkpoint covers may have been cut off, or written
    anew from some entry on, unseen. A million entries take about 12 s on one core and 1 GB of memory, so no
    hashes of subtrees are stored.
    """
    known = sorted(set(checkpoints))
    expected = known[-1].size if known else 0
    listed = sorted(entries, key=lambda entry: entry.sequence)
    rows, extra = _one_a_sequence(placed(listed, expected))
    said = _compared(rows, known)
    findings = [*extra, *_moved(rows), *_changed(rows), *_gaps(rows), *_unlinked(rows)]
    findings += _cut_off(rows, known, said.agreed)
    findings += [each for each in _rewritten(said) if not any(map(each.overlaps, findings))]
    findings += _false_checkpoints(said)
    return sorted((replace(each, agreed=said.agreed) for each in findings), key=lambda each: each.first)


@dataclass(frozen=True)
class _Said:
    """What checkpoints say of the entries up to the first gap.

    `agreeing` and `differing` go by size.
    """

    agreeing: tuple[Checkpoint, ...]
    differing: tuple[Checkpoint, ...]

    @cached_property
    def vouched(self) -> int:
        """How many entries a checkpoint agrees with that nobody can have touched with them."""
        return max((each.size for each in self.agreeing if each.is_kept), default=0)

    @cached_property
    def first(self) -> Checkpoint | None:
        """The smallest that speaks against the entries."""
        return next((each for each in self.differing if each.size > self.vouched), None)

    @cached_property
    def agreed(self) -> int:
        """How many entries the newest checkpoint before that one covers that agrees.

        Where only one kept elsewhere speaks against the entries, the others have been written anew with them.
        """
        if self.first is None:
            return max((each.size for each in self.agreeing), default=0)
        against = {each.is_kept for each in self.differing if each.size == self.first.size}
        agreeing = (each.size for each in self.agreeing if each.is_kept or False in against)
        return max((size for size in agreeing if size < self.first.size), default=0)


def _one_a_sequence(rows: Sequence[Placed]) -> tuple[list[Placed], list[Finding]]:
    """The row of each sequence that is most likely its own, and what stands there beside it."""
    standing: dict[int, list[Placed]] = defaultdict(list)
    for row in rows:
        standing[row.stands].append(row)
    named = {row.entry.previous_hash for row in rows}
    chosen, extra = [], []
    for sequence, there in sorted(standing.items()):
        # It is sound, and the next entry names it.
        own, *others = sorted(there, key=lambda row: (not row.is_sound, row.entry.hash not in named))
        chosen.append(own)
        for other in others:
            if other.place is None or other.is_sound:
                extra.append(found("inserted", sequence, sequence, "put in beside the one that was there"))
            else:
                extra.append(_reordered(other, other.place))
    return chosen, extra


def _moved(rows: Sequence[Placed]) -> Iterator[Finding]:
    """Entries written for another place: exchanged ones, or all behind a stretch that is gone or new."""
    moved = [(row, row.place) for row in rows if row.place is not None and not row.is_sound]
    if Counter(row.stands for row, _ in moved) == Counter(place for _, place in moved):
        yield from (_reordered(row, place) for row, place in moved)
        return
    shift = 0
    for row, place in moved:
        further = place - row.stands - shift
        shift += further
        if further > 0:
            yield found("removed", place - further, place - 1, "removed, and what follows was renumbered")
        elif further < 0:
            first, last = row.stands + further, row.stands - 1
            yield found("inserted", first, last, "put in, and what follows was renumbered")


def _reordered(row: Placed, place: int) -> Finding:
    return found("reordered", row.stands, row.stands, f"written as {place} and moved here")


def _changed(rows: Sequence[Placed]) -> Iterator[Finding]:
    for row in rows:
        if row.place is None:
            yield found("changed", row.stands, row.stands, "changed: the hash is not that of the content")


def _gaps(rows: Sequence[Placed]) -> Iterator[Finding]:
    elsewhere = {row.place for row in rows if not row.is_sound}
    for before, after in pairwise([-1, *(row.stands for row in rows)]):
        if after > before + 1 and not elsewhere.issuperset(range(before + 1, after)):
            yield found("removed", before + 1, after - 1, f"removed: entry {after} is the next there is")


def _unlinked(rows: Sequence[Placed]) -> Iterator[Finding]:
    """Sound neighbours that do not fit: one was changed, and of all hashes only its own computed anew."""
    broken = [after.stands for before, after in pairwise(rows) if _is_unlinked(before, after)]
    if rows and rows[0].is_sound and rows[0].stands == 0 and rows[0].entry.previous_hash is not None:
        broken.insert(0, 0)
    for start, end in _runs(broken):
        # A link that breaks alone is the doing of the entry before; at the end it may be that of the last.
        first = max(start - 1, 0)
        last = end if end == rows[-1].stands else max(first, end - 1)
        yield found("changed", first, last, "changed and hashed anew: the next names another hash")


def _is_unlinked(before: Placed, after: Placed) -> bool:
    are_neighbours = before.is_sound and after.is_sound and after.stands == before.stands + 1
    return are_neighbours and after.entry.previous_hash != before.entry.hash


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending numbers as the first and last of each unbroken run."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _compared(rows: Sequence[Placed], checkpoints: Sequence[Checkpoint]) -> _Said:
    wanted: dict[int, list[Checkpoint]] = defaultdict(list)
    for checkpoint in checkpoints:
        wanted[checkpoint.size].append(checkpoint)
    tree = Frontier()
    agreeing: list[Checkpoint] = []
    differing: list[Checkpoint] = []
    for number, row in enumerate(rows):
        if row.stands != number:
            break
        tree.add(leaf_of(row.entry))
        for checkpoint in wanted.get(tree.size, ()):
            (agreeing if checkpoint.root == tree.root() else differing).append(checkpoint)
    return _Said(tuple(agreeing), tuple(differing))


def _rewritten(said: _Said) -> Iterator[Finding]:
    """What the first checkpoint says that speaks against the entries."""
    if said.first is not None:
        what = f"not so when {said.first.name} was made: hashes from somewhere here on were computed anew"
        if any(each.size >= said.first.size for each in said.agreeing):
            what += "; or it is this checkpoint that was changed, for one that was not kept elsewhere agrees"
        yield found("checkpoint", said.agreed, said.first.size - 1, what)


def _false_checkpoints(said: _Said) -> Iterator[Finding]:
    for each in said.differing:
        if each.size <= said.vouched:
            sentence = f"{each.name} was changed: one kept elsewhere agrees with {said.vouched} entries."
            yield Finding("checkpoint", 0, each.size - 1, sentence[0].upper() + sentence[1:])


def _cut_off(rows: Sequence[Placed], checkpoints: Sequence[Checkpoint], agreed: int) -> Iterator[Finding]:
    end = 1 + max((max(row.stands, -1 if row.place is None else row.place) for row in rows), default=-1)
    if checkpoints and checkpoints[-1].size > end:
        what = f"cut off: {checkpoints[-1].name} covers them"
        if agreed < end:
            what += f", and no checkpoint vouches for those from {agreed} on"
        yield found("truncated", end, checkpoints[-1].size - 1, what)
