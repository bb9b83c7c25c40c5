"""Ingest measured against what else reads OTLP exports: run `make bench`."""
