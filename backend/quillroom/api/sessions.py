"""`/api/session`: who am I, come in, go out; `/api/sessions`: where I am signed in."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object, only
from quillroom.api.context import COOKIE, SECURE_COOKIE, Context, account_of, guest_of, session_of, token_of
from quillroom.core.member import Person
from quillroom.services.documents import shown
from quillroom.services.errors import NotSignedIn
from quillroom.services.people import SESSION_SECONDS, Session
from quillroom.services.wire import iso
from quillroom.store.tables import SessionRow


async def begin_guest(request: Request) -> Response:
    """`POST /api/session/guest {name?, token?}`; `token: true` also answers the secret, for scripts."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "name", "token")
    guest = await guest_of(request, context)
    session = await context.people.begin_guest(body.get("name"), guest.agent, guest.address)
    return await entered(request, session, with_token=body.get("token") is True)


async def sign_in(request: Request) -> Response:
    """`POST /api/session {email, password, code?, token?}`."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "email", "password", "code", "token")
    guest = await guest_of(request, context)
    session = await context.accounts.sign_in(body.get("email"), body.get("password"), body.get("code"), guest)
    return await entered(request, session, with_token=body.get("token") is True)


async def show(request: Request) -> Response:
    """`GET /api/session`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    if person is None:
        raise NotSignedIn
    return JSONResponse(await described(context, person))


async def end(request: Request) -> Response:
    """`DELETE /api/session`."""
    context: Context = request.app.state.context
    token = token_of(request)
    if token is not None:
        await context.sessions.end(token)
    return _gone()


async def collection(request: Request) -> Response:
    """`GET /api/sessions`; `DELETE` signs out everywhere, with `?others=1` everywhere else."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    if request.method == "DELETE":
        is_staying = request.query_params.get("others", "") in ("1", "true")
        await context.sessions.end_all(person, except_this=is_staying)
        return Response(status_code=204) if is_staying else _gone()
    found = await context.sessions.of(person)
    return JSONResponse({"sessions": [_listed(row, person) for row in found]})


async def item(request: Request) -> Response:
    """`DELETE /api/sessions/{id}`."""
    context: Context = request.app.state.context
    await context.sessions.end_one(await account_of(request, context), request.path_params["id"])
    return Response(status_code=204)


async def described(context: Context, person: Person) -> dict[str, object]:
    """A session as its person sees it."""
    row = await context.profiles.row(person)
    return {
        "user": shown(person.id or "", person.name, person.colour, person.avatar),
        "kind": person.kind,
        "email": row.email,
        "is_member": person.is_member,
        "is_operator": person.is_operator,
        "language": row.language,
        "time_zone": row.time_zone,
        "has_password": row.password_hash is not None,
        "has_totp": row.totp_on_at is not None,
        "voice_seconds": context.files.voice_seconds,
    }


async def entered(request: Request, session: Session, *, with_token: bool = False, **more: object) -> JSONResponse:
    """The answer that begins a session in this browser."""
    context: Context = request.app.state.context
    answer = await described(context, session.person) | more
    if with_token:
        answer["token"] = session.token
    response = JSONResponse(answer, status_code=201)
    keep(request, response, session)
    return response


def keep(request: Request, response: Response, session: Session) -> None:
    """Let the browser keep the session in a cookie that no script can read."""
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


def _gone() -> Response:
    response = Response(status_code=204)
    for name in (COOKIE, SECURE_COOKIE):
        response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True)
    return response


def _listed(row: SessionRow, person: Person) -> dict[str, object]:
    return {
        "id": row.id or "",
        "agent": row.agent or "",
        "created_at": iso(row.created_at),
        "seen_at": iso(row.seen_at or row.created_at),
        "expires_at": iso(row.expires_at),
        "is_current": row.id is not None and row.id == person.session,
    }


ROUTES = [
    Route("/api/session", show, methods=["GET"]),
    Route("/api/session", sign_in, methods=["POST"]),
    Route("/api/session", end, methods=["DELETE"]),
    Route("/api/session/guest", begin_guest, methods=["POST"]),
    Route("/api/sessions", collection, methods=["GET", "DELETE"]),
    Route("/api/sessions/{id}", item, methods=["DELETE"]),
]
