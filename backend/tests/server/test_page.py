"""The built page: what is served, and packed as the browser likes it."""

import gzip
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from quillroom.api.page import HASHED, Page

SCRIPT = "/assets/index-abc.js"
SOURCE = b"console.log('hello')\n" * 40
PACKED = gzip.compress(SOURCE)


@pytest.fixture
def browser(tmp_path: Path) -> httpx.AsyncClient:
    """Someone who asks for files of a build."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Quillroom</title>")
    (tmp_path / "icon.svg").write_text("<svg/>")
    script = tmp_path / SCRIPT[1:]
    script.write_bytes(SOURCE)
    script.with_name(script.name + ".gz").write_bytes(PACKED)
    script.with_name(script.name + ".br").write_bytes(b"as brotli")
    app = Starlette(routes=[Route("/{path:path}", Page(tmp_path).answer)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://here")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate", "gzip"), ("identity", None), ("gzipped", None), ("br;q=1.0, gzip;q=0.8", "br")],
)
async def test_a_script_is_sent_packed_to_whoever_takes_it(
    browser: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    async with browser.stream("GET", SCRIPT, headers={"Accept-Encoding": accepted}) as answer:
        sent = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.status_code == 200
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == HASHED
    assert answer.headers["vary"] == "Accept-Encoding"
    assert sent == {"gzip": PACKED, "br": b"as brotli", None: SOURCE}[encoding]


async def test_what_was_not_packed_is_sent_as_it_is(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/icon.svg", headers={"Accept-Encoding": "gzip, br"})
    assert answer.text == "<svg/>"
    assert "content-encoding" not in answer.headers


async def test_every_other_address_is_the_page_and_a_missing_script_is_not(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/d/some-document")).text == "<title>Quillroom</title>"
    assert (await browser.get("/assets/gone.js")).status_code == 404
