"""What auditors rely on, as plain Python that knows neither Dagster nor dbt (design §7)."""
