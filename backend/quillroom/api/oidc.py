"""`GET /api/oidc/start` and `/api/oidc/callback`: a browser goes to the sign-in provider, and comes back."""

import logging
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from quillroom.api.context import Context, address_of, guest_of, public_url
from quillroom.api.sessions import keep
from quillroom.services.errors import NotFound, SignInFailed, Throttled, TryLater
from quillroom.services.single_sign_on import UNDER_WAY_SECONDS, Answer, SingleSignOn
from quillroom.services.welcome import welcome

KEY = "quillroom_oidc"
SECURE_KEY = "__Host-quillroom_oidc"
_log = logging.getLogger(__name__)


async def start(request: Request) -> Response:
    """`GET /api/oidc/start?next=/d/…`: 302 to the provider."""
    context: Context = request.app.state.context
    door = _door(context)
    try:
        next = request.query_params.get("next", "/")
        address, key = await door.start(next, _redirect(request, context), address_of(request))
    except (SignInFailed, Throttled, TryLater) as problem:
        return _refused(problem)
    response = RedirectResponse(address, 302)
    is_secure = request.url.scheme == "https"
    response.set_cookie(
        SECURE_KEY if is_secure else KEY,
        key,
        max_age=int(UNDER_WAY_SECONDS),
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",  # it must come along when the provider sends the browser back
    )
    return response


async def callback(request: Request) -> Response:
    """`GET /api/oidc/callback?code=&state=`: 302 to where the browser wanted to go, signed in."""
    context: Context = request.app.state.context
    door, said = _door(context), request.query_params
    key = request.cookies.get(SECURE_KEY) or request.cookies.get(KEY) or ""
    answer = Answer(said.get("state", ""), said.get("code", ""), said.get("iss"), said.get("error"))
    try:
        signed_in = await door.finish(answer, key, _redirect(request, context), await guest_of(request, context))
    except (SignInFailed, Throttled, TryLater) as problem:
        return _refused(problem)
    next = signed_in.next
    if signed_in.is_first:
        made = await context.documents.create(signed_in.session.person, welcome(None))
        next = f"/d/{made['id']}" if next == "/" else next
    response = RedirectResponse(next, 302)
    keep(request, response, signed_in.session)
    return _without_key(response)


def _door(context: Context) -> SingleSignOn:
    if context.single_sign_on is None:
        raise NotFound("oidc")
    return context.single_sign_on


def _redirect(request: Request, context: Context) -> str:
    """The provider compares it with what it was told beforehand: a forged name leads nowhere."""
    return f"{public_url(request, context)}/api/oidc/callback"


def _refused(problem: SignInFailed | Throttled | TryLater) -> Response:
    """To the page, which says it in words."""
    code = problem.code if isinstance(problem, SignInFailed) else "try_later"
    _log.warning("Sign-in by the provider failed (%s): %s", code, str(problem).encode("unicode_escape").decode()[:200])
    return _without_key(RedirectResponse(f"/signin?error={quote(code)}", 302))


def _without_key(response: Response) -> Response:
    for name in (KEY, SECURE_KEY):
        response.delete_cookie(name, path="/", secure=name == SECURE_KEY, httponly=True)
    return response


ROUTES = [
    Route("/api/oidc/start", start, methods=["GET"]),
    Route("/api/oidc/callback", callback, methods=["GET"]),
]
