"""Messages over HTTP: what is said is said once, may be changed by whom it should, and is gone when it is recalled."""

import asyncio
from typing import Any

import pytest

from quillroom.core import chat
from quillroom.services.chat import CHANGES_AT_ONCE
from support.members import client, is_guest, signs_up
from support.server import Server
from support.servers import SERVERS
from support.team import Mate


@pytest.fixture
async def page(ann: Mate) -> str:
    return await ann.makes("Harbour")


async def says(mate: Mate, page: str, text: str | None = "hello", **more: Any) -> Any:
    said = more if text is None else {"text": text, **more}
    return await mate.does("POST", f"/api/documents/{page}/messages", **said)


async def refused(mate: Mate, method: str, path: str, **body: Any) -> tuple[int, str, str]:
    answer = await mate.asks(method, path, **body)
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


async def read(mate: Mate, page: str, query: str = "") -> Any:
    return await mate.gets(f"/api/documents/{page}/messages{query}")


async def test_what_ann_says_bob_reads_in_order(ann: Mate, bob: Mate, page: str) -> None:
    first, second = await says(ann, page, "  one\r\n\r\ntwo\x07 "), await says(bob, page, "three", reply_to=None)
    assert (first["text"], first["author"]["id"], first["revision"], first["seq"]) == ("one\n\ntwo", ann.id, 1, 1)
    found = await read(bob, page)
    assert found["messages"] == [first, second]
    assert (found["has_before"], found["has_after"], found["seq"]) == (False, False, second["seq"])
    assert found["unread"] == {"count": 1, "mentions": 0, "first": first["seq"]}


async def test_a_retry_sends_nothing_twice_and_other_words_under_its_id_are_refused(
    ann: Mate, bob: Mate, page: str
) -> None:
    path, said = f"/api/documents/{page}/messages", {"client_id": "retry-0001", "text": "once"}
    answers = await asyncio.gather(*(ann.asks("POST", path, **said) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.text for answer in answers}) == 1
    assert await refused(ann, "POST", path, **{**said, "text": "twice"}) == (
        409, "id_reused", "Something else was sent under this `client_id` before.",
    )  # fmt: skip
    elsewhere = await ann.makes("Elsewhere")
    assert (await refused(ann, "POST", f"/api/documents/{elsewhere}/messages", **said))[:2] == (409, "id_reused")
    await bob.does("POST", path, **{**said, "text": "mine"})  # the ids of another one are others
    assert [each["text"] for each in (await read(ann, page))["messages"]] == ["once", "mine"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "A message needs a text or a file."),
        ({"text": " \n\t "}, "A message needs a text or a file."),
        ({"text": "x" * (chat.TEXT_LENGTH + 1)}, "A message of at most 8000 characters was expected, 8001 came."),
        ({"text": 7}, "`text` must be a text."),
        ({"text": "x", "sender": "bob"}, "Only client_id, files, quote, reply_to, text were expected, 'sender' came."),
        ({"text": "x", "client_id": "short"}, "`client_id` must be 8 to 64 letters, digits, `_` or `-`."),
        ({"text": "x", "client_id": "a" * 65}, "`client_id` must be 8 to 64 letters, digits, `_` or `-`."),
        ({"text": "x", "reply_to": "unknown"}, "The message that this one answers is not in this chat."),
        ({"text": "x", "reply_to": 1}, "`reply_to` must be an id."),
        ({"text": "x", "quote": {"text": ""}}, "`quote.text` must be 1 to 1000 characters."),
        ({"text": "x", "quote": {"text": "q" * 1001}}, "`quote.text` must be 1 to 1000 characters."),
        ({"text": "x", "quote": {"text": "q", "anchor": "a" * 2001}}, "`quote.anchor` must be at most 2000"),
        ({"text": "x", "quote": {"text": "q", "by": "me"}}, '`quote` must be {"text": …, "anchor": …}.'),
        ({"text": "x", "files": ["f"] * 21}, "`files` must be at most 20 ids of files."),
        ({"text": "x", "files": ["f", "f"]}, "`files` must name each file once."),
    ],
)
async def test_what_cannot_be_said_is_refused_with_a_sentence(
    ann: Mate, page: str, body: dict[str, Any], said: str
) -> None:
    status, code, sentence = await refused(ann, "POST", f"/api/documents/{page}/messages", **body)
    assert (status, code) == (400, "invalid")
    assert sentence.startswith(said)
    assert (await read(ann, page))["messages"] == []


