"""Compile the kernels and keep them, so that no load has to: `python -m ingest.otlp.kernels`.

Takes a minute on two cores, the first time and after an update that changes a kernel. With the name of
an encoding it compiles what that one needs, in this process.
"""

from __future__ import annotations

import sys

from ingest.otlp.kernels import ENCODINGS, compile_all


def main() -> int:
    """Exit code 1 when a kernel cannot be compiled or kept."""
    for encoding in ENCODINGS:
        if sys.argv[1:] == [encoding]:
            from ingest.otlp.kernels.warm import warm_up

            warm_up(encoding)
            return 0
    if compile_all():
        return 0
    print("The kernels could not be compiled or kept; large files are read without them.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
