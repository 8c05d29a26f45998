"""`/api/settings` and `/api/audit`: for operators."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from quillroom.api.body import json_object, only
from quillroom.api.context import Context, session_of
from quillroom.services.administration import PAGE_AT_MOST
from quillroom.services.errors import Invalid
from quillroom.services.wire import iso
from quillroom.services.workspace_settings import WorkspaceSettings
from quillroom.store.tables import AuditRow, PersonRow

NAMES = ("workspace", "sign_up", "members_invite", "default_access", "trash_days", "recall_seconds", "allowed_domains")


async def settings(request: Request) -> Response:
    """`GET` and `PATCH /api/settings`."""
    context: Context = request.app.state.context
    if request.method == "GET":
        return JSONResponse(_settings(await context.administration.settings(await session_of(request, context))))
    body = only(await json_object(request), *NAMES)
    person = await session_of(request, context)
    return JSONResponse(_settings(await context.administration.change_settings(person, body)))


async def entries(request: Request) -> Response:
    """`GET /api/audit?before=SEQ&limit=`."""
    context: Context = request.app.state.context
    before, limit = _number(request, "before", 2**53), _number(request, "limit", PAGE_AT_MOST)
    page = await context.administration.audit_page(await session_of(request, context), before, limit or 50)
    return JSONResponse({"entries": [_entry(each, page.people) for each in page.entries], "is_intact": page.is_intact})


async def export(request: Request) -> Response:
    """`GET /api/audit/export`: JSON lines, oldest first, streamed."""
    context: Context = request.app.state.context
    lines = await context.administration.export(await session_of(request, context))
    headers = {"Content-Disposition": 'attachment; filename="quillroom-audit.jsonl"'}
    return StreamingResponse(lines, media_type="application/jsonl", headers=headers)


def _settings(found: WorkspaceSettings) -> dict[str, object]:
    return {
        "workspace": found.workspace,
        "sign_up": found.sign_up,
        "members_invite": found.members_invite,
        "default_access": {"general": found.default_general, "role": found.default_role},
        "trash_days": found.trash_days,
        "recall_seconds": found.recall_seconds,
        "allowed_domains": list(found.allowed_domains),
    }


def _entry(row: AuditRow, people: dict[str, PersonRow]) -> dict[str, object]:
    actor = None if row.actor is None else people.get(row.actor)
    known = None if row.actor is None else {"id": row.actor, "name": "" if actor is None else actor.name}
    return {
        "seq": row.seq,
        "at": iso(row.at),
        "actor": known,
        "action": row.action,
        "object": row.object,
        "data": json.loads(row.data),
    }


def _number(request: Request, name: str, largest: int) -> int | None:
    value = request.query_params.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) <= 16 and 1 <= int(value) <= largest):
        raise Invalid(f"`{name}` must be a number from 1 to {largest}.")
    return int(value)


ROUTES = [
    Route("/api/settings", settings, methods=["GET", "PATCH"]),
    Route("/api/audit", entries, methods=["GET"]),
    Route("/api/audit/export", export, methods=["GET"]),
]
