"""Every endpoint of the chat, called once as it is described; nobody has an account yet, so guests are members."""

from typing import Any

CHAT, ONE = "/api/documents/{id}/messages", "/api/messages/{id}"


async def walk_messages(calls: Any) -> None:
    """`calls(status, method, path, …)` holds each answer against the description; somebody is signed in by a token."""
    page = (await calls(201, "POST", "/api/documents", json={"title": "Talk"}))["document"]["id"]
    said = {"client_id": "walk-0001", "text": "**hello**", "quote": {"text": "words", "anchor": "AAEC"}}
    first = await calls(201, "POST", CHAT, id=page, json=said)
    assert await calls(200, "POST", CHAT, id=page, json=said) == first
    await calls(409, "POST", CHAT, id=page, json={**said, "text": "other"})
    await calls(400, "POST", CHAT, id=page, json={"text": " "})
    await calls(404, "POST", CHAT, id="none", json={"text": "hello"})
    answer = await calls(201, "POST", CHAT, id=page, json={"text": "and you?", "reply_to": first["id"]})
    found = await calls(200, "GET", CHAT, id=page, query=f"?thread={first['id']}")
    assert [each["id"] for each in found["messages"]] == [first["id"], answer["id"]]
    await calls(400, "GET", CHAT, id=page, query="?limit=0")
    await calls(200, "PATCH", ONE, id=first["id"], json={"revision": 1, "text": "hello again"})
    stale = await calls(409, "PATCH", ONE, id=first["id"], json={"revision": 1, "text": "hello"})
    assert stale["error"]["details"]["message"]["revision"] == 2
    assert len((await calls(200, "GET", ONE + "/history", id=first["id"]))["revisions"]) == 2
    assert (await calls(200, "GET", ONE + "/readers", id=first["id"])) == {"read": [], "delivered": []}
    for path in ("/reactions/👍", "/pin"):
        described = ONE + path.replace("👍", "{emoji}")
        for method in ("PUT", "DELETE"):
            await calls(200, method, described, id=first["id"], emoji="👍")
    await calls(400, "PUT", ONE + "/reactions/{emoji}", id=first["id"], emoji="no")
    await calls(200, "PUT", "/api/documents/{id}/read", id=page, json={"seq": 1})
    await calls(400, "PUT", "/api/documents/{id}/read", id=page, json={"seq": 1000})
    await calls(200, "GET", "/api/unread")
    recalled = await calls(200, "DELETE", ONE, id=first["id"])
    assert (await calls(200, "GET", ONE, id=first["id"])) == recalled
    await calls(409, "PUT", ONE + "/pin", id=first["id"])
    await calls(404, "GET", ONE, id="none")
