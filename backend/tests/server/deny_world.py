"""A workspace with somebody of every kind, and pages of every kind for each of them, put into the database."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from quillroom.core.member import Role
from quillroom.services.people import TOKEN_PREFIX, begin_session, hash_token
from quillroom.services.tickets import make
from quillroom.store import access, documents, events, files, messages, people, sharing, tokens
from quillroom.store.database import Connection
from quillroom.store.tables import ApiTokenRow, FileRow, PersonRow, ShareLinkRow
from support.server import Server
from support.servers import a_server

OWN, SHARED, PRIVATE, TRASHED, UNKNOWN = "own", "shared", "private", "trashed", "unknown"
BYTES = b"words"
HASH = hashlib.sha256(BYTES).hexdigest()
STATES = (OWN, SHARED, PRIVATE, TRASHED, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `role` is theirs on the page that is shared with them."""

    name: str
    kind: str = "member"  # or "guest"
    role: Role | None = None
    is_known: bool = True  # the server knows who asks
    is_token: bool = False  # an API token that may read
    is_operator: bool = False

    @property
    def is_member(self) -> bool:
        return self.kind == "member"

    def role_on(self, state: str) -> Role | None:
        """What the rules give; nothing in the trash counts but restoring and purging."""
        if not self.is_known or state in (PRIVATE, UNKNOWN) or (state == OWN and not self.is_member):
            return None
        role = Role.MANAGE if state == OWN else self.role
        return Role.VIEW if self.is_token and role is not None else role


ACTORS = (
    Actor("anonymous", "guest", is_known=False),
    Actor("guest", "guest"),
    Actor("guest to view", "guest", Role.VIEW),
    Actor("guest to comment", "guest", Role.COMMENT),
    Actor("guest to edit", "guest", Role.EDIT),
    Actor("viewer", role=Role.VIEW),
    Actor("commenter", role=Role.COMMENT),
    Actor("editor", role=Role.EDIT),
    Actor("manager", role=Role.MANAGE),
    Actor("member who was given nothing"),
    Actor("operator", is_operator=True),
    Actor("suspended", role=Role.MANAGE, is_known=False),
    Actor("token that may read", role=Role.MANAGE, is_token=True),
    Actor("ended session", role=Role.MANAGE, is_known=False),
)


def id_of(name: str) -> str:
    """Of a person; the database's ids are random, these can be read."""
    return name.replace(" ", "-")


