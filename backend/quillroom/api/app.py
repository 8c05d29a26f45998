"""The routes, and the order in which a request meets what guards them."""

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from quillroom.api import (
    accounts,
    administration,
    directory,
    documents,
    files,
    health,
    instances,
    me,
    messages,
    notifications,
    oidc,
    openapi,
    presence,
    reports,
    search,
    sessions,
    sharing,
    tree,
)
from quillroom.api.context import Context, is_same_origin
from quillroom.api.errors import TABLE, error, on_database_error, on_error
from quillroom.api.hosts import Hosts, KnownHost
from quillroom.api.live import live
from quillroom.api.page import Page, SecurityHeaders
from quillroom.api.sync import sync

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def build_app(context: Context) -> Starlette:
    """The ASGI application around a wired context."""
    app = Starlette(
        routes=[
            *sessions.ROUTES,
            *accounts.ROUTES,
            *me.ROUTES,
            *notifications.ROUTES,
            *search.ROUTES,
            *directory.ROUTES,
            *oidc.ROUTES,
            *administration.ROUTES,
            *instances.ROUTES,
            *sharing.ROUTES,
            *documents.ROUTES,
            *messages.ROUTES,
            *tree.ROUTES,
            *files.ROUTES,
            *presence.ROUTES,
            *reports.ROUTES,
            Route("/api/openapi.json", openapi.show, methods=["GET"]),
            Route("/health/live", health.live),
            Route("/health/ready", health.ready),
            Route("/metrics", health.metrics),
            WebSocketRoute("/live", live),
            WebSocketRoute("/sync/{document:path}", sync),
            Route("/api/{rest:path}", _unknown),
            Route("/{rest:path}", Page(context.settings.page).answer, methods=["GET"]),
        ],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(KnownHost, hosts=Hosts(context.settings.url)),
            Middleware(SameOrigin, context=context),
            Middleware(PlainPath),
        ],
        exception_handlers={
            **dict.fromkeys(TABLE, on_error),
            DBAPIError: on_database_error,
            HTTPException: _on_http_error,
            ClientDisconnect: _on_gone,
        },
    )
    app.state.context = context
    return app


class SameOrigin:
    """ASGI middleware: unsafe requests of other sites' pages are refused (CSRF)."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._is_open = context.settings.is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            headers = Request(scope).headers
            if not is_same_origin(headers, self._is_open):
                refusal = error(403, "foreign_origin", "Requests from other sites are refused.")
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


class PlainPath:
    """ASGI middleware: PostgreSQL keeps no NUL, so nothing is called by one, and asking for it is no fault of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] == "http" and "\0" in scope["path"]:
            await error(404, "not_found", "There is no such thing, or you may not see it.")(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def _unknown(request: Request) -> Response:
    return error(404, "not_found", "There is no such endpoint. See docs/protocol.md.")


async def _on_http_error(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return error(problem.status_code, "http", problem.detail)


async def _on_gone(request: Request, problem: Exception) -> Response:
    """Whoever asked went away before they had said everything: nobody hears this, and it is no fault of ours."""
    return Response(status_code=400)
