"""G10: a server that is asked to end loses nothing, and does not send everybody elsewhere in one moment."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidHandshake

from deploy.proxies import NGINX, Nginx
from quillroom.protocol.closes import Close
from quillroom.protocol.websocket import CLOSE
from quillroom.server import AT_ONCE, LONGEST_SPREAD_SECONDS, batch_size
from store.cluster import Cluster
from support.person import Person
from support.raw import Raw, masked
from support.redis_server import RedisServer
from support.server import Server

CROWD, JOINING = 500, 50
TYPISTS, PAGES, SERVERS = 18, 6, 3


def test_a_few_are_let_go_at_once_and_many_in_five_seconds_at_most() -> None:
    assert batch_size(0) == batch_size(AT_ONCE) == AT_ONCE
    assert [batch_size(number) for number in (100, 500, 1000)] == [20, 20, 20]  # ten times a second
    assert batch_size(10_000) == 10_000 / LONGEST_SPREAD_SECONDS / 10


class Held(Raw):
    """Somebody who waits until the server lets go, and says goodbye then."""

    code: int | None = None
    let_go_at = 0.0

    async def waits(self) -> None:
        """Read on until the close frame; `code` stays None when there was none."""
        unread = b""
        while got := await self.reads(1 << 16, 60):
            unread += got
            while (size := _frame_size(unread)) is not None and len(unread) >= size:
                frame, unread = unread[:size], unread[size:]
                if frame[0] & 0x0F == CLOSE:
                    self.code, self.let_go_at = int.from_bytes(frame[2:4]), asyncio.get_running_loop().time()
                    await self.writes(masked(frame[2:4], CLOSE))


def _frame_size(data: bytes) -> int | None:
    """Of the frame of a server that begins here, with its head (RFC 6455 §5.2)."""
    if len(data) < 2:
        return None
    longer = {126: 2, 127: 8}.get(data[1], 0)
    if len(data) < 2 + longer:
        return None
    return 2 + longer + (int.from_bytes(data[2 : 2 + longer]) if longer else data[1])


async def test_five_hundred_are_let_go_little_by_little_each_told_to_come_back(server: Server) -> None:
    crowd: list[Held] = []
    while len(crowd) < CROWD:
        joining = [Held(server.port) for _ in range(JOINING)]
        await asyncio.gather(*(each.joins(f"/sync/page{len(crowd)}") for each in joining))
        crowd += joining
    ann = await Person(server.sync, "page0").joins()
    waiting = [asyncio.create_task(each.waits()) for each in crowd]
    await ann.types("the last words")
    os.kill(server.pid, signal.SIGTERM)  # nobody has waited for the commit
    await asyncio.gather(*waiting)
    await asyncio.to_thread(server.stop)
    assert server.ended_with == 0
    assert {each.code for each in crowd} == {Close.RESTART}
    moments = sorted(each.let_go_at for each in crowd)
    # Meant are 2.5 s. A busy machine may draw it out, and cannot press it together by much.
    assert moments[-1] - moments[0] > 1.2
    assert moments[CROWD * 3 // 4] - moments[CROWD // 4] > 0.6
    for each in crowd:
        each.leaves()
    await ann.leaves()
    assert ann.close_code == Close.RESTART
    server.start()
    bob = await Person(server.sync, "page0").joins()
    await bob.sees("the last words")
    await bob.leaves()


async def test_while_it_lets_go_it_says_that_it_is_not_ready_and_takes_nobody_new(server: Server) -> None:
    crowd = await asyncio.gather(*(Held(server.port).joins("/sync/page") for _ in range(3 * AT_ONCE)))
    async with httpx.AsyncClient(base_url=server.url) as asking, httpx.AsyncClient(base_url=server.url) as other:
        for each in (asking, other):
            assert (await each.get("/health/ready")).status_code == 200
        os.kill(server.pid, signal.SIGTERM)
        while (refused := await _asks_until_it_stops(asking)) is None:
            pass
        assert (refused.status_code, refused.json()["why"]) == (503, "The server is stopping.")
        assert refused.headers["connection"] == "close"
        # Who is connected is still answered, for the last time.
        answer = await other.get("/health/live")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        with pytest.raises(httpx.ConnectError):
            await asking.get("/health/ready")
    for held in crowd:
        held.leaves()
    await asyncio.to_thread(server.stop)
    assert server.ended_with == 0


async def _asks_until_it_stops(web: httpx.AsyncClient) -> httpx.Response | None:
    answer = await web.get("/health/ready")
    return None if answer.status_code == 200 else answer


async def test_somebody_who_goes_away_in_the_middle_of_a_request_is_no_fault_of_the_server(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    gone = await Raw(server.port).connects()
    head = (
        b"POST /api/session/guest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99"
    )
    await gone.writes(head + b'\r\n\r\n{"name"')
    gone.leaves()
    async with httpx.AsyncClient(base_url=server.url) as web:
        assert (await web.get("/health/ready")).status_code == 200
    await asyncio.to_thread(server.stop)
    assert "Exception" not in capfd.readouterr().err


class Typist:
    """Types a word, waits until it is saved, types the next; comes back when sent away."""

    def __init__(self, url: str, page: str, name: str) -> None:
        self.person = Person(url, page)
        self.name = name
        self.saved: list[str] = []
        self.codes: list[int] = []

    async def works(self, until: asyncio.Event) -> None:
        """All that was acknowledged is in `saved`."""
        await self.person.joins()
        while not until.is_set():
            word = f"{self.name}-{len(self.saved)} "
            await self.person.types(word)
            while not await self._is_saved():
                await self._comes_back()
            self.saved.append(word)
        await self.person.leaves()

    async def _is_saved(self) -> bool:
        one = self.person
        await one.waits(lambda: one.saved >= one.sent or one.close_code is not None)
        return one.saved >= one.sent

    async def _comes_back(self) -> None:
        """What was typed and not acknowledged goes along."""
        assert self.person.close_code is not None
        self.codes.append(self.person.close_code)
        await self.person.leaves()
        self.person.close_code = None
        async with asyncio.timeout(90):
            while True:
                try:
                    await self.person.joins()
                    return
                except (InvalidHandshake, OSError):
                    await self.person.leaves()
                await asyncio.sleep(0.05)


@pytest.fixture
def three(tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Nginx, list[Server]]]:
    """Three servers on PostgreSQL and Redis behind nginx, as deploy/nginx.conf has it."""
    if NGINX is None or not RedisServer.is_installed():
        pytest.skip("nginx or redis-server is not installed: scripts/install-test-tools does it")
    nginx = Nginx(tmp_path / "nginx")
    monkeypatch.setattr("support.person.WAIT_SECONDS", 60.0)  # three servers start anew beside them
    with RedisServer() as redis:
        options = ("--database", cluster.create_database(), "--redis", redis.url)
        servers = [Server(tmp_path / "data", options=options) for _ in range(SERVERS)]
        try:
            for each in servers:
                each.start()
            nginx.starts(*(each.port for each in servers))
            monkeypatch.setenv("SSL_CERT_FILE", str(nginx.certificate))
            yield nginx, servers
        finally:
            nginx.stops()
            for each in servers:
                each.stop()


@pytest.mark.nightly
async def test_a_rolling_restart_loses_nothing_of_what_people_type_all_through_it(
    three: tuple[Nginx, list[Server]],
) -> None:
    nginx, servers = three
    is_over = asyncio.Event()
    typists = [Typist(nginx.sync, f"page{number % PAGES}", f"t{number}") for number in range(TYPISTS)]
    async with asyncio.TaskGroup() as work:
        for each in typists:
            work.create_task(each.works(is_over))
        for server in servers:
            before = [len(each.saved) for each in typists]
            await asyncio.to_thread(server.stop)
            assert server.ended_with == 0
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(120):  # everybody goes on before it is the next one's turn
                while any(  # noqa: ASYNC110
                    len(each.saved) < was + 3 for each, was in zip(typists, before, strict=True)
                ):
                    await asyncio.sleep(0.02)
        is_over.set()
    assert {code for each in typists for code in each.codes} == {Close.RESTART}
    assert sum(len(each.codes) for each in typists) >= TYPISTS  # each server had its share of them
    for page in range(PAGES):
        reader = await Person(servers[page % SERVERS].sync, f"page{page}").joins()
        text = str(reader.text)
        words = [word for each in typists[page::PAGES] for word in each.saved]
        assert sorted(text.split()) == sorted(word.strip() for word in words)
        await reader.leaves()
