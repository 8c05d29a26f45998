"""People who come by name to one server and use it over HTTP."""

from typing import Any, Self

import httpx

from support.listener import Listener
from support.person import Person
from support.server import Server


class Mate:
    """Someone with a session of their own; while nobody has an account, a member."""

    def __init__(self, server: Server, name: str) -> None:
        self.name = name
        self.id = ""
        self.headers: dict[str, str] = {}
        self._server = server
        self._web = httpx.AsyncClient(base_url=server.url, timeout=30)

    async def comes(self) -> Self:
        guest = await self._web.post("/api/session/guest", json={"name": self.name, "token": True})
        self.id = guest.json()["user"]["id"]
        self.headers = {"Authorization": f"Bearer {guest.json()['token']}"}
        self._web.cookies.clear()
        self._web.headers.update(self.headers)
        return self

    def forgets_who_she_is(self) -> None:
        """From here on she asks without a session."""
        del self._web.headers["Authorization"]

    async def leaves(self) -> None:
        await self._web.aclose()

    async def asks(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Any request; the body is the rest of the arguments, as JSON."""
        return await self._web.request(method, path, json=body if method in ("POST", "PUT", "PATCH") else None)

    async def gets(self, path: str) -> Any:
        answer = await self._web.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def does(self, method: str, path: str, **body: Any) -> Any:
        """The same, and it must succeed."""
        answer = await self.asks(method, path, **body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def makes(self, title: str, parent: str | None = None, **more: Any) -> str:
        """A page; its id."""
        below = {} if parent is None else {"parent": parent}
        made = await self.does("POST", "/api/documents", title=title, **below, **more)
        id: str = made["document"]["id"]
        return id

    async def hides(self, id: str) -> None:
        """Only who is named may see it."""
        await self.does("PUT", f"/api/documents/{id}/access", general="private")

    async def lets(self, other: "Mate", id: str, role: str) -> None:
        """Give another member a role of their own."""
        await self.does("POST", f"/api/documents/{id}/people", who=[other.id], role=role)

    async def tree(self) -> dict[str, list[str]]:
        """The titles that one sees, in order, by the title of the page above ("" at the top)."""
        pages = (await self.gets("/api/tree"))["pages"]
        titles = {page["id"]: page["title"] for page in pages}
        found: dict[str, list[str]] = {}
        for page in pages:
            found.setdefault(titles[page["parent"]] if page["parent"] else "", []).append(page["title"])
        return found

    async def listens(self) -> Listener:
        return await Listener(self._server.url, self.headers).joins()

    async def opens(self, id: str) -> Person:
        return await Person(self._server.sync, id, headers=self.headers).joins()
