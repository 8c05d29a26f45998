"""An inbox on every device at once: told as it happens, read once for all, complete for whoever was away."""

from support.team import Mate


async def test_who_is_asked_for_access_hears_it_on_all_devices_and_reads_it_once(ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Diary")
    await ann.hides(page)
    topic = f"user:{ann.id}"
    devices = [await ann.listens(), await ann.listens()]
    for device in devices:
        await device.does("follow", topic=topic)
    await bob.does("POST", f"/api/documents/{page}/requests", message="please")
    for device in devices:
        told = await device.hears("notification.added", seconds=1.0)
        line = told["data"]["notification"]
        assert (line["kind"], line["actor"]["name"], line["document"]["title"]) == ("access_requested", "Bob", "Diary")
    inbox = await ann.gets("/api/notifications")
    assert inbox["notifications"] == [line]  # what is told is what one can ask for
    assert (inbox["unread"], inbox["seq"]) == (1, told["seq"])
    await ann.does("POST", "/api/notifications/read", all=True)
    for device in devices:
        assert (await device.hears("notification.changed"))["data"]["ids"] == [line["id"]]
        await device.leaves()


async def test_who_was_away_is_told_what_is_still_so(ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Diary")
    await ann.hides(page)
    before = (await ann.gets("/api/notifications"))["seq"]
    await bob.does("POST", f"/api/documents/{page}/requests", message="please")
    first = (await ann.gets("/api/notifications"))["notifications"][0]
    await bob.does("POST", f"/api/documents/{page}/requests", message="please!")
    inbox = await ann.gets("/api/notifications")
    device = await ann.listens()
    await device.does("follow", topic=f"user:{ann.id}", after=before)
    await device.has_heard_all()
    told = device.of_topic(f"user:{ann.id}")
    assert [each["seq"] for each in told] == list(range(before + 1, inbox["seq"] + 1))
    assert [each["data"] for each in told if each["event"].startswith("notification.")] == [
        {"ids": [first["id"]], "unread": 1},
        {"notification": inbox["notifications"][0], "unread": 1},
    ]
    await device.leaves()


async def test_nobody_follows_the_inbox_of_somebody_else(ann: Mate, bob: Mate) -> None:
    device = await bob.listens()
    answer = await device.asks("follow", topic=f"user:{ann.id}")
    assert answer["event"] == "error"
    assert answer["data"]["code"] == "not_found"
    await device.leaves()


async def test_what_a_page_brought_leaves_the_open_inbox_when_it_is_purged(ann: Mate, bob: Mate) -> None:
    page, other = await ann.makes("Harbour"), await ann.makes("Market")
    device = await bob.listens()
    await device.does("follow", topic=f"user:{bob.id}")
    lines: list[str] = []
    for where in (page, page, other):
        await ann.does("POST", f"/api/documents/{where}/messages", text=f"@[Bob](person:{bob.id}) come")
        lines.append((await device.hears("notification.added", len(lines) + 1))["data"]["notification"]["id"])
    await ann.does("DELETE", f"/api/documents/{page}")
    await ann.does("DELETE", f"/api/trash/{page}")
    told = (await device.hears("notification.withdrawn"))["data"]
    assert (sorted(told["ids"]), told["unread"]) == (sorted(lines[:2]), 1)
    assert [line["id"] for line in (await bob.gets("/api/notifications"))["notifications"]] == lines[2:]
    await device.leaves()


async def test_who_reads_the_chat_has_read_what_it_brought_to_the_inbox(ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Harbour")
    device, chat = await bob.listens(), await bob.listens()
    await device.does("follow", topic=f"user:{bob.id}")
    await chat.does("follow", topic=f"doc:{page}")
    said = await ann.does("POST", f"/api/documents/{page}/messages", text=f"@[Bob](person:{bob.id}) come")
    line = (await device.hears("notification.added", seconds=1.0))["data"]["notification"]
    assert line["message"] == {"id": said["id"], "seq": said["seq"], "preview": "@Bob come"}
    await chat.does("chat.read", document=page, seq=said["seq"])
    told = (await device.hears("notification.changed"))["data"]
    assert (told["ids"], told["unread"]) == ([line["id"]], 0)
    await ann.does("DELETE", f"/api/messages/{said['id']}")
    assert (await device.hears("notification.withdrawn", seconds=1.0))["data"] == {"ids": [line["id"]], "unread": 0}
    assert (await bob.gets("/api/notifications"))["notifications"] == []
    for each in (device, chat):
        await each.leaves()
