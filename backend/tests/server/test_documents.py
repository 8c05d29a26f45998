"""Documents over HTTP, through a real server."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pycrdt import Doc, XmlFragment

from support.person import Person
from support.server import Server

RICH = """## Plan

Some **bold**, *italic*, ~~gone~~ and `code` with a [link](https://example.org).

- [x] done
- [ ] open

| a | b |
| --- | --- |
| 1 | 2 |

```py
x = 1
```
"""


@pytest.fixture
async def web(closed_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A script with a session."""
    async with httpx.AsyncClient(base_url=closed_server.url, timeout=20) as client:
        guest = (await client.post("/api/session/guest", json={"name": "Script", "token": True})).json()
        client.headers["Authorization"] = f"Bearer {guest['token']}"
        yield client


async def makes(web: httpx.AsyncClient, **body: str) -> str:
    answer = await web.post("/api/documents", json=body)
    assert answer.status_code == 201
    id: str = answer.json()["document"]["id"]
    return id


async def test_markdown_comes_back_as_it_was_written(web: httpx.AsyncClient) -> None:
    id = await makes(web, title="Harbour", markdown=RICH)
    answer = await web.get(f"/api/documents/{id}?format=markdown")
    assert answer.headers["content-type"].startswith("text/markdown")
    assert answer.text == "# Harbour\n\n" + RICH


async def test_every_format_tells_the_same_words(web: httpx.AsyncClient) -> None:
    id = await makes(web, title="T", markdown="Hello *世界* 🙂 <b>")
    as_json = (await web.get(f"/api/documents/{id}")).json()
    assert as_json["document"]["title"] == "T"
    assert as_json["content"]["content"][0]["content"][0]["text"] == "Hello "
    assert "Hello <em>世界</em> 🙂 &lt;b&gt;" in (await web.get(f"/api/documents/{id}?format=html")).text
    assert (await web.get(f"/api/documents/{id}?format=text")).text == "Hello 世界 🙂 <b>\n"
    doc: Doc[Any] = Doc()
    doc.apply_update((await web.get(f"/api/documents/{id}?format=update")).content)
    assert "世界" in str(doc.get("default", type=XmlFragment))


async def test_replacing_the_content_reaches_whoever_has_it_open(web: httpx.AsyncClient, closed_server: Server) -> None:
    id = await makes(web, markdown="one\n\ntwo")
    headers = {"Authorization": web.headers["Authorization"]}
    reader = await Person(closed_server.sync, id, headers=headers).joins()
    answer = await web.put(f"/api/documents/{id}/content", json={"markdown": "one\n\nthree"})
    assert answer.status_code == 200
    body = reader.doc.get("default", type=XmlFragment)
    await reader.waits(lambda: "three" in str(body))
    assert "two" not in str(body)
    again = await web.put(f"/api/documents/{id}/content", json={"markdown": "one\n\nthree"})
    assert again.json()["seq"] == answer.json()["seq"]
    await reader.leaves()


async def test_a_link_that_would_run_something_is_not_kept(web: httpx.AsyncClient) -> None:
    link = {"type": "link", "attrs": {"href": "java\tscript:alert(1)"}}
    text = {"type": "text", "text": "x", "marks": [link]}
    content = {"type": "doc", "content": [{"type": "paragraph", "content": [text]}]}
    id = await makes(web)
    assert (await web.put(f"/api/documents/{id}/content", json={"content": content})).status_code == 200
    assert "script" not in (await web.get(f"/api/documents/{id}?format=html")).text


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/documents/none", None, 404),
        ("GET", "/api/documents/.hidden", None, 400),
        ("GET", "/api/nothing", None, 404),
        ("POST", "/api/documents", b"{", 400),
        ("POST", "/api/documents", b'{"title": 1}', 400),
        ("POST", "/api/documents", b'{"colour": "red"}', 400),
        ("POST", "/api/session/guest", b'{"name": "  "}', 400),
        ("POST", "/api/documents", b'{"title": "\\ud800"}', 400),
        ("POST", "/api/documents", b'{"markdown": "\\udfff"}', 400),
        ("POST", "/api/documents", b'{"title": "\xff"}', 400),
        ("POST", "/api/documents", b"[" * 100_000, 400),
        ("POST", "/api/documents", b'{"markdown": "' + b"x" * (9 << 20) + b'"}', 413),
    ],
)
async def test_what_is_not_right_gets_a_status_and_a_sentence(
    web: httpx.AsyncClient, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = await web.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


async def test_without_a_session_nothing_is_told(closed_server: Server) -> None:
    async with httpx.AsyncClient(base_url=closed_server.url) as nobody:
        for path in ("/api/documents", "/api/documents/x", "/api/session"):
            assert (await nobody.get(path)).status_code == 401


async def test_another_sites_page_cannot_act_with_my_cookie(closed_server: Server) -> None:
    async with httpx.AsyncClient(base_url=closed_server.url) as browser:
        await browser.post("/api/session/guest", json={"name": "Ann"})
        forged = await browser.post("/api/documents", json={}, headers={"Origin": "https://evil.example"})
        mine = await browser.post("/api/documents", json={}, headers={"Origin": closed_server.url})
    assert (forged.status_code, mine.status_code) == (403, 201)
