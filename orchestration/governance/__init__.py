"""Policies, the ledger and alerts, as plain Python: it knows neither Dagster nor dbt."""
