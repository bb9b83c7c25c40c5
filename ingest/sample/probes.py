"""The prober: writes a small file to the vault every six hours, as a test that counts in objectives only."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

from ingest.sample.month import midnight, nanoseconds
from ingest.sample.runs import new_id
from ingest.sample.telemetry import CLIENT, Span

_MS = 1_000_000
_SIX_HOURS_NS = 6 * 3_600_000 * _MS
_BYTES = 60_000


def probe_spans(day: date, rng: random.Random) -> Iterator[Span]:
    """The probes of `day`, each a trace of its own."""
    for number in range(4):
        start_ns = nanoseconds(midnight(day)) + number * _SIX_HOURS_NS
        # 60 kB in more than 60 ms is too slow.
        yield Span(
            trace_id=new_id(rng, 128),
            span_id=new_id(rng, 64),
            parent_id="",
            name="vault create",
            kind=CLIENT,
            start_ns=start_ns,
            end_ns=start_ns + rng.randint(20, 62) * _MS,
            attributes={
                "vault.operation": "create",
                "vault.path": f"/probes/{day}/{number}.bin",
                "vault.digest": f"sha256:{new_id(rng, 256)}",
                "vault.bytes": _BYTES,
                "vault.result": "ok",
                "vault.mutation.id": f"vm_{new_id(rng, 64)}",
                "user_agent.synthetic.type": "test",
                "probe.id": "vault-write",
            },
        )
