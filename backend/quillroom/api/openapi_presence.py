"""What the endpoint of presence says of itself."""

from quillroom.api.openapi_parts import (
    ID,
    INVALID,
    MISSING,
    NOT_SIGNED_IN,
    TEXT,
    TIME,
    Schema,
    answer,
    as_json,
    list_of,
    object_of,
    operation,
    ref,
)

NUMBER: Schema = {"type": "integer", "minimum": 0}
SCHEMAS: dict[str, Schema] = {
    "Present": object_of(
        person=ref("Person"),
        state={"enum": ["active", "idle"], "description": "Active: some input within five minutes, on this page."},
        doing={"enum": ["editing", "viewing"], "description": "Editing: an edit within ten seconds."},
        devices={"type": "integer", "minimum": 1, "description": "On how many devices they have the document open."},
        seen_at={
            "anyOf": [TIME, {"type": "null"}],
            "description": "When somebody idle was last active, where they let it be known.",
        },
    ),
    "Presence": object_of(
        document=TEXT,
        count={**NUMBER, "description": "How many people are here."},
        is_partial={
            "type": "boolean",
            "description": "`people` are only some of them: the busiest of more than 50, or `is_local`.",
        },
        is_local={
            "type": "boolean",
            "description": "Servers cannot reach each other: only who is connected here is known.",
        },
        people=list_of(ref("Present")),
    ),
}
PATHS: dict[str, Schema] = {
    "/api/documents/{id}/presence": {
        "get": operation(
            "Who is at a document now",
            {
                "200": answer("Everybody who may be seen.", as_json(ref("Presence"))),
                "400": INVALID,
                "401": NOT_SIGNED_IN,
                "404": MISSING,
            },
            parameters=[ID],
        )
    }
}
