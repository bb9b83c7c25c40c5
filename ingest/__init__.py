"""Bytes to lake: reads the landing folder, decodes, quarantines, commits. Knows neither Dagster nor dbt."""

import os

# Arrow's own choice of allocator, mimalloc, takes pages of two megabytes, which the kernel has to clear
# first: 5 to 15 per cent of a load, more of a small one. Arrow asks once, before its first allocation.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
