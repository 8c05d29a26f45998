"""People with accounts on a real server."""

from typing import Any

import httpx

from support.server import Server

PASSWORD = "three green otters"


class Account:
    """Somebody signed in over HTTP, by a bearer token: `get`, `post`, … answer the response."""

    def __init__(self, web: httpx.AsyncClient, token: str, session: dict[str, Any]) -> None:
        self.web = web
        self.token = token
        self.session = session
        self.headers = {"Authorization": f"Bearer {token}"}

    @property
    def id(self) -> str:
        found: str = self.session["user"]["id"]
        return found

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """As this person."""
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.web.request(method, path, headers=headers, **more)

    async def get(self, path: str) -> Any:
        """The JSON of an answer that must be 200."""
        answer = await self.request("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def makes_page(self, title: str = "Page", **more: Any) -> str:
        """Its id."""
        answer = await self.request("POST", "/api/documents", json={"title": title, **more})
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["document"]["id"]
        return id


def client(server: Server) -> httpx.AsyncClient:
    """A browser with our page open, and no cookies yet."""
    return httpx.AsyncClient(base_url=server.url, timeout=20, headers={"Origin": server.url})


async def signs_up(web: httpx.AsyncClient, name: str, **more: Any) -> Account:
    """A new account; the first one of a server is its operator."""
    email = f"{name.lower()}@example.org"
    body = {"email": email, "password": PASSWORD, "name": name, "token": True, **more}
    answer = await web.post("/api/accounts", json=body)
    web.cookies.clear()
    assert answer.status_code == 201, answer.text
    return Account(web, answer.json()["token"], answer.json())


async def signs_in(web: httpx.AsyncClient, name: str, password: str = PASSWORD, **more: Any) -> Account:
    """Another session of somebody who has an account."""
    body = {"email": f"{name.lower()}@example.org", "password": password, "token": True, **more}
    answer = await web.post("/api/session", json=body)
    web.cookies.clear()
    assert answer.status_code == 201, answer.text
    return Account(web, answer.json()["token"], answer.json())


async def is_guest(web: httpx.AsyncClient, name: str | None = None) -> Account:
    """Somebody with a name only, or not even that."""
    answer = await web.post(
        "/api/session/guest", json={"token": True} if name is None else {"name": name, "token": True}
    )
    web.cookies.clear()
    assert answer.status_code == 201, answer.text
    return Account(web, answer.json()["token"], answer.json())
