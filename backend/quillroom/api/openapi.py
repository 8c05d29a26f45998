"""`GET /api/openapi.json`: every HTTP endpoint, as OpenAPI 3.1 (its schemas are JSON Schema 2020-12).

Written by hand: it says what callers may rely on. A test holds it against the routes and against real answers.
"""

from functools import reduce
from operator import or_

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from quillroom import __version__
from quillroom.api import (
    openapi_accounts,
    openapi_directory,
    openapi_files,
    openapi_instances,
    openapi_messages,
    openapi_notifications,
    openapi_presence,
    openapi_search,
    openapi_sharing,
    openapi_tree,
)
from quillroom.api.openapi_accounts import CONFLICT
from quillroom.api.openapi_parts import (
    ANYONE,
    BROKEN,
    FOREIGN,
    ID,
    INVALID,
    MISSING,
    NOT_SIGNED_IN,
    PROSEMIRROR,
    SEQ,
    TEXT,
    TIME,
    TITLE,
    WRITES,
    Schema,
    answer,
    as_json,
    body,
    failure,
    list_of,
    object_of,
    operation,
    ref,
)
from quillroom.services.documents import FORMATS


async def show(request: Request) -> Response:
    """`GET /api/openapi.json`."""
    return JSONResponse(DESCRIPTION, headers={"Cache-Control": "no-cache"})


SCHEMAS: dict[str, Schema] = {
    "Error": object_of(error=object_of(("details",), code=TEXT, message=TEXT, details={"type": "object"})),
    "Document": object_of(
        (),
        id={"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$"},
        title=TITLE,
        created_at=TIME,
        updated_at=TIME,
        created_by={"anyOf": [ref("Person"), {"type": "null"}]},
        here={**list_of(ref("Person")), "description": "Some of the people who are there now."},
        **openapi_tree.SPOT,
    ),
    "Documents": object_of(documents=list_of(ref("Document"))),
    "Made": object_of(document=ref("Document")),
    "Replaced": object_of(document=ref("Document"), seq=SEQ),
    "Read": object_of(document=ref("Document"), seq=SEQ, content=PROSEMIRROR),
    "NewDocument": object_of(
        ("title", "markdown", "parent", "template"),
        title=TITLE,
        markdown=TEXT,
        parent={"type": ["string", "null"], "description": "The page below which it is to be."},
        template={"type": ["string", "null"], "description": "The template that it begins as a copy of."},
    ),
    "NewContent": {
        **object_of(("title", "markdown", "content"), title=TITLE, markdown=TEXT, content=PROSEMIRROR),
        "oneOf": [{"required": ["markdown"]}, {"required": ["content"]}],
    },
    "Alive": object_of(status={"const": "ok"}),
    "Readiness": object_of(
        status={"enum": ["ok", "not ready"]},
        mode={"enum": ["normal", "degraded"]},
        why={"type": ["string", "null"]},
    ),
}

_FORMAT = {"name": "format", "in": "query", "schema": {"enum": list(FORMATS), "default": "json"}}
_READ_CONTENT: Schema = {
    **as_json(ref("Read")),
    "text/markdown": {"schema": TEXT},
    "text/html": {"schema": TEXT},
    "text/plain": {"schema": TEXT},
    "application/octet-stream": {"schema": {"description": "One Yjs v1 update."}},
}
_NEW_CONTENT: Schema = {**as_json(ref("NewContent")), "text/markdown": {"schema": TEXT}}

PATHS: dict[str, Schema] = {
    "/api/documents": {
        "get": operation(
            "The most recently edited documents",
            {"200": answer("Newest first.", as_json(ref("Documents"))), "401": NOT_SIGNED_IN},
        ),
        "post": operation(
            "Make a document",
            {"201": answer("It is committed.", as_json(ref("Made"))), **WRITES, "404": MISSING, "409": CONFLICT},
            requestBody=body(as_json(ref("NewDocument"))),
        ),
    },
    "/api/documents/{id}": {
        "get": operation(
            "Read a document",
            {
                "200": answer("In the format asked for.", _READ_CONTENT),
                "400": INVALID,
                "401": NOT_SIGNED_IN,
                "404": MISSING,
                "500": BROKEN,
            },
            parameters=[ID, _FORMAT],
        ),
        **openapi_tree.DOCUMENT_PATHS,
    },
    "/api/documents/{id}/content": {
        "put": operation(
            "Replace the content as one edit on the live document",
            {"200": answer("It is committed.", as_json(ref("Replaced"))), **WRITES, "404": MISSING, "500": BROKEN},
            parameters=[ID],
            requestBody=body(_NEW_CONTENT),
        )
    },
    "/api/csp-report": {
        "post": operation(
            "What a browser refused to run on the page",
            {"204": answer("It is noted."), "403": FOREIGN, "408": WRITES["408"], "413": WRITES["413"]},
            security=ANYONE,
        )
    },
    "/api/openapi.json": {
        "get": operation("This description", {"200": answer("OpenAPI 3.1.", as_json({"type": "object"}))})
        | {"security": ANYONE}
    },
    "/health/live": {
        "get": operation(
            "Whether the process answers", {"200": answer("It does.", as_json(ref("Alive")))}, security=ANYONE
        )
    },
    "/health/ready": {
        "get": operation(
            "Whether edits can be saved",
            {
                "200": answer("They can.", as_json(ref("Readiness"))),
                "503": answer("They cannot, and why.", as_json(ref("Readiness"))),
            },
            security=ANYONE,
        )
    },
    "/metrics": {
        "get": operation(
            "Numbers for Prometheus",
            {
                "200": answer("The text format, version 0.0.4.", {"text/plain": {"schema": TEXT}}),
                "403": failure("Metrics are for this machine only."),
            },
            security=ANYONE,
        )
    },
}

_AREAS = (
    openapi_accounts,
    openapi_directory,
    openapi_files,
    openapi_instances,
    openapi_messages,
    openapi_notifications,
    openapi_presence,
    openapi_search,
    openapi_sharing,
    openapi_tree,
)
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
    "paths": reduce(or_, (area.PATHS for area in _AREAS), PATHS),
    "components": {
        "schemas": reduce(or_, (area.SCHEMAS for area in _AREAS), SCHEMAS),
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "quillroom_session"},
        },
    },
}
