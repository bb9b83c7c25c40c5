"""Dashboards as code: what stands in `questions/`, `dashboards/` and `collections.yml`, as plain values."""
