"""What the endpoints of the chat say of themselves."""

from quillroom.api.messages import MESSAGES, MESSAGES_AT_MOST
from quillroom.api.openapi_accounts import CONFLICT, TEXT_OR_NULL, THROTTLED, TIME_OR_NULL
from quillroom.api.openapi_parts import (
    FOREIGN,
    ID,
    INVALID,
    LATER,
    MISSING,
    NOT_SIGNED_IN,
    TEXT,
    TIME,
    WRITES,
    Schema,
    answer,
    as_json,
    body,
    list_of,
    object_of,
    operation,
    ref,
)
from quillroom.core import chat

PLACE: Schema = {"type": "integer", "minimum": 0, "description": "A place in the log of the page, `doc:{id}`."}
COUNT: Schema = {"type": "integer", "minimum": 0}
_DEED: Schema = {"anyOf": [object_of(at=TIME, by=ref("Person")), {"type": "null"}]}
_CLIENT_ID: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"}
_QUOTE: Schema = {
    **object_of(
        ("anchor",),
        text={"type": "string", "maxLength": chat.QUOTE_LENGTH},
        anchor={"type": "string", "maxLength": chat.ANCHOR_LENGTH, "description": "Where that stands."},
    ),
    "type": ["object", "null"],
}
_SAID: Schema = {"type": ["string", "null"], "maxLength": chat.TEXT_LENGTH}

SCHEMAS: dict[str, Schema] = {
    "Message": object_of(
        id=TEXT,
        document=TEXT,
        seq={**PLACE, "minimum": 1},
        client_id=_CLIENT_ID,
        author=ref("Person"),
        at=TIME,
        text={**_SAID, "description": "Markdown; people as `@[Name](person:ID)`. Null when recalled."},
        quote=_QUOTE,
        reply_to=TEXT_OR_NULL,
        files=list_of(ref("File")),
        reactions=list_of(object_of(emoji=TEXT, people=list_of(TEXT))),
        mentions=list_of(TEXT),
        revision={"type": "integer", "minimum": 1},
        edited_at=TIME_OR_NULL,
        recalled=_DEED,
        pinned=_DEED,
    ),
    "NewMessage": object_of(
        ("client_id", "text", "quote", "reply_to", "files"),
        client_id=_CLIENT_ID,
        text=_SAID,
        quote=_QUOTE,
        reply_to=TEXT_OR_NULL,
        files={**list_of(TEXT), "maxItems": chat.FILES_AT_MOST},
    ),
    "EditedMessage": object_of(revision={"type": "integer", "minimum": 1}, text=_SAID),
    "Receipt": object_of(person=TEXT, delivered=PLACE, read=PLACE),
    "Messages": object_of(
        messages=list_of(ref("Message")),
        has_before={"type": "boolean"},
        has_after={"type": "boolean"},
        seq={**PLACE, "description": "The newest place of the log at that moment: follow it from there."},
        epoch={"type": "string", "description": "Another one: the log is another one too."},
        read={**PLACE, "description": "Up to where I have read."},
        unread=object_of(count=COUNT, mentions=COUNT, first={"anyOf": [PLACE, {"type": "null"}]}),
        receipts=list_of(ref("Receipt")),
        pinned_count=COUNT,
    ),
    "Unread": object_of(document=TEXT, count=COUNT, mentions=COUNT, read=PLACE),
    "UnreadEverywhere": object_of(
        documents={"type": "object", "additionalProperties": object_of(count=COUNT, mentions=COUNT)}
    ),
    "HasRead": object_of(seq=PLACE),
    "Revisions": object_of(revisions=list_of(object_of(revision={"type": "integer"}, text=TEXT, at=TIME))),
    "Readers": object_of(read=list_of(ref("Person")), delivered=list_of(ref("Person"))),
}

