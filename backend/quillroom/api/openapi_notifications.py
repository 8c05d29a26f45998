"""What `/api/notifications`, `/api/me/privacy` and the like say of themselves."""

from quillroom.api.openapi_accounts import BOOLEAN, NO_CONTENT, TIME_OR_NULL
from quillroom.api.openapi_parts import (
    ID,
    INVALID,
    MISSING,
    NOT_SIGNED_IN,
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
from quillroom.core.notify import PREVIEW_LENGTH, Channel, Kind, Level
from quillroom.services.inboxes import TOLD_AT_ONCE
from quillroom.services.notifications import FILTERS, PAGE, PAGE_AT_MOST
from quillroom.services.push_hosts import ENDPOINT_LENGTH


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_CHANNELS = {channel.value: BOOLEAN for channel in Channel}
_SOME = tuple(_CHANNELS)
_PRIVACY: dict[str, Schema] = {"receipts": BOOLEAN, "is_invisible": BOOLEAN, "last_seen": BOOLEAN}
_TOKENS = failure("Not by an API token, or not by one that may only read.")

SCHEMAS: dict[str, Schema] = {
    "Notification": object_of(
        id=TEXT,
        kind={"enum": [kind.value for kind in Kind]},
        at=TIME,
        read_at=TIME_OR_NULL,
        actor=_or_null(ref("Person")),
        document={**_or_null(object_of(id=TEXT, title=TITLE)), "description": "Null where I may not see it any more."},
        message=_or_null(
            object_of(id=TEXT, seq={"type": "integer", "minimum": 1}, preview={**TEXT, "maxLength": PREVIEW_LENGTH})
        ),
        data={"type": "object", "description": "`role` where I was given one."},
    ),
    "Inbox": object_of(
        notifications=list_of(ref("Notification")),
        unread={"type": "integer", "minimum": 0},
        seq={"type": "integer", "minimum": 0, "description": "The place of the topic `user:{id}` at this moment."},
        epoch=TEXT,
        next={**_or_null(TEXT), "description": "What `before` is for the next part; null: there is none."},
    ),
    "ReadNotifications": {
        **object_of(
            ("ids", "all", "document"),
            ids={**list_of(TEXT), "maxItems": TOLD_AT_ONCE},
            all={"const": True},
            document=TEXT,
        ),
        "oneOf": [{"required": [name]} for name in ("ids", "all", "document")],
    },
    "NotificationPreferences": object_of(
        events=object_of((), **{kind.value: object_of((), **_CHANNELS) for kind in Kind}),
        shows_preview={**BOOLEAN, "description": "Whether mails and push messages say what was written."},
        has_mail={**BOOLEAN, "description": "Whether this server sends mail at all."},
    ),
    "NotificationPreferencesChange": object_of(
        ("events", "shows_preview"),
        events=object_of(tuple(kind.value for kind in Kind), **{k.value: object_of(_SOME, **_CHANNELS) for k in Kind}),
        shows_preview=BOOLEAN,
    ),
    "Privacy": object_of((), **_PRIVACY),
    "PrivacyChange": object_of(tuple(_PRIVACY), **_PRIVACY),
    "PushKey": object_of(key={**TEXT, "description": "A P-256 point, base64url: the applicationServerKey."}),
    "PushSubscription": object_of(
        ("expirationTime",),
        endpoint={"type": "string", "format": "uri", "maxLength": ENDPOINT_LENGTH},
        keys=object_of(p256dh=TEXT, auth=TEXT),
        expirationTime={"type": ["number", "null"]},
    ),
    "PushSubscribed": object_of(id=TEXT),
    "Watching": object_of(level={"enum": [*(level.value for level in Level), None]}),
    "Watch": object_of(level={"enum": [level.value for level in Level]}),
}


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": schema}


PATHS: dict[str, Schema] = {
    "/api/notifications": {
        "get": operation(
            "My inbox",
            {
                "200": answer("Newest first.", as_json(ref("Inbox"))),
                "400": INVALID,
                "401": NOT_SIGNED_IN,
                "403": _TOKENS,
            },
            parameters=[
                _query("filter", {"enum": list(FILTERS), "default": FILTERS[0]}),
                _query("before", TEXT),
                _query("limit", {"type": "integer", "minimum": 1, "maximum": PAGE_AT_MOST, "default": PAGE}),
            ],
        )
    },
    "/api/notifications/read": {
        "post": operation(
            "I have read these, all, or all of a page",
            {"204": NO_CONTENT, **WRITES},
            requestBody=body(as_json(ref("ReadNotifications"))),
        )
    },
    "/api/me/notification-preferences": {
        "get": operation(
            "What I hear of, and how",
            {
                "200": answer("As it is.", as_json(ref("NotificationPreferences"))),
                "401": NOT_SIGNED_IN,
                "403": _TOKENS,
            },
        ),
        "put": operation(
            "Change it; what is not given stays",
            {"200": answer("As it is now.", as_json(ref("NotificationPreferences"))), **WRITES},
            requestBody=body(as_json(ref("NotificationPreferencesChange"))),
        ),
    },
    "/api/me/privacy": {
        "get": operation(
            "What others learn of me",
            {"200": answer("As it is.", as_json(ref("Privacy"))), "401": NOT_SIGNED_IN, "403": _TOKENS},
        ),
        "patch": operation(
            "Change it; what is not given stays",
            {"200": answer("As it is now.", as_json(ref("Privacy"))), **WRITES},
            requestBody=body(as_json(ref("PrivacyChange"))),
        ),
    },
    "/api/documents/{id}/watch": {
        "get": operation(
            "What I want to hear of a page",
            {
                "200": answer("Null: the usual.", as_json(ref("Watching"))),
                "401": NOT_SIGNED_IN,
                "404": MISSING,
            },
            parameters=[ID],
        ),
        "put": operation(
            "Hear all of a page's conversation, or nothing",
            {"204": NO_CONTENT, **WRITES, "404": MISSING},
            parameters=[ID],
            requestBody=body(as_json(ref("Watch"))),
        ),
        "delete": operation("Hear the usual again", {"204": NO_CONTENT, **WRITES}, parameters=[ID]),
    },
    "/api/push/key": {
        "get": operation(
            "The key that a browser subscribes with (RFC 8292)",
            {"200": answer("Always the same.", as_json(ref("PushKey"))), "401": NOT_SIGNED_IN, "403": _TOKENS},
        )
    },
    "/api/push/subscriptions": {
        "post": operation(
            "Reach this browser while this session lasts",
            {"201": answer("It is reached.", as_json(ref("PushSubscribed"))), **WRITES},
            requestBody=body(as_json(ref("PushSubscription"))),
        )
    },
    "/api/push/subscriptions/{id}": {
        "delete": operation("Reach it no more", {"204": NO_CONTENT, **WRITES, "404": MISSING}, parameters=[ID])
    },
}
