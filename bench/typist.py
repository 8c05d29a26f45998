"""A person who types numbered words and remembers which of them a server said it has kept."""

import asyncio
import json
from typing import Self

import pycrdt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bench import wire
from bench.targets import QUILLROOM, Target

WORD = 8
WAIT_SECONDS = 20.0


class Refused(Exception):
    """The server did not accept what a person wrote."""


class Line:
    """One connection to one document, in the dialect of the server."""

    def __init__(self, target: Target, socket: ClientConnection, document: str) -> None:
        self._hocuspocus = target.dialect == "hocuspocus"
        self._socket = socket
        self._name = wire.block(document.encode()) if self._hocuspocus else b""

    @classmethod
    async def open(cls, target: Target, port: int, document: str) -> Self:
        """Connects and says hello as a client of this server does."""
        path = "" if target.dialect == "hocuspocus" else target.prefix + document
        if target is QUILLROOM:
            path += "?client=quillroom&schema=1"
        socket = await connect(f"ws://127.0.0.1:{port}/{path}", compression=None, max_size=None, proxy=None)
        line = cls(target, socket, document)
        if target.dialect == "hocuspocus":
            await line.send(wire.token())
            await line._until(wire.AUTH)
        elif target is QUILLROOM:
            hello = await line._until(wire.CONTROL)
            said = json.loads(wire.read_block(hello.payload, 0)[0])
            if said["data"]["role"] != "edit":
                raise Refused(f"role {said['data']['role']}: {said['data'].get('why')}")
        await line.send(wire.sync(wire.STEP1, wire.EMPTY_VECTOR))
        return line

    async def send(self, message: bytes) -> None:
        await self._socket.send(self._name + message)

    async def receive(self) -> wire.Message:
        frame = await self._socket.recv()
        assert isinstance(frame, bytes)
        return wire.read(frame, named=self._hocuspocus)

    async def _until(self, kind: int) -> wire.Message:
        while (message := await self.receive()).kind != kind:
            pass
        return message

    async def close(self) -> None:
        await self._socket.close()


class Typist:
    """Types `a000000 `, `a000001 `, … until the server is gone, and comes back if asked."""

    def __init__(self, letter: str, client: int, document: str) -> None:
        self.letter, self.client, self.document = letter, client, document
        self.words = 0
        self.acknowledged = 0

    def word(self, number: int) -> str:
        return f"{self.letter}{number:06d} "

    async def types_until_the_server_dies(self, target: Target, port: int, pause: float) -> None:
        """Returns when the connection broke; `words` and `acknowledged` say how far it came."""
        try:
            line = await Line.open(target, port, self.document)
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen(target, line))
                while not listening.done():
                    clock = self.words * WORD
                    text = self.word(self.words)
                    self.words += 1
                    update = wire.typed(self.client, clock, text)
                    await line.send(wire.sync(wire.UPDATE, update))
                    await asyncio.sleep(pause)
        except* (ConnectionClosed, InvalidHandshake, OSError):
            pass  # the server was killed: that is what this is for

    async def _listen(self, target: Target, line: Line) -> None:
        confirmed = 0
        while True:
            message = await line.receive()
            if message.kind == wire.SAVED and target is QUILLROOM:
                confirmed = wire.read_uint(message.payload, 0)[0]
            elif message.kind == wire.SYNC_STATUS:
                confirmed += wire.read_uint(message.payload, 0)[0]
            elif message.kind == wire.CONTROL and b'"refused"' in message.payload:
                raise Refused(message.payload.decode(errors="replace"))
            self.acknowledged = min(confirmed, self.words)

    async def comes_back_with_everything(self, target: Target, port: int) -> None:
        """Reconnects as Yjs clients do: what the server lacks is sent again, in one update."""
        if not self.words:  # the server died before it had said a word
            return
        line = await Line.open(target, port, self.document)
        text = "".join(self.word(number) for number in range(self.words))
        await line.send(wire.sync(wire.UPDATE, wire.typed(self.client, 0, text)))
        async with asyncio.timeout(WAIT_SECONDS):
            while (message := await line.receive()).kind not in (wire.SAVED, wire.SYNC_STATUS):
                if message.kind == wire.CONTROL and b'"refused"' in message.payload:
                    raise Refused(message.payload.decode(errors="replace"))
        await line.close()


async def read_document(target: Target, port: int, document: str) -> str:
    """What a fresh client is given."""
    line = await Line.open(target, port, document)
    async with asyncio.timeout(WAIT_SECONDS):
        while (message := await line.receive()).step != wire.STEP2:
            pass
    await line.close()
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    text = doc.get("t", type=pycrdt.Text)
    doc.apply_update(message.payload)
    return str(text)
