"""What the endpoints of sharing say of themselves."""

from quillroom.api.openapi_accounts import (
    BOOLEAN,
    CONFLICT,
    NO_CONTENT,
    TEXT_OR_NULL,
    THROTTLED,
    TIME_OR_NULL,
    UNPROVED,
)
from quillroom.api.openapi_parts import (
    ANYONE,
    ID,
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
from quillroom.core.member import Role
from quillroom.services.links import GENERAL
from quillroom.services.sharing import GENERAL_ROLES, MESSAGE_LENGTH, WHO_AT_MOST

ROLE: Schema = {"enum": [role.value for role in Role]}
GENERAL_ROLE: Schema = {"enum": [role.value for role in GENERAL_ROLES]}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


SCHEMAS: dict[str, Schema] = {
    "PageName": object_of(id=TEXT, title=TEXT),
    "Sharing": object_of(
        role=ROLE,
        general={"enum": ["private", "workspace", "anyone"]},
        general_role=_or_null(GENERAL_ROLE),
        inherited_from=_or_null(ref("PageName")),
        link=_or_null(
            object_of(role=GENERAL_ROLE, expires_at=TIME_OR_NULL, has_password=BOOLEAN, count={"type": "integer"})
        ),
        people=list_of(object_of(user=ref("Person"), role=ROLE, inherited_from=_or_null(ref("PageName")))),
        invitations=list_of(object_of(id=TEXT, email=TEXT_OR_NULL, role=ROLE)),
        requests=list_of(object_of(user=ref("Person"), message=TEXT, at=TIME)),
    ),
    "GeneralAccess": object_of(
        ("role", "expires_at", "password"),
        general={"enum": list(GENERAL)},
        role=_or_null(GENERAL_ROLE),
        expires_at=TIME_OR_NULL,
        password=TEXT_OR_NULL,
    ),
    "Adding": object_of(who={**list_of(TEXT), "minItems": 1, "maxItems": WHO_AT_MOST}, role=ROLE),
    "Added": object_of(
        people=list_of(ref("Person")), invitations=list_of(object_of(email=TEXT, url=TEXT, is_sent=BOOLEAN))
    ),
    "NewRole": object_of(role=ROLE),
    "Link": object_of(url=TEXT),
    "OpeningLink": object_of(("password", "name", "token"), secret=TEXT, password=TEXT, name=TEXT, token=BOOLEAN),
    "OpenedLink": object_of(("token",), document=TEXT, session=ref("Session"), token=TEXT),
    "AccessRequest": object_of(("message",), message={"type": "string", "maxLength": MESSAGE_LENGTH}),
    "Asked": object_of(is_asked={"const": True}),
}

_PERSON = {"name": "person", "in": "path", "required": True, "schema": {"type": "string"}}
_SHARING = answer("As far as the asker may know.", as_json(ref("Sharing")))
_CHANGES: dict[str, Schema] = {**WRITES, "404": MISSING, "409": CONFLICT}


def _taking(name: str) -> Schema:
    return body(as_json(ref(name)))


PATHS: dict[str, Schema] = {
    "/api/documents/{id}/access": {
        "get": operation(
            "Who may do what on a page",
            {"200": _SHARING, "401": NOT_SIGNED_IN, "404": MISSING},
            parameters=[ID],
        ),
        "put": operation(
            "Set who of the workspace, or anyone with a link, may come",
            {"200": _SHARING, **_CHANGES, "429": THROTTLED},
            parameters=[ID],
            requestBody=_taking("GeneralAccess"),
        ),
    },
    "/api/documents/{id}/people": {
        "post": operation(
            "Give people a role, and invite those who have no account",
            {"201": answer("Who was added.", as_json(ref("Added"))), **_CHANGES},
            parameters=[ID],
            requestBody=_taking("Adding"),
        )
    },
    "/api/documents/{id}/people/{person}": {
        "put": operation(
            "Change somebody's role",
            {"204": NO_CONTENT, **_CHANGES},
            parameters=[ID, _PERSON],
            requestBody=_taking("NewRole"),
        ),
        "delete": operation(
            "Take somebody's role away; one's own: leave", {"204": NO_CONTENT, **_CHANGES}, parameters=[ID, _PERSON]
        ),
    },
    "/api/documents/{id}/links": {
        "post": operation(
            "Another address of the page's link",
            {"201": answer("Shown once: only its hash is kept.", as_json(ref("Link"))), **_CHANGES},
            parameters=[ID],
        )
    },
    "/api/documents/{id}/requests": {
        "post": operation(
            "Ask to be let in",
            {
                "202": answer("Whether there is such a page or not.", as_json(ref("Asked"))),
                **WRITES,
                "429": THROTTLED,
            },
            parameters=[ID],
            requestBody=_taking("AccessRequest"),
        )
    },
    "/api/documents/{id}/requests/{person}": {
        "delete": operation("Decline a request", {"204": NO_CONTENT, **_CHANGES}, parameters=[ID, _PERSON])
    },
    "/api/links/open": {
        "post": operation(
            "Come in by a link, as a guest where nobody is signed in",
            {
                "200": answer("The page, and who one is.", as_json(ref("OpenedLink"))),
                **WRITES,
                "401": UNPROVED,
                "404": MISSING,
                "429": THROTTLED,
            },
            requestBody=_taking("OpeningLink"),
            security=ANYONE,
        )
    },
}
