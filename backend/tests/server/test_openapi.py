"""`/api/openapi.json` describes every endpoint there is, and real answers are what it says."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from starlette.routing import Route

from quillroom.api.app import build_app
from quillroom.api.context import Context
from quillroom.api.openapi import DESCRIPTION
from quillroom.settings import Settings
from server.walk_accounts import walk_accounts
from server.walk_files import walk_files
from server.walk_messages import walk_messages
from server.walk_notifications import walk_notifications
from server.walk_search import walk_search
from server.walk_sharing import walk_sharing
from server.walk_tree import walk_tree
from store.cluster import Cluster
from support.person import Person
from support.server import Server
from support.servers import a_server

PATHS = cast(dict[str, Any], DESCRIPTION["paths"])


def described() -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, operations in PATHS.items() for method in operations}


def routed() -> set[tuple[str, str]]:
    services = {field.name: cast(Any, None) for field in fields(Context) if field.name != "settings"}
    context = Context(settings=Settings(), **services)
    routes = [route for route in build_app(context).routes if isinstance(route, Route)]
    return {
        (method, route.path)
        for route in routes
        for method in (route.methods or ())
        if method != "HEAD" and "{rest:path}" not in route.path
    }


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    assert described() == routed()


def test_the_schemas_are_schemas_and_all_that_is_referred_to_exists() -> None:
    components = cast(dict[str, Any], DESCRIPTION["components"])["schemas"]
    for schema in components.values():
        Draft202012Validator.check_schema(schema)
    referred = set(re.findall(r"#/components/schemas/(\w+)", repr(DESCRIPTION)))
    assert referred == set(components)


@pytest.mark.parametrize(("method", "path"), sorted(described()))
def test_every_parameter_of_a_path_is_declared(method: str, path: str) -> None:
    operation = PATHS[path][method.lower()]
    declared = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
    assert declared == set(re.findall(r"\{(\w+)\}", path))
    assert operation["summary"]
    assert operation["responses"]


class Caller:
    """Calls the server as the description says, and holds every answer against it."""

    def __init__(self, web: httpx.AsyncClient, description: dict[str, Any]) -> None:
        self.web = web
        self.called: set[tuple[str, str]] = set()
        self._description = description

    async def __call__(
        self,
        status: int,
        method: str,
        path: str,
        *,
        id: str = "",
        person: str = "",
        file: str = "",
        emoji: str = "",
        query: str = "",
        **request: Any,
    ) -> Any:
        operation = self._description["paths"][path][method.lower()]
        if "json" in request and status < 400:
            self._check(request["json"], operation["requestBody"]["content"]["application/json"]["schema"])
        filled = path.replace("{id}", id).replace("{person}", person).replace("{file}", file).replace("{emoji}", emoji)
        answer = await self.web.request(method, filled + query, **request)
        assert answer.status_code == status, answer.text
        self.called.add((method, path))
        content = operation["responses"][str(status)].get("content")
        if content is None:
            assert answer.content == b""
            return None
        kind = answer.headers["content-type"].partition(";")[0]
        schema = (content.get(kind) or content["*/*"])["schema"]
        if kind != "application/json":
            return answer.content
        self._check(answer.json(), schema)
        return answer.json()

    def _check(self, value: object, schema: dict[str, Any]) -> None:
        whole = {**schema, "components": self._description["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)


@pytest.fixture(params=["sqlite", "postgresql"])
def closed_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """The server on each database: nothing of what it answers may depend on that."""
    options: tuple[str, ...] = ()
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        options = ("--database", cluster.create_database())
    running = a_server(tmp_path, is_open=False, options=options).start()
    yield running
    running.goes()


@pytest.fixture
async def calls(closed_server: Server) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(base_url=closed_server.url, timeout=60) as web:
        yield Caller(web, (await web.get("/api/openapi.json")).json())


async def _until_ann_is_here(calls: Caller) -> None:
    """Nobody is shown before it was looked up whether they want to be."""
    async with asyncio.timeout(10):
        while True:
            listed = await calls(200, "GET", "/api/documents")
            if here := listed["documents"][0]["here"]:
                assert [person["name"] for person in here] == ["Ann"]
                return
            await asyncio.sleep(0.02)


async def test_real_answers_are_what_is_described(calls: Caller, closed_server: Server) -> None:
    await calls(401, "GET", "/api/session")
    await calls(401, "GET", "/api/documents")
    await calls(400, "POST", "/api/session/guest", json={"name": ""})
    guest = await calls(201, "POST", "/api/session/guest", json={"name": "Ann", "token": True})
    calls.web.cookies.clear()
    calls.web.headers["Authorization"] = f"Bearer {guest['token']}"
    await calls(200, "GET", "/api/session")
    made = await calls(201, "POST", "/api/documents", json={"title": "T", "markdown": "# One\n\n*two*"})
    id = made["document"]["id"]
    headers = {"Authorization": calls.web.headers["Authorization"]}
    reader = await Person(closed_server.sync, id, headers=headers).joins()
    await _until_ann_is_here(calls)
    here = await calls(200, "GET", "/api/documents/{id}/presence", id=id)
    assert [each["person"]["name"] for each in here["people"]] == ["Ann"]
    await calls(404, "GET", "/api/documents/{id}/presence", id="none")
    for format in ("json", "markdown", "html", "text", "update"):
        assert await calls(200, "GET", "/api/documents/{id}", id=id, query=f"?format={format}")
    await calls(400, "GET", "/api/documents/{id}", id=id, query="?format=pdf")
    await calls(404, "GET", "/api/documents/{id}", id="none")
    content = {"type": "doc", "content": [{"type": "paragraph"}]}
    await calls(200, "PUT", "/api/documents/{id}/content", id=id, json={"content": content, "title": "New"})
    markdown = {"Content-Type": "text/markdown"}
    await calls(200, "PUT", "/api/documents/{id}/content", id=id, content="three", headers=markdown)
    await calls(400, "PUT", "/api/documents/{id}/content", id=id, json={})
    await calls(404, "PUT", "/api/documents/{id}/content", id="none", json={"markdown": ""})
    await calls(413, "POST", "/api/documents", json={"markdown": "x" * (9 << 20)})
    await calls(403, "POST", "/api/documents", json={}, headers={"Origin": "https://evil.example"})
    await calls(204, "POST", "/api/csp-report", content=b"{}")
    await calls(200, "GET", "/api/openapi.json")
    await calls(200, "GET", "/health/live")
    await calls(200, "GET", "/health/ready")
    await calls(200, "GET", "/metrics")
    await walk_sharing(calls)
    await walk_messages(calls)
    await walk_search(calls)
    await walk_tree(calls)
    await walk_files(calls)
    await walk_notifications(calls)
    await walk_accounts(calls)
    await calls(204, "DELETE", "/api/session")
    await calls(401, "POST", "/api/documents", json={})
    await reader.leaves()
    assert calls.called == described()
