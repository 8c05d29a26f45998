"""Who may what: each way into the server, and the least that one must be for it. Whatever is not written here is no.

`needs` of a row: PUBLIC · SESSION (whoever has one, never by an API token) · LIST (the same, a token may read) ·
STAR, COME_AND_GO (the same, but not by a token that may only read) · MEMBER · DIRECTORY (members, a token may read) ·
INVITE (members, unless an operator says otherwise) · OPERATOR · or a role on the page `{id}`. `done` is what who may
gets: a status, or the code of an error that only who may can get.
"""

from dataclasses import dataclass
from typing import Any

from quillroom.core.member import Role

PUBLIC, SESSION, LIST, STAR, COME_AND_GO = "public", "session", "list", "star", "come and go"
MEMBER, DIRECTORY, INVITE, OPERATOR = "member", "directory", "invite", "operator"
VIEW, COMMENT, EDIT, MANAGE = Role.VIEW, Role.COMMENT, Role.EDIT, Role.MANAGE


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One way in. In paths and bodies `{…}` stands for what `deny_world.py` puts there."""

    method: str
    path: str
    needs: str
    done: int | str
    body: Any = None
    person: str = "{target}"  # who `{person}` of the path is
    in_trash: bool = False  # asked of pages in the trash, and of no others
    first: str = PUBLIC  # what else is needed, before anybody looks for the page
    then: str = PUBLIC  # what else is needed of those who may see the page
    is_for_accounts: bool = False  # guests have a session, but no account
    is_silent: bool = False  # answers the same whatever `{id}` is
    spends_session: bool = False
    spends_pages: bool = False

    @property
    def is_of_page(self) -> bool:
        return isinstance(self.needs, Role) or self.is_silent


def page(method: str, rest: str, needs: str, done: int | str, body: Any = None, **more: Any) -> Row:
    """Of one document."""
    return Row(method, f"/api/documents/{{id}}{rest}", needs, done, body, **more)


MARKDOWN = {"markdown": "new words"}
TABLE = [
    # coming in
    Row("GET", "/api/setup", PUBLIC, 200),
    Row("POST", "/api/accounts", PUBLIC, "invalid", {"email": "nobody"}),
    Row("GET", "/api/session", LIST, 200),
    Row("POST", "/api/session", PUBLIC, "wrong_credentials", {"email": "{actor}", "password": "guess"}),
    Row("DELETE", "/api/session", PUBLIC, 204, spends_session=True),
    Row("POST", "/api/session/guest", PUBLIC, 201, {"name": "Gus"}),
    Row("POST", "/api/links/open", COME_AND_GO, "not_found", {"secret": "a guess"}),
    Row("POST", "/api/links/open", COME_AND_GO, 200, {"secret": "{secret}"}),
    # oneself
    Row("GET", "/api/sessions", SESSION, 200),
    Row("DELETE", "/api/sessions", SESSION, 204, spends_session=True),
    Row("DELETE", "/api/sessions/{own_session}", SESSION, 204),
    Row("DELETE", "/api/sessions/{foreign_session}", SESSION, "not_found"),
    Row("PATCH", "/api/me", SESSION, 200, {"name": "{actor}"}),
    Row("PUT", "/api/me/avatar", SESSION, "invalid", {}),
    Row("DELETE", "/api/me/avatar", SESSION, 200),
    Row("PUT", "/api/me/password", SESSION, "invalid", {"new": "short"}, is_for_accounts=True),
    # Behind the others: what it prepares, `confirm` would find.
    Row("POST", "/api/me/totp", SESSION, 200, {}, is_for_accounts=True, spends_pages=True),
    Row("DELETE", "/api/me/totp", SESSION, 204, {}, is_for_accounts=True),
    Row("POST", "/api/me/totp/confirm", SESSION, "totp_not_prepared", {"code": "1"}, is_for_accounts=True),
    Row("POST", "/api/me/totp/recovery-codes", SESSION, "totp_off", {}, is_for_accounts=True),
    Row("GET", "/api/me/tokens", SESSION, 200),
    Row("POST", "/api/me/tokens", SESSION, 201, {"name": "script", "scopes": ["read"]}, is_for_accounts=True),
    Row("DELETE", "/api/me/tokens/{own_token}", SESSION, 204),
    Row("DELETE", "/api/me/tokens/{foreign_token}", SESSION, "not_found"),
    Row("GET", "/api/people/{pictured}/avatar", LIST, 200),
    Row("GET", "/api/notifications", LIST, 200),
    Row("POST", "/api/notifications/read", STAR, 204, {"all": True}),
    Row("GET", "/api/me/notification-preferences", SESSION, 200),
    Row("PUT", "/api/me/notification-preferences", SESSION, 200, {"shows_preview": True}),
    Row("GET", "/api/me/privacy", SESSION, 200),
    Row("PATCH", "/api/me/privacy", SESSION, 200, {"receipts": False}),
    Row("GET", "/api/push/key", SESSION, 200),
    Row("POST", "/api/push/subscriptions", SESSION, "invalid", {"endpoint": "https://example.org/x"}),
    Row("DELETE", "/api/push/subscriptions/{none}", SESSION, "not_found"),
    page("GET", "/watch", VIEW, 200),
    page("PUT", "/watch", VIEW, 204, {"level": "mute"}, first=STAR),
    page("DELETE", "/watch", STAR, 204, is_silent=True),
    # people
    Row("GET", "/api/people", DIRECTORY, 200),
    Row("PATCH", "/api/people/{target}", OPERATOR, 200, {"is_operator": False}),
    Row("POST", "/api/people/{outsider}/transfer", OPERATOR, 200, {"to": "{target}"}),
    Row("POST", "/api/people/{target}/reset", OPERATOR, 200),
    Row("GET", "/api/invitations", DIRECTORY, 200),
    Row("POST", "/api/invitations", MEMBER, 201, {"email": "{actor}@example.net"}),
    Row("DELETE", "/api/invitations/{outsider}", MEMBER, "not_found"),
    Row("POST", "/api/invitations/look", PUBLIC, "not_found", {"secret": "a guess"}),
    Row("POST", "/api/password-reset", PUBLIC, 202, {"email": "{target}@example.org"}),
    Row("POST", "/api/password-reset/complete", PUBLIC, "invalid", {"secret": "a guess", "password": "irrelevant"}),
    Row("GET", "/api/oidc/start", PUBLIC, "not_found"),  # no provider is named
    Row("GET", "/api/oidc/callback", PUBLIC, "not_found"),
    Row("GET", "/api/settings", OPERATOR, 200),
    Row("PATCH", "/api/settings", OPERATOR, 200, {"trash_days": 31}),
    Row("GET", "/api/audit", OPERATOR, 200),
    Row("GET", "/api/audit/export", OPERATOR, 200),
    Row("GET", "/api/instances", OPERATOR, 200),
    # pages
    Row("GET", "/api/documents", LIST, 200),
    Row("POST", "/api/documents", MEMBER, 201, {"title": "New"}),
    page("GET", "", VIEW, 200),
    page("GET", "/presence", VIEW, 200),
    page("PUT", "/content", EDIT, 200, MARKDOWN),
    Row("POST", "/api/documents", EDIT, 201, {"parent": "{id}"}, first=MEMBER),
    Row("POST", "/api/documents", VIEW, 201, {"template": "{id}"}, then=MEMBER),
    page("PATCH", "", EDIT, 200, {"title": "Renamed"}),
    page("PATCH", "", EDIT, 200, {"is_template": True}),
    page("POST", "/duplicate", VIEW, 201, {}, first=MEMBER),
    page("POST", "/move", EDIT, 200, {"parent": None}, then=MEMBER),
    page("POST", "/move", MANAGE, 200, {"parent": "{shelf}"}, then=MEMBER),
    page("POST", "/move", VIEW, "not_found", {"parent": "{foreign_page}"}),
    page("POST", "/move", VIEW, "not_found", {"parent": None, "after": "{foreign_page}"}, then=MEMBER),
    page("PUT", "/favourite", VIEW, 204, first=STAR),
    page("DELETE", "/favourite", STAR, 204, is_silent=True),
    Row("GET", "/api/tree", LIST, 200),
    Row("GET", "/api/favourites", LIST, 200),
    Row("GET", "/api/recents", LIST, 200),
    Row("GET", "/api/templates", LIST, 200),
    # the trash
    page("DELETE", "", MANAGE, 204),
    Row("GET", "/api/trash", LIST, 200),
    Row("DELETE", "/api/trash", LIST, 204, spends_pages=True),
    Row("POST", "/api/trash/{id}/restore", MANAGE, 200, in_trash=True),
    Row("DELETE", "/api/trash/{id}", MANAGE, 204, in_trash=True),
    # sharing
    page("GET", "/access", VIEW, 200),
    page("PUT", "/access", MANAGE, 200, {"general": "workspace", "role": "view"}),
    page("POST", "/people", MANAGE, 201, {"who": ["{target}"], "role": "edit"}, first=DIRECTORY),
    page("PUT", "/people/{person}", MANAGE, 204, {"role": "edit"}),
    page("PUT", "/people/{person}", MANAGE, "not_found", {"role": "edit"}, person="{outsider}"),
    page("DELETE", "/people/{person}", MANAGE, 204),
    page("DELETE", "/people/{person}", VIEW, 204, person="{actor}", first=COME_AND_GO),
    page("POST", "/links", MANAGE, 201),
    page("POST", "/requests", COME_AND_GO, 202, {"message": "please"}, is_silent=True),
    page("DELETE", "/requests/{person}", MANAGE, 204, person="{asker}"),
    # the chat
    page("GET", "/messages", VIEW, 200),
    Row("GET", "/api/search/messages?q=hello", LIST, 200),
    Row("GET", "/api/search/messages?q=hello&document={id}", VIEW, 200),
    page("POST", "/messages", COMMENT, 201, {"text": "hello"}),
    page("POST", "/messages", COMMENT, "invalid", {"text": "hello", "reply_to": "{unheard}"}),
    page("PUT", "/read", VIEW, 200, {"seq": 0}, first=STAR),
    Row("GET", "/api/unread", LIST, 200),
    Row("GET", "/api/messages/{message}", VIEW, 200),
    Row("PATCH", "/api/messages/{message}", COMMENT, "not_allowed", {"revision": 1, "text": "mine"}),
    Row("PATCH", "/api/messages/{own_message}", COMMENT, 200, {"revision": 1, "text": "better"}),
    Row("GET", "/api/messages/{message}/history", VIEW, 200),
    Row("GET", "/api/messages/{message}/readers", VIEW, 200),
    Row("PUT", "/api/messages/{message}/reactions/{emoji}", COMMENT, 200),
    Row("DELETE", "/api/messages/{message}/reactions/{emoji}", COMMENT, 200),
    Row("PUT", "/api/messages/{message}/pin", EDIT, 200),
    Row("DELETE", "/api/messages/{pinned}/pin", MANAGE, 200),
    Row("DELETE", "/api/messages/{message}", MANAGE, 200),
    Row("DELETE", "/api/messages/{own_message}", COMMENT, 200),
    # people
    Row("GET", "/api/people", DIRECTORY, 200),
    Row("PATCH", "/api/people/{outsider}", OPERATOR, 200, {"is_suspended": False}),
    Row("POST", "/api/people/{outsider}/transfer", OPERATOR, 200, {"to": "target"}),
    Row("POST", "/api/people/{outsider}/reset", OPERATOR, 200),
    Row("GET", "/api/invitations", DIRECTORY, 200),
    Row("POST", "/api/invitations", INVITE, 201, {}),
    Row("POST", "/api/invitations", MANAGE, 201, {"document": "{id}", "role": "view"}, first=INVITE),
    Row("DELETE", "/api/invitations/{own_invitation}", INVITE, 204),
    Row("DELETE", "/api/invitations/{none}", INVITE, "not_found"),
    Row("POST", "/api/invitations/look", PUBLIC, "not_found", {"secret": "a guess"}),
    Row("POST", "/api/password-reset", PUBLIC, 202, {"email": "{actor}@example.com"}),
    Row("POST", "/api/password-reset/complete", PUBLIC, "invalid", {"secret": "a guess", "password": "a new one 17"}),
    # the workspace
    Row("GET", "/api/settings", OPERATOR, 200),
    Row("PATCH", "/api/settings", OPERATOR, 200, {"workspace": "Ours"}),
    Row("GET", "/api/audit", OPERATOR, 200),
    Row("GET", "/api/audit/export", OPERATOR, 200),
    Row("GET", "/api/instances", OPERATOR, 200),
    # files; `{sent_file}` is the page's, `{own_file}` one that the actor uploaded to it and did not send
    page("POST", "/files", COMMENT, 201, {"name": "a.txt", "size": 5}),
    Row("GET", "/api/files/{sent_file}", VIEW, 200),
    Row("GET", "/api/files/{sent_file}/thumbnail", VIEW, 200),
    Row("GET", "/api/files/{own_file}", VIEW, 200),
    Row("GET", "/api/files/{foreign_file}", LIST, "not_found"),
    Row("PATCH", "/api/files/{foreign_file}", LIST, "not_found", {"alt": "words"}),
    Row("PATCH", "/api/files/{sent_file}", LIST, "not_found", {"alt": "words"}),
    Row("DELETE", "/api/files/{sent_file}", LIST, "not_found"),
    Row("PATCH", "/api/files/{own_file}", COMMENT, 200, {"alt": "words"}),
    Row("PATCH", "/api/files/{own_file}/content", COMMENT, "invalid"),
    Row("DELETE", "/api/files/{own_file}", COMMENT, 204),
    # about the server
    Row("POST", "/api/csp-report", PUBLIC, 204, {}),
    Row("GET", "/api/openapi.json", PUBLIC, 200),
    Row("GET", "/health/live", PUBLIC, 200),
    Row("GET", "/health/ready", PUBLIC, 200),
    Row("GET", "/metrics", PUBLIC, 200),  # for this machine only, whoever asks there
    Row("GET", "/api/{rest}", PUBLIC, "not_found"),
    Row("GET", "/{rest}", PUBLIC, 200),
]

# What a peer on /sync/{document} may send: the kind (and step) of a message, and the least role for it.
# None: nobody, as only the server says it; who does is sent away.
MESSAGES: dict[tuple[str, ...], Role | None] = {
    ("SYNC", "STEP1"): VIEW,
    ("SYNC", "STEP2"): EDIT,
    ("SYNC", "UPDATE"): EDIT,
    ("AWARENESS",): VIEW,
    ("AUTH",): VIEW,  # heard, and nothing follows from it
    ("QUERY_AWARENESS",): VIEW,
    ("HEARTBEAT",): VIEW,
    ("CONTROL",): None,
    ("SAVED",): None,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one may say on `/live`, where whoever has a session listens; in `data`, `{id}` is a page and `{actor}` who
    asks. `done` is what answers those who may: `ack`, `pong`, or the code of an error that only who may can get.
    """

    event: str
    data: dict[str, Any]
    needs: str
    done: str = "ack"
    first: str = LIST  # what else is needed, before anybody looks for the page


