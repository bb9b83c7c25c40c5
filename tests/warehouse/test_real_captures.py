"""What real instrumentations exported of the same requests, each alone in a home: every token once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.running import Home
from tests.warehouse.building import build, land_files

pytestmark = pytest.mark.shared

# What each provider served, in input and output tokens, where every call reported its usage, and how many
# calls did not (../shared/vocabulary.md, "leaf + response id once", and ledger.jsonl beside each capture).
# Spans of Gemini CLI tell no usage; logs and metrics do.
SERVED = {
    "genai": ("summarizer-agent", 5_850, 961, 2),
    "openinference": ("summarizer-agent", 9_054, 2_148, 2),
    "vercel_ai": ("browser-agent", 2_223, 1_221, 0),
    "logfire": ("support-agent", 2_780, 966, 0),
    "openai_agents": ("agentkit-classifier", 1_575, 497, 0),
    "mlflow_otlp": ("mlflow-classifier", 984, 487, 0),
    "openllmetry": ("rag-retriever", 4_836, 1_320, 0),
    "gemini_cli": ("gemini-cli", 16_004, 128, 0),
}
SILENT_SPANS = {"gemini_cli": [(16_004 + 128,)]}


@pytest.mark.parametrize("capture", SERVED)
def test_a_real_capture_counts_every_token_once(capture: str, home: Path, shared_data: Path) -> None:
    built = landed_capture(capture, home, shared_data)
    land_files(built)
    build(built, "+token_usage_daily", "+token_reconciliation_daily")
    counted, differences = built.in_lake(TOKENS.format("lake.")), built.in_lake(DIFFERENCES.format("lake."))
    assert (counted, differences) == ([SERVED[capture]], SILENT_SPANS.get(capture, []))


@pytest.mark.long
@pytest.mark.parametrize("capture", SERVED)
def test_a_real_capture_is_published_with_every_token_once(
    capture: str, home: Path, shared_data: Path
) -> None:
    published = landed_capture(capture, home, shared_data)
    outcome = published.pipeline()
    assert outcome.code == 0, outcome.err
    counted, differences = published.released(TOKENS.format("")), published.released(DIFFERENCES.format(""))
    assert (counted, differences) == ([SERVED[capture]], SILENT_SPANS.get(capture, []))


def test_spans_logs_and_metrics_of_the_same_requests_count_them_once(home: Path, shared_data: Path) -> None:
    built = claude_code_like(home, shared_data)
    land_files(built)
    build(built, "+token_usage_daily", "+token_reconciliation_daily")
    counted, told = built.in_lake(REQUESTS.format("lake.")), built.in_lake(SIGNALS.format("lake."))
    assert (counted, told) == ([(12, 0)], [(True, True, 0, "reconciled")] * 2)


@pytest.mark.long
def test_spans_logs_and_metrics_of_the_same_requests_are_published_once(
    home: Path, shared_data: Path
) -> None:
    published = claude_code_like(home, shared_data)
    outcome = published.pipeline()
    assert outcome.code == 0, outcome.err
    counted, told = published.released(REQUESTS.format("")), published.released(SIGNALS.format(""))
    assert (counted, told) == ([(12, 0)], [(True, True, 0, "reconciled")] * 2)


TOKENS = (
    "select service_name, sum(input_tokens)::bigint, sum(output_tokens)::bigint, "
    "sum(unknown_usage_requests)::bigint from {}marts.token_usage_daily group by 1"
)
DIFFERENCES = (
    "select sum(residual_tokens)::bigint from {}marts.token_reconciliation_daily "
    "where explanation not in ('reconciled', 'one source') "
    "group by explanation = 'missing usage ' || residual_tokens"
)
REQUESTS = "select sum(requests)::bigint, sum(unknown_usage_requests)::bigint from {}marts.token_usage_daily"
SIGNALS = (
    "select span_tokens = log_tokens, log_tokens = metric_tokens, residual_tokens, explanation "
    "from {}marts.token_reconciliation_daily"
)


def landed_capture(capture: str, home: Path, shared_data: Path) -> Home:
    """A home with the three signals of a capture in landing."""
    folder = home / "landing" / "otlp" / capture
    folder.mkdir(parents=True)
    for signal in ("traces", "metrics", "logs"):
        exported = shared_data / "otlp_real" / "captured" / capture / f"{signal}.jsonl"
        if exported.exists():
            shutil.copy(exported, folder)
    return Home(home)


def claude_code_like(home: Path, shared_data: Path) -> Home:
    """A home with 12 requests, which spans, logs and metrics tell of."""
    shutil.copytree(shared_data / "otlp_real" / "claude_code_like", home / "landing" / "otlp" / "cli")
    return Home(home)