async def test_an_answer_stays_in_its_chat_and_a_thread_is_all_that_follows_from_a_message(
    ann: Mate, bob: Mate, page: str
) -> None:
    elsewhere = await ann.makes("Elsewhere")
    root = await says(ann, page, "root")
    assert (
        await refused(ann, "POST", f"/api/documents/{elsewhere}/messages", text="x", reply_to=root["id"])
    )[:2] == (400, "invalid")  # fmt: skip
    answer = await says(bob, page, "answer", reply_to=root["id"])
    await says(ann, page, "beside")
    deeper = await says(ann, page, "deeper", reply_to=answer["id"])
    thread = await read(bob, page, f"?thread={root['id']}")
    assert [each["text"] for each in thread["messages"]] == ["root", "answer", "deeper"]
    rest = await read(bob, page, f"?thread={root['id']}&after={answer['seq']}&limit=1")
    assert (rest["messages"], rest["has_after"]) == ([deeper], False)
    assert (await bob.asks("GET", f"/api/documents/{elsewhere}/messages?thread={root['id']}")).status_code == 404
    await ann.does("DELETE", f"/api/messages/{root['id']}")
    assert (await read(bob, page))["messages"][1] == answer  # and holds no copy of what was recalled


async def test_a_chat_is_read_in_windows_without_a_gap(ann: Mate, bob: Mate, page: str) -> None:
    said = [(await says(each, page, f"{n}"))["id"] for n, each in enumerate([ann, bob] * 6)]

    async def window(query: str) -> tuple[list[int], bool, bool]:
        found = await read(ann, page, query)
        ids = [each["id"] for each in found["messages"]]
        return [said.index(id) for id in ids], found["has_before"], found["has_after"]

    seqs = [each["seq"] for each in (await read(ann, page))["messages"]]
    assert await window("?limit=5") == ([7, 8, 9, 10, 11], True, False)
    assert await window(f"?limit=5&before={seqs[7]}") == ([2, 3, 4, 5, 6], True, True)
    assert await window(f"?limit=5&before={seqs[2]}") == ([0, 1], False, True)
    assert await window(f"?limit=4&after={seqs[1]}") == ([2, 3, 4, 5], True, True)
    assert await window("?after=0&limit=100") == (list(range(12)), False, False)
    assert await window(f"?around={said[6]}&limit=4") == ([4, 5, 6, 7], True, True)
    assert await window(f"?around={said[0]}&limit=4") == ([0, 1], False, True)
    for bad in ("?limit=0", "?limit=101", "?before=x", "?before=1&after=2", "?pinned=0", "?page=2", "?around="):
        assert (await ann.asks("GET", f"/api/documents/{page}/messages{bad}")).status_code == 400, bad


async def test_only_its_author_edits_a_message_and_what_it_said_before_can_be_read(
    ann: Mate, bob: Mate, page: str
) -> None:
    said = await says(ann, page, "helo", quote={"text": "words"})
    path = f"/api/messages/{said['id']}"
    assert (await refused(bob, "PATCH", path, revision=1, text="mine"))[:2] == (403, "not_allowed")
    edited = await ann.does("PATCH", path, revision=1, text="hello ")
    assert edited == {**said, "text": "hello", "revision": 2, "edited_at": edited["edited_at"]}
    stale = await ann.asks("PATCH", path, revision=1, text="hullo")
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "changed")
    assert stale.json()["error"]["details"] == {"message": edited}
    assert await ann.does("PATCH", path, revision=2, text="hello") == edited  # nothing changed
    for wrong in ({"text": "x"}, {"revision": 0, "text": "x"}, {"revision": True, "text": "x"}, {"revision": 2}):
        assert (await refused(ann, "PATCH", path, **wrong))[0] == 400
    history = (await bob.gets(f"{path}/history"))["revisions"]
    assert [(each["revision"], each["text"]) for each in history] == [(1, "helo"), (2, "hello")]
    assert [each["at"] for each in history] == [said["at"], edited["edited_at"]]
    assert (await read(bob, page))["messages"] == [edited]


