"""A push service as browsers have one: it knows the server by its signature, and the browser opens what it was sent."""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from quillroom.services.web_push import decode, encode

WAIT_SECONDS = 15.0


@dataclass(slots=True)
class Came:
    """A message that a browser could open."""

    path: str
    headers: dict[str, str]
    payload: dict[str, Any]


@dataclass(slots=True)
class Phone:
    """A browser that subscribed: its secrets never leave it."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"sixteen bytes ok"

    @property
    def subscription(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` says it."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "keys": {"p256dh": encode(point), "auth": encode(self.secret)}}


class PushService:
    """`answers`: (status, headers) for the next messages, instead of 201. What is not signed and sealed is a fault."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        self.tries: list[str] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.before: Callable[[], None] = lambda: None  # done while a message is on its way
        self.key: str | None = None  # the server's, once it is known
        self.faults: list[str] = []
        self._phones: dict[str, Phone] = {}
        self._changed = threading.Condition()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = service._take(self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in (headers | {"Content-Length": "0"}).items():
                    self.send_header(name, value)
                self.end_headers()

            def handle(self) -> None:
                with contextlib.suppress(ConnectionResetError):  # a server that was killed
                    super().handle()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def opens(self) -> "PushService":
        self._thread.start()
        return self

    def closes(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        assert self.faults == []

    def phone(self, name: str) -> Phone:
        """A browser that subscribes."""
        self._phones[f"/{name}"] = phone = Phone(f"{self.url}/{name}")
        return phone

    def waits(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, WAIT_SECONDS), (self.came, self.tries, self.faults)

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        self.before()
        with self._changed:
            self.tries.append(path)
            status, said = self.answers.pop(0) if self.answers else (201, {})
            try:
                payload = self._opened(path, headers, body)
            except Exception as fault:
                self.faults.append(f"{type(fault).__name__}: {fault}")
                status = 400
            else:
                if status < 300:
                    self.came.append(Came(path, headers, payload))
            self._changed.notify_all()
        return status, said

    def _opened(self, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        """RFC 8292: signed for us, now, by the one key. RFC 8291: sealed for this browser."""
        token, _, key = headers["Authorization"].removeprefix("vapid t=").partition(", k=")
        self.key = self.key or key
        assert key == self.key
        point = decode(key)
        known = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])})
        claims = jwt.decode(token, known, algorithms=["ES256"]).claims
        assert claims["aud"] == self.url
        assert time.time() < claims["exp"] <= time.time() + 24 * 3600
        assert claims["sub"].startswith(("mailto:", "https://"))
        assert 0 < int(headers["TTL"]) <= 24 * 3600
        assert len(headers["Topic"]) <= 32
        assert headers["Urgency"] in ("normal", "high")
        assert headers["Content-Encoding"] == "aes128gcm"
        assert len(body) <= 4096
        phone = self._phones[path]
        opened: dict[str, Any] = json.loads(
            http_ece.decrypt(body, private_key=phone.key, auth_secret=phone.secret, version="aes128gcm")
        )
        return opened
