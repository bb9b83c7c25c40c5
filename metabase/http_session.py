"""How this project speaks HTTP to somebody else's server: no secret goes further than it was meant to."""

from __future__ import annotations

import logging

import requests


class _Session(requests.Session):
    """One that no answer leads anywhere: requests reads on even where it is to follow no redirect."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - named by requests
        """Nowhere."""
        return None


def new_session() -> requests.Session:
    """A session that sends no credentials of its own: a netrc file could name the server."""
    # It writes the path of every request at debug, and some paths are secrets.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    session = _Session()
    session.auth = lambda request: request
    return session
