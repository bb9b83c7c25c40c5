"""Bytes to lake: reads the landing folder, decodes, quarantines, commits. Knows neither Dagster nor dbt."""
