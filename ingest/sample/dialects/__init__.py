"""Runs as spans, in the vocabulary of the library that each service is instrumented with."""

from __future__ import annotations

from collections.abc import Callable

from ingest.sample.dialects import agentkit, genai, openinference, vercel
from ingest.sample.runs import Run
from ingest.sample.telemetry import Span

_SPANS_OF: dict[str, Callable[[Run], list[Span]]] = {
    "genai": genai.spans_of,
    "openinference": openinference.spans_of,
    "agentkit": agentkit.spans_of,
    "vercel": vercel.spans_of,
}
_SCOPES: dict[str, tuple[str, str]] = {
    "genai": genai.SCOPE,
    "openinference": openinference.SCOPE,
    "agentkit": agentkit.SCOPE,
    "vercel": vercel.SCOPE,
}


def spans_of(run: Run) -> list[Span]:
    """The spans of `run`, each parent before its children."""
    return _SPANS_OF[run.service.dialect](run)


def scope_of(dialect: str) -> tuple[str, str]:
    """Name and version of the instrumentation that speaks `dialect`."""
    return _SCOPES[dialect]
