"""A small store that speaks S3: one bucket in memory, and a signature that it computes by itself.

Strict where others are lenient: what is not signed, signed by somebody else, or not what was signed, is refused.
"""

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

KEY, SECRET, NAME = "access-key", "very/secret", "our-files"
PAGE = 2  # keys of a list at once


class Store(ThreadingHTTPServer):
    """`objects` by their keys; while `is_down`, everything is answered 503."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.is_down = False
        self.requests: list[str] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def address(self) -> str:
        """As `--files` takes it."""
        return f"s3://{KEY}:{SECRET.replace('/', '%2F')}@{NAME}/chat?endpoint={self.endpoint}&region=eu-1"


@contextmanager
def bucket() -> Iterator[Store]:
    """A store that answers."""
    store = Store()
    thread = threading.Thread(target=store.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield store
    finally:
        store.shutdown()
        thread.join()
        store.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Store

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        self.server.requests.append(self.command)
        if self.server.is_down:
            return self.answer(503, b"<Error><Code>SlowDown</Code></Error>")
        if self.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            return self.answer(400, b"<Error><Code>XAmzContentSHA256Mismatch</Code></Error>")
        if self.headers["Authorization"].rpartition("Signature=")[2] != self.signature(parts.path, parts.query):
            return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        bucket, _, key = parts.path.removeprefix("/").partition("/")
        if bucket != NAME:
            return self.answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        return self.list(dict(parse_qsl(parts.query))) if key == "" else self.one(key, body)

    do_GET = do_PUT = do_HEAD = do_DELETE = handle_any

    def one(self, key: str, body: bytes) -> None:
        objects = self.server.objects
        if self.command == "PUT":
            objects[key] = body
            return self.answer(200, b"")
        if self.command == "DELETE":
            objects.pop(key, None)
            return self.answer(204, b"")
        if key not in objects:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if found is None:
            return self.answer(200, objects[key])
        end = int(found[2]) + 1 if found[2] else None
        return self.answer(206, objects[key][int(found[1]) : end])

    def list(self, query: dict[str, str]) -> None:
        keys = sorted(key for key in self.server.objects if key.startswith(query.get("prefix", "")))
        start = int(query.get("continuation-token", "0"))
        listed = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys[start : start + PAGE])
        more = f"<NextContinuationToken>{start + PAGE}</NextContinuationToken>" if start + PAGE < len(keys) else ""
        self.answer(200, f"<ListBucketResult>{listed}{more}</ListBucketResult>".encode())

    def signature(self, path: str, query: str) -> str:
        names = re.search(r"SignedHeaders=([^,]+)", self.headers["Authorization"])
        scope = re.search(r"Credential=([^/]+)/([^,]+)", self.headers["Authorization"])
        if names is None or scope is None or scope[1] != KEY or "host" not in names[1].split(";"):
            return "none"
        listed = "".join(f"{name}:{self.headers[name]}\n" for name in names[1].split(";"))
        hash = self.headers["x-amz-content-sha256"]
        request = "\n".join((self.command, path, query, listed, names[1], hash))
        text = f"AWS4-HMAC-SHA256\n{self.headers['x-amz-date']}\n{scope[2]}\n"
        text += hashlib.sha256(request.encode()).hexdigest()
        key = f"AWS4{SECRET}".encode()
        for part in scope[2].split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *values: object) -> None:
        """Nobody reads it."""
