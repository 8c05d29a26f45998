"""The events of `/live` as they may look. Made from shared/live-schema.json by scripts/generate-live; do not edit."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict  # pydantic takes Python's own from 3.12 on

# Nothing else than this, and no value of another type.
EXACT = ConfigDict(strict=True, extra="forbid")


@with_config(EXACT)
class Person(TypedDict):
    """Person."""

    id: str
    name: str
    colour: Annotated[str, Field(pattern="^#[0-9A-Fa-f]{6}$")]
    avatar: str | None


@with_config(EXACT)
class Mark(TypedDict):
    """When and by whom."""

    at: str
    by: Person


@with_config(EXACT)
class Quote(TypedDict):
    """Of the document; `anchor` is the page's own."""

    text: Annotated[str, Field(max_length=1000)]
    anchor: Annotated[str, Field(max_length=2000)]


@with_config(EXACT)
class File(TypedDict):
    """File."""

    id: str
    kind: Literal["image", "voice", "audio", "video", "file"]
    name: str
    type: str
    size: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(ge=0)] | None
    height: Annotated[int, Field(ge=0)] | None
    duration: Annotated[float, Field(ge=0)] | None
    waveform: list[Annotated[int, Field(ge=0, le=100)]] | None
    alt: str | None
    has_thumbnail: bool


@with_config(EXACT)
class Reaction(TypedDict):
    """Reaction."""

    emoji: str
    people: list[str]


@with_config(EXACT)
class Message(TypedDict):
    """As it is now; a recalled one has neither text nor quote, files, reactions or mentions."""

    id: str
    document: str
    seq: Annotated[int, Field(ge=1)]
    client_id: str
    author: Person
    at: str
    text: str | None
    quote: Quote | None
    reply_to: str | None
    files: list[File]
    reactions: list[Reaction]
    mentions: list[str]
    revision: Annotated[int, Field(ge=1)]
    edited_at: str | None
    recalled: Mark | None
    pinned: Mark | None


@with_config(EXACT)
class NotedDocument(TypedDict):
    """Noted document."""

    id: str
    title: str


@with_config(EXACT)
class NotedMessage(TypedDict):
    """Noted message."""

    id: str
    seq: Annotated[int, Field(ge=1)]
    preview: str


@with_config(EXACT)
class Notification(TypedDict):
    """Notification."""

    id: str
    kind: str
    at: str
    read_at: str | None
    actor: Person | None
    document: NotedDocument | None
    message: NotedMessage | None
    data: dict[str, Any]


@with_config(EXACT)
class Receipt(TypedDict):
    """Receipt."""

    person: str
    delivered: Annotated[int, Field(ge=0)]
    read: Annotated[int, Field(ge=0)]


@with_config(EXACT)
class Present(TypedDict):
    """Present."""

    person: Person
    state: Literal["active", "idle"]
    doing: Literal["editing", "viewing"]
    devices: Annotated[int, Field(ge=1)]
    seen_at: str | None


@with_config(EXACT)
class ServersEvent(TypedDict):
    """The data of servers."""

    mode: Literal["normal", "degraded"]
    why: str | None


@with_config(EXACT)
class HelloEvent(TypedDict):
    """The data of hello."""

    user: Person
    epoch: str


@with_config(EXACT)
class PagesChangedEvent(TypedDict):
    """The data of pages.changed."""


@with_config(EXACT)
class SessionChangedEvent(TypedDict):
    """The data of session.changed."""


@with_config(EXACT)
class FavouritesChangedEvent(TypedDict):
    """The data of favourites.changed."""


@with_config(EXACT)
class AccessChangedEvent(TypedDict):
    """The data of access.changed."""

    document: str
    role: Literal["view", "comment", "edit", "manage", None]


@with_config(EXACT)
class PongEvent(TypedDict):
    """The data of pong."""

    id: NotRequired[str]
    heads: dict[str, Annotated[int, Field(ge=0)]]


