"""The tables. Times are Unix seconds, UTC; updates and states are Yjs v1 bytes."""

from typing import Any

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Identity, Index, Integer, LargeBinary, String, false
from sqlmodel import Field, SQLModel

BYTEWISE = String().with_variant(String(collation="C"), "postgresql")


def _time() -> Any:
    return Field(sa_column=Column(Float(53), nullable=False))


def _time_or_none() -> Any:
    return Field(default=None, sa_column=Column(Float(53)))


def _number() -> Any:
    return Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))


class PersonRow(SQLModel, table=True):
    """A member (`kind` "member": may sign in) or a guest (`kind` "guest": only a name)."""

    __tablename__ = "person"
    __table_args__ = (Index("person_by_email", "email", unique=True),)
    id: str = Field(primary_key=True)
    name: str
    kind: str
    created_at: float = _time()
    email: str | None = None  # in lower case
    password_hash: str | None = None  # argon2id, PHC string format
    is_operator: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    suspended_at: float | None = _time_or_none()
    colour: str | None = None  # None: by the id
    avatar: str | None = None  # the hash of the image, None for initials
    language: str | None = None
    time_zone: str | None = None
    totp_secret: str | None = None
    totp_on_at: float | None = _time_or_none()  # None: not asked for
    totp_last_step: int | None = Field(default=None, sa_column=Column(BigInteger))  # a code counts once


class SessionRow(SQLModel, table=True):
    """A signed-in browser or script. The token itself is never stored."""

    __tablename__ = "session"
    __table_args__ = (Index("session_by_id", "id", unique=True),)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    id: str | None = None  # by which its person can name it; None in sessions older than accounts
    person: str = Field(foreign_key="person.id", index=True)
    created_at: float = _time()
    expires_at: float = _time()
    seen_at: float | None = _time_or_none()
    agent: str | None = None


class AvatarRow(SQLModel, table=True):
    """A person's picture, as we encoded it (WebP)."""

    __tablename__ = "avatar"
    person: str = Field(primary_key=True, foreign_key="person.id")
    image: bytes


class RecoveryCodeRow(SQLModel, table=True):
    """Opens the second door once, where the authenticator is lost."""

    __tablename__ = "recovery_code"
    person: str = Field(primary_key=True, foreign_key="person.id")
    code_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))


class ApiTokenRow(SQLModel, table=True):
    """A script's key, with less than its person's rights. Only its hash is stored."""

    __tablename__ = "api_token"
    id: str = Field(primary_key=True)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    person: str = Field(foreign_key="person.id", index=True)
    name: str
    scopes: str  # separated by spaces
    created_at: float = _time()
    expires_at: float | None = _time_or_none()
    used_at: float | None = _time_or_none()


class TicketRow(SQLModel, table=True):
    """What a secret in an e-mail or a copied address is good for, once, such as an invitation or a new password."""

    __tablename__ = "ticket"
    id: str = Field(primary_key=True)
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    kind: str
    person: str | None = Field(default=None, foreign_key="person.id")
    email: str | None = None
    document: str | None = None
    role: str | None = None
    data: str | None = None
    created_by: str | None = None
    created_at: float = _time()
    expires_at: float = _time()


class IdentityRow(SQLModel, table=True):
    """Who somebody is at an OpenID Connect provider."""

    __tablename__ = "identity"
    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.id", index=True)


class SettingRow(SQLModel, table=True):
    """What operators decided; `value` is JSON."""

    __tablename__ = "setting"
    name: str = Field(primary_key=True)
    value: str


class DocumentRow(SQLModel, table=True):
    """A document; `head` is the seq of its last update, `generation` changes when a history is replaced."""

    __tablename__ = "document"
    __table_args__ = (Index("document_by_age", "updated_at"), Index("document_by_parent", "parent"))
    id: str = Field(primary_key=True)
    title: str
    # As of which edit: a server that is behind must not write over what one ahead of it wrote.
    title_seq: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    created_at: float = Field(sa_column=Column(Float(53), nullable=False))
    created_by: str | None = None
    updated_at: float = Field(sa_column=Column(Float(53), nullable=False))
    head: int = Field(sa_column=Column(BigInteger, nullable=False))
    generation: str
    parent: str | None = None
    # Orders siblings byte by byte, whatever language the database sorts in (core/position.py).
    position: str = Field(default="", sa_column=Column(BYTEWISE, nullable=False, server_default=""))
    access: str | None = None  # "private", "workspace", or None: as the parent
    access_role: str | None = None  # what "workspace" lets members do
    link_role: str | None = None  # what a share link lets its visitors do; None: there is no link
    link_expires_at: float | None = _time_or_none()
    link_password_hash: str | None = None
    trashed_at: float | None = _time_or_none()
    trashed_by: str | None = None
    purged_at: float | None = _time_or_none()  # gone for everyone; its rows are being removed
    is_template: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class ShareLinkRow(SQLModel, table=True):
    """One secret of a document's link; all of them let in alike and end together."""

    __tablename__ = "share_link"
    id: str = Field(primary_key=True)
    document: str = Field(foreign_key="document.id", index=True)
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    created_by: str | None = None
    created_at: float = _time()


