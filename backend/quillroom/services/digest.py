"""One mail of what waits unread for somebody who has not been here: who did what where, and where to turn it off."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from quillroom.core.notify import Channel, Kind
from quillroom.services import letters
from quillroom.services.errands import LEASE_SECONDS
from quillroom.services.inboxes import MAIL_SECONDS
from quillroom.services.leases import Leases
from quillroom.services.mail import Letter, Mail
from quillroom.services.notification_wire import lines
from quillroom.services.people import committed, somebody
from quillroom.services.preferences import preferences_of
from quillroom.services.push_messages import is_muted
from quillroom.services.workspace_settings import read_settings
from quillroom.store import clock, notifications, people
from quillroom.store import deliveries as rows
from quillroom.store.database import Connection, Database
from quillroom.store.tables import DeliveryRow
from quillroom.store.writer import Writer

LINES_AT_MOST = 20
KEPT_SECONDS = 24 * 3600.0
BUSY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Digest:
    """`mail` does what `Errands` finds queued for this channel. `url`: where the mail leads to."""

    database: Database
    writer: Writer
    post: Mail
    url: str
    is_open: bool
    is_active: Callable[[str], bool]
    leases: Leases

    async def mail(self, task: DeliveryRow) -> None:
        """All that waits for this person, in one letter; of several servers that have one of their lines, by one."""
        async with self.leases.hold(f"mail {task.person}") as is_mine:
            if is_mine:
                await self._mail(task)

    async def _mail(self, task: DeliveryRow) -> None:
        now = time.time()
        waiting = await committed(
            self.writer.execute(lambda c: rows.claim_of_person(c, "mail", task.person, clock.now(c) + LEASE_SECONDS))
        )
        ids = [each.id for each in waiting]
        if not ids:
            return  # another task of theirs brought it
        if self.is_active(task.person):
            # Whoever is here sees it here.
            await self._write(lambda c: rows.put_off(c, ids, clock.now(c) + MAIL_SECONDS))
            return
        letter = await asyncio.to_thread(self.database.read, lambda c: self._letter(c, task.person, waiting, now))
        if letter is not None and not self.post.post(letter):
            await self._write(lambda c: rows.put_off(c, ids, clock.now(c) + BUSY_SECONDS))
            return
        await self._write(lambda c: rows.done(c, ids))

    def _letter(self, connection: Connection, person: str, waiting: list[DeliveryRow], now: float) -> Letter | None:
        """None: nothing waits any more, or nobody wants to hear of it by mail."""
        reader = people.get_person(connection, person)
        if reader is None or reader.suspended_at is not None or reader.email is None:
            return None
        wishes = preferences_of(connection, [person])[person]
        fresh = {each.notification for each in waiting if now - each.created_at < KEPT_SECONDS}
        found = [
            row
            for row in notifications.by_ids(connection, fresh, person)
            if row.read_at is None and Channel.MAIL in wishes.by(Kind(row.kind)) and not is_muted(connection, row)
        ]
        who = somebody(reader, is_claimed=people.is_claimed(connection))
        newest = sorted(found, key=lambda row: -row.at)
        shown = [line for line in lines(connection, who, newest, is_open=self.is_open) if line["document"] is not None]
        if not shown:
            return None
        return letters.digest(
            reader.email,
            reader.language,
            workspace=read_settings(connection).workspace,
            lines=shown[:LINES_AT_MOST],
            count=len(shown),
            url=self.url,
            shows_preview=wishes.shows_preview,
        )

    async def _write(self, job: Callable[[Connection], None]) -> None:
        await committed(self.writer.execute(job))
