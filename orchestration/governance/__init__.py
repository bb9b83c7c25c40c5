"""What auditors ask for, as plain Python: it knows neither Dagster nor dbt."""
