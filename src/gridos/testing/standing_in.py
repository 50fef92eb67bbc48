"""A stand-in for a plugin's upstream."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit


@contextmanager
def upstream(answers: Mapping[str, Any]) -> Generator[str]:
    """
    Answer GET and POST requests on loopback; the value is the address to give to `evaluate`.

    `answers` maps a path to what its answer holds, as JSON, or to a bare status: `{"/v1/me": {"name": "Ada"},
    "/v1/team": HTTPStatus.FORBIDDEN}`. Any other path is not found.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answers))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(answers: Mapping[str, Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = answers.get(urlsplit(self.path).path, HTTPStatus.NOT_FOUND)
            is_status = isinstance(answer, HTTPStatus)
            body = b"" if is_status else json.dumps(answer).encode()
            self.send_response(answer if is_status else HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 -- the names that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's own parameter
            """Say nothing: a test's output is its author's."""

    return Handler
