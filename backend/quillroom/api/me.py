"""`/api/me`: one's own profile, password, second factor and API tokens; `/api/people/{id}/avatar`: a picture."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object, only, read_body
from quillroom.api.context import Context, account_of, session_of
from quillroom.api.sessions import described
from quillroom.core.access import Action
from quillroom.services.profile import AVATAR_BYTES
from quillroom.services.wire import iso
from quillroom.store.tables import ApiTokenRow

PICTURE = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, max-age=31536000"}


async def profile(request: Request) -> Response:
    """`PATCH /api/me {name?, colour?, language?, time_zone?}`."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    body = only(await json_object(request), "name", "colour", "language", "time_zone")
    await context.profiles.change(person, body)
    return await _me(request)


async def own_avatar(request: Request) -> Response:
    """`PUT /api/me/avatar` (the image as the body), `DELETE`."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    image = await read_body(request, AVATAR_BYTES) if request.method == "PUT" else None
    await context.profiles.set_avatar(person, image)
    return await _me(request)


async def avatar(request: Request) -> Response:
    """`GET /api/people/{id}/avatar`."""
    context: Context = request.app.state.context
    context.access.demand_in_workspace(await session_of(request, context), Action.LIST)
    image = await context.profiles.avatar(request.path_params["id"])
    return Response(image, media_type="image/webp", headers=PICTURE)


async def password(request: Request) -> Response:
    """`PUT /api/me/password {current?, new}`."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    body = only(await json_object(request), "current", "new")
    await context.accounts.change_password(person, body.get("current"), body.get("new"))
    return Response(status_code=204)


async def totp(request: Request) -> Response:
    """`POST /api/me/totp {password}`; `DELETE {password, code}`."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    body = only(await json_object(request), "password", "code")
    await context.accounts.prove(person, body.get("password"))
    if request.method == "DELETE":
        await context.second_factor.turn_off(person, body.get("code"))
        return Response(status_code=204)
    secret, uri = await context.second_factor.prepare(person)
    return JSONResponse({"secret": secret, "uri": uri})


async def confirm_totp(request: Request) -> Response:
    """`POST /api/me/totp/confirm {code}`."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    body = only(await json_object(request), "code")
    await context.accounts.count_code(person)
    return JSONResponse({"recovery_codes": await context.second_factor.confirm(person, body.get("code"))})


async def recovery_codes(request: Request) -> Response:
    """`POST /api/me/totp/recovery-codes {password, code}`."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    body = only(await json_object(request), "password", "code")
    await context.accounts.prove(person, body.get("password"))
    return JSONResponse({"recovery_codes": await context.second_factor.renew_codes(person, body.get("code"))})


async def tokens(request: Request) -> Response:
    """`GET /api/me/tokens`; `POST {name, scopes, expires_at?}` answers the secret, once."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    if request.method == "GET":
        return JSONResponse({"tokens": [_token(row) for row in await context.api_tokens.list(person)]})
    body = only(await json_object(request), "name", "scopes", "expires_at")
    token, secret = await context.api_tokens.create(
        person, body.get("name"), body.get("scopes"), body.get("expires_at")
    )
    return JSONResponse({"token": _token(token), "secret": secret}, 201)


async def token(request: Request) -> Response:
    """`DELETE /api/me/tokens/{id}`."""
    context: Context = request.app.state.context
    await context.api_tokens.revoke(await account_of(request, context), request.path_params["id"])
    return Response(status_code=204)


async def _me(request: Request) -> Response:
    context: Context = request.app.state.context
    return JSONResponse(await described(context, await account_of(request, context)))


def _token(row: ApiTokenRow) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "scopes": row.scopes.split(),
        "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at),
        "used_at": iso(row.used_at),
    }


ROUTES = [
    Route("/api/me", profile, methods=["PATCH"]),
    Route("/api/me/avatar", own_avatar, methods=["PUT", "DELETE"]),
    Route("/api/me/password", password, methods=["PUT"]),
    Route("/api/me/totp", totp, methods=["POST", "DELETE"]),
    Route("/api/me/totp/confirm", confirm_totp, methods=["POST"]),
    Route("/api/me/totp/recovery-codes", recovery_codes, methods=["POST"]),
    Route("/api/me/tokens", tokens, methods=["GET", "POST"]),
    Route("/api/me/tokens/{id}", token, methods=["DELETE"]),
    Route("/api/people/{id}/avatar", avatar, methods=["GET"]),
]
