"""What went wrong elsewhere must not go wrong here: one test for each published mistake that nothing else covers.

Covered where they belong: two ids of which one is authorised (Outline CVE-2026-41649), the trash of others (Outline
CVE-2026-24901), caches (Zulip 2021) in `test_deny_table.py`; writing with a role that may read (Open WebUI
CVE-2026-44564), what only a server says (Hocuspocus #1103), forged identities (Outline #13804) in
`test_deny_messages.py`; a role that was cached at the handshake (Open WebUI CVE-2026-44553) in `test_revocation.py`;
a cookie that outlives the password (Jupyter CVE-2026-40934) in `test_accounts.py`; Host (Starlette CVE-2026-48710),
path traversal (CVE-2023-29159) in `test_guards.py`; floods and bombs in `test_hostile.py`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from quillroom.api.page import Page
from quillroom.core.member import Role
from quillroom.protocol import awareness, frames
from quillroom.protocol.closes import Close
from quillroom.protocol.websocket import BINARY
from server.deny_world import ACTORS, OWN, PRIVATE, SHARED, World, inhabited
from support.listener import Listener
from support.members import PASSWORD, client, signs_up
from support.person import Person
from support.raw import Raw, masked
from support.server import Server
from support.servers import a_server

MANAGER = next(actor for actor in ACTORS if actor.name == "manager")
EDITOR = next(actor for actor in ACTORS if actor.role is Role.EDIT and actor.kind == "member")
STRANGER = next(actor for actor in ACTORS if actor.name == "member who was given nothing")


class House:
    """A server where everyone lives, and a browser."""

    def __init__(self, server: Server, world: World, web: httpx.AsyncClient) -> None:
        self.server, self.world, self.web = server, world, web
        self.one = server.each[0]  # asked directly, without a proxy that has its own opinion

    def page(self, state: str = OWN, actor: Any = MANAGER) -> str:
        made = self.world.page(state, actor)
        self.world.connection.commit()
        return made

    def headers(self, actor: Any = MANAGER) -> dict[str, str]:
        """Of a session of its own."""
        secret = self.world.signs_in(actor)
        self.world.connection.commit()
        return {"Authorization": f"Bearer {secret}"}

    async def suspends(self, person: str, is_suspended: bool) -> None:
        """By the operator."""
        operator = self.headers(next(actor for actor in ACTORS if actor.is_operator))
        answer = await self.web.patch(f"/api/people/{person}", json={"is_suspended": is_suspended}, headers=operator)
        assert answer.status_code == 200, answer.text

    async def joins(self, page: str, headers: dict[str, str]) -> Person:
        return await Person(self.server.sync, page, headers=headers).joins()

    def logged(self, page: str) -> list[bytes]:
        query = 'SELECT "update" FROM document_update WHERE document = ?'
        return [row[0] for row in self.server.sql(query, page)]

    def rss_kib(self) -> int:
        status = Path(f"/proc/{self.one.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.fixture(scope="module")
def inhabitants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, World]]:
    with inhabited(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture
async def house(inhabitants: tuple[Server, World]) -> AsyncIterator[House]:
    async with client(inhabitants[0]) as web:
        yield House(*inhabitants, web)


# -- sessions that end


async def test_outline_cve_2025_68663_who_is_suspended_keeps_no_socket(house: House) -> None:
    page, here, other = house.page(), house.headers(), house.headers(EDITOR)
    house.world.add_token("key", "manager", "qr_manager", scopes="read write")
    house.world.connection.commit()
    key = {"Authorization": "Bearer qr_manager"}
    sockets = [await house.joins(page, each) for each in (here, key)]
    listener = await Listener(house.server.url, here).joins()
    bystander = await Listener(house.server.url, other).joins()
    await house.suspends("manager", True)
    for socket in sockets:
        await socket.waits(lambda: socket.close_code == Close.SIGNED_OUT)  # noqa: B023
    await listener.is_sent_away(Close.SIGNED_OUT)
    for headers in (here, key):
        with pytest.raises(InvalidStatus):
            await house.joins(page, headers)
        assert (await house.web.get("/api/session", headers=headers)).status_code == 401
    await bystander.has_heard_all()
    await house.suspends("manager", False)
    again = await house.joins(page, house.headers())
    for person in (*sockets, again):
        await person.leaves()
    await listener.leaves()
    await bystander.leaves()


async def test_who_is_suspended_during_a_handshake_is_sent_away_behind_it(house: House) -> None:
    page = house.page()
    for _ in range(5):
        socket = Person(house.server.sync, page, headers=house.headers())
        joining = asyncio.create_task(socket.joins())
        await house.suspends("manager", True)
        with suppress(InvalidStatus, TimeoutError):
            async with asyncio.timeout(2):
                await joining
        if socket.hello:
            await socket.waits(lambda: socket.close_code == Close.SIGNED_OUT)  # noqa: B023
        await socket.leaves()
        await house.suspends("manager", False)


async def test_mattermost_cve_2026_9162_signing_out_everywhere_leaves_no_socket_anywhere(house: House) -> None:
    page, headers = house.page(), [house.headers() for _ in range(3)]
    sockets = [await house.joins(page, each) for each in headers]
    listeners = [await Listener(house.server.url, each).joins() for each in headers]
    bystander = await house.joins(house.page(OWN, EDITOR), house.headers(EDITOR))
    assert (await house.web.delete("/api/sessions", headers=headers[0])).status_code == 204
    for socket in sockets:
        await socket.waits(lambda: socket.close_code == Close.SIGNED_OUT)  # noqa: B023
    for listener in listeners:
        await listener.is_sent_away(Close.SIGNED_OUT)
    assert {(await house.web.get("/api/session", headers=each)).status_code for each in headers} == {401}
    await bystander.types("still here")
    await bystander.is_saved()
    for person in (*sockets, bystander):
        await person.leaves()


# -- sockets


ORIGINS = {
    "of another site": "https://evil.example",
    "of nothing": "null",
    "missing": None,
    "of a sub-domain": "http://sub.127.0.0.1:{port}",
    "that only begins like ours": "http://127.0.0.1:{port}.evil.example",
    "of another port": "http://127.0.0.1:1",
    "without the port": "http://127.0.0.1",
    "that is empty": "",
}


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS)
async def test_engineio_cve_2019_13611_a_foreign_page_opens_no_socket(house: House, origin: str | None) -> None:
    port, page = house.server.port, house.page()
    secret = house.headers()["Authorization"].removeprefix("Bearer ")
    for path in (f"sync/{page}", "live"):
        headers = {"Cookie": f"quillroom_session={secret}"}
        if origin is not None:
            headers["Origin"] = origin.format(port=port)
        with pytest.raises(InvalidStatus) as told:
            await connect(f"ws://127.0.0.1:{port}/{path}", additional_headers=headers)
        assert told.value.response.status_code == 403
        headers["Origin"] = f"http://127.0.0.1:{port}"
        async with connect(f"ws://127.0.0.1:{port}/{path}", additional_headers=headers):
            pass


async def test_hocuspocus_what_is_sent_behind_a_refused_message_is_not_looked_at(house: House) -> None:
    page, headers = house.page(), house.headers()
    for together in (True, False):
        owner = await house.joins(page, headers)
        before = owner.doc.get_state()
        owner.text.insert(0, "behind")
        edit = frames.update(owner.doc.get_update(before))
        for frame in [frames.saved(9) + edit] if together else [frames.saved(9), edit]:
            await owner.sends(frame)
        await owner.waits(lambda: owner.close_code is not None)  # noqa: B023
        assert owner.close_code == Close.BAD_FRAME
        assert not any(b"behind" in update for update in house.logged(page))
        await owner.leaves()


async def test_hocuspocus_ghsa_xwhh_who_has_not_signed_in_fills_no_memory(house: House) -> None:
    page = house.page()
    before = house.rss_kib()
    lines = [f"GET /sync/{page} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "", ""]
    flood = masked(bytes(60_000), BINARY)
    for _ in range(5):
        raw = await Raw(house.one.port, receive_bytes=1 << 16).connects()
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(5):
                await raw.writes("\r\n".join(lines).encode())
                for _ in range(130):  # 8 MB behind the question, before any answer was read
                    await raw.writes(flood)
        assert await raw.is_cut(10)
        raw.leaves()
    assert house.rss_kib() - before < 32 * 1024
    owner = await house.joins(page, house.headers())
    await owner.types("fine")
    await owner.is_saved()
    await owner.leaves()


async def test_hedgedoc_3894_who_is_refused_disturbs_nobody_who_is_there(house: House) -> None:
    page = house.page()
    owner, second = await house.joins(page, house.headers()), await house.joins(page, house.headers())
    strangers = house.headers(STRANGER)
    for n in range(20):
        with pytest.raises(InvalidStatus):
            await house.joins(page, strangers if n % 2 else {})
        await owner.types(".")
    await owner.is_saved()
    await second.sees("." * 20)
    assert (owner.close_code, second.close_code) == (None, None)
    await owner.leaves()
    await second.leaves()


async def test_h5_after_a_new_name_others_see_that_one_whatever_is_sent(house: House) -> None:
    page, headers = house.page(SHARED, EDITOR), house.headers(EDITOR)
    editor, witness = await house.joins(page, headers), await house.joins(page, headers)
    before = {"user": {"id": "owner", "name": "owner", "color": "#ff0000", "avatar": "/x"}, "at": 0}
    await editor.sends(frames.awareness(awareness.write_states([(5, 1, json.dumps(before))])))
    await witness.waits(lambda: bool(users(witness)))
    assert {user["name"] for user in users(witness)} == {"editor"}
    body = {"name": "Edith", "colour": "#1B7340"}
    assert (await house.web.patch("/api/me", json=body, headers=headers)).status_code == 200
    clock = 2

    async def moves_on() -> None:
        nonlocal clock
        while not any(user["name"] == "Edith" for user in users(witness)):
            await editor.sends(frames.awareness(awareness.write_states([(5, clock, json.dumps(before))])))
            clock += 1
            await asyncio.sleep(0.02)

    await asyncio.wait_for(moves_on(), 10)
    last = users(witness)[-1]
    assert (last["name"], last["colour"], last["color"]) == ("Edith", "#1B7340", "#1B7340")
    assert all(user["name"] in ("editor", "Edith") and user["id"] == "editor" for user in users(witness))
    await editor.leaves()
    await witness.leaves()
    await house.web.patch("/api/me", json={"name": "editor"}, headers=headers)


def users(person: Person) -> list[dict[str, Any]]:
    states = [json.loads(state) for each in person.awareness for _, _, state in awareness.read_states(each)]
    return [state["user"] for state in states if state is not None]


# -- names and ids


async def test_hedgedoc_cve_2023_38487_no_other_writing_of_an_id_is_that_page(house: House) -> None:
    page, headers = house.page(), house.headers()
    assert (await house.web.get(f"/api/documents/{page}", headers=headers)).status_code == 200
    number = page.removeprefix("page-")
    for other in (
        page.upper(), page.title(), f"{page}%20", f"%20{page}", f"{page}%00", f"{page}%0A", f"page-0{number}",
        f"ｐage-{number}", f"page%2D{number}.", f"{page}%2F",
    ):  # fmt: skip
        answer = await house.web.get(f"/api/documents/{other}", headers=headers)
        assert answer.status_code in (400, 404), other
    with pytest.raises(InvalidStatus) as told:
        await house.joins(page.upper(), headers)
    assert told.value.response.status_code == 404


async def test_zulip_cve_2026_24050_a_name_is_text_and_nothing_that_hides(house: House) -> None:
    headers = house.headers(STRANGER)
    html = "<img src=x onerror=alert(1)>"
    for name, shown in ((html, html), ("Ann\u202egnp.exe", "Anngnp.exe"), ("A\x07n\x1b[2J", "An[2J")):
        answer = await house.web.patch("/api/me", json={"name": name}, headers=headers)
        assert answer.json()["user"]["name"] == shown
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_etherpad_ghsa_qfmh_a_claim_that_is_there_is_not_a_claim_that_is_true(house: House) -> None:
    claims: tuple[object, ...] = ("true", "false", 0, 1, [], {}, None)
    for claim in claims:
        answer = await house.web.post("/api/session/guest", json={"name": "Gus", "token": claim})
        assert answer.status_code == 201
        assert "token" not in answer.json()
    page, headers = house.page(), house.headers()
    for claim in ("true", 1, None):
        for method, path, name in (("PATCH", "", "is_template"), ("POST", "/duplicate", "with_children")):
            url = f"/api/documents/{page}{path}"
            answer = await house.web.request(method, url, json={name: claim}, headers=headers)
            assert answer.status_code == 400
    for body in ({"name": "x", "is_operator": True}, {"name": "x", "kind": "member"}):
        assert (await house.web.patch("/api/me", json=body, headers=headers)).status_code == 400


# -- guessing


async def guesses(house: House, address: str, **more: str) -> list[int]:
    """What 40 guesses of a link get, each with headers that say it comes from somewhere else."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(transport=transport, base_url=house.server.url, timeout=30) as web:
        found = []
        for n in range(40):
            headers = {name: value.format(n=n) for name, value in more.items()}
            answer = await web.post("/api/links/open", json={"secret": f"guess {n}"}, headers=headers)
            found.append(answer.status_code)
    return found


