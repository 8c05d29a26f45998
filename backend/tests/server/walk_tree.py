"""Every endpoint around the tree of pages, called once as it is described."""

from typing import Any


async def walk_tree(calls: Any) -> None:
    """`calls(status, method, path, …)` holds each answer against the description; somebody is signed in by a token."""
    one = "/api/documents/{id}"
    top = (await calls(201, "POST", "/api/documents", json={"title": "Top", "markdown": "words"}))["document"]["id"]
    below = (await calls(201, "POST", "/api/documents", json={"title": "Below", "parent": top}))["document"]["id"]
    await calls(404, "POST", "/api/documents", json={"parent": "none"})
    await calls(409, "POST", "/api/documents", json={"template": top})
    marked = await calls(200, "PATCH", one, id=top, json={"is_template": True, "title": "Plan"})
    assert marked["document"]["is_template"]
    await calls(400, "PATCH", one, id=top, json={})
    assert len((await calls(200, "GET", "/api/templates"))["documents"]) == 1
    made = await calls(201, "POST", "/api/documents", json={"template": top, "parent": below})
    assert [each["title"] for each in made["document"]["breadcrumbs"]] == ["Plan", "Below"]
    await calls(409, "POST", one + "/move", id=top, json={"parent": below})
    moved = await calls(200, "POST", one + "/move", id=below, json={"parent": None, "before": top})
    assert moved["document"]["parent"] is None
    await calls(404, "POST", one + "/move", id=below, json={"parent": "none"})
    copied = await calls(201, "POST", one + "/duplicate", id=below, json={"with_children": True})
    assert copied["document"]["title"] == "Copy of Below"
    assert len((await calls(200, "GET", "/api/tree"))["pages"]) >= 5
    await calls(204, "PUT", one + "/favourite", id=top)
    assert len((await calls(200, "GET", "/api/favourites"))["documents"]) == 1
    await calls(204, "DELETE", one + "/favourite", id=top)
    await calls(404, "PUT", one + "/favourite", id="none")
    assert (await calls(200, "GET", "/api/recents"))["documents"]
    await calls(204, "DELETE", one, id=below)
    await calls(404, "GET", one, id=below)
    assert [page["id"] for page in (await calls(200, "GET", "/api/trash"))["pages"]] == [below]
    await calls(200, "POST", "/api/trash/{id}/restore", id=below)
    await calls(403, "DELETE", "/api/trash/{id}", id=below)
    await calls(204, "DELETE", one, id=below)
    await calls(204, "DELETE", "/api/trash/{id}", id=below)
    await calls(404, "POST", "/api/trash/{id}/restore", id=below)
    await calls(204, "DELETE", "/api/trash")
