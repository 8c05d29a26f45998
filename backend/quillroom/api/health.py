"""Is it alive, is it ready, and in numbers."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from quillroom import __version__
from quillroom.api.bus_metrics import bus
from quillroom.api.context import Context
from quillroom.api.errors import error
from quillroom.api.exposition import MEDIA_TYPE, counter, counters, counters_by, gauge, gauges, histogram
from quillroom.api.process import process
from quillroom.api.turn import Lag
from quillroom.services.instances import DEGRADED, NORMAL, Instances
from quillroom.services.presence import Presences
from quillroom.services.rooms import Rooms
from quillroom.services.topics import Topics
from quillroom.services.upkeep import Upkeep

LOOPBACK = {"127.0.0.1", "::1"}


async def live(request: Request) -> Response:
    """`GET /health/live`: the process answers."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """`GET /health/ready`: 200 when edits can be saved, else 503 and why. "degraded" may be both."""
    context: Context = request.app.state.context
    unable = "The server is stopping." if context.is_draining else context.instances.trouble()
    why = unable or context.instances.why()
    body = {
        "status": "ok" if unable is None else "not ready",
        "mode": NORMAL if why is None else DEGRADED,
        "why": why,
    }
    return JSONResponse(body, 200 if unable is None else 503)


async def metrics(request: Request) -> Response:
    """`GET /metrics` in the Prometheus text format; for this machine only."""
    if request.client is None or request.client.host not in LOOPBACK:
        return error(403, "not_allowed", "Metrics are for this machine only.")
    context: Context = request.app.state.context
    lines = gauge("app_build_info", "The version that runs.", 1, version=__version__)
    lines += [*process(), *_lag(context.lag), *_instances(context.instances)]
    lines += [*_sockets(context), *_documents(context.rooms)]
    lines += [*_topics(context.live.topics), *_upkeep(context.upkeep), *_presence(context.presences)]
    lines += bus(context.relay)
    retries = {"commit": context.rooms.commit_retries, "mail": context.mail.retries}
    retries["push"] = context.push.results.get("later", 0)
    lines += counters("app_retries_total", "What had to be tried again, by what it was.", "what", retries)
    lines += counters("app_push_total", "Push messages by what came of them.", "result", context.push.results)
    return Response("\n".join(lines) + "\n", media_type=MEDIA_TYPE)


def _instances(instances: Instances) -> list[str]:
    is_normal = instances.why() is None
    modes: list[tuple[dict[str, str], float]] = [({"mode": NORMAL}, is_normal), ({"mode": DEGRADED}, not is_normal)]
    return [
        *gauge("quillroom_instances", "Servers on this database that were heard of lately.", instances.count),
        *gauges("quillroom_mode", "1 for the mode in which this server runs.", modes),
    ]


def _sockets(context: Context) -> list[str]:
    counted, boxes = context.sockets, []
    connections: list[tuple[dict[str, str], float]] = []
    for plane, hub in (("sync", context.rooms.hub), ("live", context.live.hub)):
        here = [m.outbox for m in hub.everyone() if m.outbox is not None]
        full = sum(box.paused_at is not None for box in here)
        for state, number in (("open", len(here) - full), ("full", full)):
            connections.append(({"plane": plane, "state": state}, number))
        boxes += here
    queued = sum(box.queued_bytes for box in boxes)
    codes = {str(code): number for code, number in sorted(counted.disconnects.items())}
    aborts = counted.slow_consumer_aborts
    return [
        *gauges("app_ws_connections", "Open WebSockets; full: the peer does not read.", connections),
        *gauge("app_ws_outbox_bytes", "What waits for peers that do not read.", queued),
        *counters("app_ws_connects_total", "Handshakes by result.", "result", counted.connects),
        *counters("app_ws_disconnects_total", "Ended WebSockets by close code.", "code", codes),
        *counter("app_ws_slow_consumer_aborts_total", "WebSockets cut because their peer read nothing.", aborts),
    ]


def _documents(rooms: Rooms) -> list[str]:
    counted = rooms.counters
    return [
        *gauge("app_rooms_open", "Documents that are open here.", len(rooms)),
        *gauge("app_doc_saving", "1 while edits can be committed, 0 while they wait.", rooms.trouble is None),
        *counter("app_doc_loads_total", "Documents read from the log.", counted.rooms_loaded),
        *counter("app_doc_commit_rounds_total", "Transactions that committed edits.", counted.commits),
        *counters("app_doc_updates_total", "Update messages by what came of them.", "result", counted.updates),
        *counters("app_doc_lint_rejects_total", "Refused update messages by reason.", "reason", counted.refusals),
        *histogram("app_doc_commit_seconds", "Time of one transaction.", counted.commit_seconds),
        *histogram("app_doc_ack_seconds", "From an edit's arrival to its acknowledgement.", counted.ack_seconds),
        *histogram("app_doc_load_seconds", "Time to open a document.", counted.load_seconds),
    ]


def _topics(topics: Topics) -> list[str]:
    counted = topics.counters
    messages = [({"type": type, "result": result}, n) for (type, result), n in sorted(counted.messages.items())]
    seconds = counted.delivery_seconds
    return [
        *gauge("app_topics_followed", "Topics that somebody follows.", len(topics)),
        *counters_by("app_messages_total", "Events on their way to who follows, by what came of them.", messages),
        *counters(
            "app_resume_total", "Followers that came, by whether their place was good.", "result", counted.resumes
        ),
        *histogram("app_message_delivery_seconds", "From an event's entry in the log to the transports.", seconds),
    ]


def _upkeep(upkeep: Upkeep) -> list[str]:
    counted = upkeep.counters
    return [
        *counters("app_doc_checkpoints_total", "Checkpoints by what came of them.", "result", counted.checkpoints),
        *counters("app_doc_compactions_total", "Compactions by what came of them.", "result", counted.compactions),
        *counter(
            "app_doc_rows_merged_total", "Rows of the log that compaction merged into others.", counted.rows_merged
        ),
    ]


def _presence(presences: Presences) -> list[str]:
    users = [({"state": state.value}, number) for state, number in presences.counts().items()]
    became = {state.value: number for state, number in presences.transitions.items()}
    return [
        *gauges("app_presence_users", "People who are here, on however many devices.", users),
        *counters("app_presence_transitions_total", "How often somebody became something else.", "to", became),
    ]


def _lag(lag: Lag) -> list[str]:
    worst, latest = lag.take_highest()
    return [
        *gauge("app_loop_lag_max_seconds", "Longest that the event loop was held since this was last asked.", worst),
        *gauge("app_loop_late_max_seconds", "As before, by the clock: also while others had the processor.", latest),
        *histogram("app_loop_lag_seconds", "How late a timer came, by the loop's own work.", lag.late_seconds),
    ]
