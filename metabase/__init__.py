"""Marts to readers: audit what dbt built, publish what passed. Knows neither Dagster nor dbt."""