class LinkVisitRow(SQLModel, table=True):
    """Who came in by a document's link, and gave its password if it has one."""

    __tablename__ = "link_visit"
    __table_args__ = (Index("link_visit_by_person", "person"),)
    document: str = Field(primary_key=True, foreign_key="document.id")
    person: str = Field(primary_key=True, foreign_key="person.id")
    link: str
    at: float = _time()


class GrantRow(SQLModel, table=True):
    """A person's own role on a document and everything below it."""

    __tablename__ = "document_grant"
    __table_args__ = (Index("document_grant_by_person", "person"),)
    document: str = Field(primary_key=True, foreign_key="document.id")
    person: str = Field(primary_key=True, foreign_key="person.id")
    role: str
    granted_by: str | None = None
    at: float = _time()


class AccessRequestRow(SQLModel, table=True):
    """Somebody asks to be let in."""

    __tablename__ = "access_request"
    document: str = Field(primary_key=True, foreign_key="document.id")
    person: str = Field(primary_key=True, foreign_key="person.id")
    message: str
    at: float = _time()


class FavouriteRow(SQLModel, table=True):
    """A star."""

    __tablename__ = "favourite"
    __table_args__ = (Index("favourite_by_document", "document"),)
    person: str = Field(primary_key=True, foreign_key="person.id")
    document: str = Field(primary_key=True, foreign_key="document.id")
    at: float = _time()


class VisitRow(SQLModel, table=True):
    """When a person last opened a document."""

    __tablename__ = "visit"
    __table_args__ = (Index("visit_by_document", "document"),)
    person: str = Field(primary_key=True, foreign_key="person.id")
    document: str = Field(primary_key=True, foreign_key="document.id")
    at: float = _time()


class EventRow(SQLModel, table=True):
    """The log of everything that is no edit, numbered without gaps per topic; `data` is JSON."""

    __tablename__ = "event"
    topic: str = Field(primary_key=True)
    seq: int = _number()
    name: str
    actor: str | None = None
    at: float = _time()
    data: str
    client_ref: str | None = None


class MessageRow(SQLModel, table=True):
    """A message of a document's chat, as it is now; `seq` is that of the event that brought it.

    A recalled one keeps its place and nothing of what it said.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("message_by_place", "document", "seq", unique=True),
        Index("message_by_client_id", "author", "client_id", unique=True),
        Index("message_by_parent", "reply_to"),
        Index("message_by_pin", "document", "pinned_at"),
    )
    id: str = Field(primary_key=True)
    document: str = Field(foreign_key="document.id")
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    author: str = Field(foreign_key="person.id")
    client_id: str  # made by its client: a retry finds the message instead of sending it twice
    fingerprint: bytes | None = None  # of what was sent under it; None once recalled
    at: float = _time()
    text: str | None = None
    quote: str | None = None  # JSON: text of the document, and where it stands
    reply_to: str | None = None
    revision: int = Field(default=1, sa_column=Column(BigInteger, nullable=False, server_default="1"))
    edited_at: float | None = _time_or_none()
    recalled_at: float | None = _time_or_none()
    recalled_by: str | None = None
    pinned_at: float | None = _time_or_none()
    pinned_by: str | None = None


class MessageSearchRow(SQLModel, table=True):
    """A message as it is searched for; its pieces are in `message_gram`, which each database keeps in its own way.

    `id` is its place among all, the newest last. A recalled one keeps it, and no text.
    """

    __tablename__ = "message_search"
    __table_args__ = (
        Index("message_search_by_message", "message", unique=True),
        Index("message_search_by_document", "document", "id"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    )
    message: str
    document: str
    text: str


class MessageRevisionRow(SQLModel, table=True):
    """What an edited message said before; goes with a recall."""

    __tablename__ = "message_revision"
    message: str = Field(primary_key=True, foreign_key="message.id")
    revision: int = _number()
    text: str
    at: float = _time()


class ReactionRow(SQLModel, table=True):
    """One person's emoji on a message."""

    __tablename__ = "reaction"
    message: str = Field(primary_key=True, foreign_key="message.id")
    emoji: str = Field(primary_key=True)
    person: str = Field(primary_key=True, foreign_key="person.id")
    at: float = _time()


