"""A WebSocket peer down to its socket: it reads and writes only when, and as little as, a test says."""

import asyncio
import select
import socket
from collections.abc import Iterable
from contextlib import suppress

from quillroom.protocol.websocket import BINARY, PING

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


class Raw:
    """One TCP connection to a server."""

    def __init__(self, port: int, receive_bytes: int = 4096) -> None:
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self._socket.setblocking(False)

    async def connects(self) -> "Raw":
        """TCP only."""
        await self._loop.sock_connect(self._socket, ("127.0.0.1", self._port))
        return self

    async def joins(self, path: str, headers: tuple[str, ...] = ()) -> "Raw":
        """Do the handshake; from then on nothing is read by itself."""
        await self.connects()
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {KEY.decode()}", "Sec-WebSocket-Version: 13", *headers, "", ""]
        await self.writes("\r\n".join(lines).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += await self.reads(1)
        assert b" 101 " in answer.splitlines()[0], answer
        return self

    async def writes(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._socket, data)

    async def sends(self, message: bytes) -> None:
        """One binary WebSocket message."""
        await self.writes(masked(message, BINARY))

    async def reads(self, size: int, seconds: float = 10.0) -> bytes:
        """Up to so many bytes; none when the connection was ended."""
        async with asyncio.timeout(seconds):
            with suppress(ConnectionResetError):
                return await self._loop.sock_recv(self._socket, size)
        return b""

    async def is_cut(self, seconds: float) -> bool:
        """Read on until the server has ended the connection, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self.reads(1 << 16, seconds):
                    pass
                return True
        return False

    def is_reset(self) -> bool:
        """Whether the server has thrown the connection away; found without reading anything."""
        poll = select.poll()
        poll.register(self._socket, 0)
        return bool(poll.poll(0))

    async def is_refused(self, parts: Iterable[bytes], pause_seconds: float = 0.25) -> bool:
        """Write one part after the other until the server has ended the connection."""
        cut = asyncio.create_task(self.is_cut(10))
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                await self.writes(part)
                await asyncio.wait({cut}, timeout=pause_seconds)
        return await cut

    def leaves(self) -> None:
        """Idempotent."""
        self._socket.close()


def masked(payload: bytes, opcode: int) -> bytes:
    """A frame of a client, under a mask of zeros."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def ping() -> bytes:
    return masked(b"x" * 125, PING)