async def test_of_a_recalled_message_nothing_is_left_but_its_place(
    ann: Mate, bob: Mate, page: str, closed_server: Server
) -> None:
    quote = {"text": "SECRET quoted", "anchor": "AAEC"}
    said: dict[str, Any] = {"client_id": "recall-01", "text": f"SECRET one @[Bob](person:{bob.id})", "quote": quote}
    sent = await says(ann, page, **said)
    path = f"/api/messages/{sent['id']}"
    await ann.does("PATCH", path, revision=1, text=f"SECRET two @[Bob](person:{bob.id})")
    await bob.does("PUT", f"{path}/reactions/👍")
    await ann.does("PUT", f"{path}/pin")
    recalled = await ann.does("DELETE", path)
    gone: dict[str, Any] = {"text": None, "quote": None, "files": [], "reactions": [], "mentions": [], "pinned": None}
    assert {name: recalled[name] for name in gone} == gone
    assert (recalled["recalled"]["by"]["id"], recalled["seq"]) == (ann.id, sent["seq"])
    assert (await read(bob, page))["messages"] == [recalled]
    assert (await bob.gets(f"{path}/history"))["revisions"] == []
    assert await ann.does("DELETE", path) == recalled
    assert await says(ann, page, **said) == recalled  # a late retry finds it, and does not bring it back
    for method, rest, body in (
        ("PATCH", "", {"revision": 2, "text": "x"}), ("PUT", "/reactions/👍", {}), ("PUT", "/pin", {})
    ):  # fmt: skip
        assert (await refused(ann, method, path + rest, **body))[:2] == (409, "recalled")
    rows = [repr(row) for name in closed_server.tables() for row in closed_server.sql(f'SELECT * FROM "{name}"')]
    assert sent["id"] in "".join(rows)
    assert not [row for row in rows if "SECRET" in row]


async def test_ones_own_is_recalled_for_a_while_and_any_by_who_manages_the_page(ann: Mate, bob: Mate) -> None:
    page = await ann.makes("Ours")
    of_bob, of_ann = await says(bob, page, "mine"), await says(ann, page, "mine")
    assert (await refused(bob, "DELETE", f"/api/messages/{of_ann['id']}"))[:2] == (403, "not_allowed")
    assert (await ann.does("DELETE", f"/api/messages/{of_bob['id']}"))["recalled"]["by"]["id"] == ann.id


async def test_how_long_one_may_recall_is_for_operators_to_say(closed_server: Server) -> None:
    async with client(closed_server) as web:
        operator, bob = await signs_up(web, "Olga"), await is_guest(web, "Bob")
        page = await operator.makes_page("Open to guests")
        await operator.request("PUT", f"/api/documents/{page}/access", json={"general": "anyone", "role": "comment"})
        link = (await operator.request("POST", f"/api/documents/{page}/links")).json()["url"].partition("#")[2]
        await bob.request("POST", "/api/links/open", json={"secret": link})
        for seconds, status in ((0, 409), (120, 200), (None, 200)):
            changed = await operator.request("PATCH", "/api/settings", json={"recall_seconds": seconds})
            assert (changed.status_code, changed.json()["recall_seconds"]) == (200, seconds)
            said = (await bob.request("POST", f"/api/documents/{page}/messages", json={"text": "oh"})).json()
            recall = await bob.request("DELETE", f"/api/messages/{said['id']}")
            assert recall.status_code == status
            if status == 409:
                assert recall.json()["error"]["code"] == "too_late"
                assert (await operator.request("DELETE", f"/api/messages/{said['id']}")).status_code == 200
        audit = (await operator.get("/api/audit"))["entries"]
        recalls = [each for each in audit if each["action"] == "message.recalled"]
        assert [(each["actor"]["id"], each["data"]["author"]) for each in recalls] == [(operator.id, bob.id)]
        for wrong in (-1, True, "120", 1.5, 400 * 24 * 3600):
            answer = await operator.request("PATCH", "/api/settings", json={"recall_seconds": wrong})
            assert answer.status_code == 400


async def test_reactions_are_emoji_given_once_by_each_and_not_too_many(ann: Mate, bob: Mate, page: str) -> None:
    said = await says(ann, page)
    path = f"/api/messages/{said['id']}"
    await ann.does("PUT", f"{path}/reactions/👍")
    both = await bob.does("PUT", f"{path}/reactions/👍")
    assert both["reactions"] == [{"emoji": "👍", "people": [ann.id, bob.id]}]
    seq = (await read(ann, page))["seq"]
    assert await bob.does("PUT", f"{path}/reactions/👍") == both
    assert (await read(ann, page))["seq"] == seq  # nothing happened, and nothing is told
    assert (await ann.does("DELETE", f"{path}/reactions/👍"))["reactions"] == [{"emoji": "👍", "people": [bob.id]}]
    for word in ("ok", "👍👍", "<b>", "1"):
        assert (await refused(ann, "PUT", f"{path}/reactions/{word}"))[:2] == (400, "invalid")
    for n in range(chat.REACTIONS_AT_MOST - 1):
        await bob.does("PUT", f"{path}/reactions/{chr(0x1F600 + n)}")
    assert (await refused(bob, "PUT", f"{path}/reactions/🚀"))[:2] == (409, "too_many")
    await ann.does("PUT", f"{path}/reactions/👍")


