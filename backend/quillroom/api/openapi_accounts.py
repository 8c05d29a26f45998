"""What `/api/setup`, `/api/accounts`, `/api/session(s)` and `/api/me` say of themselves."""

from quillroom.api.openapi_parts import (
    ANYONE,
    COLOUR,
    FOREIGN,
    ID,
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
    failure,
    list_of,
    object_of,
    operation,
    ref,
)
from quillroom.services.api_tokens import SCOPES as TOKEN_SCOPES
from quillroom.services.passwords import LONGEST, SHORTEST
from quillroom.services.people import NAME_LENGTH
from quillroom.services.profile import LANGUAGES
from quillroom.services.workspace_settings import SIGN_UP

BOOLEAN: Schema = {"type": "boolean"}
NAME: Schema = {"type": "string", "maxLength": NAME_LENGTH}
PASSWORD: Schema = {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST}
LANGUAGE: Schema = {"enum": [*LANGUAGES, None]}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
TIME_OR_NULL: Schema = {"anyOf": [TIME, {"type": "null"}]}
TOKEN_WANTED: Schema = {"type": "boolean", "description": "Answer the session's secret too, for scripts."}

SCHEMAS: dict[str, Schema] = {
    "Person": object_of(id=TEXT, name=NAME, colour=COLOUR, avatar=TEXT_OR_NULL),
    "Session": object_of(
        ("token", "welcome"),
        user=ref("Person"),
        kind={"enum": ["member", "guest"]},
        email=TEXT_OR_NULL,
        is_member=BOOLEAN,
        is_operator=BOOLEAN,
        language=LANGUAGE,
        time_zone=TEXT_OR_NULL,
        has_password=BOOLEAN,
        has_totp=BOOLEAN,
        voice_seconds={"type": "number", "description": "How long a voice message may last."},
        token=TEXT,
        welcome={"type": "string", "description": "The first account's first document."},
    ),
    "Setup": object_of(
        claimed=BOOLEAN,
        workspace=TEXT,
        sign_up={"enum": list(SIGN_UP)},
        oidc={"anyOf": [object_of(name=TEXT), {"type": "null"}]},
        email=BOOLEAN,
    ),
    "NewGuest": object_of(
        ("name", "token"),
        name={"type": "string", "minLength": 1, "description": f"At most {NAME_LENGTH} characters once cleaned."},
        token=TOKEN_WANTED,
    ),
    "NewAccount": object_of(
        ("invitation", "language", "time_zone", "token"),
        email=TEXT,
        password=PASSWORD,
        name=NAME,
        invitation=TEXT,
        language=LANGUAGE,
        time_zone=TEXT_OR_NULL,
        token=TOKEN_WANTED,
    ),
    "SignIn": object_of(("code", "token"), email=TEXT, password=TEXT, code=TEXT, token=TOKEN_WANTED),
    "Profile": object_of(
        ("name", "colour", "language", "time_zone"),
        name=NAME,
        colour={"anyOf": [COLOUR, {"type": "null"}]},
        language=LANGUAGE,
        time_zone=TEXT_OR_NULL,
    ),
    "Sessions": object_of(
        sessions=list_of(
            object_of(id=TEXT, agent=TEXT, created_at=TIME, seen_at=TIME, expires_at=TIME, is_current=BOOLEAN)
        )
    ),
    "NewPassword": object_of(("current",), current=TEXT, new=PASSWORD),
    "Proof": object_of(("password", "code"), password=TEXT, code=TEXT),
    "Code": object_of(code=TEXT),
    "Totp": object_of(secret=TEXT, uri=TEXT),
    "RecoveryCodes": object_of(recovery_codes=list_of(TEXT)),
    "Token": object_of(
        id=TEXT,
        name=TEXT,
        scopes=list_of({"enum": list(TOKEN_SCOPES)}),
        created_at=TIME,
        expires_at=TIME_OR_NULL,
        used_at=TIME_OR_NULL,
    ),
    "Tokens": object_of(tokens=list_of(ref("Token"))),
    "NewToken": object_of(("expires_at",), name=TEXT, scopes=list_of({"enum": list(TOKEN_SCOPES)}), expires_at=TIME),
    "MadeToken": object_of(token=ref("Token"), secret=TEXT),
}

CONFLICT = failure("It contradicts what is there; the code says what.")
THROTTLED = failure("Too many tries; Retry-After says how many seconds to wait.")
UNPROVED = failure("Wrong password or code; the code of the error says what is missing.")
NO_CONTENT = answer("Done.")
_TRIES: dict[str, Schema] = {**WRITES, "401": UNPROVED, "409": CONFLICT, "429": THROTTLED}
_SESSION = answer("The session, also as a cookie.", as_json(ref("Session")))
_ME = answer("As it is now.", as_json(ref("Session")))
_CODES = answer("Shown once.", as_json(ref("RecoveryCodes")))


