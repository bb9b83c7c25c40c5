"""A PostgreSQL of the tests' own: Debian's server on a free port of loopback, in a folder of theirs."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The server refuses to run as root; Debian's package brings this user.
_USER = "postgres"


@dataclass(frozen=True)
class PostgresServer:
    """`url` is that of a superuser, with its password; `password` is of no use anywhere else."""

    port: int
    user: str
    password: str

    @property
    def url(self) -> str:
        """Address of the database `postgres`."""
        return self.url_of("postgres")

    def url_of(self, database: str, *, user: str | None = None, password: str | None = None) -> str:
        """Address of a database, for the superuser or for another one."""
        login = f"{user or self.user}:{password or self.password}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/{database}"


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A fresh server, stopped and gone at the end. Raises when none is installed.

    It stands outside pytest's own folders, which another pytest closes to the server's user.
    """
    with tempfile.TemporaryDirectory(prefix="tracehouse-postgres-") as folder:
        yield from _running(Path(folder))


def _running(folder: Path) -> Iterator[PostgresServer]:
    port, password = _free_port(), secrets.token_hex(16)
    data = folder / "data"
    secret = folder / "password"
    secret.write_text(password)
    _give_away(folder)
    binaries = _binaries()
    _run([binaries / "initdb", "-D", data, "-U", "owner", "--pwfile", secret, "-A", "scram-sha-256", "-N"])
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off "
        "-c max_connections=50 -c log_min_messages=error"
    )
    control = [binaries / "pg_ctl", "-D", data, "-w", "-s", "-t", "120"]
    _run([*control, "-l", folder / "log", "-o", options, "start"])
    try:
        yield PostgresServer(port, "owner", password)
    finally:
        _run([*control, "-m", "immediate", "stop"])


def _binaries() -> Path:
    """The newest installed version's programs, which Debian keeps out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("pg_ctl")
    if not found and not on_path:
        raise FileNotFoundError("No PostgreSQL server is installed; `make test` installs Debian's.")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _give_away(folder: Path) -> None:
    """Let the server's user own its folder, where the tests run as root."""
    if os.geteuid() != 0:
        return
    user = pwd.getpwnam(_USER)
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)


def _as_user() -> dict[str, Any]:
    """What makes a process give up being root, its groups included."""
    return {"user": _USER, "group": _USER, "extra_groups": []} if os.geteuid() == 0 else {}


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        **_as_user(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=150,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")
