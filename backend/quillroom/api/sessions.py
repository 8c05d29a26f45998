"""`/api/session`: who am I, be a guest, sign out."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object
from quillroom.api.context import COOKIE, SECURE_COOKIE, Context, session_of, token_of
from quillroom.core.member import Person
from quillroom.services.documents import shown
from quillroom.services.errors import NotSignedIn
from quillroom.services.people import SESSION_SECONDS


async def begin_guest(request: Request) -> Response:
    """`POST /api/session/guest {name, token?}`; `token: true` also answers the secret, for scripts."""
    context: Context = request.app.state.context
    body = await json_object(request)
    session = await context.people.begin_guest(body.get("name"))
    answer = _described(session.person)
    if body.get("token") is True:
        answer["token"] = session.token
    response = JSONResponse(answer, status_code=201)
    is_secure = request.url.scheme == "https"
    response.set_cookie(
        SECURE_COOKIE if is_secure else COOKIE,
        session.token,
        max_age=int(SESSION_SECONDS),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def show(request: Request) -> Response:
    """`GET /api/session`."""
    person = await session_of(request, request.app.state.context)
    if person is None:
        raise NotSignedIn
    return JSONResponse(_described(person))


async def end(request: Request) -> Response:
    """`DELETE /api/session`."""
    context: Context = request.app.state.context
    token = token_of(request)
    if token is not None:
        await context.sessions.end(token)
    response = Response(status_code=204)
    for name in (COOKIE, SECURE_COOKIE):
        response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True)
    return response


def _described(person: Person) -> dict[str, object]:
    return {"user": shown(person.id or "", person.name, person.colour), "kind": "guest"}


ROUTES = [
    Route("/api/session", show, methods=["GET"]),
    Route("/api/session", end, methods=["DELETE"]),
    Route("/api/session/guest", begin_guest, methods=["POST"]),
]