@with_config(EXACT)
class AckEvent(TypedDict):
    """The data of ack."""

    id: NotRequired[str]
    topic: NotRequired[str]
    seq: NotRequired[Annotated[int, Field(ge=0)]]
    epoch: NotRequired[str]
    is_reset: NotRequired[bool]
    message: NotRequired[Message]


@with_config(EXACT)
class ErrorEvent(TypedDict):
    """The data of error."""

    id: NotRequired[str]
    code: Annotated[str, Field(pattern="^[a-z_]+$")]
    message: str


@with_config(EXACT)
class UnfollowedEvent(TypedDict):
    """The data of unfollowed."""

    topic: str
    why: Literal["access_ended", "gone", "behind"]


@with_config(EXACT)
class NotedEvent(TypedDict):
    """The data of noted."""


@with_config(EXACT)
class MessageSentEvent(TypedDict):
    """The data of message.sent."""

    message: Message


@with_config(EXACT)
class MessageEditedEvent(TypedDict):
    """The data of message.edited."""

    message: Message


@with_config(EXACT)
class MessageRecalledEvent(TypedDict):
    """The data of message.recalled."""

    message: Message


@with_config(EXACT)
class MessageReactedEvent(TypedDict):
    """The data of message.reacted."""

    message: Message


@with_config(EXACT)
class MessagePinnedEvent(TypedDict):
    """The data of message.pinned."""

    message: Message


@with_config(EXACT)
class MessageUnpinnedEvent(TypedDict):
    """The data of message.unpinned."""

    message: Message


@with_config(EXACT)
class NotificationAddedEvent(TypedDict):
    """The data of notification.added."""

    notification: Notification
    unread: int


@with_config(EXACT)
class NotificationChangedEvent(TypedDict):
    """The data of notification.changed."""

    ids: Annotated[list[str], Field(max_length=200)]
    read_at: str
    unread: int


@with_config(EXACT)
class NotificationWithdrawnEvent(TypedDict):
    """The data of notification.withdrawn."""

    ids: Annotated[list[str], Field(max_length=200)]
    unread: int


@with_config(EXACT)
class ReceiptsEvent(TypedDict):
    """The data of receipts."""

    document: str
    receipts: list[Receipt]


@with_config(EXACT)
class UnreadEvent(TypedDict):
    """The data of unread."""

    document: str
    count: Annotated[int, Field(ge=0)]
    mentions: Annotated[int, Field(ge=0)]
    read: Annotated[int, Field(ge=0)]


@with_config(EXACT)
class TypingEvent(TypedDict):
    """The data of typing."""

    document: str
    person: Person
    is_typing: bool


@with_config(EXACT)
class PresenceEvent(TypedDict):
    """The data of presence."""

    document: str
    count: Annotated[int, Field(ge=0)]
    is_partial: bool
    is_local: bool
    people: list[Present]


@with_config(EXACT)
class HereEvent(TypedDict):
    """The data of here."""

    documents: dict[str, list[Person]]


@with_config(EXACT)
class PingCommand(TypedDict):
    """The data of ping."""


@with_config(EXACT)
class FollowCommand(TypedDict):
    """The data of follow."""

    topic: Annotated[str, Field(pattern="^(doc:|user:).+$|^ops$", max_length=160)]
    after: NotRequired[Annotated[int, Field(ge=0, le=9007199254740991)]]
    epoch: NotRequired[Annotated[str, Field(max_length=64)]]


@with_config(EXACT)
class UnfollowCommand(TypedDict):
    """The data of unfollow."""

    topic: Annotated[str, Field(pattern="^(doc:|user:).+$|^ops$", max_length=160)]


@with_config(EXACT)
class MessageSendCommand(TypedDict):
    """The data of message.send."""

    document: Annotated[str, Field(min_length=1, max_length=128)]
    client_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{8,64}$")]
    text: NotRequired[Annotated[str, Field(max_length=8000)]]
    quote: NotRequired[Quote | None]
    reply_to: NotRequired[Annotated[str, Field(min_length=1, max_length=128)] | None]
    files: NotRequired[Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=20)]]


