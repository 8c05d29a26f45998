"""Every endpoint around members, invitations, settings and the audit log, called once as it is described."""

from typing import Any

PASSWORD = "three green otters"


async def walk_directory(calls: Any, operator: str) -> None:
    """`operator` is the secret of somebody who administers."""
    kept = calls.web.headers["Authorization"]
    calls.web.cookies.clear()
    calls.web.headers["Authorization"] = f"Bearer {operator}"
    await calls(200, "GET", "/api/settings")
    await calls(200, "PATCH", "/api/settings", json={"sign_up": "invitation", "allowed_domains": ["example.org"]})
    await calls(400, "PATCH", "/api/settings", json={"sign_up": "maybe"})
    bob = await _bob_is_invited(calls)
    people = (await calls(200, "GET", "/api/people"))["people"]
    assert {person["name"] for person in people} >= {"Bob"}
    await calls(200, "PATCH", "/api/people/{id}", id=bob, json={"is_operator": True})
    await calls(200, "PATCH", "/api/people/{id}", id=bob, json={"is_operator": False})
    await calls(404, "PATCH", "/api/people/{id}", id="none", json={"is_operator": True})
    reset = await calls(200, "POST", "/api/people/{id}/reset", id=bob)
    await calls(202, "POST", "/api/password-reset", json={"email": "bob@example.org"})
    new = {"secret": reset["url"].rpartition("#")[2], "password": PASSWORD + "!"}
    await calls(204, "POST", "/api/password-reset/complete", json=new)
    await calls(400, "POST", "/api/password-reset/complete", json=new)
    me = (await calls(200, "GET", "/api/session"))["user"]["id"]
    await calls(200, "POST", "/api/people/{id}/transfer", id=bob, json={"to": me})
    await calls(400, "POST", "/api/people/{id}/transfer", id=bob, json={"to": bob})
    entries = (await calls(200, "GET", "/api/audit", query="?limit=5"))["entries"]
    assert len(entries) == 5
    await calls(400, "GET", "/api/audit", query="?limit=0")
    await calls(200, "GET", "/api/audit/export")
    found = (await calls(200, "GET", "/api/instances"))["instances"]
    [this] = [each for each in found if each["is_this"]]
    assert this["is_here"]
    await calls(404, "GET", "/api/oidc/start")
    await calls(404, "GET", "/api/oidc/callback")
    guest = await calls(201, "POST", "/api/session/guest", json={"name": "Gus", "token": True})
    calls.web.cookies.clear()
    calls.web.headers["Authorization"] = f"Bearer {guest['token']}"
    await calls(403, "GET", "/api/people")
    await calls(403, "GET", "/api/settings")
    await calls(403, "GET", "/api/instances")
    calls.web.headers["Authorization"] = kept


async def _bob_is_invited(calls: Any) -> str:
    made = await calls(201, "POST", "/api/invitations", json={"email": "bob@example.org"})
    await calls(200, "GET", "/api/invitations")
    secret = made["url"].rpartition("#")[2]
    await calls(200, "POST", "/api/invitations/look", json={"secret": secret})
    joined = await calls(
        201, "POST", "/api/accounts",
        json={"email": "bob@example.org", "password": PASSWORD, "name": "Bob", "invitation": secret},
    )  # fmt: skip
    calls.web.cookies.clear()
    await calls(404, "POST", "/api/invitations/look", json={"secret": secret})
    other = await calls(201, "POST", "/api/invitations", json={})
    await calls(204, "DELETE", "/api/invitations/{id}", id=other["invitation"]["id"])
    await calls(404, "DELETE", "/api/invitations/{id}", id=other["invitation"]["id"])
    id: str = joined["user"]["id"]
    return id
