"""People who talk beside a page, and what their inboxes hold of it, by a real writer and its projections."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import func, select

from quillroom.core.chat import Draft
from quillroom.core.member import Person, Role
from quillroom.services import inboxes
from quillroom.services.access import Access
from quillroom.services.chat import Chat
from quillroom.services.notices import Notices
from quillroom.services.notifications import Notifications
from quillroom.services.people import colour_of, new_id
from quillroom.services.preferences import Choices
from quillroom.services.projections import Projections
from quillroom.services.sharing import Shares
from quillroom.store import deliveries, documents, people
from quillroom.store import notifications as rows
from quillroom.store.access import grant
from quillroom.store.database import Connection, Database
from quillroom.store.events import Event
from quillroom.store.statements import table
from quillroom.store.tables import DeliveryRow, MessageRow, NotificationRow, PersonRow, PushSubscriptionRow
from quillroom.store.tree import set_general
from quillroom.store.writer import Round
from store.scribe import Scribe

T = TypeVar("T")
PAGE = "harbour"
_MESSAGE, _DELIVERY, _NOTIFICATION = table(MessageRow), table(DeliveryRow), table(NotificationRow)


class House:
    """`with House(database) as house`: Ann, Bob and Cem are members and see the page, Gus is a guest and does not."""

    def __init__(self, database: Database, *, has_mail: bool = True) -> None:
        self.database = database
        projections = Projections()
        self.notices = Notices(is_open=False, has_mail=has_mail)
        projections.add(self.notices.names, self.notices.project)
        self._scribe = Scribe(database, project=projections.run)
        self.writer = self._scribe.writer
        access = Access(database, is_open=False)
        self.choices = Choices(database, self.writer, access)
        self.notifications = Notifications(database, self.writer, access)
        self._chat = Chat(self.writer, access)
        self.shares = Shares(database, self.writer, access)

    def __enter__(self) -> Self:
        self._scribe.__enter__()
        self.does(self._settle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scribe.__exit__(kind, value, trace)

    def tells(self, hear: Callable[[Round], None]) -> None:
        """What was committed, on the writer's thread."""
        self._scribe.when_told = hear

    def does(self, job: Callable[[Connection], T]) -> T:
        return self.writer.execute(job).result(20)

    def asks(self, query: Callable[[Connection], T]) -> T:
        return self.database.read(query)

    def _settle(self, connection: Connection) -> None:
        for id in ("ann", "bob", "cem"):
            self._moves_in(connection, id, "member")
        self._moves_in(connection, "gus", "guest")
        documents.create_document(
            connection, id=PAGE, title="Harbour", created_by="ann", generation="g", now=1.0, access="workspace"
        )
        set_general(connection, PAGE, "workspace", "edit")
        grant(connection, document=PAGE, person="ann", role="manage", granted_by=None, now=1.0)

    def _moves_in(self, connection: Connection, id: str, kind: str) -> None:
        row = PersonRow(id=id, name=id.title(), kind=kind, created_at=1.0)
        row.email = f"{id}@example.org" if kind == "member" else None
        people.add_member(connection, row)

    def has_people(self, count: int) -> list[str]:
        """So many more members; their ids, in order."""
        ids = [f"m{n:05}" for n in range(count)]

        def write(connection: Connection) -> None:
            for id in ids:
                self._moves_in(connection, id, "member")

        self.does(write)
        return ids

    # -- the conversation, by the real chat

    def says(self, author: str, text: str, reply_to: str | None = None) -> str:
        """Its id."""
        draft = Draft(new_id(), text, reply_to=reply_to)
        told, _ = self._chats(lambda chat: chat.post(member(author), PAGE, draft))
        return str(told["id"])

    def edits(self, id: str, text: str) -> None:
        row = self.asks(lambda c: self._message(c, id))
        self._chats(lambda chat: chat.edit(member(row.author), id, row.revision, text))

    def recalls(self, id: str) -> None:
        row = self.asks(lambda c: self._message(c, id))
        self._chats(lambda chat: chat.recall(member(row.author), id))

    def _chats(self, do: Callable[[Chat], Coroutine[Any, Any, T]]) -> T:
        """In a loop of its own: whoever calls may be in one, and waits."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(do(self._chat))).result(20)

    def _message(self, connection: Connection, id: str) -> Any:
        return connection.execute(select(_MESSAGE).where(_MESSAGE.c.id == id)).one()

    def reads_chat(self, person: str, id: str) -> None:
        """Up to this message."""
        self.does(lambda c: inboxes.read_chat(c, person, PAGE, self._message(c, id).seq))

    def watches(self, person: str, level: str | None, page: str = PAGE) -> None:
        self.does(lambda c: rows.set_level(c, person, page, level))

    def hides_page(self, *but_for: str) -> None:
        def write(connection: Connection) -> None:
            set_general(connection, PAGE, "private", None)
            for person in but_for:
                grant(connection, document=PAGE, person=person, role=Role.VIEW.value, granted_by=None, now=1.0)

        self.does(write)

    def has_browser(self, person: str, endpoint: str = "https://fcm.googleapis.com/x", session: str = "s") -> None:
        """It can be pushed to, while this session lasts."""
        row = PushSubscriptionRow(
            id=new_id(), person=person, session=session, endpoint=f"{endpoint}/{person}",
            p256dh="p", auth="a", created_at=time.time(),
        )  # fmt: skip
        self.does(lambda c: deliveries.subscribe(c, row, 20))

    # -- what came of it

    def inbox(self, person: str) -> list[tuple[str, str | None]]:
        """(kind, who did it), the newest first."""
        found = self.asks(lambda c: rows.page(c, person, kinds=None, before=None, limit=1000))
        return [(row.kind, row.actor) for row in found]

    def unread(self, person: str) -> int:
        return self.asks(lambda c: rows.unread(c, [person])[person])

    def told(self, person: str) -> list[Event]:
        """The events of somebody's topic that say something."""
        found = [event for round in self._scribe.rounds for event in round.events if event.topic == f"user:{person}"]
        return [event for event in found if event.name.startswith("notification.")]

    def waiting(self, channel: str) -> list[str]:
        """For whom something is to leave the house."""
        query = select(_DELIVERY.c.person).where(_DELIVERY.c.channel == channel).order_by(_DELIVERY.c.person)
        return list(self.asks(lambda c: list(c.execute(query).scalars())))

    def heard_by(self, id: str) -> dict[str, str]:
        """Whom a message reached, and as what."""
        return {row.person: row.kind for row in self.asks(lambda c: rows.of_message(c, id))}

    def lines(self) -> int:
        return self.asks(lambda c: c.execute(select(func.count()).select_from(_NOTIFICATION)).scalar_one())


def member(id: str) -> Person:
    """As a request comes from them."""
    return Person(id, "laptop", id.title(), colour_of(id), kind="member", is_member=True, session="s")
