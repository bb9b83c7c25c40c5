"""Forget somebody, or what is too old: out of the lake, the releases and the files of a home.

`erasing` says what an erasure is; what it takes out of the lake stands in `removal`, `derived` and
`stripping`, out of the home in `files`. `docs/erasure.md` is for people.
"""

from __future__ import annotations

from orchestration.governance.erasure.erasing import Erased, erase, prepare, purge, settle
from orchestration.governance.erasure.files import scrub_files
from orchestration.governance.erasure.holds import HeldError
from orchestration.governance.erasure.landing import StillLanding, still_landing, write_list
from orchestration.governance.erasure.requests import Request, pending

__all__ = [
    "Erased",
    "HeldError",
    "Request",
    "StillLanding",
    "erase",
    "pending",
    "prepare",
    "purge",
    "scrub_files",
    "settle",
    "still_landing",
    "write_list",
]
