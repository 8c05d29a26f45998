"""Quillroom behind the real nginx and the real Caddy, set up by the files of `deploy/`: two servers on PostgreSQL."""

import asyncio
import hashlib
import os
import re
import signal
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from deploy.processes import comes_true, connections_of
from deploy.proxies import CADDY, DEPLOY, NGINX, Caddy, Nginx, Proxy
from quillroom.api.socket import PING_SECONDS
from store.cluster import Cluster
from support.listener import Listener
from support.members import PASSWORD, Account, client
from support.person import Person
from support.raw import Raw
from support.server import Server
from support.uploader import Uploader

UPLOAD_BYTES = 20_000_000
KINDS: dict[str, tuple[type[Nginx] | type[Caddy], str | None]] = {"nginx": (Nginx, NGINX), "caddy": (Caddy, CADDY)}


class Site:
    """A proxy and the servers behind it."""

    def __init__(self, folder: Path, database: str, kind: type[Nginx] | type[Caddy]) -> None:
        options = ("--database", database)
        self.servers = [Server(folder / "data", is_open=False, options=options) for _ in range(2)]
        self.proxy = kind(folder / "proxy")
        self._session: dict[str, Any] = {}

    def opens(self) -> "Site":
        for each in self.servers:
            each.start()
        self._session = self._ann_signs_up()
        self.proxy.starts(*(each.port for each in self.servers))
        return self

    def closes(self) -> None:
        self.proxy.stops()
        for each in self.servers:
            each.stop()

    def ann(self, web: httpx.AsyncClient) -> Account:
        """The first one here, so that she may everything."""
        return Account(web, self._session["token"], self._session)

    def _ann_signs_up(self) -> dict[str, Any]:
        body = {"email": "ann@example.org", "password": PASSWORD, "name": "Ann", "token": True}
        signed: dict[str, Any] = httpx.post(f"{self.servers[0].url}/api/accounts", json=body, timeout=30).json()
        return signed

    @property
    def as_server(self) -> Server:
        """For helpers that want to know where a server is, and nothing else."""
        return cast(Server, self.proxy)

    def anybody(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """Who comes from this address: the whole of 127.0.0.0/8 is this machine."""
        transport = httpx.AsyncHTTPTransport(local_address=address, verify=whom_to_believe())
        return httpx.AsyncClient(transport=transport, base_url=self.proxy.url, timeout=30)


def whom_to_believe() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))


@pytest.fixture(params=list(KINDS), scope="module")
def kind(request: pytest.FixtureRequest) -> type[Nginx] | type[Caddy]:
    """Which proxy; skipped with a sentence where it is not there."""
    found, program = KINDS[request.param]
    if program is None:
        pytest.skip(f"{request.param} is not installed: scripts/install-test-tools does it")
    return found


