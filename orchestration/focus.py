"""`python -m orchestration focus`: a month of AI charges for finance, as FOCUS writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ingest.settings import Settings
from metabase.focus_export import export_month
from metabase.serving import Serving


def export_focus(settings: Settings, *, month: str, output: Path) -> int:
    """Write the published charges of `month` to `output`; say in one line what is in it and what is not."""
    serving = Serving(Path(settings.serving))
    print(export_month(serving, month, output, now=datetime.now(UTC)).line)
    return 0
