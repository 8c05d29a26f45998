"""The chat on `/live`: what may be said there, by the same functions as over HTTP, and what is told of it."""

from collections.abc import Mapping, Sequence

from quillroom.core.member import Member
from quillroom.services import chat_input as read
from quillroom.services.chat import NAMES, Chat
from quillroom.services.live import Answer, Data, Live
from quillroom.services.message_wire import messages_as_told
from quillroom.services.receipts import Receipts
from quillroom.services.typists import Typists
from quillroom.store.database import Connection
from quillroom.store.events import Event


def register(live: Live, chat: Chat, receipts: Receipts, typists: Typists) -> None:
    """Once, in `main`."""
    for name, answer in _messages(chat).items():
        live.command(name, answer)
    for name, answer in _cursors(receipts, typists).items():
        live.command(name, answer)
    live.told(NAMES, told_later)
    live.on_follow(receipts.greet)
    live.on_unfollow(typists.leave)
    live.on_leave(typists.gone)


def told_later(connection: Connection, events: list[Event]) -> Sequence[Data | None]:
    """Of each event the message as it is by now: of what was recalled meanwhile nobody hears more than that."""
    ids = [str(event.data["message"]) for event in events]
    found = messages_as_told(connection, ids)
    return [{"message": found[id]} if id in found else None for id in ids]


def _messages(chat: Chat) -> Mapping[str, Answer]:
    async def send(member: Member, data: Data) -> Data:
        draft = read.read_draft(data)
        told, _ = await chat.post(member.person, read.read_id(data["document"], "document"), draft)
        return {"message": told}

    async def edit(member: Member, data: Data) -> Data:
        revision = read.read_number(data["revision"], "revision", 1)
        return {"message": await chat.edit(member.person, _message(data), revision, data["text"])}

    async def recall(member: Member, data: Data) -> Data:
        return {"message": await chat.recall(member.person, _message(data))}

    async def react(member: Member, data: Data) -> Data:
        emoji, is_on = read.read_emoji(data["emoji"]), read.read_flag(data["on"], "on")
        return {"message": await chat.react(member.person, _message(data), emoji, is_on=is_on)}

    async def pin(member: Member, data: Data) -> Data:
        is_on = read.read_flag(data["on"], "on")
        return {"message": await chat.pin(member.person, _message(data), is_on=is_on)}

    return {
        "message.send": send,
        "message.edit": edit,
        "message.recall": recall,
        "message.react": react,
        "message.pin": pin,
    }


def _cursors(receipts: Receipts, typists: Typists) -> Mapping[str, Answer]:
    async def delivered(member: Member, data: Data) -> None:
        await receipts.delivered(member, *_place(data))

    async def has_read(member: Member, data: Data) -> None:
        await receipts.read(member.person, *_place(data))

    async def unread(member: Member, data: Data) -> None:
        await receipts.unread(member.person, *_place(data))

    async def typing(member: Member, data: Data) -> None:
        document = read.read_id(data["document"], "document")
        await typists.types(member, document, is_typing=read.read_flag(data["is_typing"], "is_typing"))

    return {"chat.delivered": delivered, "chat.read": has_read, "chat.unread": unread, "typing": typing}


def _message(data: Data) -> str:
    return read.read_id(data["message"], "message")


def _place(data: Data) -> tuple[str, int]:
    return read.read_id(data["document"], "document"), read.read_number(data["seq"], "seq")