def _taking(name: str) -> Schema:
    return body(as_json(ref(name)))


PATHS: dict[str, Schema] = {
    "/api/setup": {
        "get": operation(
            "What a newcomer can do here",
            {"200": answer("Known to anybody.", as_json(ref("Setup")))},
            security=ANYONE,
        )
    },
    "/api/accounts": {
        "post": operation(
            "Make an account and sign in; the first one administers",
            {"201": _SESSION, **_TRIES},
            requestBody=_taking("NewAccount"),
            security=ANYONE,
        )
    },
    "/api/session": {
        "get": operation("Who am I", {"200": answer("The session.", as_json(ref("Session"))), "401": NOT_SIGNED_IN}),
        "post": operation("Sign in", {"201": _SESSION, **_TRIES}, requestBody=_taking("SignIn"), security=ANYONE),
        "delete": operation(
            "Sign out; the open sockets of this session close",
            {"204": answer("There is no session any more."), "403": FOREIGN, "503": LATER},
            security=ANYONE,
        ),
    },
    "/api/session/guest": {
        "post": operation(
            "Begin a session under a name, or as some animal",
            {"201": _SESSION, "429": THROTTLED}
            | {status: answer for status, answer in WRITES.items() if status != "401"},
            requestBody=_taking("NewGuest"),
            security=ANYONE,
        )
    },
    "/api/sessions": {
        "get": operation(
            "Where I am signed in", {"200": answer("Last seen first.", as_json(ref("Sessions"))), "401": NOT_SIGNED_IN}
        ),
        "delete": operation(
            "Sign out everywhere",
            {"204": NO_CONTENT, **WRITES},
            parameters=[
                {
                    "name": "others",
                    "in": "query",
                    "schema": {"enum": ["1", "true"]},
                    "description": "Everywhere else: this session goes on.",
                }
            ],
        ),
    },
    "/api/sessions/{id}": {
        "delete": operation("End one session", {"204": NO_CONTENT, **WRITES, "404": MISSING}, parameters=[ID])
    },
    "/api/me": {"patch": operation("Change my profile", {"200": _ME, **WRITES}, requestBody=_taking("Profile"))},
    "/api/me/avatar": {
        "put": operation(
            "Show a picture of me: PNG, JPEG, WebP or GIF, at most 2 MB",
            {"200": _ME, **WRITES},
            requestBody=body({"image/*": {"schema": {"description": "The image."}}}),
        ),
        "delete": operation("Show my initials", {"200": _ME, **WRITES}),
    },
    "/api/me/password": {
        "put": operation(
            "Change my password; all my other sessions end",
            {"204": NO_CONTENT, **_TRIES},
            requestBody=_taking("NewPassword"),
        )
    },
    "/api/me/totp": {
        "post": operation(
            "Prepare a second factor",
            {"200": answer("To be shown as a QR code.", as_json(ref("Totp"))), **_TRIES},
            requestBody=_taking("Proof"),
        ),
        "delete": operation("Turn the second factor off", {"204": NO_CONTENT, **_TRIES}, requestBody=_taking("Proof")),
    },
    "/api/me/totp/confirm": {"post": operation("Turn it on", {"200": _CODES, **_TRIES}, requestBody=_taking("Code"))},
    "/api/me/totp/recovery-codes": {
        "post": operation("Other recovery codes", {"200": _CODES, **_TRIES}, requestBody=_taking("Proof"))
    },
    "/api/me/tokens": {
        "get": operation(
            "My API tokens", {"200": answer("Newest first.", as_json(ref("Tokens"))), "401": NOT_SIGNED_IN}
        ),
        "post": operation(
            "Make an API token",
            {"201": answer("The secret is shown once.", as_json(ref("MadeToken"))), **_TRIES},
            requestBody=_taking("NewToken"),
        ),
    },
    "/api/me/tokens/{id}": {
        "delete": operation("Revoke an API token", {"204": NO_CONTENT, **WRITES, "404": MISSING}, parameters=[ID])
    },
    "/api/people/{id}/avatar": {
        "get": operation(
            "Somebody's picture",
            {"200": answer("256 by 256.", {"image/webp": {"schema": {}}}), "401": NOT_SIGNED_IN, "404": MISSING},
            parameters=[ID],
        )
    },
}
