"""When, in which order, with which settings: Dagster over ingest, dbt and metabase. No business logic."""
