"""dbt as the child of a run: it does not outlive the run that started it.

A run that is killed gives up the writer lock at once; a dbt that went on would write to the lake beside the
next run. Linux kills the child together with its parent; elsewhere dbt ends at its next line of output.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Run dbt with the arguments of this process."""
    if sys.platform == "linux":
        parent = int(os.environ["TRACEHOUSE_RUN_PID"])
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            # Killed in the moment before.
            sys.exit(1)
    from dbt.cli.main import cli

    cli(prog_name="dbt")


if __name__ == "__main__":
    main()
