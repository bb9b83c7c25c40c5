"""Worker processes for large loads: each decodes tasks and writes their files, the parent alone commits.

    with Workers(2) as workers:
        for written in workers.perform_all(tasks, store, limits, first_id, tick):   # in the order of load ids
            ...

A worker is started as a program of its own, not forked: the parent has threads, of DuckDB and perhaps of
Dagster. It ends with its parent, whatever ends that one.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Self, cast

from ingest.errors import TracehouseError
from ingest.otlp import kernels
from ingest.parquet import LARGEST_WAIT_BYTES, Store, Written
from ingest.pieces import Limits
from ingest.reading import Tick
from ingest.stretch import rows_held
from ingest.tasks import Task, perform, with_first_ids

_PR_SET_PDEATHSIG = 1
# Not -m: what is sent would then be of `__main__`, which is another module here.
_PROGRAM = "from ingest.workers import main; main()"


# A task, what it is done with, and its first load id.
_Message = tuple[Task, Store, Limits, int]


class _Says(Enum):
    """What a worker says beside what it wrote."""

    READY = "it has loaded what it needs"
    FINISHED = "its task is done"


@dataclass
class _Turn:
    """A task that was handed out, and what it wrote and nobody has taken yet."""

    task: Task
    written: deque[Written] = field(default_factory=deque)
    is_finished: bool = False


@dataclass
class _Worker:
    """One process, and the task it is at."""

    process: subprocess.Popen[bytes]
    connection: Connection
    is_ready: bool = False
    turn: _Turn | None = None

    def tell(self, message: object) -> None:
        try:
            self.connection.send(message)
        except OSError:
            raise self.died() from None

    def answer(self) -> Written | _Says:
        """Its next message. Raises what went wrong in it as TracehouseError."""
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            raise self.died() from None
        if isinstance(message, TracehouseError):
            raise message
        return cast(Written | _Says, message)

    def died(self) -> TracehouseError:
        code = self.process.wait()
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        at = f" while it read {self.turn.task[0].file.name}" if self.turn else ""
        return TracehouseError(
            f"A worker process {how}{at}; what it had read is not loaded. When memory is short, set "
            "TRACEHOUSE_INGEST_WORKERS=1; then run again."
        )


class Workers:
    """So many workers, for any number of loads; they end with the block."""

    def __init__(self, count: int) -> None:
        self._workers = [_start() for _ in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for worker in self._workers:
            worker.connection.close()
            worker.process.kill()
            worker.process.wait()

    def wait_until_ready(self) -> None:
        """Return once all have started. Work is taken before, too."""
        for worker in self._workers:
            worker.is_ready = worker.is_ready or worker.answer() is _Says.READY

    def perform_all(
        self, tasks: Sequence[Task], store: Store, limits: Limits, first_id: int, tick: Tick
    ) -> Iterator[Written]:
        """What the tasks wrote, in the order of its load ids.

        Raises TracehouseError, saying what to do, when a worker ends or fails.
        """
        messages = deque((t, store, limits, i) for t, i in with_first_ids(tasks, first_id))
        return _perform_all(self._workers, messages, tick)


def _start() -> _Worker:
    ours, theirs = Pipe()
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - this module
            [sys.executable, "-c", _PROGRAM, str(theirs.fileno()), str(os.getpid())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
    return _Worker(process, ours)


def _perform_all(workers: list[_Worker], todo: deque[_Message], tick: Tick) -> Iterator[Written]:
    turns: deque[_Turn] = deque()
    try:
        while todo or turns:
            is_full = sum(each.bytes_held for turn in turns for each in turn.written) >= LARGEST_WAIT_BYTES
            for worker in workers:
                if worker.is_ready and worker.turn is None and todo and not is_full:
                    message = todo.popleft()
                    worker.turn = _Turn(message[0])
                    turns.append(worker.turn)
                    worker.tell(message)
            # Whoever is ahead of the first waits when much is held for it.
            heard = {
                worker.connection: worker
                for worker in workers
                if not worker.is_ready or (worker.turn and (worker.turn is turns[0] or not is_full))
            }
            for connection in wait(list(heard)):
                _hear(heard[cast(Connection, connection)], tick)
            # Commits follow the order of the ids, so what a crash leaves undone lies behind what is done.
            while turns and (turns[0].written or turns[0].is_finished):
                if turns[0].written:
                    yield turns[0].written.popleft()
                else:
                    turns.popleft()
    finally:
        for turn in turns:
            for left in turn.written:
                left.discard()


def _hear(worker: _Worker, tick: Tick) -> None:
    """Take one message of a worker."""
    match worker.answer():
        case _Says.READY:
            worker.is_ready = True
        case _Says.FINISHED if worker.turn:
            worker.turn.is_finished = True
            worker.turn = None
        case Written() as written if worker.turn:
            worker.turn.written.append(written)
            tick(rows_held(written.stretches))


def main() -> None:
    """Perform the tasks that come through the pipe named in the arguments, until it closes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(sys.argv[2]):
            # Killed in the moment before.
            return
    # An interrupt reaches the whole group; the parent ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    connection = Connection(int(sys.argv[1]))
    try:
        _load_kernels()
        connection.send(_Says.READY)
        while True:
            _perform_one(connection, *connection.recv())
    except (EOFError, ConnectionError):
        return


def _load_kernels() -> None:
    """Before the first task: whoever splits the tasks can wait until all workers are alike."""
    if kernels.are_compiled():
        from ingest.otlp.kernels.warm import warm_up

        for encoding in kernels.ENCODINGS:
            warm_up(encoding)


def _perform_one(connection: Connection, task: Task, store: Store, limits: Limits, first_id: int) -> None:
    try:
        for written in perform(task, store, limits, first_id, lambda _rows: None):
            connection.send(written)
        connection.send(_Says.FINISHED)
    except TracehouseError as error:
        connection.send(error)
    except (EOFError, ConnectionError):
        raise
    except Exception as error:  # noqa: BLE001 - told by the parent, which has the person
        what = f"{type(error).__name__}: {error}"
        connection.send(TracehouseError(f"Reading {task[0].file.name} failed ({what}); report it."))
