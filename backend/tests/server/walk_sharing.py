"""Every endpoint of sharing, called once as it is described; nobody has an account yet, so guests are members."""

from typing import Any


async def walk_sharing(calls: Any) -> None:
    """`calls(status, method, path, …)` holds each answer against the description; somebody is signed in by a token."""
    id = (await calls(201, "POST", "/api/documents", json={"title": "Shared"}))["document"]["id"]
    access, people = "/api/documents/{id}/access", "/api/documents/{id}/people"
    assert (await calls(200, "GET", access, id=id))["general"] == "workspace"
    await calls(409, "POST", "/api/documents/{id}/links", id=id)
    body = {"general": "anyone", "role": "edit", "password": "open sesame", "expires_at": "2100-01-01T00:00:00Z"}
    shared = await calls(200, "PUT", access, id=id, json=body)
    assert shared["link"]["has_password"]
    await calls(400, "PUT", access, id=id, json={"general": "inherit"})
    secret = (await calls(201, "POST", "/api/documents/{id}/links", id=id))["url"].partition("#")[2]
    me = (await calls(200, "GET", "/api/session"))["user"]["id"]
    await calls(409, "DELETE", people + "/{person}", id=id, person=me)
    await calls(404, "POST", people, id=id, json={"who": ["nobody"], "role": "view"})
    await calls(201, "POST", people, id=id, json={"who": ["new@example.org"], "role": "view"})
    await calls(204, "PUT", people + "/{person}", id=id, person=me, json={"role": "manage"})
    await calls(404, "DELETE", "/api/documents/{id}/requests/{person}", id=id, person=me)
    kept = calls.web.headers.pop("Authorization")
    await calls(401, "POST", "/api/links/open", json={"secret": secret})
    opened = await calls(200, "POST", "/api/links/open", json={"secret": secret, "password": "open sesame"})
    assert opened["document"] == id
    calls.web.headers["Origin"] = str(calls.web.base_url)
    await calls(202, "POST", "/api/documents/{id}/requests", id="none", json={"message": "please"})
    calls.web.cookies.clear()
    del calls.web.headers["Origin"]
    calls.web.headers["Authorization"] = kept
    await calls(200, "PUT", access, id=id, json={"general": "private"})
