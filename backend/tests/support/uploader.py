"""Somebody who uploads files over HTTP, and pictures and recordings to upload."""

import asyncio
import io
import secrets
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
from PIL import Image

from quillroom.services.people import begin_session
from quillroom.store import people
from quillroom.store.tables import PersonRow
from support.members import Account
from support.server import Server

PIECE_BYTES = 1024 * 1024


def moves_in(server: Server, web: httpx.AsyncClient, name: str) -> Account:
    """A new member, put into the database: nobody is asked whether there were many lately."""
    id = secrets.token_hex(6)
    with server.opens() as database, database.engine.begin() as connection:
        row = PersonRow(id=id, name=name, kind="member", created_at=time.time(), email=f"{id}@example.org")
        people.add_member(connection, row)
        return Account(web, begin_session(connection, id, "browser"), {"user": {"id": id}})


async def becomes_true(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Ask until it is; TimeoutError after so long. For what the server does a little later, and tells nobody."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


class Uploader:
    """An account, uploading to one page."""

    def __init__(self, account: Account, page: str) -> None:
        self.account = account
        self.page = page

    async def announces(self, name: str, size: int, **more: Any) -> httpx.Response:
        return await self.account.request(
            "POST", f"/api/documents/{self.page}/files", json={"name": name, "size": size, **more}
        )

    async def begins(self, name: str, size: int, **more: Any) -> str:
        """Its id."""
        answer = await self.announces(name, size, **more)
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["file"]["id"]
        return id

    async def puts(self, id: str, offset: int, piece: Any, **headers: str) -> httpx.Response:
        return await self.account.request(
            "PATCH", f"/api/files/{id}/content", content=piece, headers={"Upload-Offset": str(offset), **headers}
        )

    async def offset(self, id: str) -> int:
        answer = await self.account.request("HEAD", f"/api/files/{id}/content")
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["upload-offset"])

    async def tries(self, name: str, data: bytes, **more: Any) -> httpx.Response:
        """A whole upload; the last answer, or the first that is no success."""
        begun = await self.announces(name, len(data), **more)
        if begun.status_code != 201:
            return begun
        id, at = begun.json()["file"]["id"], 0
        while True:
            answer = await self.puts(id, at, data[at : at + PIECE_BYTES])
            if answer.status_code != 204:
                return answer
            at = int(answer.headers["upload-offset"])

    async def uploads(self, name: str, data: bytes, **more: Any) -> dict[str, Any]:
        """The file as everybody is told of it."""
        answer = await self.tries(name, data, **more)
        assert answer.status_code == 200, answer.text
        file: dict[str, Any] = answer.json()
        return file

    async def fetches(self, id: str, rest: str = "", **headers: str) -> httpx.Response:
        return await self.account.request("GET", f"/api/files/{id}{rest}", headers=headers)


def picture(format: str = "PNG", size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    """A gradient, as a file of this format."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    out = io.BytesIO()
    image.save(out, format, **more)
    return out.getvalue()


def photograph(format: str = "JPEG", size: tuple[int, int] = (400, 300)) -> bytes:
    """Taken by a phone: where, when, by whom, and lying on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "SecretPhone"
    exif[0x9003] = "2026:11:24 10:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>52,31.2N</exif:GPSLatitude></x:xmpmeta>'
    more: Mapping[str, Any] = {"comment": b"at home"} if format == "JPEG" else {}
    return picture(format, size, exif=exif, **({"xmp": xmp} if format != "PNG" else {}), **more)


def noise(width: int, height: int) -> bytes:
    """A PNG that does not become small."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(out, "PNG")
    return out.getvalue()


def webm(seconds: float, *, codec: bytes = b"A_OPUS", track: int = 1, pieces: int = 50) -> bytes:
    """A recording as a browser makes it: of unknown length, a cluster a second, silence in each."""
    head = _element(0x1A45DFA3, _element(0x4282, b"webm"))
    info = _element(0x1549A966, _element(0x2AD7B1, (1_000_000).to_bytes(3)))
    kind = 2 if track == 1 else 1
    tracks = _element(0x1654AE6B, _element(0xAE, _element(0x83, bytes([kind])) + _element(0x86, codec)))
    clusters = b""
    for second in range(int(seconds)):
        blocks = b"".join(
            _element(0xA3, b"\x81" + struct.pack(">h", each * 1000 // pieces) + b"\x80" + b"\xf8\xff\xfe")
            for each in range(pieces)
        )
        clusters += b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + _element(0xE7, (second * 1000).to_bytes(4)) + blocks
    return head + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + info + tracks + clusters


def _element(id: int, body: bytes) -> bytes:
    return id.to_bytes((id.bit_length() + 7) // 8) + (len(body) | 1 << 56).to_bytes(8) + body