COMMANDS = [
    Said("ping", {}, LIST, "pong"),
    Said("follow", {"topic": "doc:{id}"}, VIEW),
    Said("presence", {"state": "active", "document": "{id}"}, VIEW),
    Said("presence", {"state": "idle"}, LIST),
    Said("follow", {"topic": "user:{actor}"}, LIST),
    Said("follow", {"topic": "user:owner"}, LIST, "not_found"),
    Said("follow", {"topic": "ops"}, OPERATOR),
    Said("unfollow", {"topic": "doc:{id}"}, LIST),
    Said("message.send", {"document": "{id}", "client_id": "said-in-{id}", "text": "hello"}, COMMENT),
    Said(
        "message.send",
        {"document": "{id}", "client_id": "answer-{id}", "text": "x", "reply_to": "{unheard}"},
        COMMENT,
        "invalid",
    ),
    Said("message.edit", {"message": "{message}", "revision": 1, "text": "mine"}, COMMENT, "not_allowed"),
    Said("message.edit", {"message": "{own_message}", "revision": 1, "text": "better"}, COMMENT),
    Said("message.react", {"message": "{message}", "emoji": "👍", "on": True}, COMMENT),
    Said("message.pin", {"message": "{message}", "on": True}, EDIT),
    Said("message.pin", {"message": "{pinned}", "on": False}, MANAGE),
    Said("message.recall", {"message": "{message}"}, MANAGE),
    Said("message.recall", {"message": "{own_message}"}, COMMENT),
    Said("chat.delivered", {"document": "{id}", "seq": 1}, VIEW, first=STAR),
    Said("chat.delivered", {"document": "{id}", "seq": 1000}, VIEW, "invalid", first=STAR),
    Said("chat.read", {"document": "{id}", "seq": 1}, VIEW, first=STAR),
    Said("chat.read", {"document": "{id}", "seq": 1000}, VIEW, "invalid", first=STAR),
    Said("chat.unread", {"document": "{id}", "seq": 1}, VIEW, first=STAR),
    Said("typing", {"document": "{id}", "is_typing": True}, COMMENT),
]
