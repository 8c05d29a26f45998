"""Someone with a Yjs replica who writes over a real WebSocket."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pycrdt import Doc, Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from quillroom.protocol import frames
from quillroom.protocol.lib0 import read_var_bytes, read_var_string, read_var_uint

WAIT_SECONDS = 10.0


class Person:
    """Keeps a Y.Doc across connections, and knows which of its edits were acknowledged as saved."""

    def __init__(
        self,
        url: str,
        document: str,
        *,
        query: str = "client=quillroom&schema=1",
        headers: Any = None,
        client_id: int | None = None,
    ) -> None:
        self.doc: Doc[Any] = Doc(client_id=client_id)
        self.text = self.doc.get("t", type=Text)
        self.hello: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.awareness: list[bytes] = []
        self.denied: list[str] = []
        self.saved = 0
        self.sent = 0
        self.close_code: int | None = None
        self.is_synced = False
        self._address = f"{url}/{document}" + (f"?{query}" if query else "")
        self._headers = headers or {}
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def joins(self) -> "Person":
        """Connect and wait until everything of the server is here."""
        self.saved = self.sent = 0
        self.is_synced = False
        self._socket = await connect(self._address, additional_headers=self._headers, compression=None, max_size=None)
        self._reader = asyncio.create_task(self._read(self._socket))
        await self.sends(frames.step1(self.doc.get_state()))
        await self.waits(lambda: self.is_synced)
        return self

    async def leaves(self) -> None:
        """Close the connection; idempotent."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            with suppress(asyncio.CancelledError):
                await self._reader
        self._socket = self._reader = None

    async def breaks(self) -> None:
        """As if the network had gone."""
        assert self._socket is not None
        self._socket.transport.abort()
        await self.leaves()

    async def types(self, words: str) -> None:
        """Append to the text and send the edit."""
        before = self.doc.get_state()
        self.text.insert(len(self.text), words)
        await self.sends_update(self.doc.get_update(before))

    async def sends_update(self, update: bytes) -> None:
        """Send an update as it is."""
        self.sent += 1
        await self.sends(frames.update(update))

    async def sends(self, frame: bytes) -> None:
        """Send a frame, if there is still a connection."""
        assert self._socket is not None
        with suppress(ConnectionClosed):
            await self._socket.send(frame)

    async def waits(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; TimeoutError otherwise."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def sees(self, words: str) -> None:
        """Wait until the text is exactly this."""
        await self.waits(lambda: str(self.text) == words)

    async def is_saved(self) -> None:
        """Wait until all that was sent is acknowledged."""
        await self.waits(lambda: self.saved >= self.sent)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for frame in socket:
                assert isinstance(frame, bytes)
                await self._take(frame)
                self._changed.set()
        except ConnectionClosed:
            pass
        self.close_code = socket.close_code
        self._changed.set()

    async def _take(self, frame: bytes) -> None:
        kind, at = read_var_uint(frame, 0)
        if kind == frames.SYNC:
            step, at = read_var_uint(frame, at)
            payload, _ = read_var_bytes(frame, at)
            if step == frames.STEP1:
                self.sent += 1
                await self.sends(frames.step2(self.doc.get_update(payload)))
                return
            self.doc.apply_update(payload)
            self.is_synced = self.is_synced or step == frames.STEP2
        elif kind == frames.SAVED:
            self.saved, _ = read_var_uint(frame, at)
        elif kind == frames.CONTROL:
            event = json.loads(read_var_string(frame, at)[0])
            self.events.append(event)
            if event["event"] == "hello":
                self.hello = event["data"]
        elif kind == frames.AWARENESS:
            self.awareness.append(read_var_bytes(frame, at)[0])
        elif kind == frames.AUTH:
            _, at = read_var_uint(frame, at)
            self.denied.append(read_var_string(frame, at)[0])