@dataclass(slots=True)
class World:
    """What was made, and the secrets that open it."""

    connection: Connection
    sessions: dict[str, str] = field(default_factory=dict)
    pages: int = 0
    shelf: str = ""  # a page where everyone may write
    foreign_page: str = ""  # a page that nobody but its owner knows
    foreign_file: str = ""  # what its owner uploaded there
    unheard: str = ""  # a message there
    _said: dict[str, dict[str, str]] = field(default_factory=dict)

    def settle(self) -> "World":
        """Everyone moves in."""
        for name in ("owner", "target", "asker", "outsider"):
            self._person(name)
        for actor in ACTORS:
            if actor.name == "anonymous":
                continue
            self._person(id_of(actor.name), actor)
            if actor.is_token:
                self.sessions[actor.name] = self._token(actor)
        self.everyone_signs_in()
        people.change_person(self.connection, "suspended", suspended_at=time.time())
        self.sessions["ended session"] = begin_session(self.connection, "ended-session", "browser")
        people.end_sessions(self.connection, token_hash=hash_token(self.sessions["ended session"]))
        people.keep_avatar(self.connection, "target", b"picture")
        self.session_of("owner")
        self.token_of("owner")
        self.foreign_page = self.page(PRIVATE, ACTORS[0])
        self.foreign_file = self.file(self.foreign_page, "owner")
        self.unheard = self.says(self.foreign_page, "owner")
        self.shelf = self.page(PRIVATE, ACTORS[0])
        for actor in ACTORS[1:]:
            self._grants(self.shelf, id_of(actor.name), Role.EDIT)
        return self

    def everyone_signs_in(self) -> None:
        """What ended sessions before leaves nobody outside."""
        for actor in ACTORS:
            if actor.name not in ("anonymous", "ended session") and not actor.is_token:
                self.sessions[actor.name] = self.signs_in(actor)

    def signs_in(self, actor: Actor) -> str:
        """Another session's secret."""
        return begin_session(self.connection, id_of(actor.name), "browser")

    def session_of(self, person: str) -> str:
        """The id of another session of theirs."""
        secret = begin_session(self.connection, person, "browser")
        found = people.find_session(self.connection, hash_token(secret), time.time(), 0)
        assert found is not None
        return found[1].id or ""

    def token_of(self, person: str) -> str:
        """The id of another API token of theirs."""
        id = f"token-{self._number()}"
        self.add_token(id, person, id)
        return id

    def invitation_of(self, person: str) -> str:
        """The id of another invitation of theirs."""
        return make(self.connection, "invite", 3600.0, created_by=person)[0].id

    def page(self, state: str, actor: Actor) -> str:
        """A page as it is to this actor, with somebody to change and somebody who asks."""
        id, me, now = f"page-{self._number()}", id_of(actor.name), time.time()
        owner = me if state == OWN else "owner"
        documents.create_document(
            self.connection, id=id, title=f"{state} of {actor.name}", created_by=owner,
            generation="g", now=now, access="private",
        )  # fmt: skip
        for person, role in ((owner, Role.MANAGE), ("owner", Role.MANAGE), ("target", Role.VIEW)):
            self._grants(id, person, role)
        is_by_link = actor.kind == "guest" and actor.role is not None
        link = actor.role.value if is_by_link and actor.role is not None else "view"
        trashed_at = now if state == TRASHED else None
        sharing.change_access(self.connection, id, link_role=link, trashed_at=trashed_at, is_template=True)
        row = ShareLinkRow(
            id=f"link-{id}", document=id, secret_hash=hash_token(secret_of(id)), created_by="owner", created_at=now
        )
        sharing.add_link(self.connection, row, 50)
        if state in (SHARED, TRASHED) and is_by_link:
            sharing.visit(self.connection, document=id, person=me, link=row.id, now=now)
        elif state in (SHARED, TRASHED) and actor.role is not None:
            self._grants(id, me, actor.role)
        sharing.request(self.connection, document=id, person="asker", message="please", now=now)
        return id

    def file(self, page: str, person: str | None) -> str:
        """A file of this page that is ready: sent by its owner, or (`person`) uploaded by somebody and not sent."""
        id, now = f"file-{self._number()}", time.time()
        message = None if person else self.says(page, "owner")
        row = FileRow(
            id=id, document=page, message=message, uploader=person or "owner", name="a.txt", kind="file",
            type="text/plain", size=len(BYTES), state=files.READY, hash=HASH, thumbnail=HASH, created_at=now,
        )  # fmt: skip
        files.add(self.connection, row)
        return id

    def chat_of(self, page: str, actor: Actor) -> dict[str, str]:
        """Messages of a page: somebody else's, one that somebody else pinned, one's own, and one of another page."""
        if page not in self._said:
            me = id_of(actor.name) if actor.name in self.sessions else "owner"
            is_there = documents.get_document(self.connection, page) is not None
            authors = {"message": "owner", "pinned": "owner", "own_message": me}
            self._said[page] = {
                name: self.says(page, author, is_pinned=name == "pinned") if is_there else "no-such-message"
                for name, author in authors.items()
            }
        return {**self._said[page], "unheard": self.unheard}

    def says(self, page: str, author: str, *, is_pinned: bool = False) -> str:
        """A message in the chat of a page; its id."""
        id, topic = f"message-{self._number()}", f"doc:{page}"
        seq = events.next_seq(self.connection, topic)
        row = messages.Message(id=id, document=page, seq=seq, author=author, client_id=id, at=time.time(), text="words")
        if is_pinned:
            row.pinned_at, row.pinned_by = time.time(), "owner"
        messages.add_all(self.connection, [(row, [])])
        data: dict[str, object] = {"message": id}
        events.append(self.connection, topic=topic, name="message.sent", actor=author, data=data, seq=seq)
        return id

    def _grants(self, page: str, person: str, role: Role) -> None:
        access.grant(self.connection, document=page, person=person, role=role.value, granted_by=None, now=time.time())

    def _number(self) -> int:
        self.pages += 1
        return self.pages

    def _person(self, id: str, actor: Actor | None = None) -> None:
        kind, is_operator = ("member", False) if actor is None else (actor.kind, actor.is_operator)
        person = PersonRow(id=id, name=id, kind=kind, created_at=time.time(), is_operator=is_operator)
        if kind == "member":
            person.email = f"{id}@example.org"
        people.add_member(self.connection, person)

    def _token(self, actor: Actor) -> str:
        secret = f"{TOKEN_PREFIX}of-{id_of(actor.name)}"
        self.add_token("reader", id_of(actor.name), secret)
        return secret

    def add_token(self, id: str, person: str, secret: str, scopes: str = "read") -> None:
        row = ApiTokenRow(
            id=id, token_hash=hash_token(secret), person=person, name=id, scopes=scopes, created_at=time.time()
        )
        tokens.add(self.connection, row)


@contextmanager
def inhabited(folder: Path, url: str | None = None) -> Iterator[tuple[Server, World]]:
    """A server where everyone has moved in; on another database when `url` names one."""
    server = Server(folder, is_open=False, options=("--database", url)) if url else a_server(folder, is_open=False)
    server.start()
    try:
        with server.opens() as database, database.engine.connect() as connection:
            world = World(connection).settle()
            place = folder / "files" / HASH[:2] / HASH
            place.parent.mkdir(parents=True)
            place.write_bytes(BYTES)
            connection.commit()
            yield server, world
    finally:
        server.goes()


def secret_of(page: str) -> str:
    """Of its link."""
    return f"secret-{page}"


def states_of(actor: Actor) -> Sequence[str]:
    """Guests own nothing."""
    return STATES if actor.is_member else STATES[1:]
