"""The default-deny table: every way into the server, for everybody, on every page. What has no row fails here."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, fields
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import inspect
from starlette.routing import Route, WebSocketRoute

from quillroom.api.app import build_app
from quillroom.api.context import Context
from quillroom.settings import Settings
from server.deny_table import (
    COME_AND_GO,
    DIRECTORY,
    INVITE,
    LIST,
    MEMBER,
    OPERATOR,
    PUBLIC,
    SESSION,
    STAR,
    TABLE,
    Row,
)
from server.deny_world import ACTORS, PRIVATE, TRASHED, UNKNOWN, Actor, World, id_of, inhabited, secret_of, states_of
from support.server import Server

# They change one house: side by side they would see each other's traces.
pytestmark = pytest.mark.xdist_group("house")

NO_SUCH_PAGE = "no-such-page"
AT_ONCE = 16
# What a refused request may leave behind: who was seen when, and what was tried. That several servers are there and
# how often something was tried is in rows, where one process has it in its memory.
FLEETING_TABLES, FLEETING_COLUMNS = {"audit", "writer_round", "instance", "attempt"}, {"seen_at", "used_at"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Cell:
    """One actor who asks one thing of one page."""

    row: Row
    actor: Actor
    state: str

    @property
    def expected(self) -> int | str:
        return expected(self.row, self.actor, self.state)

    @property
    def is_refused(self) -> bool:
        return self.expected != self.row.done or self.row.done == "not_found"

    def __str__(self) -> str:
        return f"{self.row.method} {self.row.path} by {self.actor.name}, {self.state} page"


def expected(row: Row, actor: Actor, state: str) -> int | str:
    """What the table says that this actor gets: a status, or the code of an error."""
    if row.needs == PUBLIC or (row.path == "/api/links/open" and not actor.is_known):
        return row.done
    if not actor.is_known:
        return "not_signed_in"
    if (row.is_for_accounts and not actor.is_member) or not _has(row.needs, actor) or not _has(row.first, actor):
        return "not_allowed"
    if row.is_silent or not row.is_of_page:
        return row.done
    role = actor.role_on(state)
    is_trashed = state == TRASHED
    if role is None or (is_trashed and not row.in_trash):
        return "not_found"
    if is_trashed == row.in_trash and role.rank >= cast(Any, row.needs).rank and _has(row.then, actor):
        return row.done
    return "not_found" if is_trashed else "not_allowed"


def _has(needs: str, actor: Actor) -> bool:
    """What is needed apart from any page."""
    return {
        SESSION: not actor.is_token,
        LIST: True,
        STAR: not actor.is_token,
        COME_AND_GO: not actor.is_token,
        MEMBER: actor.is_member and not actor.is_token,
        DIRECTORY: actor.is_member,
        INVITE: actor.is_member and not actor.is_token,
        OPERATOR: actor.is_operator,
    }.get(needs, True)


def cells() -> Iterator[Cell]:
    for row in TABLE:
        for actor in ACTORS:
            for state in states_of(actor) if row.is_of_page else (PRIVATE,):
                yield Cell(row, actor, state)


class Asker:
    """Asks what the cells say, and holds the answers against the table."""

    def __init__(self, web: httpx.AsyncClient, world: World) -> None:
        self.web = web
        self.world = world
        self.wrong: list[str] = []
        self._slots = asyncio.Semaphore(AT_ONCE)

    def prepare(self, cell: Cell, page: str) -> dict[str, Any]:
        """The request, with everything that it names made before."""
        row, actor, me = cell.row, cell.actor, id_of(cell.actor.name)
        secret = self.world.sessions.get(actor.name)
        own_session = own_token = own_invitation = "none"
        if row.spends_session and actor.is_known and not actor.is_token:
            secret = self.world.signs_in(actor)
        if "{own_session}" in row.path and actor.is_known:
            own_session = self.world.session_of(me)
        if "{own_token}" in row.path and actor.is_known:
            own_token = self.world.token_of(me)
        if "{own_invitation}" in row.path and actor.is_known:
            own_invitation = self.world.invitation_of(me)
        sent_file = own_file = f"file-of-{page}"
        if page != NO_SUCH_PAGE and "{sent_file}" in row.path:
            sent_file = self.world.file(page, None)
        if page != NO_SUCH_PAGE and "{own_file}" in row.path and actor.name != "anonymous":
            own_file = self.world.file(page, me)
        said = self.world.chat_of(page, actor) if "/messages" in row.path else {}
        names = {
            **said, "emoji": "👍",
            "sent_file": sent_file, "own_file": own_file, "foreign_file": self.world.foreign_file,
            "id": page, "person": row.person, "rest": "nothing/here", "actor": me, "target": "target",
            "asker": "asker", "outsider": "outsider", "pictured": "target", "secret": secret_of(page),
            "own_session": own_session, "foreign_session": self._foreign("session"),
            "own_invitation": own_invitation, "none": "none",
            "shelf": self.world.shelf, "foreign_page": self.world.foreign_page,
            "own_token": own_token, "foreign_token": self._foreign("api_token"),
        }  # fmt: skip
        body = None if row.body is None else json.loads(filled(json.dumps(row.body), names))
        headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
        return {"method": row.method, "url": filled(row.path, names), "headers": headers, "json": body}

    async def asks(self, cell: Cell, request: dict[str, Any]) -> httpx.Response:
        async with self._slots:
            answer = await self.web.request(**request)
        got = answer.status_code if isinstance(cell.expected, int) else code_of(answer)
        if got != cell.expected and not (cell.row.path == "/{rest}" and answer.status_code == 503):
            self.wrong.append(f"{cell}: {cell.expected} was expected, {got} came ({answer.status_code})")
        is_private = cell.row.path.startswith("/api/") and not cell.row.path.endswith(("/avatar", "openapi.json"))
        if cell.row.path.startswith("/api/files/") and cell.row.method == "GET" and answer.status_code == 200:
            is_private = answer.headers.get("cache-control") != "private, no-cache"
        if is_private and answer.headers.get("cache-control") != "no-store, private":
            self.wrong.append(f"{cell}: may be kept by caches")
        return answer

    def _foreign(self, table: str) -> str:
        query = f"SELECT id FROM {table} WHERE person = 'owner'"
        return str(self.world.connection.exec_driver_sql(query).scalar_one())


def filled(text: str, names: dict[str, str]) -> str:
    for _ in range(2):  # `{person}` stands for another one
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
    return text


def code_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return f"no error: {answer.text[:80]}"


def same(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer that can be compared: everything but the time."""
    return answer.status_code, answer.content, sorted((n, v) for n, v in answer.headers.items() if n != "date")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, World]]:
    """One server for the whole table."""
    with inhabited(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture
async def asker(house: tuple[Server, World]) -> AsyncIterator[Asker]:
    server, world = house
    world.everyone_signs_in()
    world.connection.commit()
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as web:
        web.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # nobody gets another one's session
        yield Asker(web, world)


async def test_who_may_not_gets_nothing_and_changes_nothing(asker: Asker, house: tuple[Server, World]) -> None:
    """And a page that one may not see answers, byte for byte, as one that does not exist."""
    refused = [cell for cell in cells() if cell.is_refused]
    assert len(refused) > 500
    pages = {
        (cell.actor.name, cell.state): NO_SUCH_PAGE
        if cell.state == UNKNOWN
        else asker.world.page(cell.state, cell.actor)
        for cell in refused
    }
    requests = [(cell, asker.prepare(cell, pages[cell.actor.name, cell.state])) for cell in refused]
    asker.world.connection.commit()
    before = contents(house[0])
    answers = await asyncio.gather(*(asker.asks(*each) for each in requests))
    assert not asker.wrong, "\n".join(asker.wrong)
    after = contents(house[0])
    assert [name for name in after if after[name] != before[name]] == []
    unknown = {(c.row, c.actor.name): same(a) for c, a in zip(refused, answers, strict=True) if c.state == UNKNOWN}
    for cell, answer in zip(refused, answers, strict=True):
        if cell.expected == "not_found" and cell.row.is_of_page and cell.row.done != "not_found":
            assert same(answer) == unknown[cell.row, cell.actor.name], str(cell)


async def test_who_may_can_and_each_on_a_page_of_their_own(asker: Asker) -> None:
    allowed = [cell for cell in cells() if not cell.is_refused]
    assert {cell.row for cell in allowed} >= {row for row in TABLE if row.done != "not_found"}
    requests = []
    for cell in allowed:
        page = NO_SUCH_PAGE if cell.state == UNKNOWN else asker.world.page(cell.state, cell.actor)
        requests.append((cell, asker.prepare(cell, page)))
    asker.world.connection.commit()
    # What others need is spent last, each behind what goes before it.
    last = [each for each in requests if each[0].row.spends_session or each[0].row.spends_pages]
    await asyncio.gather(*(asker.asks(*each) for each in requests if each not in last))
    for each in sorted(last, key=lambda each: each[0].row.spends_session):
        await asker.asks(*each)
    assert not asker.wrong, "\n".join(asker.wrong)


async def test_a_silent_answer_says_nothing_about_the_page(asker: Asker) -> None:
    silent = [cell for cell in cells() if cell.row.is_silent]
    told: dict[tuple[str, str], set[Any]] = {}
    for cell in silent:
        page = NO_SUCH_PAGE if cell.state == UNKNOWN else asker.world.page(cell.state, cell.actor)
        request = asker.prepare(cell, page)
        asker.world.connection.commit()
        answer = await asker.asks(cell, request)
        told.setdefault((cell.row.path, cell.actor.name), set()).add(repr(same(answer)))
    assert len(told) >= len(ACTORS)
    assert all(len(answers) == 1 for answers in told.values())
    assert not asker.wrong, "\n".join(asker.wrong)


async def test_no_method_without_a_row_is_answered(asker: Asker) -> None:
    operator = {"Authorization": f"Bearer {asker.world.sessions['operator']}"}
    for path in sorted({row.path for row in TABLE}):
        url = path.replace("{", "").replace("}", "")
        for method in METHODS:
            if any((row.method, shape(row.path)) == (method, shape(path)) for row in TABLE):
                continue
            answer = await asker.web.request(method, url, headers=operator)
            assert answer.status_code in (404, 405), (method, path)


def contents(server: Server) -> dict[str, list[Any]]:
    """Everything but what is fleeting."""
    return {name: rows_of(server, name) for name in server.tables() if name not in FLEETING_TABLES}


def rows_of(server: Server, table: str) -> list[str]:
    with server.opens() as database:
        columns = [column["name"] for column in inspect(database.engine).get_columns(table)]
    kept = ", ".join(f'"{column}"' for column in columns if column not in FLEETING_COLUMNS)
    return sorted(map(repr, server.sql(f'SELECT {kept} FROM "{table}"')))


def shape(path: str) -> str:
    """A path whose parameters have no names, and which asks for nothing in particular."""
    return "/".join("{}" if part.startswith("{") else part for part in path.partition("?")[0].split("/"))


def app_routes() -> list[Any]:
    services = {field.name: cast(Any, None) for field in fields(Context) if field.name != "settings"}
    return list(build_app(Context(settings=Settings(), **services)).routes)


def test_every_route_and_method_has_a_row_and_every_row_a_route() -> None:
    routed = {
        (method, shape(route.path))
        for route in app_routes()
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert {(row.method, shape(row.path)) for row in TABLE} == routed


def test_every_socket_has_its_messages_in_the_table() -> None:
    assert {route.path for route in app_routes() if not isinstance(route, Route)} == {"/sync/{document:path}", "/live"}
    assert all(isinstance(route, Route | WebSocketRoute) for route in app_routes())
