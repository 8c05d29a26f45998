"""`python -m bench.presence`: what it costs that a thousand people see who is here.

A thousand connections of /live, spread over the servers, look at one page or at a hundred pages of ten. They do what
people do: some write in bursts, most read and say once a minute that they are there, some go away and come back.
Counted from when everybody is there: the processor time of the servers, what they send, and what goes over Redis.
Without --database and --redis it is one server, as it is installed.
"""

import argparse
import asyncio
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from bench.guests import everybody
from bench.places import RESULTS
from bench.server import cpu_seconds, raise_file_limit

PEOPLE = 1000
READY = "Quillroom is ready on http://127.0.0.1:"
SHORT, LONG = 126, 127  # RFC 6455 §5.2: the length is in the next two, or eight, bytes
WRITERS, AWAY = 0.2, 0.2  # of all people


def main() -> int:
    """Measures, writes, prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.presence", description=__doc__)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--database")
    parser.add_argument("--redis")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=RESULTS / "presence")
    asked = parser.parse_args()
    raise_file_limit()
    options = [
        *(("--database", asked.database) if asked.database else ()),
        *(("--redis", asked.redis) if asked.redis else ()),
    ]
    results = []
    for rooms in (1, 100):
        with ExitStack() as stack:
            data = stack.enter_context(tempfile.TemporaryDirectory())
            servers = [stack.enter_context(_server(data, options)) for _ in range(asked.servers)]
            results.append(asyncio.run(_measure(servers, rooms, asked.seconds, asked.redis)))
        print(json.dumps(results[-1]), flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / f"servers-{asked.servers}.json").write_text(json.dumps(results, indent=2) + "\n")
    return 0


class Person(asyncio.Protocol):
    """One tab on /live; counts what it is told, and reads none of it."""

    def __init__(self, token: str, document: str, nature: str, dice: random.Random) -> None:
        self._token = token
        self.document, self.nature, self.dice = document, nature, dice
        self.bytes = self.frames = 0
        self.is_open = asyncio.Event()
        self._left = b""
        self._state, self._doing = "active", "viewing"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        host, port = transport.get_extra_info("peername")[:2]
        transport.write(
            f"GET /live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Authorization: Bearer {self._token}\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        buffer = self._left + data
        if not self.is_open.is_set():
            head, end, buffer = buffer.partition(b"\r\n\r\n")
            if not end:
                self._left = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.is_open.set()
        at = 0
        while (found := _frame(buffer, at)) is not None:
            body, at = found
            if b'"presence"' in buffer[body : body + 40]:
                self.frames += 1
                self.bytes += at - body
        self._left = buffer[at:]

    async def lives(self) -> None:
        """What people do, until it is enough."""
        await self.is_open.wait()
        self._says("active", "viewing")
        await asyncio.sleep(self.dice.random() * 30)
        while True:
            if self.nature == "writes":
                self._says("active", "editing")
                await asyncio.sleep(10 + self.dice.random() * 20)
                self._says("active", "viewing")
                await asyncio.sleep(20 + self.dice.random() * 40)
            elif self.nature == "comes and goes":
                self._says("idle", "viewing")
                await asyncio.sleep(60 + self.dice.random() * 120)
                self._says("active", "viewing")
                await asyncio.sleep(60 + self.dice.random() * 120)
            else:
                self._says("active", "viewing")
                await asyncio.sleep(60)

    def leaves(self) -> None:
        self._transport.close()

    def _says(self, state: str, doing: str) -> None:
        data = {"state": state, "document": self.document, "doing": doing}
        body = json.dumps({"event": "presence", "data": data}).encode()
        assert len(body) < SHORT + 2**16
        head = (
            bytes([0x81, 0x80 | len(body)])
            if len(body) < SHORT
            else bytes([0x81, 0x80 | SHORT, *divmod(len(body), 256)])
        )
        self._transport.write(head + bytes(4) + body)  # masked with zeros


def _frame(buffer: bytes, at: int) -> tuple[int, int] | None:
    """Where the body of the next whole frame begins and ends."""
    if len(buffer) < at + 2:
        return None
    length, body = buffer[at + 1], at + 2
    size = {SHORT: 2, LONG: 8}.get(length, 0)
    if size:
        length, body = int.from_bytes(buffer[body : body + size], "big"), body + size
    return (body, body + length) if len(buffer) >= body + length else None


async def _measure(servers: "Sequence[Server]", rooms: int, seconds: float, redis_url: str | None) -> dict[str, object]:
    dice = random.Random(1)
    people = await _come(servers, rooms, dice)
    lives = [asyncio.create_task(each.lives()) for each in people]
    await asyncio.sleep(15)
    cpu, wire = [each.cpu_seconds() for each in servers], _wire(redis_url)
    began = [(each.frames, each.bytes) for each in people]
    started = time.monotonic()
    await asyncio.sleep(seconds)
    took = time.monotonic() - started
    spent = [each.cpu_seconds() - before for each, before in zip(servers, cpu, strict=True)]
    over_redis = [after - before for after, before in zip(_wire(redis_url), wire, strict=True)]
    frames = sum(each.frames - before[0] for each, before in zip(people, began, strict=True))
    told = sum(each.bytes - before[1] for each, before in zip(people, began, strict=True))
    for each in lives:
        each.cancel()
    for person in people:
        person.leaves()
    await asyncio.gather(*lives, return_exceptions=True)
    return {
        "servers": len(servers),
        "rooms": rooms,
        "cpu_percent": [round(100 * each / took, 1) for each in spent],
        "frames_per_second": round(frames / took, 1),
        "bytes_per_second": round(told / took),
        "redis_in_bytes_per_second": round(over_redis[0] / took),
        "redis_out_bytes_per_second": round(over_redis[1] / took),
        "redis_commands_per_second": round(over_redis[2] / took, 1),
        "redis_cpu_percent": round(100 * over_redis[3] / took, 2),
    }


async def _come(servers: "Sequence[Server]", rooms: int, dice: random.Random) -> list[Person]:
    loop, people = asyncio.get_running_loop(), []
    for number, (token, document) in enumerate(
        await asyncio.to_thread(lambda: list(everybody(servers[0].port, rooms, PEOPLE // rooms)))
    ):
        chance = dice.random()
        nature = "writes" if chance < WRITERS else "comes and goes" if chance < WRITERS + AWAY else "reads"
        person = Person(token, document, nature, random.Random(number))
        port = servers[number % (PEOPLE // rooms) % len(servers)].port
        await loop.create_connection(lambda person=person: person, "127.0.0.1", port)  # type: ignore[misc]
        await person.is_open.wait()
        people.append(person)
    return people


class Server:
    """A process of ours."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.port = port
        self._pid = process.pid

    def cpu_seconds(self) -> float:
        """Of all its threads, since it began."""
        return cpu_seconds([self._pid])


@contextmanager
def _server(data: str, options: Sequence[str]) -> Iterator[Server]:
    words = [sys.executable, "-m", "quillroom", "serve", "--port", "0", "--data", data, *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(READY), line
        try:
            yield Server(process, int(line.removeprefix(READY)))
        finally:
            process.kill()


def _wire(url: str | None) -> list[float]:
    """What came into Redis, what went out of it, how many commands, and its processor time."""
    if url is None:
        return [0.0] * 4
    with redis.Redis.from_url(url) as there:
        figures = there.info()
    spent = figures["used_cpu_user"] + figures["used_cpu_sys"]
    return [
        figures["total_net_input_bytes"],
        figures["total_net_output_bytes"],
        figures["total_commands_processed"],
        spent,
    ]


if __name__ == "__main__":
    sys.exit(main())
