"""The sample month: 30 believable days of a platform of AI agents, written as ordinary landing files.

Deterministic: the same size and seed give the same bytes. What is in it: docs/sample_month.md.
"""

from ingest.sample.ledger import CallTotals, Regression, SampleSummary
from ingest.sample.month import DAYS, END
from ingest.sample.writer import write_days, write_month

__all__ = ["DAYS", "END", "CallTotals", "Regression", "SampleSummary", "write_days", "write_month"]
