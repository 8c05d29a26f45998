"""What `/api/people`, `/api/invitations`, `/api/password-reset`, `/api/settings` and `/api/audit` say of themselves."""

from quillroom.api.openapi_accounts import (
    BOOLEAN,
    CONFLICT,
    NO_CONTENT,
    PASSWORD,
    TEXT_OR_NULL,
    THROTTLED,
    TIME_OR_NULL,
)
from quillroom.api.openapi_parts import (
    ANYONE,
    COLOUR,
    ID,
    INVALID,
    MISSING,
    NOT_SIGNED_IN,
    TEXT,
    TIME,
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
from quillroom.core.member import Role
from quillroom.services.administration import DOMAINS_AT_MOST, PAGE_AT_MOST, RECALL_SECONDS_AT_MOST, TRASH_DAYS
from quillroom.services.sharing import GENERAL_ROLES
from quillroom.services.workspace_settings import SIGN_UP

_ROLE_OR_NULL: Schema = {"enum": [*(role.value for role in Role), None]}
_WHO: Schema = {"anyOf": [ref("Person"), {"type": "null"}]}
_SETTINGS: dict[str, Schema] = {
    "workspace": {"type": "string", "minLength": 1, "maxLength": 64},
    "sign_up": {"enum": list(SIGN_UP)},
    "members_invite": BOOLEAN,
    "default_access": object_of(
        general={"enum": ["private", "workspace"]}, role={"enum": [role.value for role in GENERAL_ROLES]}
    ),
    "trash_days": {"type": "integer", "minimum": TRASH_DAYS[0], "maximum": TRASH_DAYS[1]},
    "recall_seconds": {"type": ["integer", "null"], "minimum": 0, "maximum": RECALL_SECONDS_AT_MOST},
    "allowed_domains": {**list_of(TEXT), "maxItems": DOMAINS_AT_MOST},
}

SCHEMAS: dict[str, Schema] = {
    "ListedPerson": object_of(
        id=TEXT,
        name=TEXT,
        colour=COLOUR,
        avatar=TEXT_OR_NULL,
        is_operator=BOOLEAN,
        created_at=TIME,
        email={**TEXT_OR_NULL, "description": "For operators; null for everyone else, as the next one."},
        is_suspended={"type": ["boolean", "null"]},
        seen_at={
            **TIME_OR_NULL,
            "description": "When they were last here, where they let it be known; operators always see.",
        },
        presence={"enum": ["active", "idle", "offline"]},
    ),
    "People": object_of(people=list_of(ref("ListedPerson"))),
    "PersonChange": object_of(("is_operator", "is_suspended"), is_operator=BOOLEAN, is_suspended=BOOLEAN),
    "Heir": object_of(to={"type": "string", "description": "The id of another member."}),
    "HandedOn": object_of(pages={"type": "integer", "minimum": 0}),
    "Address": object_of(url={"type": "string", "format": "uri"}),
    "Invitation": object_of(
        id=TEXT,
        email=TEXT_OR_NULL,
        document=TEXT_OR_NULL,
        role=_ROLE_OR_NULL,
        created_at=TIME,
        expires_at=TIME,
        invited_by=_WHO,
    ),
    "Invitations": object_of(invitations=list_of(ref("Invitation"))),
    "NewInvitation": object_of(
        ("email", "document", "role"), email=TEXT_OR_NULL, document=TEXT_OR_NULL, role=_ROLE_OR_NULL
    ),
    "MadeInvitation": object_of(
        invitation=ref("Invitation"),
        url={"type": "string", "format": "uri"},
        is_sent={"type": "boolean", "description": "Whether a mail with the address is under way."},
    ),
    "InvitationSecret": object_of(secret=TEXT),
    "InvitedTo": object_of(email=TEXT_OR_NULL, workspace=TEXT, invited_by=TEXT_OR_NULL),
    "Forgotten": object_of(email=TEXT),
    "Asked": object_of(is_asked={"const": True}),
    "NewPasswordBySecret": object_of(secret=TEXT, password=PASSWORD),
    "Settings": object_of((), **_SETTINGS),
    "SettingsChange": object_of(tuple(_SETTINGS), **_SETTINGS),
    "Audit": object_of(
        entries=list_of(
            object_of(
                seq={"type": "integer", "minimum": 1},
                at=TIME,
                actor={"anyOf": [object_of(id=TEXT, name=TEXT), {"type": "null"}]},
                action=TEXT,
                object=TEXT_OR_NULL,
                data={"type": "object"},
            )
        ),
        is_intact={
            "type": "boolean",
            "description": "Whether each hash covers the entry before; asked every half minute.",
        },
    ),
}

OPERATORS = failure("For operators only.")
_MEMBERS = failure("For members, or as far as the workspace's settings let them.")
_NO_PROVIDER = failure("No provider is named.")
_READS: dict[str, Schema] = {"401": NOT_SIGNED_IN, "403": OPERATORS}
_PUBLIC = {status: answer for status, answer in WRITES.items() if status != "401"} | {"429": THROTTLED}


def _query(name: str, largest: int, description: str) -> Schema:
    schema = {"type": "integer", "minimum": 1, "maximum": largest}
    return {"name": name, "in": "query", "schema": schema, "description": description}


PATHS: dict[str, Schema] = {
    "/api/people": {
        "get": operation(
            "Who is a member",
            {
                "200": answer("By name.", as_json(ref("People"))),
                "401": NOT_SIGNED_IN,
                "403": _MEMBERS,
            },
        )
    },
    "/api/people/{id}": {
        "patch": operation(
            "Let somebody administer, or suspend them: their sessions, tokens and open pages end",
            {
                "200": answer("As it is now.", as_json(ref("ListedPerson"))),
                **WRITES,
                "403": OPERATORS,
                "404": MISSING,
                "409": CONFLICT,
            },
            parameters=[ID],
            requestBody=body(as_json(ref("PersonChange"))),
        )
    },
    "/api/people/{id}/transfer": {
        "post": operation(
            "Hand on the pages that somebody manages",
            {
                "200": answer("How many.", as_json(ref("HandedOn"))),
                **WRITES,
                "403": OPERATORS,
                "404": MISSING,
                "409": CONFLICT,
            },
            parameters=[ID],
            requestBody=body(as_json(ref("Heir"))),
        )
    },
    "/api/people/{id}/reset": {
        "post": operation(
            "An address at which somebody chooses a new password, good for a day",
            {
                "200": answer("Shown once.", as_json(ref("Address"))),
                **WRITES,
                "403": OPERATORS,
                "404": MISSING,
                "409": CONFLICT,
            },
            parameters=[ID],
        )
    },
    "/api/invitations": {
        "get": operation(
            "Open invitations: my own, for operators all",
            {"200": answer("Newest first.", as_json(ref("Invitations"))), "401": NOT_SIGNED_IN, "403": _MEMBERS},
        ),
        "post": operation(
            "Invite somebody, to a page too; again for the same address and page makes the old one void",
            {
                "201": answer("The address is shown once.", as_json(ref("MadeInvitation"))),
                **WRITES,
                "403": _MEMBERS,
                "404": MISSING,
                "409": CONFLICT,
            },
            requestBody=body(as_json(ref("NewInvitation"))),
        ),
    },
    "/api/invitations/{id}": {
        "delete": operation("Revoke an invitation", {"204": NO_CONTENT, **WRITES, "404": MISSING}, parameters=[ID])
    },
    "/api/invitations/look": {
        "post": operation(
            "What whoever holds the secret is invited to",
            {"200": answer("It is good.", as_json(ref("InvitedTo"))), **_PUBLIC, "404": failure("It is good no more.")},
            requestBody=body(as_json(ref("InvitationSecret"))),
            security=ANYONE,
        )
    },
    "/api/password-reset": {
        "post": operation(
            "Mail me an address at which I choose a new password",
            {"202": answer("Whether there is such an account or not.", as_json(ref("Asked"))), **_PUBLIC},
            requestBody=body(as_json(ref("Forgotten"))),
            security=ANYONE,
        )
    },
    "/api/password-reset/complete": {
        "post": operation(
            "Choose a new password; all sessions end",
            {"204": NO_CONTENT, **_PUBLIC},
            requestBody=body(as_json(ref("NewPasswordBySecret"))),
            security=ANYONE,
        )
    },
    "/api/oidc/start": {
        "get": operation(
            "Sign in by the provider: a browser follows this",
            {"302": answer("To the provider, or to /signin?error=… when it cannot be reached."), "404": _NO_PROVIDER},
            parameters=[{"name": "next", "in": "query", "schema": TEXT, "description": "A path to come back to."}],
            security=ANYONE,
        )
    },
    "/api/oidc/callback": {
        "get": operation(
            "Where the provider sends the browser back to",
            {"302": answer("Signed in to `next`, or to /signin?error=… ."), "404": _NO_PROVIDER},
            parameters=[{"name": name, "in": "query", "schema": TEXT} for name in ("code", "state", "iss", "error")],
            security=ANYONE,
        )
    },
    "/api/settings": {
        "get": operation(
            "The workspace's settings", {"200": answer("As they are.", as_json(ref("Settings"))), **_READS}
        ),
        "patch": operation(
            "Change settings; what is not given stays",
            {"200": answer("As they are now.", as_json(ref("Settings"))), **WRITES, "403": OPERATORS},
            requestBody=body(as_json(ref("SettingsChange"))),
        ),
    },
    "/api/audit": {
        "get": operation(
            "Who did what",
            {"200": answer("Newest first.", as_json(ref("Audit"))), "400": INVALID, **_READS},
            parameters=[
                _query("before", 2**53, "Only entries older than this seq."),
                _query("limit", PAGE_AT_MOST, "50 unless said otherwise."),
            ],
        )
    },
    "/api/audit/export": {
        "get": operation(
            "The whole audit log; that it was exported is its last entry",
            {
                "200": answer("One JSON object a line, oldest first.", {"application/jsonl": {"schema": TEXT}}),
                **_READS,
            },
        )
    },
}
