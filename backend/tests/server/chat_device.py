"""A device of somebody in the chat of a page: what it was told, in order, and what it must send again."""

from itertools import count
from typing import Any

from support.listener import Listener
from support.team import Mate

_NUMBERS = count()


class Device:
    """Keeps the chat over its connections; every event must come behind the one before, none missing, none twice."""

    def __init__(self, mate: Mate, page: str) -> None:
        self.mate = mate
        self.page = page
        self.chat: dict[str, dict[str, Any]] = {}
        self.said: list[str] = []  # every client id under which it ever said something
        self.unanswered: dict[str, dict[str, Any]] = {}  # what was sent and not acknowledged, by client id
        self.listener: Listener | None = None
        self._cursor: dict[str, Any] | None = None
        self._read = 0  # events of this connection that were looked at

    @property
    def messages(self) -> list[dict[str, Any]]:
        """In the order of the chat."""
        return sorted(self.chat.values(), key=lambda message: message["seq"])

    @property
    def seq(self) -> int:
        """The place of the last event that it was told."""
        seq: int = 0 if self._cursor is None else self._cursor["after"]
        return seq

    async def opens(self) -> None:
        """Connect, ask for what was missed, and send again what was not acknowledged."""
        if self._cursor is None:
            found = await self.mate.gets(f"/api/documents/{self.page}/messages?limit=100")
            self.chat = {message["id"]: message for message in found["messages"]}
            self._cursor = {"after": found["seq"], "epoch": found["epoch"]}
        self.listener, self._read = await self.mate.listens(), 0
        followed = await self.listener.does("follow", topic=f"doc:{self.page}", **self._cursor)
        assert not followed["is_reset"]
        self.takes()
        assert self.seq >= followed["seq"]
        for client_id, said in list(self.unanswered.items()):
            await self._send(client_id, said)

    async def closes(self) -> None:
        """The connection is cut; what was on its way to this device is lost."""
        if self.listener is not None:
            self.takes()
            await self.listener.leaves()
            self.listener = None

    async def says(self, text: str, **more: Any) -> dict[str, Any]:
        """Send a message and wait until it is acknowledged."""
        return await self._send(*self._writes(text, more))

    async def says_and_is_cut(self, text: str, **more: Any) -> None:
        """Send a message, and lose the connection before any answer is read."""
        assert self.listener is not None
        client_id, said = self._writes(text, more)
        await self.listener.says(self.listener.command("message.send", document=self.page, client_id=client_id, **said))
        await self.closes()

    def will_say(self, text: str, **more: Any) -> str:
        """Keep it for when there is a connection; the client id under which it will be said."""
        return self._writes(text, more)[0]

    async def does(self, command: str, **data: Any) -> str:
        """Any other command: `ack`, or the code of the error."""
        assert self.listener is not None
        answer = await self.listener.is_answered(command, data)
        self.takes()
        return answer

    async def has_heard_all(self) -> None:
        """Wait until all that happened before this moment is here."""
        assert self.listener is not None
        await self.listener.has_heard_all()
        self.takes()

    async def comes_to(self, seq: int) -> None:
        """Wait until it was told everything up to a place."""
        assert self.listener is not None

        def is_there() -> bool:
            self.takes()
            return self.seq >= seq

        await self.listener.waits(is_there)
        await self.has_heard_all()

    def takes(self) -> None:
        """Look at what was told since."""
        assert self.listener is not None
        assert self._cursor is not None
        told = self.listener.told
        for event in told[self._read :]:
            if event.get("topic") != f"doc:{self.page}" or "seq" not in event:
                continue
            assert event["seq"] == self.seq + 1, (event["seq"], self.seq)
            self._cursor["after"] = event["seq"]
            message = event["data"].get("message")
            if message is not None:
                self.chat[message["id"]] = message
        self._read = len(told)

    def _writes(self, text: str, more: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        client_id = f"device-{next(_NUMBERS):08}"
        self.said.append(client_id)
        self.unanswered[client_id] = {"text": text, **more}
        return client_id, self.unanswered[client_id]

    async def _send(self, client_id: str, said: dict[str, Any]) -> dict[str, Any]:
        assert self.listener is not None
        answer = await self.listener.does("message.send", document=self.page, client_id=client_id, **said)
        del self.unanswered[client_id]
        self.takes()
        message: dict[str, Any] = answer["message"]
        return message
