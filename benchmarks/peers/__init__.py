"""One module for each way to turn an OTLP export into Parquet."""
