"""Policies, exceptions, alerts and the ledger: plain Python that knows neither Dagster nor dbt."""
