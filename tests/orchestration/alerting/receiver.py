"""A webhook receiver on this machine that answers as it is told to, and remembers what it took."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    path: str
    key: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """How to answer: a status, or none at all; and whether the message was taken all the same."""

    status: int | None = 200
    is_taken: bool = True
    headers: dict[str, str] = field(default_factory=dict)


REFUSED = Reply(503, is_taken=False)
TAKEN_WITHOUT_AN_ANSWER = Reply(None)


class Receiver:
    """What stands at `url`. `behave` decides each reply; `requests` is what came, `taken` what it kept."""

    def __init__(self, behave: Callable[[Request], Reply]) -> None:
        self.behave = behave
        self.requests: list[Request] = []
        self.taken: list[Request] = []
        self._hanging = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def keys(self) -> list[str]:
        """The deduplication keys of what was taken, each once."""
        return sorted({request.key for request in self.taken})

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def stop(self) -> None:
        self._hanging.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the handler below
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = Request(self.path, self.headers["Idempotency-Key"], body)
                receiver.requests.append(request)
                reply = receiver.behave(request)
                if reply.is_taken:
                    receiver.taken.append(request)
                if reply.status is None:
                    receiver._hanging.wait()
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def receiving(behave: Callable[[Request], Reply] = lambda _: Reply()) -> Iterator[Receiver]:
    """A receiver for as long as the block lasts."""
    receiver = Receiver(behave)
    thread = threading.Thread(target=receiver.serve, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stop()
        thread.join()
