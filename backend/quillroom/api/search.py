"""`/api/search`: what was said, in one chat or in all that one may read."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.context import Context, session_of
from quillroom.services.errors import Invalid
from quillroom.services.message_search import RESULTS, RESULTS_AT_MOST

_ASKED = {"q", "document", "before", "limit"}


async def messages(request: Request) -> Response:
    """`GET /api/search/messages?q=…&document=…&before=…&limit=…`."""
    context: Context = request.app.state.context
    person = await session_of(request, context)
    asked = request.query_params
    if unknown := sorted(set(asked) - _ASKED):
        raise Invalid(f"Only {', '.join(sorted(_ASKED))} were expected, {unknown[0]!r:.60} came.")
    found = await context.message_search.search(
        person, asked.get("q", ""), asked.get("document"), asked.get("before"), _limit(asked.get("limit"))
    )
    return JSONResponse({"results": found.results, "next": found.next})


def _limit(given: str | None) -> int:
    if given is None:
        return RESULTS
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= RESULTS_AT_MOST):
        raise Invalid(f"A `limit` from 1 to {RESULTS_AT_MOST} was expected.")
    return int(given[:9])


ROUTES = [Route("/api/search/messages", messages, methods=["GET"])]
