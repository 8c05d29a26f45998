"""The endpoint of the search, called once as it is described; somebody is signed in by a token."""

from typing import Any

SEARCH = "/api/search/messages"


async def walk_search(calls: Any) -> None:
    """`calls(status, method, path, …)` holds each answer against the description."""
    page = (await calls(201, "POST", "/api/documents", json={"title": "Talk"}))["document"]["id"]
    said = await calls(201, "POST", "/api/documents/{id}/messages", id=page, json={"text": "A crème *brûlée*"})
    found = await calls(200, "GET", SEARCH, query=f"?q=brulee%20CREME&document={page}&limit=1")
    assert found == {
        "results": [{"message": said, "document": {"id": page, "title": "Talk"}, "highlights": [[2, 7], [9, 15]]}],
        "next": None,
    }
    for query in ("", "?q=%20", "?q=a&limit=0", "?q=a&before=none", "?q=a&order=best"):
        await calls(400, "GET", SEARCH, query=query)
    await calls(404, "GET", SEARCH, query="?q=a&document=none")