async def test_what_is_pinned_is_seen_by_all_and_unpinned_by_who_did_it_or_manages(
    ann: Mate, bob: Mate, page: str
) -> None:
    one, two = await says(ann, page, "one"), await says(ann, page, "two")
    await bob.does("PUT", f"/api/messages/{two['id']}/pin")
    pinned = await ann.does("PUT", f"/api/messages/{one['id']}/pin")
    assert pinned["pinned"]["by"]["id"] == ann.id
    found = await read(bob, page, "?pinned=1")
    assert [each["text"] for each in found["messages"]] == ["one", "two"]
    assert found["pinned_count"] == 2
    assert (await refused(bob, "DELETE", f"/api/messages/{one['id']}/pin"))[:2] == (403, "not_allowed")
    assert (await ann.does("DELETE", f"/api/messages/{two['id']}/pin"))["pinned"] is None
    assert (await read(bob, page, "?pinned=1"))["pinned_count"] == 1


async def test_only_who_may_see_the_page_is_mentioned(ann: Mate, bob: Mate, closed_server: Server) -> None:
    cid = await Mate(closed_server, "Cid").comes()
    page = await ann.makes("Ours")
    await ann.hides(page)
    await ann.lets(bob, page, "view")
    text = "".join(f"@[{each.name}](person:{each.id}) " for each in (ann, bob, cid, bob)) + "@[X](person:nobody)"
    said = await says(ann, page, text)
    assert (said["text"], said["mentions"]) == (text, [bob.id])
    assert (await read(bob, page))["unread"]["mentions"] == 1
    await ann.does("PATCH", f"/api/messages/{said['id']}", revision=1, text="nobody")
    assert (await read(bob, page))["unread"] == {"count": 1, "mentions": 0, "first": said["seq"]}
    await ann.lets(cid, page, "view")
    again = await ann.does("PATCH", f"/api/messages/{said['id']}", revision=2, text=text)
    assert again["mentions"] == sorted([bob.id, cid.id])
    await cid.leaves()


async def test_who_says_too_much_at_once_waits(ann: Mate, bob: Mate, page: str) -> None:
    path = f"/api/documents/{page}/messages"
    answers = await asyncio.gather(*(ann.asks("POST", path, text=f"{n}") for n in range(30 * SERVERS)))
    late = [answer for answer in answers if answer.status_code == 429]
    assert 0 < len(late) <= 10 * SERVERS  # each counts for itself
    assert all(answer.json()["error"]["code"] == "throttled" for answer in late)
    assert int(late[0].headers["retry-after"]) >= 1
    await says(bob, page)


@pytest.mark.one_process("each server has a pace of its own: none of three that share the changes gets too many")
async def test_who_changes_messages_without_end_waits(ann: Mate, page: str) -> None:
    path = f"/api/messages/{(await says(ann, page))['id']}/reactions/👍"
    changes = [ann.asks("PUT" if n % 2 else "DELETE", path) for n in range(CHANGES_AT_ONCE + 30)]
    codes = [answer.status_code for answer in await asyncio.gather(*changes)]
    assert set(codes) == {200, 429}
    assert codes.count(200) >= CHANGES_AT_ONCE


async def test_a_copy_of_a_page_has_no_chat(ann: Mate, page: str) -> None:
    await says(ann, page)
    copy = (await ann.does("POST", f"/api/documents/{page}/duplicate"))["document"]["id"]
    assert (await read(ann, copy))["messages"] == []


async def test_in_open_mode_nobody_without_a_name_speaks_or_reads(server: Server) -> None:
    ann = await Mate(server, "Ann").comes()
    page = await ann.makes("Open")
    for n in range(30):  # and nobody waits
        await says(ann, page, f"{n}")
    ann.forgets_who_she_is()
    path = f"/api/documents/{page}/messages"
    assert (await refused(ann, "GET", path))[:2] == (401, "not_signed_in")
    assert (await refused(ann, "POST", path, text="x"))[:2] == (401, "not_signed_in")
    await ann.leaves()
