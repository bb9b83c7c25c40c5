"""A server that behaves as Metabase 58 does towards the provisioner: it checks, keeps, and runs.

Requests must fit `contract`; what is kept follows Metabase's source (src/metabase/dashboards_rest/api.clj,
queries_rest/api/card.clj, permissions_rest, permissions/models/collection/graph.clj). Faults are switched on
by the fields of `Faults`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.metabase.provision.contract import RefusedError, Request, the_contract
from tests.metabase.provision.metabase_state import Json, State
from tests.metabase.provision.questions import Questions

_OPEN = frozenset(["get-health", "get-session-properties", "post-api-setup", "post-api-session"])
_NO_WRITES = frozenset(["post-api-session", "delete-api-session", "post-api-card-card-id-query"])


@dataclass
class Faults:
    """What goes wrong, until it has gone wrong as often as it says."""

    # Connections that are closed without an answer.
    hang_ups: int = 0
    # Statuses that are answered before anything is done, to requests whose `METHOD path` matches.
    refusals: list[tuple[str, int]] = field(default_factory=list)
    # Keys of bodies that are taken and not kept, by operation.
    forgets: set[tuple[str, str]] = field(default_factory=set)
    # How often somebody else writes a permission graph just before a write of ours.
    races: int = 0
    # How many looks at the columns find none after a sync.
    slow_looks: int = 0
    # What every question gives, instead of its result.
    result: Any = None


@dataclass
class Written:
    """One write that was let through."""

    method: str
    path: str
    body: Any


class StandIn:
    """The server, its state, and a record of every write."""

    def __init__(self) -> None:
        self.contract = the_contract()
        self.state = State()
        self.questions = Questions(self.state)
        self.faults = Faults()
        self.writes: list[Written] = []
        self.requests: list[tuple[str, str]] = []
        self.url = ""
        self._lock = threading.Lock()

    def answer(self, method: str, target: str, headers: Any, payload: bytes) -> tuple[int, Json]:
        """Status and body of one request."""
        with self._lock:
            self.requests.append((method, target))
            for number, (pattern, status) in enumerate(self.faults.refusals):
                if re.fullmatch(pattern, f"{method} {target.partition('?')[0]}"):
                    del self.faults.refusals[number]
                    return status, {"message": "a fault that was asked for"}
            try:
                request = self.contract.read(method, target, payload)
                self._let_in(request, headers)
                return self._serve(request)
            except RefusedError as refusal:
                return refusal.status, refusal.body

    def _let_in(self, request: Request, headers: Any) -> None:
        if request.operation in _OPEN:
            return
        key, session = headers.get("X-API-KEY"), headers.get("X-Metabase-Session")
        if key not in self.state.api_keys and session not in self.state.sessions:
            raise RefusedError(401, "Unauthenticated")
        if request.operation == "delete-api-session":
            self.state.sessions.discard(session)

    def _serve(self, request: Request) -> tuple[int, Json]:
        name = request.operation.replace("-", "_")
        handler = getattr(self.state, name, None) or getattr(self.questions, name, None)
        if handler is None:
            raise RefusedError(404, "The stand-in does not serve this request.")
        body = request.body
        if isinstance(body, dict):
            forgotten = {key for operation, key in self.faults.forgets if operation == request.operation}
            body = {key: value for key, value in body.items() if key not in forgotten}
        if request.method == "PUT" and request.path.endswith("/graph") and self.faults.races:
            self.faults.races -= 1
            self.state.somebody_else_writes_a_graph(request.path)
        if request.operation == "get-api-database-id-metadata" and self.faults.slow_looks:
            self.faults.slow_looks -= 1
            return 200, {"tables": []}
        if request.operation == "post-api-card-card-id-query" and self.faults.result is not None:
            return 202, self.faults.result
        answer = handler(replace(request, body=body))
        if request.method != "GET" and request.operation not in _NO_WRITES:
            self.writes.append(Written(request.method, request.path, body))
        status = 202 if request.operation == "post-api-card-card-id-query" else 200
        return status, answer


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """One on a free port of loopback, with nothing in it, until the end of the block."""
    standin = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer leaves in one piece; in two, each would wait for the other side's acknowledgement.
        wbufsize = -1
        disable_nagle_algorithm = True

        def _handle(self) -> None:
            payload = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if standin.faults.hang_ups:
                standin.faults.hang_ups -= 1
                self.close_connection = True
                return
            status, body = standin.answer(self.command, self.path, self.headers, payload)
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if 300 <= status < 400:
                self.send_header("Location", f"{standin.url}/api/health")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the names of http.server

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: pytest shows what a test prints."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    standin.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield standin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        standin.state.postgres.close()
