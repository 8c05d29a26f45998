"""What `/api/search` says of itself."""

from quillroom.api.openapi_accounts import THROTTLED
from quillroom.api.openapi_parts import (
    INVALID,
    MISSING,
    NOT_SIGNED_IN,
    TEXT,
    Schema,
    answer,
    as_json,
    list_of,
    object_of,
    operation,
    ref,
)
from quillroom.services.message_search import QUERY_LENGTH, RESULTS, RESULTS_AT_MOST

_PLACE: Schema = {"type": "integer", "minimum": 0}
_RANGE: Schema = {"type": "array", "items": _PLACE, "minItems": 2, "maxItems": 2}

SCHEMAS: dict[str, Schema] = {
    "FoundMessage": object_of(
        message=ref("Message"),
        document=object_of(id=TEXT, title=TEXT),
        highlights={
            **list_of(_RANGE),
            "description": "Where in its text the words stand: start and end, in characters (code points).",
        },
    ),
    "FoundMessages": object_of(
        results=list_of(ref("FoundMessage")),
        next={"type": ["string", "null"], "description": "`before` of the next question; null: there are no more."},
    ),
}


def _query(name: str, schema: Schema, description: str, *, is_required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": is_required, "schema": schema, "description": description}


_PARAMETERS = [
    _query("q", {"type": "string", "maxLength": QUERY_LENGTH}, "Words that must all occur.", is_required=True),
    _query("document", TEXT, "In the chat of this page only."),
    _query("before", TEXT, "The `next` of the answer before."),
    _query("limit", {"type": "integer", "minimum": 1, "maximum": RESULTS_AT_MOST, "default": RESULTS}, "How many."),
]

PATHS: dict[str, Schema] = {
    "/api/search/messages": {
        "get": operation(
            "Find what was said in the chats that one may read",
            {
                "200": answer("The newest first.", as_json(ref("FoundMessages"))),
                "400": INVALID,
                "401": NOT_SIGNED_IN,
                "404": MISSING,
                "429": THROTTLED,
            },
            parameters=_PARAMETERS,
        )
    }
}
