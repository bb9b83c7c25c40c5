"""What is to be read, in tasks of about a second, and the doing of one: from files to Parquet.

Small readings go together, a large plain file is cut into ranges. A task is done in this process or in a
worker; either way its rows end up in files that the lake does not know until they are committed, in the order
of the tasks.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ingest import reading
from ingest.landing import Reading
from ingest.parquet import Store, Written, write
from ingest.pieces import Limits
from ingest.splitting import cuts
from ingest.stretch import Stretch, rows_held

Task = list[Reading]

# Small files are read together, about so much at a time.
TOGETHER_BYTES = 64 * 1024 * 1024
# A task has so many load ids to itself, so that tasks done at the same time keep their order.
IDS_PER_TASK = 100_000


def tasks(readings: Sequence[Reading], limits: Limits) -> Iterator[Task]:
    """All readings in their order, a large one in ranges that meet."""
    together: Task = []
    size = 0
    for each in readings:
        ranges = list(_ranges(each, limits))
        size += bytes_to_read([each])
        if together and (len(ranges) > 1 or size > TOGETHER_BYTES):
            yield together
            together, size = [], bytes_to_read([each])
        if len(ranges) > 1:
            yield from ([part] for part in ranges)
            size = 0
        else:
            together.append(each)
    if together:
        yield together


def with_first_ids(todo: Iterable[Task], first_id: int) -> Iterator[tuple[Task, int]]:
    """Each task with the first of its load ids; those of the first task begin at `first_id`."""
    return zip(todo, itertools.count(first_id, IDS_PER_TASK))


def bytes_to_read(readings: Sequence[Reading]) -> int:
    """How much of the files, as they stand on disk, is new; of compressed ones about."""
    return sum(max(0, each.file.bytes - each.start_offset) for each in readings)


def perform(task: Task, store: Store, limits: Limits, first_id: int, tick: reading.Tick) -> Iterator[Written]:
    """Read, decode and write one task: each time that enough rows have come together, under its next load id.

    A task whose ids are used up ends there; the next load goes on behind it. No id is ever given twice: who
    reads bronze by load id would miss the second.
    A file that vanished is left out; one that cannot be opened is named in what was written. Raises as
    `write`.
    """
    load_id = first_id
    stretches: list[Stretch] = []
    unreadable: dict[str, str] = {}
    for each in task:
        for stretch in _stretches(each, limits, tick, unreadable):
            stretches.append(stretch)
            if _are_enough(stretches, limits):
                yield write(store, stretches, load_id, unreadable)
                stretches, unreadable = [], {}
                load_id += 1
                if load_id == first_id + IDS_PER_TASK:
                    return
    if stretches or unreadable:
        yield write(store, stretches, load_id, unreadable)


def _are_enough(stretches: Sequence[Stretch], limits: Limits) -> bool:
    size = sum(stretch.bytes_held for stretch in stretches)
    return size >= limits.max_stretch_bytes or rows_held(stretches) >= limits.max_stretch_rows


def _ranges(whole: Reading, limits: Limits) -> Iterator[Reading]:
    rest = whole
    for cut in cuts(whole, limits):
        yield replace(rest, end_offset=cut)
        rest = replace(rest, start_offset=cut, last=None)
    # The last one stays open to what is appended meanwhile.
    yield rest


def _stretches(
    each: Reading, limits: Limits, tick: reading.Tick, unreadable: dict[str, str]
) -> Iterator[Stretch]:
    is_new = each.start_offset == 0
    try:
        for stretch in reading.read_file(each, limits, tick):
            yield stretch
            is_new = False
    except FileNotFoundError:
        # Renamed since the folder was listed; the next load finds it under its new name.
        return
    except OSError as error:
        reason = error.strerror or type(error).__name__
        unreadable[each.file.name] = reason
        if is_new:
            yield reading.unreadable(each, reason, limits)
