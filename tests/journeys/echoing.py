"""An upstream that tells everybody what it was told, in every way that an answer has, and a plugin that asks it."""

import json
import ssl
import threading
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "api.echo.test"

# For the server's process: a name that leads here, as an operator's resolver would have it.
NAMES = f"""
import socket

ask = socket.getaddrinfo
socket.getaddrinfo = lambda host, *how, **more: ask("127.0.0.1" if host == {HOST!r} else host, *how, **more)
"""

PLUGIN = '''
"""Hands on whatever comes back."""


def register(kernel):
    """Register the `ECHOES…` functions."""

    @kernel.formula("ECHOES")
    async def echoes(path):
        return (await kernel.http.get_json(path))["value"]

    @kernel.formula("ECHOES_ALL")
    async def whole(path):
        answer = await kernel.http.request("GET", path)
        return f"{answer.status} {dict(answer.headers)} {answer.body.decode()}"

    @kernel.formula("ECHOES_RAISES")
    async def raises(path):
        answer = await kernel.http.request("GET", path)
        raise ValueError(dict(answer.headers), answer.body)

    @kernel.formula("ECHOES_PRINTS")
    async def prints(path):
        answer = await kernel.http.request("GET", path)
        print(dict(answer.headers), answer.body)
        return "printed"

    @kernel.formula("ECHOES_ERROR")
    async def error(path):
        answer = await kernel.http.request("GET", path)
        return f"#{answer.body.decode()}!"
'''


class Echo:
    """
    The upstream, over TLS on loopback.

    It mints the token `minted` for everybody, and knows `accounts` by their tokens.
    """

    def __init__(self, folder: Path, minted: str, accounts: Mapping[str, str]) -> None:
        self._folder = folder
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.minted, self._server.accounts = minted, accounts
        self._server.socket = _identity(folder / "echo.pem").wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._server.serve_forever)

    def settings(self) -> dict[str, str]:
        """Make the plugin `echoes`, and say what a server must be told so that its requests get here."""
        port: int = self._server.server_address[1]
        plugin, names = self._folder / "plugins/echoes", self._folder / "names"
        for made in (plugin, names):
            made.mkdir(parents=True)
        (plugin / "plugin.py").write_text(PLUGIN)
        (plugin / "manifest.json").write_text(json.dumps(_manifest(port)))
        (names / "sitecustomize.py").write_text(NAMES)
        return {
            "GRIDOS_PLUGINS_DIR": str(plugin.parent),
            "GRIDOS_EGRESS_ALLOW": f"127.0.0.1/32:{port}",
            "PYTHONPATH": str(names),
            "SSL_CERT_FILE": str(self._folder / "echo.pem"),
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _manifest(port: int) -> dict[str, Any]:
    slot = {"label": "", "placeholder": "", "help": "", "optional": True}
    mint = {"mint": "/oauth/token", "client_id": "{ID}", "client_secret": "{SECRET}"}
    return {
        "name": "Echoes",
        "description": "",
        "category": "Test",
        "author": "",
        "version": "1",
        "secrets": [{**slot, "key": key} for key in ("TOKEN", "ID", "SECRET")],
        "connection": {
            "base_url": f"https://{HOST}:{port}",
            "auth": [{"header": "Authorization", "value": "Bearer {TOKEN}"}, {"header": "X-Access", **mint}],
        },
        "verify": {"path": "/whoami", "account": "name"},
    }


def _identity(pem: Path) -> ssl.SSLContext:
    """A certificate for HOST that whoever reads `pem` believes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


class _Server(ThreadingHTTPServer):
    minted: str
    accounts: Mapping[str, str]


class _Handler(BaseHTTPRequestHandler):
    """Answers by the path's first part."""

    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] -- ours, always
    timeout = 30

    def do_POST(self) -> None:
        """Mint, telling what was sent in the same breath."""
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(200, {"access_token": self.server.minted, "expires_in": 3600, "form": form})

    def do_GET(self) -> None:
        """Tell."""
        told = self.headers.get("Authorization", "").removeprefix("Bearer ") or self.headers.get("X-Access", "")
        kind, _, rest = self.path.removeprefix("/").partition("/")
        getattr(self, f"_{kind}")(told, rest)

    def _value(self, _: str, rest: str) -> None:
        self._answer(200, {"value": 42, "rest": rest})

    def _echo(self, told: str, _: str) -> None:
        self._answer(200, {"value": f"you said {told}"})

    def _echo64(self, told: str, rest: str) -> None:
        self._answer(200, {"value": b64encode(f"{rest}{told}!".encode()).decode()})

    def _headers(self, told: str, _: str) -> None:
        self._answer(200, {"value": 42}, told)

    def _status(self, told: str, rest: str) -> None:
        self._answer(int(rest), {"error": told, "message": f"{told} is not accepted"}, told)

    def _whoami(self, told: str, _: str) -> None:
        self._answer(200 if told in self.server.accounts else 401, {"name": self.server.accounts.get(told, told)}, told)

    def _html(self, told: str, _: str) -> None:
        self._write(f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p title='{told}'>{told}</p>")

    def _redirect(self, told: str, _: str) -> None:
        self._write(f"HTTP/1.1 302 Found\r\nLocation: https://evil.test/{told}\r\nContent-Length: 0\r\n\r\n")

    def _garbage(self, told: str, _: str) -> None:
        self._write(f"{told} is no status line\r\n\r\n")

    def _badheader(self, told: str, _: str) -> None:
        self._write(f"HTTP/1.1 200 OK\r\nContent-Length: {told}\r\n\r\n{{}}")

    def _half(self, told: str, _: str) -> None:
        self._write(f"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{told}")

    def _chunks(self, told: str, _: str) -> None:
        self._write(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{told}\r\n")

    def _packed(self, told: str, _: str) -> None:
        self._write(f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(told)}\r\n\r\n{told}")

    def _answer(self, status: int, body: object, told: str = "") -> None:
        text = json.dumps(body)
        head = f"HTTP/1.1 {status} {told or 'Told'}\r\nContent-Length: {len(text)}\r\n"
        names = ("Request-Id", "WWW-Authenticate", "Set-Cookie", "X-Told", "X-OAuth-Scopes", "ETag")
        self._write(head + "".join(f"{name}: {told}\r\n" for name in names if told) + f"\r\n{text}")

    def _write(self, text: str) -> None:
        self.close_connection = True
        with suppress(OSError):  # the other side had heard enough
            self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Say nothing."""
