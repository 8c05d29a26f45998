"""`/api/notifications`: one's inbox; what one hears of and how; what others learn of oneself; browsers to push to."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.body import json_object, only
from quillroom.api.context import Context, account_of, session_of
from quillroom.services.notifications import limit_of


async def inbox(request: Request) -> Response:
    """`GET /api/notifications?filter=all|direct&before=&limit=`."""
    context: Context = request.app.state.context
    query = request.query_params
    person = await session_of(request, context)
    found = await context.notifications.look(
        person, query.get("filter", "all"), query.get("before"), limit_of(query.get("limit"))
    )
    return JSONResponse(
        {
            "notifications": found.lines,
            "unread": found.unread,
            "seq": found.seq,
            "epoch": context.live.epoch,
            "next": found.next,
        }
    )


async def read(request: Request) -> Response:
    """`POST /api/notifications/read {ids?|all?: true|document?}`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    context.access.identify(person)
    body = only(await json_object(request), "ids", "all", "document")
    await context.notifications.read(person, body.get("ids"), body.get("all"), body.get("document"))
    return Response(status_code=204)


async def preferences(request: Request) -> Response:
    """`GET /api/me/notification-preferences`; `PUT {events?, shows_preview?}`."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    if request.method == "PUT":
        body = only(await json_object(request), "events", "shows_preview")
        chosen = await context.choices.choose_notifications(person, body)
    else:
        chosen = await context.choices.notifications(person)
    return JSONResponse(chosen | {"has_mail": context.mail.is_on})


async def privacy(request: Request) -> Response:
    """`GET /api/me/privacy`; `PATCH {receipts?, is_invisible?, last_seen?}`."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    if request.method == "PATCH":
        body = only(await json_object(request), "receipts", "is_invisible", "last_seen")
        return JSONResponse(asdict(await context.choices.choose_privacy(person, body)))
    return JSONResponse(asdict(await context.choices.privacy(person)))


async def watch(request: Request) -> Response:
    """`GET /api/documents/{id}/watch`, `PUT {level}`, `DELETE`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    id = request.path_params["id"]
    context.access.identify(person)
    if request.method == "PUT":
        await context.choices.watch(person, id, only(await json_object(request), "level").get("level"))
        return Response(status_code=204)
    if request.method == "DELETE":
        await context.choices.unwatch(person, id)
        return Response(status_code=204)
    return JSONResponse({"level": await context.choices.level(person, id)})


async def push_key(request: Request) -> Response:
    """`GET /api/push/key`: what a browser subscribes with."""
    context: Context = request.app.state.context
    await account_of(request, context)
    return JSONResponse({"key": await context.subscriptions.key()})


async def subscribe(request: Request) -> Response:
    """`POST /api/push/subscriptions {endpoint, keys: {p256dh, auth}, expirationTime?}`, as a browser has them."""
    context: Context = request.app.state.context
    person = await account_of(request, context)
    body = only(await json_object(request), "endpoint", "keys", "expirationTime")
    id = await context.subscriptions.add(person, body.get("endpoint"), body.get("keys"))
    return JSONResponse({"id": id}, 201)


async def unsubscribe(request: Request) -> Response:
    """`DELETE /api/push/subscriptions/{id}`."""
    context: Context = request.app.state.context
    await context.subscriptions.remove(await account_of(request, context), request.path_params["id"])
    return Response(status_code=204)


ROUTES = [
    Route("/api/notifications", inbox, methods=["GET"]),
    Route("/api/notifications/read", read, methods=["POST"]),
    Route("/api/me/notification-preferences", preferences, methods=["GET", "PUT"]),
    Route("/api/me/privacy", privacy, methods=["GET", "PATCH"]),
    Route("/api/documents/{id}/watch", watch, methods=["GET", "PUT", "DELETE"]),
    Route("/api/push/key", push_key, methods=["GET"]),
    Route("/api/push/subscriptions", subscribe, methods=["POST"]),
    Route("/api/push/subscriptions/{id}", unsubscribe, methods=["DELETE"]),
]
