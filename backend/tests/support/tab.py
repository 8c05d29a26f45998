"""Our page in one window of somebody, and what it and others are told of who is here."""

from typing import Any

from support.listener import Listener
from support.members import Account
from support.person import Person
from support.server import Server
from support.team import Mate

HERE_WITHIN_SECONDS = 2.0


class Tab:
    """Our page in one window of somebody: both connections, as the page opens them."""

    def __init__(self, server: Server, account: "Account | Mate") -> None:
        self.live = Listener(server.url, account.headers)
        self.account = account
        self._server = server
        self._text: Person | None = None

    async def opens(self, document: str) -> "Tab":
        if self.live.count("hello") == 0:
            await self.live.joins()
        self._text = await Person(self._server.sync, document, headers=self.account.headers).joins()
        await self.says(document)
        return self

    async def says(self, document: str | None, state: str = "active", doing: str = "viewing") -> None:
        where = {} if document is None else {"document": document, "doing": doing}
        await self.live.does("presence", state=state, **where)

    async def types(self, words: str) -> None:
        assert self._text is not None
        await self._text.types(words)
        await self._text.is_saved()

    async def closes(self) -> None:
        if self._text is not None:
            await self._text.leaves()
        await self.live.leaves()

    async def breaks(self) -> None:
        """As if the network had gone."""
        if self._text is not None:
            await self._text.breaks()
        await self.live.breaks()

    async def sees(self, document: str, **people: tuple[str, str, int]) -> None:
        """Wait until the last word of the server is that exactly these people are there: state, doing, devices."""
        await self.live.waits(lambda: here(self.live, document) == people, seconds=HERE_WITHIN_SECONDS)


def here(listener: Listener, document: str) -> dict[str, tuple[str, str, int]] | None:
    told = [e["data"] for e in listener.told if e["event"] == "presence" and e["data"]["document"] == document]
    if not told:
        return None
    assert told[-1]["count"] == len(told[-1]["people"])
    return {p["person"]["name"]: (p["state"], p["doing"], p["devices"]) for p in told[-1]["people"]}


LOOKS = ("active", "viewing", 1)
EDITS = ("active", "editing", 1)
AWAY = ("idle", "viewing", 1)


def dots(listener: Listener, page: str) -> list[list[str]]:
    """Who was said to be there, each time."""
    told = [each["data"]["documents"] for each in listener.told if each["event"] == "here"]
    return [[person["name"] for person in each[page]] for each in told if page in each]


async def in_tree(mate: Mate, page: str) -> list[dict[str, Any]]:
    found: dict[str, Any] = {each["id"]: each["here"] for each in (await mate.gets("/api/tree"))["pages"]}
    people: list[dict[str, Any]] = found[page]
    return people
