"""`GET /api/openapi.json`: every HTTP endpoint, as OpenAPI 3.1 (its schemas are JSON Schema 2020-12).

Written by hand: it says what callers may rely on. A test holds it against the routes and against real answers.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from quillroom import __version__
from quillroom.services.documents import FORMATS, TITLE_LENGTH
from quillroom.services.people import NAME_LENGTH

Schema = dict[str, object]


async def show(request: Request) -> Response:
    """`GET /api/openapi.json`."""
    return JSONResponse(DESCRIPTION, headers={"Cache-Control": "no-cache"})


def _object(optional: tuple[str, ...] = (), **properties: Schema) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _answer(description: str, content: Schema | None = None) -> Schema:
    return {"description": description} if content is None else {"description": description, "content": content}


def _failure(description: str) -> Schema:
    return _answer(description, _json(_ref("Error")))


def _operation(summary: str, answers: dict[str, Schema], **more: object) -> Schema:
    return {"summary": summary, "responses": answers, **more}


def _body(content: Schema) -> Schema:
    return {"required": True, "content": content}


TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time"}
TITLE: Schema = {"type": "string", "maxLength": TITLE_LENGTH}
COLOUR: Schema = {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}
SEQ: Schema = {"type": "integer", "minimum": 0, "description": "The document's place in its log."}
PROSEMIRROR: Schema = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"const": "doc"}, "content": {"type": "array", "items": {"type": "object"}}},
    "description": "A ProseMirror document of the schema in shared/.",
}

SCHEMAS: dict[str, Schema] = {
    "Error": _object(error=_object(code=TEXT, message=TEXT)),
    "Person": _object(id=TEXT, name={"type": "string", "maxLength": NAME_LENGTH}, colour=COLOUR),
    "Session": _object(("token",), user=_ref("Person"), kind={"const": "guest"}, token=TEXT),
    "Document": _object(
        id={"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$"},
        title=TITLE,
        created_at=TIME,
        updated_at=TIME,
        created_by={"anyOf": [_ref("Person"), {"type": "null"}]},
        here={**_list(_ref("Person")), "description": "Who has it open now."},
    ),
    "Documents": _object(documents=_list(_ref("Document"))),
    "Made": _object(document=_ref("Document")),
    "Replaced": _object(document=_ref("Document"), seq=SEQ),
    "Read": _object(document=_ref("Document"), seq=SEQ, content=PROSEMIRROR),
    "NewGuest": _object(
        ("token",),
        name={"type": "string", "minLength": 1, "description": f"At most {NAME_LENGTH} characters once cleaned."},
        token={"type": "boolean", "description": "Answer the session's secret too, for scripts."},
    ),
    "NewDocument": _object(("title", "markdown"), title=TITLE, markdown=TEXT),
    "NewContent": {
        **_object(("title", "markdown", "content"), title=TITLE, markdown=TEXT, content=PROSEMIRROR),
        "oneOf": [{"required": ["markdown"]}, {"required": ["content"]}],
    },
    "Alive": _object(status={"const": "ok"}),
    "Readiness": _object(
        status={"enum": ["ok", "not ready"]},
        mode={"enum": ["normal", "degraded"]},
        why={"type": ["string", "null"]},
    ),
}

_NOT_SIGNED_IN = _failure("No session, or it has ended.")
_INVALID = _failure("The request is not what was expected; the message says both.")
_FOREIGN = _failure("The request comes from a page of another site.")
_MISSING = _failure("There is no such document.")
_TOO_LARGE = _failure("More bytes than are taken.")
_LATER = _failure("Nothing can be saved right now; nothing was kept.")
_BROKEN = _failure("The document needs repair; what was written is kept.")
_SLOW = _failure("The body did not come in time.")
_WRITES = {"400": _INVALID, "401": _NOT_SIGNED_IN, "403": _FOREIGN, "408": _SLOW, "413": _TOO_LARGE, "503": _LATER}
_ANYONE: list[Schema] = []
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_FORMAT = {"name": "format", "in": "query", "schema": {"enum": list(FORMATS), "default": "json"}}
_READ_CONTENT: Schema = {
    **_json(_ref("Read")),
    "text/markdown": {"schema": TEXT},
    "text/html": {"schema": TEXT},
    "text/plain": {"schema": TEXT},
    "application/octet-stream": {"schema": {"description": "One Yjs v1 update."}},
}
_NEW_CONTENT: Schema = {**_json(_ref("NewContent")), "text/markdown": {"schema": TEXT}}

PATHS: dict[str, Schema] = {
    "/api/session": {
        "get": _operation("Who am I", {"200": _answer("The session.", _json(_ref("Session"))), "401": _NOT_SIGNED_IN}),
        "delete": _operation(
            "Sign out; the open sockets of this session close",
            {"204": _answer("There is no session any more."), "403": _FOREIGN, "503": _LATER},
            security=_ANYONE,
        ),
    },
    "/api/session/guest": {
        "post": _operation(
            "Begin a session under a name",
            {"201": _answer("The session, also as a cookie.", _json(_ref("Session")))}
            | {status: answer for status, answer in _WRITES.items() if status != "401"},
            requestBody=_body(_json(_ref("NewGuest"))),
            security=_ANYONE,
        )
    },
    "/api/documents": {
        "get": _operation(
            "The most recently edited documents",
            {"200": _answer("Newest first.", _json(_ref("Documents"))), "401": _NOT_SIGNED_IN},
        ),
        "post": _operation(
            "Make a document",
            {"201": _answer("It is committed.", _json(_ref("Made"))), **_WRITES},
            requestBody=_body(_json(_ref("NewDocument"))),
        ),
    },
    "/api/documents/{id}": {
        "get": _operation(
            "Read a document",
            {
                "200": _answer("In the format asked for.", _READ_CONTENT),
                "400": _INVALID,
                "401": _NOT_SIGNED_IN,
                "404": _MISSING,
                "500": _BROKEN,
            },
            parameters=[_ID, _FORMAT],
        )
    },
    "/api/documents/{id}/content": {
        "put": _operation(
            "Replace the content as one edit on the live document",
            {"200": _answer("It is committed.", _json(_ref("Replaced"))), **_WRITES, "404": _MISSING, "500": _BROKEN},
            parameters=[_ID],
            requestBody=_body(_NEW_CONTENT),
        )
    },
    "/api/openapi.json": {
        "get": _operation("This description", {"200": _answer("OpenAPI 3.1.", _json({"type": "object"}))})
        | {"security": _ANYONE}
    },
    "/health/live": {
        "get": _operation(
            "Whether the process answers", {"200": _answer("It does.", _json(_ref("Alive")))}, security=_ANYONE
        )
    },
    "/health/ready": {
        "get": _operation(
            "Whether edits can be saved",
            {
                "200": _answer("They can.", _json(_ref("Readiness"))),
                "503": _answer("They cannot, and why.", _json(_ref("Readiness"))),
            },
            security=_ANYONE,
        )
    },
    "/metrics": {
        "get": _operation(
            "Numbers for Prometheus",
            {
                "200": _answer("The text format, version 0.0.4.", {"text/plain": {"schema": TEXT}}),
                "403": _failure("Metrics are for this machine only."),
            },
            security=_ANYONE,
        )
    },
}

DESCRIPTION: Schema = {
    "openapi": "3.1.0",
    "info": {
        "title": "Quillroom",
        "version": __version__,
        "description": "Documents that several people write at once. Live editing speaks `WS /sync/{document}`: "
        "see docs/protocol.md.",
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "servers": [{"url": "/"}],
    "security": [{"bearer": []}, {"cookie": []}],
    "paths": PATHS,
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "quillroom_session"},
        },
    },
}
