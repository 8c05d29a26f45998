"""What every answer carries, and under which names the server answers at all."""

import asyncio
import re

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from quillroom.__main__ import main
from quillroom.api.body import BODY_BYTES
from quillroom.api.hosts import Hosts
from support.server import Server


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "10.1.2.3", "192.168.0.9:8000", "DOCS.example.org",
     "docs.example.org:443", "docs.example.org.", "quill.localhost"],
)  # fmt: skip
def test_our_own_names_are_known(host: str) -> None:
    assert Hosts("https://docs.example.org").knows(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "docs.example.org.evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
     "docs.example.org@evil.example", "evil.example:8000", "[evil.example]", "docs.example.org:80:80"],
)  # fmt: skip
def test_other_names_are_not(host: str) -> None:
    assert not Hosts("https://docs.example.org").knows(host)


async def test_a_request_for_a_strange_name_is_refused_and_told_what_to_do(closed_server: Server) -> None:
    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        for method, path in (("GET", "/"), ("POST", "/api/session/guest"), ("GET", "/health/live")):
            answer = await web.request(method, path, headers={"Host": "evil.example"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (421, "unknown_host")
            assert "--url" in answer.json()["error"]["message"]
        assert (await web.get("/health/live")).status_code == 200


async def test_a_handshake_for_a_strange_name_is_refused(closed_server: Server) -> None:
    with pytest.raises(InvalidStatus) as told:
        async with connect("ws://evil.example/sync/d", host="127.0.0.1", port=closed_server.port):
            pass
    assert told.value.response.status_code == 421


async def test_every_answer_of_the_api_is_private_and_runs_nothing(closed_server: Server) -> None:
    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        for path in ("/api/session", "/api/documents", "/api/none", "/api/openapi.json"):
            headers = (await web.get(path)).headers
            assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert "strict-transport-security" not in headers  # this is not https
        assert (await web.get("/api/session")).headers["cache-control"] == "no-store, private"


async def test_the_page_takes_scripts_from_here_and_styles_by_a_nonce_of_this_answer(closed_server: Server) -> None:
    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        first, second = await web.get("/"), await web.get("/d/x")
    if first.status_code == 503:
        pytest.skip("the page is not built")
    nonces = []
    for answer in (first, second):
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert re.findall(r"([a-z-]+) 'unsafe-inline'", policy) == ["style-src-attr"]
        assert "'unsafe-eval'" not in policy
        assert "require-trusted-types-for 'script'" in policy
        [nonce] = re.findall(r"'nonce-([^']+)'", policy)
        assert f'nonce="{nonce}"' in answer.text
        assert "NONCE-OF-THIS-ANSWER" not in answer.text
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize(
    "path", ["/..%2f..%2fetc/passwd", "/assets/..%2f..%2fpyproject.toml", "/%2e%2e/pyproject.toml"]
)
async def test_no_address_leads_out_of_the_page(closed_server: Server, path: str) -> None:
    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        answer = await web.get(path)
    assert "[project]" not in answer.text
    assert "root:" not in answer.text


async def test_a_body_without_a_length_is_bounded_while_it_comes(closed_server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", closed_server.port)
    writer.write(
        b"POST /api/session/guest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    for _ in range(BODY_BYTES // 0x100000):
        writer.write(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
        await writer.drain()
    writer.write(b"1\r\nx\r\n")  # and no end
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"csp-report":{"blocked-uri":"https://evil\\n[ERROR] forged"}}', b"[" * 9000],
)
async def test_a_report_of_a_browser_is_taken_whatever_it_holds(closed_server: Server, body: bytes) -> None:
    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        assert (await web.post("/api/csp-report", content=body)).status_code == 204
        assert (await web.post("/api/csp-report", content=b"x" * 20_000)).status_code == 413


@pytest.mark.parametrize(
    "address", ["docs.example.org", "ftp://docs.example.org", "https://docs.example.org/path", "https://"]
)
def test_a_wrong_address_of_the_server_is_refused_at_the_start(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--url", address])
    assert "https://docs.example.org was expected" in capsys.readouterr().err


async def test_what_keeps_the_page_for_a_time_without_server_may_fetch_it(closed_server: Server) -> None:
    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        answer = await web.get("/sw.js")
    if answer.status_code == 503:
        pytest.skip("the page is not built")
    assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
