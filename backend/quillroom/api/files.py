"""`/api/documents/{id}/files` and `/api/files/{file}`: upload piece by piece, fetch whole or in part."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from quillroom.api.body import TooSlow, json_object, only
from quillroom.api.context import Context, session_of
from quillroom.api.errors import error
from quillroom.api.ranges import Unsatisfiable, asked_range, is_known
from quillroom.services.errors import Invalid
from quillroom.services.files import Bytes
from quillroom.services.media import INLINE
from quillroom.services.uploads import PIECE_BYTES, WrongOffset
from quillroom.store.files import READY, told

PART_SECONDS = 30.0  # so long nothing may come
# It may be kept, but is asked for each time whether it is still there: a recall is a recall.
KEPT = "private, no-cache"
# Nothing that somebody uploaded runs, or loads anything, as a page of ours.
ALONE = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


async def begin(request: Request) -> Response:
    """`POST /api/documents/{id}/files {name, size, kind?, alt?, duration?, waveform?}`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    body = only(await json_object(request), "name", "size", "kind", "alt", "duration", "waveform")
    row = await context.files.begin(person, request.path_params["id"], body)
    return JSONResponse({"file": told(row), "upload": {"offset": 0, "chunk_bytes": PIECE_BYTES}}, 201)


async def content(request: Request) -> Response:
    """`HEAD /api/files/{file}/content`: how much is here; `PATCH`: the next bytes, from `Upload-Offset` on."""
    context: Context = request.app.state.context
    person, id = await session_of(request, context), request.path_params["file"]
    row = await context.files.own(person, id)
    if request.method == "HEAD":
        return Response(headers={"Upload-Offset": str(row.received), "Upload-Length": str(row.size)})
    offset, length = _number(request, "upload-offset"), _number(request, "content-length")
    if offset is None:
        raise Invalid("The header Upload-Offset was expected: how many bytes came before these.")
    try:
        row = await context.uploads.append(person, id, offset, length, _parts(request))
    except WrongOffset as problem:
        answer = error(409, problem.code, str(problem))
        answer.headers["Upload-Offset"] = str(problem.offset)
        return answer
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it
    if row.state == READY:
        return JSONResponse(told(row))
    return Response(status_code=204, headers={"Upload-Offset": str(row.received)})


async def change(request: Request) -> Response:
    """`PATCH /api/files/{file} {alt}`, `DELETE`: of a file that its uploader did not send yet."""
    context: Context = request.app.state.context
    person, id = await session_of(request, context), request.path_params["file"]
    if request.method == "DELETE":
        await context.files.remove(person, id)
        return Response(status_code=204)
    await context.files.own(person, id)
    body = only(await json_object(request), "alt")
    if "alt" not in body:
        raise Invalid("`alt` was expected: a text, or null.")
    return JSONResponse(told(await context.files.describe(person, id, body["alt"])))


async def fetch(request: Request) -> Response:
    """`GET /api/files/{file}`; with `?download=1` to be saved, whatever it is."""
    context: Context = request.app.state.context
    what = await context.files.find(await session_of(request, context), request.path_params["file"])
    is_shown = what.file.type in INLINE and request.query_params.get("download") != "1"
    name = quote(what.file.name, safe="")
    disposition = f"{'inline' if is_shown else 'attachment'}; filename*=utf-8''{name}"
    return _answer(request, what, what.file.type, {"Content-Disposition": disposition})


async def thumbnail(request: Request) -> Response:
    """`GET /api/files/{file}/thumbnail`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    what = await context.files.find(person, request.path_params["file"], thumbnail=True)
    return _answer(request, what, "image/webp", {})


def _answer(request: Request, what: Bytes, type: str, headers: dict[str, str]) -> Response:
    context: Context = request.app.state.context
    tag = f'"{what.hash}"'
    headers |= {"ETag": tag, "Cache-Control": KEPT, "Content-Security-Policy": ALONE, "Accept-Ranges": "bytes"}
    if is_known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range") if request.headers.get("if-range", tag) == tag else None
    try:
        part = asked_range(asked, what.size)
    except Unsatisfiable:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{what.size}", "Cache-Control": KEPT})
    start, end = part or (0, what.size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{what.size}"
    headers["Content-Length"] = str(end - start)
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=type)
    pieces = iterate_in_threadpool(context.files.read(what, start, end))
    return StreamingResponse(pieces, status, headers, type)


async def _parts(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        try:
            part = await asyncio.wait_for(anext(stream), PART_SECONDS)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise TooSlow from None
        if part:
            yield part


def _number(request: Request, name: str) -> int | None:
    value = request.headers.get(name)
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Invalid(f"The header {name.title()} must be a whole number.")
    return int(value)


ROUTES = [
    Route("/api/documents/{id}/files", begin, methods=["POST"]),
    Route("/api/files/{file}/content", content, methods=["HEAD", "PATCH"]),
    Route("/api/files/{file}/thumbnail", thumbnail, methods=["GET"]),
    Route("/api/files/{file}", fetch, methods=["GET"]),
    Route("/api/files/{file}", change, methods=["PATCH", "DELETE"]),
]
