"""This ingest: `python -m ingest load` over a landing folder with one file.

It does more than its peers: record digests, the ingest log, quarantine, fsync and one transaction.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from benchmarks.job import Job
from ingest.__main__ import main


def prepare(job: Job) -> None:
    """Put the input into the landing folder, unless it is there; import and load the compiled kernels."""
    home = Path(job.output)
    source = Path(job.source)
    landing = home / "landing" / "otlp" / "traces"
    landing.mkdir(parents=True, exist_ok=True)
    if not (landing / source.name).exists():
        os.link(source, landing / source.name)
    os.environ["TRACEHOUSE_HOME"] = str(home)
    os.environ["TRACEHOUSE_SETTLE_SECONDS"] = "0"
    os.environ["TRACEHOUSE_INGEST_WORKERS"] = str(job.cores)
    warm_up()


def warm_up() -> None:
    """Import what a load imports, and load the compiled kernels from their cache."""
    import ingest.loading  # noqa: F401

    if find_spec("ingest.otlp.kernels"):
        from ingest.otlp.kernels import decode_batch

        from ingest.pieces import Limits, Piece

        for encoding in ("json", "protobuf"):
            data = _ONE_SPAN[encoding]
            decode_batch([Piece(0, len(data), data, encoding, "traces")], Limits())


def run(job: Job) -> None:
    """Load the file. Raises RuntimeError when the command fails."""
    code = main(["load"])
    if code:
        raise RuntimeError(f"ingest of {job.source} exited with {code}.")


def _one_span() -> dict[str, bytes]:
    from ingest.sample import encode
    from ingest.sample.telemetry import Origin, Span

    origin = Origin((("service.name", "warm-up"),), "scope", "1")
    span = Span("1" * 32, "2" * 16, "", "span", 1, 1_791_190_800 * 10**9, 1_791_190_801 * 10**9, {})
    return {"json": encode.traces_json(origin, [span]), "protobuf": encode.traces_protobuf(origin, [span])}


_ONE_SPAN = _one_span()