class MentionRow(SQLModel, table=True):
    """Whom a message mentions, of those who could see the page when it was written; goes with a recall."""

    __tablename__ = "mention"
    __table_args__ = (Index("mention_by_person", "person", "document", "seq"), Index("mention_by_document", "document"))
    message: str = Field(primary_key=True, foreign_key="message.id")
    person: str = Field(primary_key=True, foreign_key="person.id")
    document: str
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))  # of the message


class FileRow(SQLModel, table=True):
    """Something uploaded; without a `message` it belongs to its uploader alone, and goes when nobody sends it."""

    __tablename__ = "file"
    __table_args__ = (
        Index("file_by_message", "message"),
        Index("file_by_hash", "hash"),
        Index("file_by_thumbnail", "thumbnail"),
        Index("file_by_age", "message", "created_at"),
        Index("file_by_uploader", "uploader"),
    )
    id: str = Field(primary_key=True)
    document: str = Field(foreign_key="document.id", index=True)
    message: str | None = Field(default=None, foreign_key="message.id")
    uploader: str = Field(foreign_key="person.id")
    position: int = 0  # among the files of its message
    name: str
    kind: str  # "image", "voice", "audio", "video", "file"
    type: str  # MIME, as its bytes say
    size: int = Field(sa_column=Column(BigInteger, nullable=False))  # bytes, as announced
    received: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    state: str  # "uploading", "ready"
    hash: str | None = None  # SHA-256 of what is kept, by which the store knows it
    thumbnail: str | None = None  # the same of a small picture of it
    width: int | None = None
    height: int | None = None
    duration: float | None = _time_or_none()  # seconds
    waveform: str | None = None  # JSON: at most 128 numbers from 0 to 100
    alt: str | None = None
    created_at: float = _time()


class DoomedBytesRow(SQLModel, table=True):
    """Bytes that no file names any more, until they are removed; so long nobody may keep the same ones."""

    __tablename__ = "doomed_bytes"
    hash: str = Field(primary_key=True)


class ChatCursorRow(SQLModel, table=True):
    """How far the chat of a document has reached one device: what is behind it was delivered there."""

    __tablename__ = "chat_cursor"
    document: str = Field(primary_key=True, foreign_key="document.id")
    person: str = Field(primary_key=True, foreign_key="person.id")
    device: str = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: float = _time()


class ChatReadRow(SQLModel, table=True):
    """How far a person has read the chat of a document, on whichever device.

    `seq` is theirs: they may mark as unread what they had read. `furthest` is what others are told, and never falls.
    """

    __tablename__ = "chat_read"
    __table_args__ = (Index("chat_read_by_person", "person"),)
    document: str = Field(primary_key=True, foreign_key="document.id")
    person: str = Field(primary_key=True, foreign_key="person.id")
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    furthest: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: float = _time()


class PreferenceRow(SQLModel, table=True):
    """What a person decided for themselves, such as which notifications come where; `value` is JSON."""

    __tablename__ = "preference"
    person: str = Field(primary_key=True, foreign_key="person.id")
    name: str = Field(primary_key=True)
    value: str


class WatchRow(SQLModel, table=True):
    """A page that somebody wants to hear all of ("watch") or nothing of ("mute")."""

    __tablename__ = "page_watch"
    __table_args__ = (Index("page_watch_by_document", "document"),)
    person: str = Field(primary_key=True, foreign_key="person.id")
    document: str = Field(primary_key=True, foreign_key="document.id")
    level: str


