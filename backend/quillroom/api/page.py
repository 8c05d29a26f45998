"""The built page, and the headers that every answer carries."""

import secrets
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HASHED = "public, max-age=31536000, immutable"
# What the build left beside a file, best first.
COMPRESSED = {"br": ".br", "gzip": ".gz"}
# Where the build left room for a number that is used once: only style elements that carry it are taken.
NONCE = b"NONCE-OF-THIS-ANSWER"
# Pictures may come from any address, as a document can show one by its address; everything else is from here.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
    # Text pasted from elsewhere says with style attributes what is bold; an attribute can load nothing from anywhere.
    "style-src-attr 'unsafe-inline'; "
    "img-src 'self' https: http: data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types default ProseMirrorClipboard; "
    "report-uri /api/csp-report"
)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
}
# A worker lives by the policy of its own answer; this one fetches the page, to keep it for a reload without server.
KEEPER = "/sw.js"
KEEPER_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
HSTS = "max-age=31536000"


class Page:
    """Serves files below `folder` and, for everything else, its index.html."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = {"/" + path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}

    async def answer(self, request: Request) -> Response:
        """Only files known at start are served: no name of a request reaches the file system."""
        path = request.scope["path"]
        if path in self._files and path != "/index.html":
            return self._file(path, request.headers.get("accept-encoding", ""))
        index = self._files.get("/index.html")
        if index is None:
            return PlainTextResponse("The page is not built. Run `make serve`, or open the dev server.\n", 503)
        if path.startswith("/assets/"):
            return PlainTextResponse("There is no such file.\n", 404)
        return self._start(index)

    def _start(self, index: Path) -> Response:
        nonce = secrets.token_urlsafe(16)
        html = index.read_bytes().replace(NONCE, nonce.encode())
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY.format(nonce=nonce)}
        return Response(html, media_type="text/html", headers=headers)

    def _file(self, path: str, accepted: str) -> Response:
        """The file, compressed when it was at build time and the browser takes that."""
        headers = {"Cache-Control": HASHED if path.startswith("/assets/") else "no-cache"}
        if path == KEEPER:
            headers["Content-Security-Policy"] = KEEPER_POLICY
        encodings = {name.split(";")[0].strip() for name in accepted.split(",")}
        for encoding, ending in COMPRESSED.items():
            packed = self._files.get(path + ending)
            if packed is None:
                continue
            headers["Vary"] = "Accept-Encoding"
            if encoding in encodings:
                media_type = guess_type(path)[0] or "application/octet-stream"
                return FileResponse(packed, headers=headers | {"Content-Encoding": encoding}, media_type=media_type)
        return FileResponse(self._files[path], headers=headers)


class SecurityHeaders:
    """ASGI middleware: headers for every HTTP answer that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add headers to the start of an HTTP response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_private = scope["path"].startswith("/api/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", HSTS)
                if is_private:
                    headers.setdefault("Cache-Control", "no-store, private")
            await send(message)

        await self._app(scope, receive, with_headers)
