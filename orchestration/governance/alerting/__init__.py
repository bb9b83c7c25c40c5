"""Alerts: what raises them, whom they reach, and how they end. docs/alerts.md tells it to operators.

What crosses stands in crossings.py, what is owed to whom in decisions.py, who has it in deliveries.py.
"""

from orchestration.governance.alerting.decisions import BREACHES, HOLDS, decide
from orchestration.governance.alerting.deliveries import Report, deliver, give_up, is_due, retry_failed, tend
from orchestration.governance.alerting.tables import ensure_alert_tables

__all__ = [
    "BREACHES",
    "HOLDS",
    "Report",
    "decide",
    "deliver",
    "ensure_alert_tables",
    "give_up",
    "is_due",
    "retry_failed",
    "tend",
]