@pytest.fixture(scope="module")
def site(kind: type[Nginx] | type[Caddy], cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everything runs; nobody breaks anything."""
    yield from _opened(tmp_path_factory.mktemp("site"), cluster, kind)


@pytest.fixture
def frail(kind: type[Nginx] | type[Caddy], cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    """One to be broken."""
    yield from _opened(tmp_path, cluster, kind)


def _opened(folder: Path, cluster: Cluster, kind: type[Nginx] | type[Caddy]) -> Iterator[Site]:
    made = Site(folder, cluster.create_database(), kind)
    try:
        made.opens()
        with pytest.MonkeyPatch.context() as patch:
            if isinstance(made.proxy, Nginx):
                patch.setenv("SSL_CERT_FILE", str(made.proxy.certificate))
            yield made
    finally:
        made.closes()


@pytest.fixture
async def ann(site: Site) -> AsyncIterator[Account]:
    """She comes through the proxy."""
    async with client(site.as_server) as web:
        yield site.ann(web)


async def test_the_page_comes_with_what_it_needs(site: Site) -> None:
    async with site.anybody() as web:
        page = await web.get("/")
        if page.status_code == 503:
            pytest.skip("the page is not built: scripts/build does it")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        script = re.search(r'src="(/assets/[^"]+\.js)"', page.text)
        assert script is not None
        found = await web.get(script[1], headers={"Accept-Encoding": "br"})
        assert (found.status_code, found.headers.get("content-encoding")) == (200, "br")
        assert "immutable" in found.headers["cache-control"]
        assert (await web.get("/health/ready")).json()["status"] == "ok"


async def test_people_write_and_listen_through_it(site: Site, ann: Account) -> None:
    page = await ann.makes_page()
    listener = await Listener(site.proxy.url, ann.headers).joins()
    person = await Person(site.proxy.sync, page, headers=ann.headers).joins()
    await person.types("long " * 400_000)  # one frame of 2 MB
    await person.is_saved()
    again = await Person(site.proxy.sync, page, headers=ann.headers).joins()
    await again.sees("long " * 400_000)
    for each in (listener, person, again):
        await each.leaves()


async def test_a_large_file_goes_up_and_comes_back_in_whole_and_in_part(site: Site, ann: Account) -> None:
    uploader, data = Uploader(ann, await ann.makes_page()), os.urandom(UPLOAD_BYTES)
    file = await uploader.uploads("noise.bin", data)
    fetched = await uploader.fetches(file["id"])
    assert hashlib.sha256(fetched.content).digest() == hashlib.sha256(data).digest()
    part = await uploader.fetches(file["id"], Range="bytes=1000000-1000999")
    assert (part.status_code, part.content) == (206, data[1_000_000:1_001_000])
    assert part.headers["content-range"] == f"bytes 1000000-1000999/{UPLOAD_BYTES}"
    last = await uploader.fetches(file["id"], Range="bytes=-10")
    assert (last.status_code, last.content) == (206, data[-10:])


async def test_a_large_file_goes_up_in_one_request(site: Site, ann: Account) -> None:
    uploader, data = Uploader(ann, await ann.makes_page()), os.urandom(UPLOAD_BYTES)
    answer = await uploader.puts(await uploader.begins("noise.bin", len(data)), 0, data)
    assert answer.status_code == 200, answer.text


async def test_another_sites_page_is_refused_and_our_own_is_not(site: Site, ann: Account) -> None:
    page, name = await ann.makes_page(), site.proxy.url.partition("://")[2]
    host = name.partition(":")[0]
    for origin in ("https://evil.example", f"http://{host}:1", "null"):
        async with site.anybody() as web:
            refused = await web.post("/api/session/guest", json={}, headers={"Origin": origin})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "foreign_origin")
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"{site.proxy.sync}/{page}", additional_headers={"Origin": origin, **ann.headers})
        assert caught.value.response.status_code == 403
    # The scheme is the proxy's affair: one that ends TLS before this one speaks plainly to it.
    for origin in (f"https://{name}", f"http://{name}"):
        async with connect(f"{site.proxy.sync}/{page}", additional_headers={"Origin": origin, **ann.headers}):
            pass


async def test_who_comes_from_where_is_known_whatever_they_say(site: Site) -> None:
    spoofed = 0

    async def guesses(address: str) -> set[int]:
        nonlocal spoofed
        codes = set()
        async with site.anybody(address) as web:
            for number in range(80):  # each of the two servers counts for itself
                headers = {"X-Forwarded-For": f"198.51.{spoofed // 250}.{spoofed % 250}"}
                answer = await web.post("/api/links/open", json={"secret": f"guess {number}"}, headers=headers)
                codes.add(answer.status_code)
                spoofed += 1
        return codes

    assert await guesses("127.0.0.2") == {404, 429}
    async with site.anybody("127.0.0.3") as other:
        assert (await other.post("/api/links/open", json={"secret": "guess"})).status_code == 404
        assert (await other.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})).status_code == 403


async def test_the_cookie_is_for_https_alone_where_the_proxy_speaks_it(site: Site) -> None:
    async with site.anybody() as web:
        entered = await web.post("/api/session/guest", json={}, headers={"X-Forwarded-Proto": "https"})
    cookie = entered.headers["set-cookie"]
    assert ("__Host-" in cookie, "Secure" in cookie) == (
        (True, True) if site.proxy.url[:5] == "https" else (False, False)
    )


async def test_http_leads_to_https(site: Site) -> None:
    if not isinstance(site.proxy, Nginx):
        pytest.skip("Caddy does it by itself where it has a name")
    async with httpx.AsyncClient() as web:
        answer = await web.get(f"{site.proxy.plain}/d/x?y=1")
    assert (answer.status_code, answer.headers["location"]) == (301, "https://127.0.0.1/d/x?y=1")


async def test_a_server_dies_and_the_next_request_works(frail: Site) -> None:
    async with client(frail.as_server) as web:
        ann = frail.ann(web)
        page = await ann.makes_page()
        frail.servers[0].kill9()
        for _ in range(20):
            async with frail.anybody() as other:
                assert (await other.get(f"/api/documents/{page}", headers=ann.headers)).status_code == 200
        # Caddy before 2.11.2 cannot send a body again (its issue 7546): these come when it has found out.
        for _ in range(20):
            async with frail.anybody() as other:
                answer = await other.post("/api/documents", json={"title": "x"}, headers=ann.headers)
                assert answer.status_code == 201
        person = await Person(frail.proxy.sync, page, headers=ann.headers).joins()
        await person.types("on the other one")
        await person.is_saved()
        await person.leaves()


async def test_a_server_that_comes_back_is_used_again(frail: Site) -> None:
    first, second = frail.servers
    first.stop()
    async with frail.anybody() as web:
        for _ in range(10):
            assert (await web.get("/health/ready")).status_code == 200
    first.start()
    second.stop()  # from now on it is the only one
    await comes_true(lambda: is_ready_through(frail.proxy))
    async with frail.anybody() as web:
        for _ in range(20):
            assert (await web.get("/health/ready")).status_code == 200
    assert connections_of(first.pid) >= 1


def is_ready_through(proxy: Proxy) -> bool:
    try:
        return httpx.get(f"{proxy.url}/health/ready", verify=whom_to_believe(), timeout=5).status_code == 200
    except httpx.TransportError:
        return False


async def test_a_server_that_is_stopping_fails_nobody(frail: Site) -> None:
    """It needs some seconds to let go of those who are there; everybody else finds the other one."""
    stopping = frail.servers[0]
    async with client(frail.as_server) as web:
        ann = frail.ann(web)
        page, token = await ann.makes_page(), f"Authorization: Bearer {ann.token}"
        held = await asyncio.gather(*(Raw(stopping.port).joins(f"/sync/{page}", (token,)) for _ in range(300)))
        os.kill(stopping.pid, signal.SIGTERM)
        for _ in range(25):
            assert (await ann.get("/api/session"))["user"]["id"] == ann.id
            person = await Person(frail.proxy.sync, page, headers=ann.headers).joins()
            await person.leaves()
        assert stopping.is_alive()  # so all of this happened while it stopped
        for each in held:
            each.leaves()


def test_what_the_proxies_wait_for_is_longer_than_the_silence_of_a_websocket() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        found = re.search(rf"{name} (\d+)s;", text)
        assert found is not None
        assert int(found[1]) > 3 * PING_SECONDS
    assert "read_timeout" not in (DEPLOY / "Caddyfile").read_text()  # Caddy has none of its own
