"""The chat on `/live`: everybody there hears everything once, in order, and learns how far the others are."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

import pytest

from quillroom.services.typists import SHOWN_AT_MOST, SHOWN_SECONDS
from support.listener import Listener
from support.server import Server
from support.team import Mate


@pytest.fixture
async def page(ann: Mate) -> str:
    return await ann.makes("Harbour")


async def opens(mate: Mate, page: str, **cursor: Any) -> Listener:
    """Another device with the page open."""
    listener = await mate.listens()
    await listener.does("follow", topic=f"doc:{page}", **cursor)
    return listener


async def says(listener: Listener, page: str, text: str, **more: Any) -> Any:
    said = {"document": page, "client_id": sha256(text.encode()).hexdigest()[:16], "text": text, **more}
    return (await listener.does("message.send", **said))["message"]


def apply(chat: dict[str, Any], told: list[dict[str, Any]]) -> list[Any]:
    """What a client does with events: it puts the message where it belongs."""
    for event in told:
        if event["event"].startswith("message."):
            chat[event["data"]["message"]["id"]] = event["data"]["message"]
    return sorted(chat.values(), key=lambda message: message["seq"])


async def fetched(mate: Mate, page: str) -> list[Any]:
    messages: list[Any] = (await mate.gets(f"/api/documents/{page}/messages?limit=100"))["messages"]
    return messages


async def test_everything_that_happens_to_messages_is_told_to_every_device_and_ends_as_it_is_fetched(
    ann: Mate, bob: Mate, page: str
) -> None:
    topic = f"doc:{page}"
    devices = [await opens(ann, page), await opens(ann, page), await opens(bob, page)]
    chats: list[dict[str, Any]] = [{} for _ in devices]
    mine, _, bobs = devices
    first = await says(mine, page, f"hello @[Bob](person:{bob.id})", quote={"text": "words", "anchor": "AA"})
    second = await says(bobs, page, "hi", reply_to=first["id"])
    changes = [
        (mine, "message.edit", {"message": first["id"], "revision": 1, "text": "hello!"}),
        (bobs, "message.react", {"message": first["id"], "emoji": "👍", "on": True}),
        (mine, "message.pin", {"message": second["id"], "on": True}),
        (bobs, "message.react", {"message": first["id"], "emoji": "👍", "on": False}),
        (mine, "message.pin", {"message": second["id"], "on": False}),
        (mine, "message.recall", {"message": first["id"]}),
    ]
    for place, (who, command, data) in enumerate(changes, 3):
        await who.does(command, **data)
        for device, chat in zip(devices, chats, strict=True):
            await device.has_place(topic, place)
            assert apply(chat, device.of_topic(topic)) == await fetched(bob, page), command
    names = ["sent", "sent", "edited", "reacted", "pinned", "reacted", "unpinned", "recalled"]
    for device in devices:
        told = device.of_topic(topic)
        assert [each["event"] for each in told] == [f"message.{name}" for name in names]
        assert [each["seq"] for each in told] == list(range(1, 9))
        await device.leaves()


async def test_who_was_away_is_told_everything_from_the_rows_as_they_are_then(ann: Mate, bob: Mate, page: str) -> None:
    topic = f"doc:{page}"
    mine, away = await opens(ann, page), await opens(bob, page)
    before = await says(mine, page, "before")
    await away.has_heard_all()
    chat = {before["id"]: before}
    cursor = {"after": before["seq"], "epoch": away.told[0]["data"]["epoch"]}
    await away.leaves()
    kept, gone = await says(mine, page, "kept"), await says(mine, page, "SECRET")
    await mine.does("message.edit", message=kept["id"], revision=1, text="better")
    await mine.does("message.react", message=before["id"], emoji="👍", on=True)
    await mine.does("message.recall", message=gone["id"])
    back = await opens(bob, page, **cursor)
    told = back.of_topic(topic)
    assert [each["seq"] for each in told] == list(range(2, 7))
    assert "SECRET" not in json.dumps(told)
    assert apply(chat, told) == await fetched(bob, page)
    await mine.leaves()
    await back.leaves()


async def test_a_message_sent_again_after_a_cut_is_there_once(ann: Mate, bob: Mate, page: str) -> None:
    theirs = await opens(bob, page)
    sent = []
    for _ in range(3):  # the acknowledgement never comes, so it is sent again, on connection after connection
        device = await opens(ann, page)
        sent.append(await says(device, page, "once"))
        await device.leaves()
    assert sent[0] == sent[1] == sent[2]
    await theirs.has_heard_all()
    assert theirs.count("message.sent") == 1
    again = await opens(ann, page)
    answer = await again.asks("message.send", document=page, client_id=sent[0]["client_id"], text="twice")
    assert answer["data"]["code"] == "id_reused"
    await again.leaves()
    await theirs.leaves()


async def test_three_people_with_three_devices_in_two_documents_all_hear_everything(
    ann: Mate, bob: Mate, closed_server: Server
) -> None:
    cid = await Mate(closed_server, "Cid").comes()
    pages = [await ann.makes("One"), await ann.makes("Two")]
    devices = [await mate.listens() for mate in (ann, bob, cid) for _ in range(3)]
    for device in devices:
        for page in pages:
            await device.does("follow", topic=f"doc:{page}")
    said = await asyncio.gather(
        *(says(device, page, f"from {n} {page[:4]}") for n, device in enumerate(devices) for page in pages)
    )
    for device in devices:
        await device.has_heard_all()
        for page in pages:
            heard = [each["data"]["message"] for each in device.of_topic(f"doc:{page}")]
            assert heard == sorted((each for each in said if each["document"] == page), key=lambda each: each["seq"])
            assert len(heard) == 9
        await device.leaves()
    await cid.leaves()


async def test_recall_and_edit_at_once_leave_one_winner(ann: Mate, page: str) -> None:
    one, two = await opens(ann, page), await opens(ann, page)
    for n in range(8):
        said = await says(one, page, f"words {n}")
        edit, recall = await asyncio.gather(
            one.asks("message.edit", message=said["id"], revision=1, text=f"other {n}"),
            two.asks("message.recall", message=said["id"]),
        )
        assert recall["event"] == "ack"
        assert edit["event"] == "ack" or edit["data"]["code"] == "recalled"
        assert (await fetched(ann, page))[-1]["text"] is None
    await one.leaves()
    await two.leaves()


# -- how far the others are


def receipts(listener: Listener) -> dict[str, tuple[int, int]]:
    """All that was said of that, by person."""
    told = [each["data"]["receipts"] for each in listener.told if each["event"] == "receipts"]
    return {each["person"]: (each["delivered"], each["read"]) for some in told for each in some}


async def test_ann_sees_when_a_message_has_reached_bob_and_when_he_read_it(ann: Mate, bob: Mate, page: str) -> None:
    mine, his = await opens(ann, page), await opens(bob, page)
    first, second = await says(mine, page, "one"), await says(mine, page, "two")
    await his.does("chat.delivered", document=page, seq=second["seq"])
    await mine.waits(lambda: receipts(mine) == {bob.id: (2, 0)})
    await his.does("chat.read", document=page, seq=first["seq"])
    await mine.waits(lambda: receipts(mine) == {bob.id: (2, 1)})
    readers = await ann.gets(f"/api/messages/{first['id']}/readers")
    assert [each["id"] for each in readers["read"]] == [bob.id]
    readers = await ann.gets(f"/api/messages/{second['id']}/readers")
    assert ([each["id"] for each in readers["delivered"]], readers["read"]) == ([bob.id], [])
    late = await opens(ann, page)  # whoever comes is told at once
    await late.hears("receipts")
    assert receipts(late) == {bob.id: (2, 1)}
    assert receipts(his) == {}  # one's own devices are told nothing of oneself
    for each in (mine, his, late):
        await each.leaves()


async def test_cursors_go_forward_only_and_not_beyond_what_there_is(ann: Mate, bob: Mate, page: str) -> None:
    mine, his = await opens(ann, page), await opens(bob, page)
    for n in range(3):
        await says(mine, page, f"{n}")
    await his.does("chat.read", document=page, seq=3)
    await his.does("chat.read", document=page, seq=1)
    await his.does("chat.delivered", document=page, seq=1)
    for command in ("chat.read", "chat.delivered", "chat.unread"):
        assert await his.is_answered(command, {"document": page, "seq": 4}) == "invalid"
    assert (await bob.gets(f"/api/documents/{page}/messages"))["read"] == 3
    await mine.waits(lambda: receipts(mine) == {bob.id: (3, 3)})
    await his.does("chat.unread", document=page, seq=2)
    told = (await his.hears("unread", 3))["data"]
    assert told == {"document": page, "count": 2, "mentions": 0, "read": 1}
    assert (await ann.gets(f"/api/documents/{page}/messages"))["receipts"] == [
        {"person": bob.id, "delivered": 3, "read": 3}
    ]  # what Ann was told stays true
    await mine.leaves()
    await his.leaves()


async def test_what_is_read_on_one_device_is_read_on_all(ann: Mate, bob: Mate, page: str) -> None:
    await bob.does("PUT", f"/api/documents/{page}/read", seq=0)
    phone, laptop = await opens(bob, page), await bob.listens()
    mine = await opens(ann, page)
    said = await says(mine, page, f"@[Bob](person:{bob.id})")
    await laptop.hears("unread")  # the phone has the page open, and counts by itself
    assert (unread(laptop), unread(phone)) == ({page: (1, 1)}, {})
    assert await bob.gets("/api/unread") == {"documents": {page: {"count": 1, "mentions": 1}}}
    await phone.does("chat.read", document=page, seq=said["seq"])
    for device in (phone, laptop):
        await device.waits(lambda device=device: unread(device) == {page: (0, 0)})  # type: ignore[misc]
    assert await bob.gets("/api/unread") == {"documents": {}}
    for each in (phone, laptop, mine):
        await each.leaves()


def unread(listener: Listener) -> dict[str, tuple[int, int]]:
    told = [each["data"] for each in listener.told if each["event"] == "unread"]
    return {each["document"]: (each["count"], each["mentions"]) for each in told}


async def test_who_hides_what_they_read_is_not_told_what_others_read(ann: Mate, bob: Mate, page: str) -> None:
    mine, his = await opens(ann, page), await opens(bob, page)
    said = await says(mine, page, "one")
    await bob.does("PATCH", "/api/me/privacy", receipts=False)
    for listener in (his, mine):
        await listener.does("chat.read", document=page, seq=1)
    assert (await bob.gets(f"/api/documents/{page}/messages"))["receipts"] == []
    assert (await ann.gets(f"/api/documents/{page}/messages"))["receipts"] == []
    assert await ann.gets(f"/api/messages/{said['id']}/readers") == {"read": [], "delivered": []}
    late = await opens(bob, page)
    assert (await late.hears("receipts"))["data"]["receipts"] == []
    await late.leaves()
    await bob.does("PATCH", "/api/me/privacy", receipts=True)
    second = await says(mine, page, "two")
    await his.does("chat.read", document=page, seq=second["seq"])
    await mine.waits(lambda: receipts(mine) == {bob.id: (2, 2)})
    await mine.leaves()
    await his.leaves()


async def test_what_is_unread_elsewhere_is_counted_where_one_may_see_it(
    ann: Mate, bob: Mate, closed_server: Server
) -> None:
    pages = [await ann.makes(title) for title in ("Opened", "Unknown", "Muted", "Hidden")]
    opened, unknown, muted, hidden = pages
    for page in (opened, muted, hidden):
        listener = await opens(bob, page)
        await listener.does("chat.read", document=page, seq=0)
        await listener.leaves()
    await bob.does("PUT", f"/api/documents/{muted}/watch", level="mute")
    for page in pages:
        for text in ("one", "two", f"@[Bob](person:{bob.id})"):
            await ann.does("POST", f"/api/documents/{page}/messages", text=text)
    await bob.does("POST", f"/api/documents/{opened}/messages", text="mine do not count")
    await ann.hides(hidden)
    three, mention = {"count": 3, "mentions": 1}, {"count": 1, "mentions": 1}
    found = (await bob.gets("/api/unread"))["documents"]
    assert found == {opened: three, unknown: three, muted: mention}
    last = (await bob.gets(f"/api/documents/{opened}/messages"))["seq"]
    answer = await bob.does("PUT", f"/api/documents/{opened}/read", seq=last)
    assert answer == {"document": opened, "count": 0, "mentions": 0, "read": last}
    assert opened not in (await bob.gets("/api/unread"))["documents"]


# -- who writes right now: a server that has too much to do may give up to say so, then it is tried again


def signs(listener: Listener) -> list[tuple[str, bool]]:
    told = [each["data"] for each in listener.told if each["event"] == "typing"]
    return [(each["person"]["id"], each["is_typing"]) for each in told]


async def is_seen(listener: Listener, *expected: tuple[str, bool], seconds: float = 1.5) -> bool:
    """Whether this was told last, within so long."""
    with suppress(TimeoutError):
        await listener.waits(lambda: signs(listener)[-len(expected) :] == list(expected), seconds)
    return signs(listener)[-len(expected) :] == list(expected)


async def stops(device: Listener, page: str) -> None:
    await device.does("typing", document=page, is_typing=False)


async def goes(device: Listener, page: str) -> None:
    await device.leaves()


async def says_nothing_more(device: Listener, page: str) -> None:
    pass


@pytest.mark.parametrize("ends", [stops, goes, says_nothing_more])
async def test_who_writes_is_seen_by_the_others_and_no_longer_when_they_stop_or_go(
    ann: Mate, bob: Mate, page: str, ends: Callable[[Listener, str], Awaitable[None]]
) -> None:
    mine, his, elsewhere = await opens(ann, page), await opens(bob, page), await bob.listens()
    patience = SHOWN_SECONDS + 2.0 if ends is says_nothing_more else 1.5
    async with asyncio.timeout(60):
        while not await is_seen(his, (ann.id, True), (ann.id, False), seconds=0.01):
            device = await opens(ann, page)
            await device.does("typing", document=page, is_typing=True)
            if await is_seen(his, (ann.id, True)):
                await ends(device, page)
                await is_seen(his, (ann.id, True), (ann.id, False), seconds=patience)
            await device.leaves()
    for listener in (mine, elsewhere):
        await listener.has_heard_all()
        assert signs(listener) == []
    for listener in (mine, his, elsewhere):
        await listener.leaves()


async def test_of_a_crowd_that_types_only_some_are_named(ann: Mate, closed_server: Server, page: str) -> None:
    mine = await opens(ann, page)
    crowd = [await Mate(closed_server, f"{n}").comes() for n in range(SHOWN_AT_MOST + 2)]
    listeners = [await opens(mate, page) for mate in crowd]
    named = {mate.id for mate in crowd[:SHOWN_AT_MOST]}
    async with asyncio.timeout(60):
        while {person for person, _ in signs(mine)} < named:
            for listener in listeners[:SHOWN_AT_MOST]:
                await listener.does("typing", document=page, is_typing=True)
            with suppress(TimeoutError):
                await mine.waits(lambda: {person for person, _ in signs(mine)} >= named, 1.5)
    for listener in listeners[SHOWN_AT_MOST:]:
        await listener.does("typing", document=page, is_typing=True)
    await is_seen(mine, ("nobody", True), seconds=0.5)
    assert {person for person, _ in signs(mine)} == named
    for listener in (mine, *listeners):
        await listener.leaves()
    for mate in crowd:
        await mate.leaves()


async def test_who_may_only_read_is_not_seen_typing(ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Read only")
    await ann.hides(page)
    await ann.lets(bob, page, "view")
    mine, his = await opens(ann, page), await opens(bob, page)
    assert await his.is_answered("typing", {"document": page, "is_typing": True}) == "not_allowed"
    await mine.has_heard_all()
    assert mine.count("typing") == 0
    await mine.leaves()
    await his.leaves()
