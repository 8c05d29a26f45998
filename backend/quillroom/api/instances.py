"""`/api/instances`: the servers of this installation, for operators."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quillroom.api.context import Context, session_of
from quillroom.services.instances import Seen
from quillroom.services.wire import iso


async def instances(request: Request) -> Response:
    """`GET /api/instances`."""
    context: Context = request.app.state.context
    now, found = await context.instances.every(await session_of(request, context))
    return JSONResponse({"at": iso(now), "instances": [_instance(each) for each in found]})


def _instance(seen: Seen) -> dict[str, object]:
    row = seen.row
    return {
        "id": row.id,
        "host": row.host,
        "pid": row.pid,
        "version": row.version,
        "started_at": iso(row.started_at),
        "seen_at": iso(row.seen_at),
        "is_here": seen.is_here,
        "is_this": seen.is_this,
        "mode": row.mode,
        "why": row.why,
        "connections": {"sync": row.sync_connections, "live": row.live_connections},
        "rooms": row.rooms,
        "topics": row.topics,
        "loop_lag_ms": row.loop_lag_ms,
        "rss_mb": row.rss_mb,
        "behind": row.behind,
    }


ROUTES = [Route("/api/instances", instances, methods=["GET"])]