_EMOJI = {"name": "emoji", "in": "path", "required": True, "schema": {"type": "string"}}
_MESSAGE = as_json(ref("Message"))
_AS_IT_IS = answer("The message as it is now.", _MESSAGE)
_READS: dict[str, Schema] = {"401": NOT_SIGNED_IN, "404": MISSING}
_BODILESS: dict[str, Schema] = {**_READS, "403": FOREIGN, "409": CONFLICT, "429": THROTTLED, "503": LATER}
_CHANGES: dict[str, Schema] = {**WRITES, "404": MISSING, "409": CONFLICT, "429": THROTTLED}


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


_WINDOW = [
    _query("before", {"type": "integer"}, "The newest before this place; without any of these: the newest."),
    _query("after", {"type": "integer"}, "The oldest behind this place."),
    _query("around", TEXT, "This message and those on both sides."),
    _query("thread", TEXT, "This message and all that answers it."),
    _query("pinned", {"const": 1}, "What is pinned."),
    _query("limit", {"type": "integer", "minimum": 1, "maximum": MESSAGES_AT_MOST, "default": MESSAGES}, "How many."),
]

PATHS: dict[str, Schema] = {
    "/api/documents/{id}/messages": {
        "get": operation(
            "What was said beside a page",
            {"200": answer("The oldest first.", as_json(ref("Messages"))), "400": INVALID, **_READS},
            parameters=[ID, *_WINDOW],
        ),
        "post": operation(
            "Say something",
            {
                "201": answer("It is committed.", _MESSAGE),
                "200": answer("It was sent before under this `client_id`.", _MESSAGE),
                **_CHANGES,
            },
            parameters=[ID],
            requestBody=body(as_json(ref("NewMessage"))),
        ),
    },
    "/api/documents/{id}/read": {
        "put": operation(
            "Say that everything up to a place is read; what is behind that already changes nothing",
            {"200": answer("What is unread now.", as_json(ref("Unread"))), **WRITES, "404": MISSING},
            parameters=[ID],
            requestBody=body(as_json(ref("HasRead"))),
        )
    },
    "/api/unread": {
        "get": operation(
            "What is unread, of the documents that I opened, read, or was mentioned in",
            {"200": answer("Where anything is.", as_json(ref("UnreadEverywhere"))), "401": NOT_SIGNED_IN},
        )
    },
    "/api/messages/{id}": {
        "get": operation("One message", {"200": _AS_IT_IS, **_READS}, parameters=[ID]),
        "patch": operation(
            "Say it otherwise; `changed` comes with the present one in `details.message`",
            {"200": _AS_IT_IS, **_CHANGES},
            parameters=[ID],
            requestBody=body(as_json(ref("EditedMessage"))),
        ),
        "delete": operation(
            "Recall it: one's own for a while, any for who manages the page",
            {"200": _AS_IT_IS, **_BODILESS},
            parameters=[ID],
        ),
    },
    "/api/messages/{id}/history": {
        "get": operation(
            "Every text that it had",
            {"200": answer("The first first.", as_json(ref("Revisions"))), **_READS},
            parameters=[ID],
        )
    },
    "/api/messages/{id}/readers": {
        "get": operation(
            "Who has read it, and whom it has reached",
            {"200": answer("Those who let others know.", as_json(ref("Readers"))), **_READS},
            parameters=[ID],
        )
    },
    "/api/messages/{id}/reactions/{emoji}": {
        "put": operation("Give an emoji", {"200": _AS_IT_IS, **_BODILESS, "400": INVALID}, parameters=[ID, _EMOJI]),
        "delete": operation("Take it away", {"200": _AS_IT_IS, **_BODILESS, "400": INVALID}, parameters=[ID, _EMOJI]),
    },
    "/api/messages/{id}/pin": {
        "put": operation("Pin it", {"200": _AS_IT_IS, **_BODILESS}, parameters=[ID]),
        "delete": operation("Unpin it", {"200": _AS_IT_IS, **_BODILESS}, parameters=[ID]),
    },
}
