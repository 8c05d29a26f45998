"""`/api/setup` and `/api/accounts`: what a newcomer can do, and becoming a member."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object, only
from quillroom.api.context import Context, guest_of
from quillroom.api.sessions import entered
from quillroom.services.accounts import NewAccount
from quillroom.services.welcome import welcome


async def setup(request: Request) -> Response:
    """`GET /api/setup`: what the page must know before anybody has signed in."""
    context: Context = request.app.state.context
    is_claimed, settings = await context.accounts.setup()
    oidc = context.settings.oidc
    return JSONResponse(
        {
            "claimed": is_claimed,
            "workspace": settings.workspace,
            "sign_up": settings.sign_up,
            "oidc": None if oidc is None else {"name": oidc.name},
            "email": context.mail.is_on,
        }
    )


async def create(request: Request) -> Response:
    """`POST /api/accounts`."""
    context: Context = request.app.state.context
    body = only(await json_object(request), "email", "password", "name", "invitation", "language", "time_zone", "token")
    account = NewAccount(
        body.get("email"), body.get("name"), body.get("password"),
        body.get("invitation"), body.get("language"), body.get("time_zone"),
    )  # fmt: skip
    session, is_first = await context.accounts.create(account, await guest_of(request, context))
    more: dict[str, object] = {}
    if is_first:
        made = await context.documents.create(session.person, welcome(account.language))
        more["welcome"] = made["id"]
    return await entered(request, session, with_token=body.get("token") is True, **more)


ROUTES = [
    Route("/api/setup", setup, methods=["GET"]),
    Route("/api/accounts", create, methods=["POST"]),
]
