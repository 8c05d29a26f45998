"""`/api/documents/{id}/access`, `…/people`, `…/links`, `…/requests`, and `/api/links/open`."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object, only
from quillroom.api.context import Context, guest_of, public_url, session_of
from quillroom.api.directory import join_url
from quillroom.api.sessions import described, keep
from quillroom.core.member import Role
from quillroom.services.documents import check_name, shown
from quillroom.services.errors import NotSignedIn
from quillroom.services.people import colour_of
from quillroom.services.sharing import Sharing
from quillroom.services.wire import iso
from quillroom.store.tables import PersonRow, TicketRow


async def access(request: Request) -> Response:
    """`GET` and `PUT /api/documents/{id}/access`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    id = check_name(request.path_params["id"])
    if request.method == "PUT":
        body = only(await json_object(request), "general", "role", "expires_at", "password")
        await context.links.set_general(person, id, body)
    return JSONResponse(_shown(await context.shares.look(person, id)))


async def people(request: Request) -> Response:
    """`POST /api/documents/{id}/people {who, role}`."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "who", "role")
    person = await session_of(request, context)
    id = check_name(request.path_params["id"])
    added = await context.shares.add(person, id, body.get("who"), body.get("role"))
    invitations = []
    for ticket, secret in added.invitations:
        url = join_url(request, context, secret)
        is_sent = await context.invitations.send(person, ticket.email, url)
        invitations.append({"email": ticket.email, "url": url, "is_sent": is_sent})
    return JSONResponse({"people": [_person(row) for row in added.people], "invitations": invitations}, 201)


async def one_person(request: Request) -> Response:
    """`PUT /api/documents/{id}/people/{person} {role}`, `DELETE`; one's own is leaving."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    id, who = check_name(request.path_params["id"]), request.path_params["person"]
    if request.method == "PUT":
        body = only(await json_object(request), "role")
        await context.shares.change_role(person, id, who, body.get("role"))
    else:
        await context.shares.remove(person, id, who)
    return Response(status_code=204)


async def links(request: Request) -> Response:
    """`POST /api/documents/{id}/links`: another address of the link."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    secret = await context.links.make_secret(person, check_name(request.path_params["id"]))
    # Behind the #: no server and no log sees it.
    return JSONResponse({"url": f"{public_url(request, context)}/s#{secret}"}, 201)


async def open_link(request: Request) -> Response:
    """`POST /api/links/open {secret, password?, name?, token?}`."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "secret", "password", "name", "token")
    signed_in = await session_of(request, context)
    guest = replace(await guest_of(request, context), person=signed_in)
    opened = await context.links.open(body.get("secret"), body.get("password"), body.get("name"), guest)
    person = opened.session.person if opened.session is not None else signed_in
    if person is None:
        raise NotSignedIn
    answer: dict[str, object] = {"document": opened.document, "session": await described(context, person)}
    if opened.session is not None and body.get("token") is True:
        answer["token"] = opened.session.token
    response = JSONResponse(answer)
    if opened.session is not None:
        keep(request, response, opened.session)
    return response


async def requests(request: Request) -> Response:
    """`POST /api/documents/{id}/requests {message?}`: 202 whether there is such a page or not."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "message")
    person = await session_of(request, context)
    await context.shares.ask(person, check_name(request.path_params["id"]), body.get("message"))
    return JSONResponse({"is_asked": True}, 202)


async def one_request(request: Request) -> Response:
    """`DELETE /api/documents/{id}/requests/{person}`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    await context.shares.decline(person, check_name(request.path_params["id"]), request.path_params["person"])
    return Response(status_code=204)


def _person(row: PersonRow) -> dict[str, str | None]:
    return shown(row.id, row.name, row.colour or colour_of(row.id), row.avatar)


def _shown(sharing: Sharing) -> dict[str, object]:
    own = sharing.acl.document
    general = sharing.acl.general
    link = sharing.acl.link
    is_workspace = general is not None and general.access == "workspace"
    decides = link.document if link is not None else None if general is None else general.document
    return {
        "role": sharing.role.value,
        "general": "anyone" if link is not None else "workspace" if is_workspace else "private",
        "general_role": general.access_role if general is not None and is_workspace else None,
        "inherited_from": _page(sharing, decides) if decides not in (None, own) else None,
        "link": None
        if link is None
        else {
            "role": link.link_role,
            "expires_at": iso(link.link_expires_at),
            "has_password": sharing.has_password,
            "count": sharing.links,
        },
        "people": _people(sharing),
        "invitations": [_invitation(ticket) for ticket in sharing.invitations],
        "requests": [
            {"user": _person(row), "message": message, "at": iso(at)} for row, message, at in sharing.requests
        ],
    }


def _people(sharing: Sharing) -> list[dict[str, object]]:
    """Each person once, with their highest role and where it comes from: from here, where that is as high."""
    order = {level.document: depth for depth, level in enumerate(sharing.acl.levels)}
    best: dict[str, tuple[PersonRow, str, str]] = {}
    for row, document, role in sorted(sharing.people, key=lambda each: order[each[1]]):
        if row.id not in best or Role(role).rank > Role(best[row.id][2]).rank:
            best[row.id] = (row, document, role)
    return [
        {
            "user": _person(row),
            "role": role,
            "inherited_from": None if document == sharing.acl.document else _page(sharing, document),
        }
        for row, document, role in best.values()
    ]


def _page(sharing: Sharing, document: str | None) -> dict[str, str]:
    return {"id": document or "", "title": sharing.titles.get(document or "", "")}


def _invitation(ticket: TicketRow) -> dict[str, object]:
    return {"id": ticket.id, "email": ticket.email, "role": ticket.role}


ROUTES = [
    Route("/api/documents/{id}/access", access, methods=["GET", "PUT"]),
    Route("/api/documents/{id}/people", people, methods=["POST"]),
    Route("/api/documents/{id}/people/{person}", one_person, methods=["PUT", "DELETE"]),
    Route("/api/documents/{id}/links", links, methods=["POST"]),
    Route("/api/documents/{id}/requests", requests, methods=["POST"]),
    Route("/api/documents/{id}/requests/{person}", one_request, methods=["DELETE"]),
    Route("/api/links/open", open_link, methods=["POST"]),
]
