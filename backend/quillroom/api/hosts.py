"""The names under which this server answers.

A page of another site must not reach it by a name of its own (DNS rebinding), and no address that we write into a mail
may come from whoever asked.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from quillroom.api.errors import error

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Hosts:
    """Known names. An IP address is always one: nobody can point it anywhere else."""

    def __init__(self, url: str | None) -> None:
        own = socket.gethostname().lower()
        self._names = {*LOOPBACK, own, f"{own}.local"}
        if url is not None:
            self._names.add(_name(urlsplit(url).netloc))

    def knows(self, host: str) -> bool:
        """`host` as the header has it, with or without a port."""
        name = _name(host)
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


class KnownHost:
    """ASGI middleware: what asks for a name that is not ours is refused before anything looks at it."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] in ("http", "websocket"):
            host = Headers(scope=scope).get("host", "")
            if not self._hosts.knows(host):
                refusal = error(
                    421,
                    "unknown_host",
                    f"This server is not known as {host!r:.80}. If it should be, start it with --url https://that-name.",
                )
                if scope["type"] == "websocket":
                    await refusal_of_handshake(refusal.body, send)
                else:
                    await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def refusal_of_handshake(body: bytes | memoryview, send: Send) -> None:
    """Answer a handshake with 421 (the ASGI "Websocket Denial Response" extension)."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "websocket.http.response.start", "status": 421, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": bytes(body)})


def _name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    name, _, port = host.rpartition(":")
    return (name if name and port.isdecimal() else host).rstrip(".").lower()