class NotificationRow(SQLModel, table=True):
    """One line of somebody's inbox. It names what happened; what was said is read from there when it is shown."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("notification_by_person", "person", "at"),
        Index("notification_by_message", "message"),
        Index("notification_by_document", "document"),
        Index("notification_by_cause", "person", "cause", unique=True),
        Index("notification_unread", "person", "read_at"),
    )
    id: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.id")
    kind: str
    cause: str  # what brought it: nobody hears twice of the same
    is_shown: bool = True  # in the inbox; else it only leaves the house
    document: str | None = None
    message: str | None = None
    actor: str | None = None
    at: float = _time()
    read_at: float | None = _time_or_none()
    pushed_at: float | None = _time_or_none()  # it stands on the screen of a device, and may have to go from there
    data: str = "{}"


class PushSubscriptionRow(SQLModel, table=True):
    """Where a browser can be reached while no page of ours is open in it (RFC 8030)."""

    __tablename__ = "push_subscription"
    id: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.id", index=True)
    session: str | None = Field(default=None, index=True)  # with which it ends
    endpoint: str = Field(unique=True)
    p256dh: str
    auth: str
    created_at: float = _time()
    failed_at: float | None = _time_or_none()


class DeliveryRow(SQLModel, table=True):
    """What is to be done for somebody, until it is.

    `channel`: "push" (without a `subscription`: to all of theirs), "close" (take a push message away again), "mail" (a
    line of a digest), "inbox" (tell the many who watch a page of the message that `notification` names).
    """

    __tablename__ = "delivery"
    __table_args__ = (Index("delivery_by_time", "due_at"), Index("delivery_by_notification", "notification"))
    id: str = Field(primary_key=True)
    channel: str
    person: str = Field(foreign_key="person.id")
    notification: str
    subscription: str | None = None
    due_at: float = _time()
    attempts: int = 0
    created_at: float = _time()
    data: str = "{}"


class SeenRow(SQLModel, table=True):
    """When somebody was last here."""

    __tablename__ = "seen"
    person: str = Field(primary_key=True, foreign_key="person.id")
    at: float = _time()


class AuditRow(SQLModel, table=True):
    """Who did what that operators may have to answer for. Only appended; each hash covers the one before."""

    __tablename__ = "audit"
    seq: int = _number()
    at: float = _time()
    actor: str | None = None
    action: str
    object: str | None = None
    data: str
    hash: str


class UpdateRow(SQLModel, table=True):
    """The log: one row covers `first_seq`…`seq` of a document, by one author."""

    __tablename__ = "document_update"
    document: str = Field(primary_key=True, foreign_key="document.id")
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    first_seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    author: str | None = None
    device: str | None = None
    at: float = Field(sa_column=Column(Float(53), nullable=False))
    update: bytes = Field(sa_column=Column("update", LargeBinary, nullable=False))


class SetAsideRow(SQLModel, table=True):
    """A row that a repair took out of the log; `generation` is the document's from before."""

    __tablename__ = "document_update_set_aside"
    document: str = Field(primary_key=True, foreign_key="document.id")
    generation: str = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    first_seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    author: str | None = None
    device: str | None = None
    at: float = Field(sa_column=Column(Float(53), nullable=False))
    update: bytes = Field(sa_column=Column("update", LargeBinary, nullable=False))


class ClientRow(SQLModel, table=True):
    """Who first wrote under a Yjs client id in a document: authorship of every character."""

    __tablename__ = "document_client"
    document: str = Field(primary_key=True, foreign_key="document.id")
    client_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    person: str | None = None
    device: str | None = None


class CheckpointRow(SQLModel, table=True):
    """A document's state at `seq`: for speed only, the log is the truth."""

    __tablename__ = "checkpoint"
    document: str = Field(primary_key=True, foreign_key="document.id")
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    state: bytes
    vector: bytes
    deletes: bytes
    types: bytes
    key_values: bytes
    hash: str
    at: float = Field(sa_column=Column(Float(53), nullable=False))


class WriterRoundRow(SQLModel, table=True):
    """The last round that a writer committed: tells after a lost connection whether its COMMIT happened."""

    __tablename__ = "writer_round"
    writer: str = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: float = Field(sa_column=Column(Float(53), nullable=False))


class InstanceRow(SQLModel, table=True):
    """A server that is here, as it said itself at `seen_at` (by the database's clock). PostgreSQL only."""

    __tablename__ = "instance"
    id: str = Field(primary_key=True)
    host: str
    pid: int
    version: str
    started_at: float = _time()
    seen_at: float = _time()
    mode: str  # "normal", or "degraded" and why
    why: str | None = None
    sync_connections: int
    live_connections: int
    rooms: int
    topics: int
    loop_lag_ms: float = _time()
    rss_mb: float = _time()
    behind: int = Field(sa_column=Column(BigInteger, nullable=False))  # rows of the log that its open rooms lack


class LeaseRow(SQLModel, table=True):
    """Who does a job that one of several servers does, until when by the database's clock."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    holder: str
    until: float = _time()


class AttemptRow(SQLModel, table=True):
    """How much of a bucket of tries is used, as the time at which it is full again by the database's clock."""

    __tablename__ = "attempt"
    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))  # a hash: it names people and addresses
    full_at: float = Field(sa_column=Column(Float(53), nullable=False, index=True))


class UploadPieceRow(SQLModel, table=True):
    """A part of an upload that lies in the bucket until the file is whole."""

    __tablename__ = "upload_piece"
    file: str = Field(sa_column=Column(String, ForeignKey("file.id", ondelete="CASCADE"), primary_key=True))
    offset: int = _number()
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    name: str
