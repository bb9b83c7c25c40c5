"""What of `deploy/` follows from the seeds: the collector's redaction, alerts and dashboard of objectives."""
