"""`/api/documents/{id}/presence`: who is at a document now, for programs that do not listen on `/live`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.context import Context, session_of
from quillroom.core.access import Action
from quillroom.services.documents import check_name


async def presence(request: Request) -> Response:
    """`GET /api/documents/{id}/presence`: what the document's followers were told last."""
    context: Context = request.app.state.context
    person, id = await session_of(request, context), check_name(request.path_params["id"])
    await context.access.demand(person, Action.READ, id)
    return JSONResponse(context.presences.described(id))


ROUTES = [Route("/api/documents/{id}/presence", presence, methods=["GET"])]
