"""Every endpoint around inboxes and what people decide for themselves, called once as it is described."""

from typing import Any


async def walk_notifications(calls: Any) -> None:
    """`calls(status, method, path, …)` holds each answer against the description; somebody is signed in by a token."""
    page = (await calls(201, "POST", "/api/documents", json={"title": "Harbour"}))["document"]["id"]
    await _an_inbox(calls, page)
    await _choices(calls)
    await _push(calls)
    watch = "/api/documents/{id}/watch"
    assert (await calls(200, "GET", watch, id=page)) == {"level": None}
    await calls(204, "PUT", watch, id=page, json={"level": "watch"})
    assert (await calls(200, "GET", watch, id=page)) == {"level": "watch"}
    await calls(204, "DELETE", watch, id=page)
    for level in ("loud", None, ["watch"]):
        await calls(400, "PUT", watch, id=page, json={"level": level})
    await calls(404, "PUT", watch, id="none", json={"level": "watch"})
    await calls(404, "GET", watch, id="none")


async def _an_inbox(calls: Any, page: str) -> None:
    kept = calls.web.headers["Authorization"]
    await calls(200, "PUT", "/api/documents/{id}/access", id=page, json={"general": "private"})
    guest = await calls(201, "POST", "/api/session/guest", json={"name": "Gus", "token": True})
    calls.web.cookies.clear()
    calls.web.headers["Authorization"] = f"Bearer {guest['token']}"
    await calls(202, "POST", "/api/documents/{id}/requests", id=page, json={"message": "please"})
    assert (await calls(200, "GET", "/api/notifications"))["notifications"] == []
    calls.web.headers["Authorization"] = kept
    inbox = await calls(200, "GET", "/api/notifications", query="?filter=direct&limit=1")
    (line,) = inbox["notifications"]
    assert (line["kind"], line["actor"]["name"], inbox["unread"]) == ("access_requested", "Gus", 1)
    assert line["document"] == {"id": page, "title": "Harbour"}
    await calls(204, "POST", "/api/notifications/read", json={"ids": [line["id"]]})
    await calls(204, "POST", "/api/notifications/read", json={"document": page})
    await calls(204, "POST", "/api/notifications/read", json={"all": True})
    assert (await calls(200, "GET", "/api/notifications"))["unread"] == 0
    for body in ({}, {"ids": "x"}, {"ids": [1]}, {"all": False}, {"all": True, "document": page}, {"document": 7}):
        await calls(400, "POST", "/api/notifications/read", json=body)
    for query in ("filter=some", "before=then", "limit=0", "limit=x", "limit=101", "before=1~" + "x" * 65):
        await calls(400, "GET", "/api/notifications", query=f"?{query}")


async def _choices(calls: Any) -> None:
    path = "/api/me/notification-preferences"
    chosen = await calls(200, "GET", path)
    assert chosen["events"]["message"] == {"in_app": True, "mail": False, "push": True}
    await calls(200, "PUT", path, json={"events": {"message": {"push": False}}, "shows_preview": True})
    chosen = await calls(200, "GET", path)
    assert (chosen["events"]["message"]["push"], chosen["shows_preview"]) == (False, True)
    bodies: tuple[Any, ...] = ({"rain": {}}, {"reply": {"push": 1}}, {"reply": {"smoke": True}}, [], None)
    for events in bodies:
        await calls(400, "PUT", path, json={"events": events})
    await calls(400, "PUT", path, json={"shows_preview": None})
    privacy = {"receipts": True, "is_invisible": False, "last_seen": True}
    assert (await calls(200, "GET", "/api/me/privacy")) == privacy
    assert (await calls(200, "PATCH", "/api/me/privacy", json={"is_invisible": True})) == privacy | {
        "is_invisible": True
    }
    for wrong in ({"receipts": 1}, {"visible": True}):
        await calls(400, "PATCH", "/api/me/privacy", json=wrong)


async def _push(calls: Any) -> None:
    key = (await calls(200, "GET", "/api/push/key"))["key"]
    phone = {"endpoint": "https://fcm.googleapis.com/fcm/send/x", "keys": {"p256dh": key, "auth": "A" * 22}}
    made = await calls(201, "POST", "/api/push/subscriptions", json={**phone, "expirationTime": None})
    await calls(201, "POST", "/api/push/subscriptions", json=phone)
    await calls(400, "POST", "/api/push/subscriptions", json={**phone, "endpoint": "https://example.org/x"})
    await calls(404, "DELETE", "/api/push/subscriptions/{id}", id=made["id"])  # the second one took its place
    made = await calls(201, "POST", "/api/push/subscriptions", json=phone)
    await calls(204, "DELETE", "/api/push/subscriptions/{id}", id=made["id"])