SPOOFED = (
    "X-Forwarded-For",
    "X-Real-IP",
    "CF-Connecting-IP",
    "True-Client-IP",
    "X-Client-IP",
    "X-Forwarded",
    "Forwarded",
)


async def test_hedgedoc_cve_2026_58488_who_says_to_come_from_elsewhere_waits_all_the_same(house: House) -> None:
    spoofed = {name: "for=198.51.100.{n}" if name == "Forwarded" else "198.51.100.{n}" for name in SPOOFED}
    assert 429 in await guesses(house, "127.0.0.2", **spoofed)
    # A proxy on this machine is believed what it says in the one header that counts, and only there.
    others = {name: value for name, value in spoofed.items() if name != "X-Forwarded-For"}
    assert set(await guesses(house, "127.0.0.1", **{"X-Forwarded-For": "198.51.100.{n}"})) == {404}
    assert 429 in await guesses(house, "127.0.0.1", **{"X-Forwarded-For": "203.0.113.1"}, **others)
    # What the client itself wrote there stands on the left of what the proxy added.
    assert 429 in await guesses(house, "127.0.0.1", **{"X-Forwarded-For": "198.51.100.{n}, 203.0.113.2"})


async def test_headers_of_a_proxy_that_nobody_named_mean_nothing(house: House) -> None:
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    said = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    async with httpx.AsyncClient(transport=transport, base_url=house.one.url, headers=said) as far:
        assert (await far.get("/metrics")).status_code == 403
        entered = await far.post("/api/session/guest", json={})
        assert "secure" not in entered.headers["set-cookie"].lower()
    async with client(house.one) as near:
        entered = await near.post("/api/session/guest", json={}, headers={"X-Forwarded-Proto": "https"})
    assert "__Host-" in entered.headers["set-cookie"]
    assert "secure" in entered.headers["set-cookie"].lower()


