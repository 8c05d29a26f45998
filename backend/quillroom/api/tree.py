"""`/api/tree`, `/api/trash`, and what people do with a page in the tree: move, duplicate, star, mark as a template."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object, only
from quillroom.api.context import Context, session_of
from quillroom.services.documents import Edit
from quillroom.services.errors import Invalid
from quillroom.services.people import colour_of, shown
from quillroom.services.placing import Place
from quillroom.services.trash import Trashed
from quillroom.services.wire import iso


async def tree(request: Request) -> Response:
    """`GET /api/tree`."""
    context: Context = request.app.state.context
    pages = await context.tree.list(await session_of(request, context))
    return Response(pages, media_type="application/json")


async def change(request: Request) -> Response:
    """`PATCH /api/documents/{id} {title?, is_template?}`."""
    context: Context = request.app.state.context
    person, id = await session_of(request, context), request.path_params["id"]
    body = only(await json_object(request), "title", "is_template")
    title, is_template = body.get("title"), body.get("is_template")
    if not body or ("title" in body and not isinstance(title, str)):
        raise Invalid("`title` (a text) or `is_template` (true or false) was expected.")
    if "is_template" in body and not isinstance(is_template, bool):
        raise Invalid("`is_template` must be true or false.")
    if isinstance(title, str):
        await context.documents.replace(person, id, Edit(title=title))
    if isinstance(is_template, bool):
        await context.pages.mark(person, id, is_template)
    return await _document(request, id)


async def trash_page(request: Request) -> Response:
    """`DELETE /api/documents/{id}`: into the trash, with all below it."""
    context: Context = request.app.state.context
    await context.trash.put(await session_of(request, context), request.path_params["id"])
    return Response(status_code=204)


async def move(request: Request) -> Response:
    """`POST /api/documents/{id}/move {parent, before?, after?}`."""
    context: Context = request.app.state.context
    person, id = await session_of(request, context), request.path_params["id"]
    body = only(await json_object(request), "parent", "before", "after")
    if "parent" not in body:
        raise Invalid("`parent` was expected: the id of a page, or null for the top.")
    await context.pages.move(person, id, Place(*(_id_in(body, name) for name in ("parent", "before", "after"))))
    return await _document(request, id)


async def duplicate(request: Request) -> Response:
    """`POST /api/documents/{id}/duplicate {with_children?}`."""
    context: Context = request.app.state.context
    person, id = await session_of(request, context), request.path_params["id"]
    with_children = only(await json_object(request), "with_children").get("with_children", False)
    if not isinstance(with_children, bool):
        raise Invalid("`with_children` must be true or false.")
    made = await context.duplicates.make(person, id, with_children=with_children)
    return JSONResponse({"document": made}, 201)


async def favourite(request: Request) -> Response:
    """`PUT` and `DELETE /api/documents/{id}/favourite`."""
    context: Context = request.app.state.context
    person, id = await session_of(request, context), request.path_params["id"]
    if request.method == "PUT":
        await context.favourites.star(person, id)
    else:
        await context.favourites.unstar(person, id)
    return Response(status_code=204)


async def favourites(request: Request) -> Response:
    """`GET /api/favourites`."""
    context: Context = request.app.state.context
    return JSONResponse({"documents": await context.favourites.list(await session_of(request, context))})


async def recents(request: Request) -> Response:
    """`GET /api/recents`."""
    context: Context = request.app.state.context
    return JSONResponse({"documents": await context.recents.list(await session_of(request, context))})


async def templates(request: Request) -> Response:
    """`GET /api/templates`."""
    context: Context = request.app.state.context
    return JSONResponse({"documents": await context.documents.templates(await session_of(request, context))})


async def trash(request: Request) -> Response:
    """`GET /api/trash`; `DELETE` purges all of it that one may."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    if request.method == "DELETE":
        await context.trash.empty(person)
        return Response(status_code=204)
    return JSONResponse({"pages": [_trashed(each) for each in await context.trash.list(person)]})


async def purge(request: Request) -> Response:
    """`DELETE /api/trash/{id}`: for good, with all below it."""
    context: Context = request.app.state.context
    await context.trash.purge(await session_of(request, context), request.path_params["id"])
    return Response(status_code=204)


async def restore(request: Request) -> Response:
    """`POST /api/trash/{id}/restore`."""
    context: Context = request.app.state.context
    await context.trash.restore(await session_of(request, context), request.path_params["id"])
    return await _document(request, request.path_params["id"])


async def _document(request: Request, id: str) -> Response:
    context: Context = request.app.state.context
    return JSONResponse({"document": await context.documents.describe(await session_of(request, context), id)})


def _id_in(body: dict[str, object], name: str) -> str | None:
    id = body.get(name)
    if id is not None and not isinstance(id, str):
        raise Invalid(f"`{name}` must be the id of a page, or null.")
    return id


def _trashed(trashed: Trashed) -> dict[str, object]:
    by = trashed.by
    return {
        "id": trashed.page.id,
        "title": trashed.page.title,
        "trashed_at": iso(trashed.page.trashed_at),
        "trashed_by": None if by is None else shown(by.id, by.name, by.colour or colour_of(by.id), by.avatar),
    }


ROUTES = [
    Route("/api/tree", tree, methods=["GET"]),
    Route("/api/documents/{id}", change, methods=["PATCH"]),
    Route("/api/documents/{id}", trash_page, methods=["DELETE"]),
    Route("/api/documents/{id}/move", move, methods=["POST"]),
    Route("/api/documents/{id}/duplicate", duplicate, methods=["POST"]),
    Route("/api/documents/{id}/favourite", favourite, methods=["PUT", "DELETE"]),
    Route("/api/favourites", favourites, methods=["GET"]),
    Route("/api/recents", recents, methods=["GET"]),
    Route("/api/templates", templates, methods=["GET"]),
    Route("/api/trash", trash, methods=["GET", "DELETE"]),
    Route("/api/trash/{id}", purge, methods=["DELETE"]),
    Route("/api/trash/{id}/restore", restore, methods=["POST"]),
]
