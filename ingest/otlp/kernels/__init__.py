"""Trace requests to Arrow by compiled kernels: the same rows as `ingest.otlp.decode`, many times as fast.

numba compiles them to machine code once, for most of a minute, and keeps that beside these sources; to load
it takes a process a second. So only large input is worth it, and this module knows about the kernels without
importing them. A kernel takes what is common and plain; it declines any piece that holds something else, and
the caller decodes that one alone:

    if kernels.are_compiled():
        from ingest.otlp.kernels.batch import decode_batch

        batch = decode_batch(pieces, limits)        # some megabytes of pieces at a time
        for piece in batch.declined:
            decode(piece, limits)
"""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ingest.pieces import Encoding

ENCODINGS: Final[tuple[Encoding, ...]] = ("json", "protobuf")
_HERE = Path(__file__).parent
_DONE = "compiled"


def are_compiled() -> bool:
    """True when machine code of exactly these sources is kept, for this Python and this numba."""
    folder = cache_folder()
    return folder is not None and (folder / _DONE).exists()


def are_loaded() -> bool:
    """True when this process has them at hand: then they are worth it for less."""
    return f"{__name__}.batch" in sys.modules


def compile_all() -> bool:
    """Compile every kernel and keep it, unless that is done; False when nothing can be kept or it fails.

    In processes of their own: what compiles keeps hundreds of megabytes.
    """
    folder = cache_folder()
    if folder is None:
        return False
    if not are_compiled():
        path = os.pathsep.join(filter(None, (str(_HERE.parents[2]), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": path}
        command = [sys.executable, "-m", "ingest.otlp.kernels"]
        running = [
            subprocess.Popen([*command, encoding], env=environment, stdin=subprocess.DEVNULL)  # noqa: S603
            for encoding in ENCODINGS
        ]
        exit_codes = [process.wait() for process in running]
        if any(exit_codes):
            return False
        (folder / _DONE).touch()
    return True


@functools.cache
def cache_folder() -> Path | None:
    """Where machine code of these sources is kept: beside them, else in the user's cache; null for nowhere.

    numba looks at the file of a kernel alone and would go on with helpers that have changed elsewhere.
    """
    sources = (path.read_bytes() for path in sorted(_HERE.parent.rglob("*.py")))
    state = hashlib.sha256(b"\0".join([sys.version.encode(), version("numba").encode(), *sources]))
    user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for parent in (_HERE / "__pycache__", user_cache / "tracehouse"):
        folder = parent / f"numba-{state.hexdigest()[:16]}"
        if _is_writable(folder):
            return folder
    return None


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
