"""`/api/documents`: list, create, read in a format, replace the content."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object, text
from quillroom.api.context import Context, session_of
from quillroom.core.member import Person
from quillroom.services.documents import Edit
from quillroom.services.errors import Invalid

MEDIA_TYPES = {
    "markdown": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "update": "application/octet-stream",
}
# A document is somebody's words: shown as a page of its own it may run nothing and load nothing.
SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'"}


async def collection(request: Request) -> Response:
    """`GET` and `POST /api/documents`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    if request.method == "POST":
        return JSONResponse({"document": await _made(context, person, await json_object(request))}, 201)
    return JSONResponse({"documents": await context.documents.list(person)})


async def item(request: Request) -> Response:
    """`GET /api/documents/{id}?format=…`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    id, format = request.path_params["id"], request.query_params.get("format", "json")
    content, seq = await context.documents.read(person, id, format)
    if format == "json":
        described = await context.documents.describe(person, id)
        return JSONResponse({"document": described, "seq": seq, "content": content})
    assert isinstance(content, bytes | str)
    return Response(content, media_type=MEDIA_TYPES[format], headers=SANDBOX)


async def content(request: Request) -> Response:
    """`PUT /api/documents/{id}/content`: JSON with `markdown` or `content`, or a Markdown body."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    id = request.path_params["id"]
    if request.headers.get("content-type", "").startswith("text/markdown"):
        edit = Edit(markdown=await text(request))
    else:
        edit = _edit(await json_object(request), {"title", "markdown", "content"})
        if (edit.markdown is None) == (edit.content is None):
            raise Invalid("Either `markdown` or `content` was expected.")
    seq = await context.documents.replace(person, id, edit)
    described = await context.documents.describe(person, id)
    return JSONResponse({"document": described, "seq": seq})


async def _made(context: Context, person: Person | None, body: dict[str, object]) -> dict[str, object]:
    parent, template = body.pop("parent", None), body.pop("template", None)
    for name, id in (("parent", parent), ("template", template)):
        if id is not None and not isinstance(id, str):
            raise Invalid(f"`{name}` must be the id of a page.")
    edit = _edit(body, {"title", "markdown"}, "parent", "template")
    where = parent if isinstance(parent, str) else None
    if not isinstance(template, str):
        return await context.documents.create(person, edit, where)
    if edit.markdown is not None:
        raise Invalid("Either `markdown` or `template` was expected, not both.")
    return await context.documents.create_from(person, template, edit.title, where)


def _edit(body: dict[str, object], allowed: set[str], *taken: str) -> Edit:
    unknown = sorted(set(body) - allowed)
    if unknown:
        raise Invalid(f"Only {', '.join(sorted({*allowed, *taken}))} were expected, {unknown[0]!r:.60} came.")
    title, markdown, content = body.get("title"), body.get("markdown"), body.get("content")
    if title is not None and not isinstance(title, str):
        raise Invalid("`title` must be a text.")
    if markdown is not None and not isinstance(markdown, str):
        raise Invalid("`markdown` must be a text.")
    if content is not None and not isinstance(content, dict):
        raise Invalid("`content` must be a ProseMirror document.")
    return Edit(title, markdown, content)


ROUTES = [
    Route("/api/documents", collection, methods=["GET", "POST"]),
    Route("/api/documents/{id}", item, methods=["GET"]),
    Route("/api/documents/{id}/content", content, methods=["PUT"]),
]
