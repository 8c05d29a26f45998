"""What the tests of files do with their server, besides asking it."""

import sqlite3
import time
from contextlib import closing

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


def sends(server: Server, ann: Uploader, *files: str) -> str:
    """A message with these files, as the chat writes it."""
    with closing(sqlite3.connect(server.database)) as opened, opened:
        (count,) = opened.execute("SELECT count(*) FROM message").fetchone()
        id = f"message-{count}"
        opened.execute(
            "INSERT INTO message (id, document, seq, author, client_id, at, revision) VALUES (?, ?, ?, ?, ?, ?, 1)",
            (id, ann.page, count + 1, ann.account.id, id, time.time()),
        )
        for file in files:
            opened.execute("UPDATE file SET message = ? WHERE id = ?", (id, file))
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
