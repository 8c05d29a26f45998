"""`/api/people` and `/api/invitations`: who is a member, and who may become one; `/api/password-reset`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object, only
from quillroom.api.context import Context, address_of, public_url, session_of
from quillroom.core.member import Person
from quillroom.services.directory import Listed
from quillroom.services.documents import shown
from quillroom.services.invitations import Invited
from quillroom.services.people import colour_of
from quillroom.services.presence import Seen
from quillroom.services.wire import iso
from quillroom.store.tables import PersonRow


async def people(request: Request) -> Response:
    """`GET /api/people`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    found = await context.directory.list(person)
    seen = await context.presences.seen([each.row.id for each in found])
    return JSONResponse({"people": [_member(each, person, seen[each.row.id]) for each in found]})


async def one_person(request: Request) -> Response:
    """`PATCH /api/people/{id} {is_operator?, is_suspended?}`."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "is_operator", "is_suspended")
    person = await session_of(request, context)
    changed = await context.directory.change(person, request.path_params["id"], body)
    seen = await context.presences.seen([changed.row.id])
    return JSONResponse(_member(changed, person, seen[changed.row.id]))


async def transfer(request: Request) -> Response:
    """`POST /api/people/{id}/transfer {to}`."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "to")
    person = await session_of(request, context)
    return JSONResponse({"pages": await context.directory.transfer(person, request.path_params["id"], body.get("to"))})


async def hand_over_reset(request: Request) -> Response:
    """`POST /api/people/{id}/reset`: the address at which they choose a new password."""
    context: Context = request.app.state.context
    secret = await context.resets.hand_over(await session_of(request, context), request.path_params["id"])
    return JSONResponse({"url": f"{public_url(request, context)}/reset#{secret}"})


async def invitations(request: Request) -> Response:
    """`GET` and `POST /api/invitations {email?, document?, role?}`."""
    context: Context = request.app.state.context
    if request.method == "GET":
        found = await context.invitations.list(await session_of(request, context))
        return JSONResponse({"invitations": [_invitation(each) for each in found]})
    body = only(await json_object(request), "email", "document", "role")
    person = await session_of(request, context)
    invited, secret = await context.invitations.create(
        person, body.get("email"), body.get("document"), body.get("role")
    )
    url = join_url(request, context, secret)
    is_sent = await context.invitations.send(person, invited.ticket.email, url)
    return JSONResponse({"invitation": _invitation(invited), "url": url, "is_sent": is_sent}, 201)


async def one_invitation(request: Request) -> Response:
    """`DELETE /api/invitations/{id}`."""
    context: Context = request.app.state.context
    await context.invitations.revoke(await session_of(request, context), request.path_params["id"])
    return Response(status_code=204)


async def look(request: Request) -> Response:
    """`POST /api/invitations/look {secret}`: what whoever holds it is invited to."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "secret")
    invited, workspace = await context.invitations.look(body.get("secret"), address_of(request))
    by = None if invited.by is None else invited.by.name
    return JSONResponse({"email": invited.ticket.email, "workspace": workspace, "invited_by": by})


async def ask_reset(request: Request) -> Response:
    """`POST /api/password-reset {email}`: 202 whether there is such an account or not."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "email")
    await context.resets.ask(body.get("email"), f"{public_url(request, context)}/reset", address_of(request))
    return JSONResponse({"is_asked": True}, 202)


async def complete_reset(request: Request) -> Response:
    """`POST /api/password-reset/complete {secret, password}`."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "secret", "password")
    await context.resets.complete(body.get("secret"), body.get("password"), address_of(request))
    return Response(status_code=204)


def join_url(request: Request, context: Context, secret: str) -> str:
    """Where an invitation is accepted. The secret is behind the #: no server and no log sees it."""
    return f"{public_url(request, context)}/join#{secret}"


def _member(listed: Listed, asker: Person | None, seen: Seen) -> dict[str, object]:
    row = listed.row
    is_operator = asker is not None and asker.is_operator
    # Operators answer for the accounts: when a session was last used they always see.
    seen_at = listed.seen_at if is_operator else seen.at
    return {
        **_person(row),
        "is_operator": row.is_operator,
        "created_at": iso(row.created_at),
        "email": row.email if is_operator else None,
        "is_suspended": row.suspended_at is not None if is_operator else None,
        "seen_at": iso(seen_at),
        "presence": seen.state.value,
    }


def _invitation(invited: Invited) -> dict[str, object]:
    ticket = invited.ticket
    return {
        "id": ticket.id,
        "email": ticket.email,
        "document": ticket.document,
        "role": ticket.role,
        "created_at": iso(ticket.created_at),
        "expires_at": iso(ticket.expires_at),
        "invited_by": None if invited.by is None else _person(invited.by),
    }


def _person(row: PersonRow) -> dict[str, str | None]:
    return shown(row.id, row.name, row.colour or colour_of(row.id), row.avatar)


ROUTES = [
    Route("/api/people", people, methods=["GET"]),
    Route("/api/people/{id}", one_person, methods=["PATCH"]),
    Route("/api/people/{id}/transfer", transfer, methods=["POST"]),
    Route("/api/people/{id}/reset", hand_over_reset, methods=["POST"]),
    Route("/api/invitations", invitations, methods=["GET", "POST"]),
    Route("/api/invitations/look", look, methods=["POST"]),
    Route("/api/invitations/{id}", one_invitation, methods=["DELETE"]),
    Route("/api/password-reset", ask_reset, methods=["POST"]),
    Route("/api/password-reset/complete", complete_reset, methods=["POST"]),
]