def test_another_proxy_is_believed_when_it_is_named(tmp_path: Path) -> None:
    for option, address, is_believed in (("127.0.0.2", "127.0.0.2", True), ("none", "127.0.0.1", False)):
        server = a_server(tmp_path / option, is_open=False, options=("--trusted-proxy", option)).start()
        try:
            transport = httpx.HTTPTransport(local_address=address)
            with httpx.Client(transport=transport, base_url=server.each[0].url) as web:
                answer = web.get("/metrics", headers={"X-Forwarded-For": "::1"})
                entered = web.post("/api/session/guest", json={}, headers={"X-Forwarded-Proto": "https"})
            assert answer.status_code == 200
            assert ("__Host-" in entered.headers["set-cookie"]) == is_believed
        finally:
            server.goes()


async def test_one_address_cannot_fill_the_house_with_guests(house: House) -> None:
    async def comes(n: int, address: str) -> int:
        headers = {"X-Forwarded-For": address}
        return (await house.web.post("/api/session/guest", json={"name": f"Guest {n}"}, headers=headers)).status_code

    assert [await comes(n, "198.51.100.7") for n in range(62)][-1] == 429
    assert await comes(0, "198.51.100.8") == 201


# -- what is not said


async def test_synapse_cve_2023_41335_no_secret_is_kept_as_it_is(closed_server: Server) -> None:
    async with client(closed_server) as web:
        ann = await signs_up(web, "Ann")
        page = await ann.makes_page()
        token = (await ann.request("POST", "/api/me/tokens", json={"name": "t", "scopes": ["read"]})).json()["secret"]
        wanted = {"general": "anyone", "role": "view", "password": "open sesame"}
        await ann.request("PUT", f"/api/documents/{page}/access", json=wanted)
        link = (await ann.request("POST", f"/api/documents/{page}/links")).json()["url"].partition("#")[2]
        body = {"who": ["eve@example.org"], "role": "view"}
        invited = (await ann.request("POST", f"/api/documents/{page}/people", json=body)).json()
        invitation = invited["invitations"][0]["url"].partition("#")[2]
        opened = await web.post("/api/links/open", json={"secret": link, "password": "open sesame", "token": True})
        wrong = {"email": "ann@example.org", "password": "wrong guess 17"}
        await web.post("/api/session", json=wrong)
        await ann.request("PUT", "/api/me/password", json={"current": PASSWORD, "new": "four red badgers"})
        secrets = [PASSWORD, "four red badgers", "wrong guess 17", "open sesame"]
        secrets += [ann.token, token, link, invitation, opened.json()["token"]]
    assert len(invitation) > 20
    kept = b"".join(path.read_bytes() for path in closed_server.data.rglob("*") if path.is_file())
    for table in closed_server.tables():
        for row in closed_server.sql(f'SELECT * FROM "{table}"'):
            kept += b" ".join(each if isinstance(each, bytes) else str(each).encode() for each in row)
    assert b"ann@example.org" in kept
    assert [secret for secret in secrets if secret.encode() in kept] == []


