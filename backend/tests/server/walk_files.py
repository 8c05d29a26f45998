"""Every endpoint around files, called once as it is described."""

from typing import Any

from support.uploader import noise


async def walk_files(calls: Any) -> None:
    """`calls(status, method, path, …)` holds each answer against the description; somebody is signed in by a token."""
    page = (await calls(201, "POST", "/api/documents", json={"title": "Files"}))["document"]["id"]
    begin, content, one = "/api/documents/{id}/files", "/api/files/{file}/content", "/api/files/{file}"
    await calls(400, "POST", begin, id=page, json={"name": "a.txt"})
    await calls(404, "POST", begin, id="none", json={"name": "a.txt", "size": 5})
    await calls(413, "POST", begin, id=page, json={"name": "a.txt", "size": 10**12})
    begun = await calls(201, "POST", begin, id=page, json={"name": "a.txt", "size": 10, "alt": "words"})
    file = begun["file"]["id"]
    await calls(400, "PATCH", content, file=file, content=b"01234")
    await calls(404, "GET", one, file=file)
    await calls(204, "PATCH", content, file=file, content=b"01234", headers={"Upload-Offset": "0"})
    await calls(409, "PATCH", content, file=file, content=b"01234", headers={"Upload-Offset": "0"})
    ready = await calls(200, "PATCH", content, file=file, content=b"56789", headers={"Upload-Offset": "5"})
    assert ready["alt"] == "words"
    assert (await calls(200, "PATCH", one, file=file, json={"alt": None}))["alt"] is None
    await calls(400, "PATCH", one, file=file, json={})
    assert await calls(200, "GET", one, file=file, query="?download=1") == b"0123456789"
    assert await calls(206, "GET", one, file=file, headers={"Range": "bytes=1-2"}) == b"12"
    await calls(416, "GET", one, file=file, headers={"Range": "bytes=10-"})
    await calls(304, "GET", one, file=file, headers={"If-None-Match": "*"})
    await calls(404, "GET", one + "/thumbnail", file=file)
    await calls(204, "DELETE", one, file=file)
    await calls(404, "DELETE", one, file=file)
    data = noise(500, 500)
    begun = await calls(201, "POST", begin, id=page, json={"name": "a.png", "size": len(data)})
    file = begun["file"]["id"]
    await calls(200, "PATCH", content, file=file, content=data, headers={"Upload-Offset": "0"})
    await calls(200, "GET", one + "/thumbnail", file=file)
