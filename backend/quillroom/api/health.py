"""Is it alive, is it ready, and in numbers."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from quillroom import __version__
from quillroom.api.context import Context
from quillroom.api.errors import error

LOOPBACK = {"127.0.0.1", "::1"}


async def live(request: Request) -> Response:
    """`GET /health/live`: the process answers."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """`GET /health/ready`: 200 when edits can be saved, else 503 and why."""
    context: Context = request.app.state.context
    why = "The server is stopping." if context.is_draining else context.rooms.trouble
    body = {
        "status": "ok" if why is None else "not ready",
        "mode": "normal" if why is None else "degraded",
        "why": why,
    }
    return JSONResponse(body, 200 if why is None else 503)


async def metrics(request: Request) -> Response:
    """`GET /metrics` in the Prometheus text format; for this machine only."""
    if request.client is None or request.client.host not in LOOPBACK:
        return error(403, "not_allowed", "Metrics are for this machine only.")
    context: Context = request.app.state.context
    counters, rooms = context.rooms.counters, context.rooms
    lines = [f'app_build_info{{version="{__version__}"}} 1']
    lines += [f"app_ws_connections {len(rooms.hub)}", f"app_rooms_open {len(rooms)}"]
    lines += [f"app_doc_loads_total {counters.rooms_loaded}"]
    lines += [f"app_doc_commit_rounds_total {counters.commits}"]
    lines += [f'app_doc_updates_total{{result="{result}"}} {number}' for result, number in counters.updates.items()]
    lines += [
        f'app_doc_lint_rejects_total{{reason="{reason}"}} {number}' for reason, number in counters.refusals.items()
    ]
    upkeep = context.upkeep.counters
    lines += [
        f'app_doc_checkpoints_total{{result="{result}"}} {number}' for result, number in upkeep.checkpoints.items()
    ]
    lines += [
        f'app_doc_compactions_total{{result="{result}"}} {number}' for result, number in upkeep.compactions.items()
    ]
    lines += [f"app_doc_rows_merged_total {upkeep.rows_merged}"]
    return PlainTextResponse("\n".join(lines) + "\n")