async def test_uvicorn_cve_2020_7694_nobody_writes_into_the_log(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    server = a_server(tmp_path, is_open=False).start()
    evil = b"\x1b[31mforged\x1b[0m"
    try:
        for request in (
            b"GET /" + evil + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /%0d%0a%1b[31mforged HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"G\x1bT / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: " + evil + b"\r\nUser-Agent: " + evil + b"\r\n\r\n",
            b"GET /sync/%0aforged HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request)
            with suppress(ConnectionError):
                await asyncio.wait_for(reader.read(100), 10)
            writer.close()
        async with httpx.AsyncClient(base_url=server.url) as web:
            report = {"csp-report": {"blocked-uri": "x\r\n\x1b[31mforged"}}
            assert (await web.post("/api/csp-report", json=report)).status_code == 204
    finally:
        server.goes()
    said = capfd.readouterr()
    log = said.out + said.err
    assert "A browser refused" in log
    assert "\x1b" not in log
    assert "\r" not in log
    assert not any(line.startswith("forged") for line in log.splitlines())


# -- requests that break what reads them


async def test_starlette_cve_2025_62727_a_thousand_ranges_are_no_work(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("start")
    (tmp_path / "large.bin").write_bytes(bytes(100_000))
    app = Starlette(routes=[Route("/{rest:path}", Page(tmp_path).answer)])
    ranges = ",".join(f"{n}-{n + 50_000}" for n in range(1000))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as web:
        async with asyncio.timeout(10):
            answer = await web.get("/large.bin", headers={"Range": f"bytes={ranges}"})
        assert answer.status_code in (200, 206, 400, 416)
        assert len(answer.content) < 1_000_000
        whole = await web.get("/large.bin", headers={"Range": "bytes=10-19"})
        assert (whole.status_code, len(whole.content)) == (206, 10)


ODD: tuple[Any, ...] = (None, [], {}, "", "\0", "\ud800", -1, 1e300, True, [None], {"a": None}, ["\0"], "x" * 5000)


async def test_mattermost_cve_2026_4915_nothing_and_nonsense_in_any_field_is_answered(house: House) -> None:
    description = (await house.web.get("/api/openapi.json")).json()
    headers = house.headers()
    calls = []
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" not in content or path == "/api/accounts":
                continue
            url = path.replace("{id}", house.page()).replace("{person}", "target")
            for name in properties(content["application/json"]["schema"], description):
                for value in ODD:
                    # One's own page has what the others need; what is odd is one field at a time.
                    calls.append((method.upper(), url, json.dumps({name: value})))
            calls += [(method.upper(), url, text) for text in ("null", "[]", "1", "{", "[" * 20_000, '{"a":' * 20_000)]
    assert len(calls) > 300
    slots = asyncio.Semaphore(16)

    async def status(method: str, url: str, body: str) -> int:
        async with slots:
            sent = {**headers, "Content-Type": "application/json"}
            return (await house.web.request(method, url, content=body, headers=sent)).status_code

    statuses = await asyncio.gather(*(status(*call) for call in calls))
    assert [call for call, code in zip(calls, statuses, strict=True) if code >= 500] == []
    assert statuses.count(400) > len(calls) / 2


async def test_a_nul_names_nothing_and_stands_in_nothing(house: House) -> None:
    """PostgreSQL keeps none: there each of these was an error of the server."""
    headers, page = house.headers(), house.page()
    async with client(house.one) as web:
        for method, path in (
            ("GET", "/api/documents/%00"), ("PUT", f"/api/documents/{page}/people/%00"),
            ("DELETE", "/api/sessions/%00"), ("DELETE", "/api/me/tokens/%00"),
            ("GET", "/api/people/%00/avatar"), ("GET", "/%00"),
        ):  # fmt: skip
            body = {"role": "edit"} if method == "PUT" else None
            assert (await web.request(method, path, headers=headers, json=body)).status_code == 404, path
        bodies: tuple[dict[str, Any], ...] = (
            {"who": ["\0"], "role": "edit"},
            {"who": ["target"], "role": "edit", "\0": 1},
        )
        for sent in bodies:
            answer = await web.post(f"/api/documents/{page}/people", json=sent, headers=headers)
            assert answer.status_code == 400
        written = {"markdown": "\\u0000 as six characters is text"}
        answer = await web.put(f"/api/documents/{page}/content", json=written, headers=headers)
        assert answer.status_code == 200


def properties(schema: dict[str, Any], description: dict[str, Any]) -> list[str]:
    """The fields that a body may have."""
    if "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    parts = [part for key in ("oneOf", "anyOf", "allOf") for part in schema.get(key, ())]
    found = [name for part in parts for name in properties(part, description)]
    return sorted({*schema.get("properties", {}), *found})


async def test_mattermost_cve_2026_4635_a_page_thrown_away_while_it_is_written_breaks_nothing(house: House) -> None:
    headers = house.headers()
    for _ in range(3):
        page = house.page()
        path = f"/api/documents/{page}"
        asked = [house.web.put(f"{path}/content", json={"markdown": f"v{n}"}, headers=headers) for n in range(8)]
        asked.insert(4, house.web.delete(path, headers=headers))
        assert {answer.status_code for answer in await asyncio.gather(*asked)} <= {200, 204, 404}
        purge = [house.web.delete(f"/api/trash/{page}", headers=headers) for _ in range(2)]
        restore = house.web.post(f"/api/trash/{page}/restore", headers=headers)
        assert {answer.status_code for answer in await asyncio.gather(*purge, restore)} <= {200, 204, 403, 404}
    assert (await house.web.get(f"/api/documents/{house.page(PRIVATE)}", headers=headers)).status_code == 404
