"""`/api/documents/{id}/messages` and `/api/messages/{id}`: the chat beside each document."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object, only
from quillroom.api.context import Context, session_of
from quillroom.services import chat_input
from quillroom.services.documents import check_name
from quillroom.services.errors import Invalid, NotFound
from quillroom.services.transcript import Asked

MESSAGES_AT_MOST, MESSAGES = 100, 50
_PLACES = ("before", "after", "around", "thread", "pinned")


async def messages(request: Request) -> Response:
    """`GET` and `POST /api/documents/{id}/messages`."""
    context: Context = request.app.state.context
    id = check_name(request.path_params["id"])
    if request.method == "GET":
        asked = _asked(request)
        return JSONResponse(await context.transcript.window(await session_of(request, context), id, asked))
    body = only(await json_object(request), *chat_input.OF_A_DRAFT)
    person = await session_of(request, context)
    told, is_new = await context.chat.post(person, id, chat_input.read_draft(body))
    return JSONResponse(told, 201 if is_new else 200)


async def one_message(request: Request) -> Response:
    """`GET`, `PATCH {revision, text}` and `DELETE /api/messages/{id}`; deleting is recalling."""
    context: Context = request.app.state.context
    id = _message(request)
    if request.method == "PATCH":
        body = only(await json_object(request), "revision", "text")
        revision = chat_input.read_number(body.get("revision"), "revision", 1)
        person = await session_of(request, context)
        return JSONResponse(await context.chat.edit(person, id, revision, body.get("text")))
    person = await session_of(request, context)
    if request.method == "DELETE":
        return JSONResponse(await context.chat.recall(person, id))
    return JSONResponse(await context.transcript.look(person, id))


async def history(request: Request) -> Response:
    """`GET /api/messages/{id}/history`."""
    context: Context = request.app.state.context
    found = await context.transcript.history(await session_of(request, context), _message(request))
    return JSONResponse({"revisions": found})


async def readers(request: Request) -> Response:
    """`GET /api/messages/{id}/readers`."""
    context: Context = request.app.state.context
    return JSONResponse(await context.transcript.readers(await session_of(request, context), _message(request)))


async def reaction(request: Request) -> Response:
    """`PUT` and `DELETE /api/messages/{id}/reactions/{emoji}`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    emoji = chat_input.read_emoji(request.path_params["emoji"])
    is_on = request.method == "PUT"
    return JSONResponse(await context.chat.react(person, _message(request), emoji, is_on=is_on))


async def pin(request: Request) -> Response:
    """`PUT` and `DELETE /api/messages/{id}/pin`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    return JSONResponse(await context.chat.pin(person, _message(request), is_on=request.method == "PUT"))


async def unread(request: Request) -> Response:
    """`GET /api/unread`."""
    context: Context = request.app.state.context
    return JSONResponse({"documents": await context.unreads.everywhere(await session_of(request, context))})


async def read(request: Request) -> Response:
    """`PUT /api/documents/{id}/read {seq}`."""
    context: Context = request.app.state.context
    id = check_name(request.path_params["id"])
    body = only(await json_object(request), "seq")
    seq = chat_input.read_number(body.get("seq"), "seq")
    return JSONResponse(await context.receipts.read(await session_of(request, context), id, seq))


def _message(request: Request) -> str:
    id: str = request.path_params["id"]
    if not 1 <= len(id) <= chat_input.ID_LENGTH:
        raise NotFound(id)
    return id


def _asked(request: Request) -> Asked:
    said = request.query_params
    unknown = sorted(set(said) - {*_PLACES, "limit"})
    places = [name for name in _PLACES if name in said]
    if unknown or (len(places) > 1 and places != ["after", "thread"]):
        raise Invalid(f"At most one of {', '.join(_PLACES)} (or thread with after), and limit, were expected.")
    if said.get("pinned", "1") != "1":
        raise Invalid("`pinned` must be 1.")
    return Asked(
        _number(request, "limit", MESSAGES_AT_MOST) or MESSAGES,
        _number(request, "before", chat_input.SEQ_AT_MOST),
        _number(request, "after", chat_input.SEQ_AT_MOST, smallest=0),
        _id(request, "around"),
        _id(request, "thread"),
        "pinned" in said,
    )


def _number(request: Request, name: str, largest: int, smallest: int = 1) -> int | None:
    value = request.query_params.get(name)
    if value is None:
        return None
    is_number = value.isascii() and value.isdecimal() and len(value) <= 16
    if not is_number or not smallest <= int(value) <= largest:
        raise Invalid(f"`{name}` must be a number from {smallest} to {largest}.")
    return int(value)


def _id(request: Request, name: str) -> str | None:
    value = request.query_params.get(name)
    return None if value is None else chat_input.read_id(value, name)


ROUTES = [
    Route("/api/documents/{id}/messages", messages, methods=["GET", "POST"]),
    Route("/api/documents/{id}/read", read, methods=["PUT"]),
    Route("/api/unread", unread, methods=["GET"]),
    Route("/api/messages/{id}", one_message, methods=["GET", "PATCH", "DELETE"]),
    Route("/api/messages/{id}/history", history, methods=["GET"]),
    Route("/api/messages/{id}/readers", readers, methods=["GET"]),
    Route("/api/messages/{id}/reactions/{emoji}", reaction, methods=["PUT", "DELETE"]),
    Route("/api/messages/{id}/pin", pin, methods=["PUT", "DELETE"]),
]
