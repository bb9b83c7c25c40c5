"""PostgreSQL as what readers ask: releases loaded as schemas, swapped by name, and a role that only reads."""
