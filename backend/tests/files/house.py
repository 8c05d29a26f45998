"""What the tests of files do with their server, besides asking it."""

import httpx

from support.server import Server
from support.uploader import Uploader, moves_in


async def joins(server: Server, ann: Uploader, role: str | None) -> Uploader:
    """Another member, who may do so much on Ann's page."""
    other = moves_in(server, ann.account.web, "Bob")
    path = f"/api/documents/{ann.page}"
    await ann.account.request("PUT", f"{path}/access", json={"general": "private"})
    if role is not None:
        given = await ann.account.request("POST", f"{path}/people", json={"who": [other.id], "role": role})
        assert given.status_code == 201, given.text
    return Uploader(other, ann.page)


async def sends(ann: Uploader, *files: str) -> str:
    """A message with these files; its id."""
    path = f"/api/documents/{ann.page}/messages"
    answer = await ann.account.request("POST", path, json={"text": "Look", "files": list(files)})
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


def kept(server: Server) -> set[str]:
    """Every file in the folders of bytes and of uploads, by its name."""
    return {
        path.relative_to(server.data).as_posix()
        for folder in ("files", "uploads")
        for path in (server.data / folder).rglob("*")
        if path.is_file()
    }


def told(answer: httpx.Response) -> tuple[int, str, str]:
    found = answer.json()["error"]
    return answer.status_code, found["code"], found["message"]
