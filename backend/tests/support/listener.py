"""Someone who listens on `/live`; every message is held against the schema that both sides share."""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

SCHEMA = json.loads((Path(__file__).parents[3] / "shared" / "live-schema.json").read_text())
ENVELOPE = Draft202012Validator(SCHEMA["$defs"]["envelope"])
# One for each event: to try them all takes twenty times as long.
FROM_SERVER = {
    each["properties"]["event"]["const"]: Draft202012Validator({**each, "$defs": SCHEMA["$defs"]})
    for each in SCHEMA["$defs"]["fromServer"]["oneOf"]
}
FROM_CLIENT = Draft202012Validator({"$ref": "#/$defs/fromClient", "$defs": SCHEMA["$defs"]})
WAIT_SECONDS = 10.0


def check(said: Any) -> None:
    """Whether a server may say this."""
    ENVELOPE.validate(said)
    FROM_SERVER[said["event"]].validate(said)


class Listener:
    """`joins`, then `hears`; `told` is everything that the server said, in order."""

    def __init__(self, url: str, headers: dict[str, str], *, is_checking: bool = True) -> None:
        self.told: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self._address = url.replace("http", "ws", 1) + "/live"
        self._headers = headers
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._asked = 0
        self._answers: dict[str, dict[str, Any]] = {}
        self._is_checking = is_checking  # a schema costs more than most of what it checks

    async def joins(self, receive_bytes: int | None = None) -> Self:
        """Connect and wait for the greeting; the system keeps at most so many bytes for who does not read."""
        connection = None
        if receive_bytes is not None:
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            where = urlsplit(self._address)
            connection.connect((where.hostname, where.port))
        self._socket = await connect(
            self._address, additional_headers=self._headers, compression=None, sock=connection, max_size=None
        )
        self._reader = asyncio.create_task(self._read(self._socket))
        try:
            await self.hears("hello")
        except BaseException:  # given up before it was greeted
            await self.breaks()
            raise
        return self

    async def leaves(self) -> None:
        """Idempotent."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    async def breaks(self) -> None:
        """As if the network had gone."""
        assert self._socket is not None
        self._socket.transport.abort()
        if self._reader is not None:
            await self._reader

    def stops_reading(self) -> None:
        assert self._socket is not None
        self._socket.transport.pause_reading()

    def reads_again(self) -> None:
        assert self._socket is not None
        self._socket.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.transport.resume_reading()

    async def says(self, message: str | bytes) -> None:
        assert self._socket is not None
        await self._socket.send(message)

    def tears_off(self, message: str) -> None:
        """Half of a frame goes out, and the connection ends."""
        assert self._socket is not None
        body = message.encode()
        head = b"\x81\xfe" + len(body).to_bytes(2, "big") if len(body) > 125 else bytes((0x81, 0x80 | len(body)))
        self._socket.transport.write(head + bytes(4) + body[: len(body) // 2])
        self._socket.transport.close()

    async def hears(self, event: str, times: int = 1, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """Wait until this was said so often; the last of them."""
        await self.waits(lambda: self.count(event) >= times, seconds)
        return [each for each in self.told if each["event"] == event][-1]

    def command(self, event: str, **data: Any) -> str:
        """What is said to have this done."""
        self._asked += 1
        return json.dumps({"event": event, "data": data, "id": f"asked-{self._asked}"})

    async def asks(self, event: str, **data: Any) -> dict[str, Any]:
        """Say a command and wait for what the server answers to it: `ack`, `pong` or `error`."""
        said = self.command(event, **data)
        id = f"asked-{self._asked}"
        await self.says(said)
        await self.waits(lambda: id in self._answers)
        return self._answers.pop(id)

    async def does(self, event: str, **data: Any) -> dict[str, Any]:
        """The same, and it must be done; what the ack says."""
        answer = await self.asks(event, **data)
        assert answer["event"] == "ack", answer
        said: dict[str, Any] = answer["data"]
        return said

    async def is_answered(self, event: str, data: dict[str, Any]) -> str:
        """`ack`, `pong`, or the code of the error."""
        answer = await self.asks(event, **data)
        return str(answer["data"]["code"] if answer["event"] == "error" else answer["event"])

    def of_topic(self, topic: str) -> list[dict[str, Any]]:
        """What was told of it that has a place in the log, in order."""
        return [each for each in self.told if each.get("topic") == topic and "seq" in each]

    async def has_place(self, topic: str, seq: int) -> None:
        """Wait until this was told of it, on whatever server it happened."""
        await self.waits(lambda: any(each["seq"] >= seq for each in self.of_topic(topic)))

    async def has_heard_all(self) -> None:
        """Wait until all that this server had to say before this moment is here."""
        asked = {"event": "ping", "data": {}, "id": f"{len(self.told)}"}
        FROM_CLIENT.validate(asked)
        pongs = self.count("pong")
        await self.says(json.dumps(asked))
        assert (await self.hears("pong", pongs + 1))["data"]["id"] == asked["id"]

    def count(self, event: str) -> int:
        return sum(each["event"] == event for each in self.told)

    async def is_sent_away(self, code: int) -> None:
        """Wait until the server has ended the connection like this."""
        await self.waits(lambda: self.close_code is not None)
        assert self.close_code == code

    async def waits(self, condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                assert isinstance(message, str)
                said = json.loads(message)
                for each in said if isinstance(said, list) else [said]:
                    if self._is_checking:
                        check(each)
                    self.told.append(each)
                    if each["event"] in ("ack", "pong", "error"):
                        self._answers[str(each["data"].get("id"))] = each
                self._changed.set()
        except ConnectionClosed:
            pass
        self.close_code = socket.close_code
        self._changed.set()