@with_config(EXACT)
class MessageEditCommand(TypedDict):
    """The data of message.edit."""

    message: Annotated[str, Field(min_length=1, max_length=128)]
    revision: Annotated[int, Field(ge=1, le=9007199254740991)]
    text: Annotated[str, Field(max_length=8000)]


@with_config(EXACT)
class MessageRecallCommand(TypedDict):
    """The data of message.recall."""

    message: Annotated[str, Field(min_length=1, max_length=128)]


@with_config(EXACT)
class MessageReactCommand(TypedDict):
    """The data of message.react."""

    message: Annotated[str, Field(min_length=1, max_length=128)]
    emoji: Annotated[str, Field(min_length=1, max_length=64)]
    on: bool


@with_config(EXACT)
class MessagePinCommand(TypedDict):
    """The data of message.pin."""

    message: Annotated[str, Field(min_length=1, max_length=128)]
    on: bool


@with_config(EXACT)
class ChatDeliveredCommand(TypedDict):
    """The data of chat.delivered."""

    document: Annotated[str, Field(min_length=1, max_length=128)]
    seq: Annotated[int, Field(ge=0, le=9007199254740991)]


@with_config(EXACT)
class ChatReadCommand(TypedDict):
    """The data of chat.read."""

    document: Annotated[str, Field(min_length=1, max_length=128)]
    seq: Annotated[int, Field(ge=0, le=9007199254740991)]


@with_config(EXACT)
class ChatUnreadCommand(TypedDict):
    """The data of chat.unread."""

    document: Annotated[str, Field(min_length=1, max_length=128)]
    seq: Annotated[int, Field(ge=0, le=9007199254740991)]


@with_config(EXACT)
class TypingCommand(TypedDict):
    """The data of typing."""

    document: Annotated[str, Field(min_length=1, max_length=128)]
    is_typing: bool


@with_config(EXACT)
class PresenceCommand(TypedDict):
    """The data of presence."""

    state: Literal["active", "idle"]
    document: NotRequired[Annotated[str, Field(min_length=1, max_length=128)]]
    doing: NotRequired[Literal["editing", "viewing"]]


EVENTS: dict[str, Any] = {
    "hello": HelloEvent,
    "servers": ServersEvent,
    "pages.changed": PagesChangedEvent,
    "session.changed": SessionChangedEvent,
    "favourites.changed": FavouritesChangedEvent,
    "access.changed": AccessChangedEvent,
    "pong": PongEvent,
    "ack": AckEvent,
    "error": ErrorEvent,
    "unfollowed": UnfollowedEvent,
    "noted": NotedEvent,
    "message.sent": MessageSentEvent,
    "message.edited": MessageEditedEvent,
    "message.recalled": MessageRecalledEvent,
    "message.reacted": MessageReactedEvent,
    "message.pinned": MessagePinnedEvent,
    "message.unpinned": MessageUnpinnedEvent,
    "notification.added": NotificationAddedEvent,
    "notification.changed": NotificationChangedEvent,
    "notification.withdrawn": NotificationWithdrawnEvent,
    "receipts": ReceiptsEvent,
    "unread": UnreadEvent,
    "typing": TypingEvent,
    "presence": PresenceEvent,
    "here": HereEvent,
}

# Of these, the ones with a place in the log of a topic.
PLACED = frozenset(
    (
        "noted",
        "message.sent",
        "message.edited",
        "message.recalled",
        "message.reacted",
        "message.pinned",
        "message.unpinned",
        "notification.added",
        "notification.changed",
        "notification.withdrawn",
    )
)

COMMANDS: dict[str, Any] = {
    "ping": PingCommand,
    "follow": FollowCommand,
    "unfollow": UnfollowCommand,
    "message.send": MessageSendCommand,
    "message.edit": MessageEditCommand,
    "message.recall": MessageRecallCommand,
    "message.react": MessageReactCommand,
    "message.pin": MessagePinCommand,
    "chat.delivered": ChatDeliveredCommand,
    "chat.read": ChatReadCommand,
    "chat.unread": ChatUnreadCommand,
    "typing": TypingCommand,
    "presence": PresenceCommand,
}
