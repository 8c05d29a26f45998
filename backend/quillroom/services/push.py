"""Push messages: to somebody's browsers while no page of ours is in use on any of their devices."""

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from quillroom.core.push import KEPT_SECONDS, result_of, wait_seconds
from quillroom.services.errands import LEASE_SECONDS
from quillroom.services.inboxes import close
from quillroom.services.people import IDLE_SECONDS, committed, new_id
from quillroom.services.push_hosts import Answer, Postman, Unreachable
from quillroom.services.push_messages import PushMessage, farewell, news
from quillroom.services.subscriptions import Subscriptions
from quillroom.store import clock, notifications
from quillroom.store import deliveries as rows
from quillroom.store.database import Connection, Database
from quillroom.store.tables import DeliveryRow, PushSubscriptionRow
from quillroom.store.writer import Writer

T = TypeVar("T")
QUIET_SECONDS = 30.0
REMEMBERED = 1000
_APPLE = ".push.apple.com"
_log = logging.getLogger(__name__)


class Push:
    """`push` and `close` do what `Errands` finds queued for these channels."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        subscriptions: Subscriptions,
        postman: Postman,
        *,
        contact: str,
        is_open: bool,
        is_active: Callable[[str], bool],
    ) -> None:
        """`contact`: who runs this server, for push services. `is_active`: whether somebody uses a page right now."""
        self._database = database
        self._writer = writer
        self._subscriptions = subscriptions
        self._postman = postman
        self._contact = contact
        self._is_open = is_open
        self._is_active = is_active
        self._left: dict[str, float] = {}  # who closed our page a moment ago
        self.results = dict.fromkeys(("sent", "later", "gone", "refused"), 0)

    def left(self, person: str | None) -> None:
        """Somebody closed our page: perhaps they come back at once, or have just seen it there."""
        now = time.monotonic()
        if len(self._left) > REMEMBERED:
            self._left = {who: at for who, at in self._left.items() if now - at < QUIET_SECONDS}
        if person is not None:
            self._left[person] = now

    async def push(self, task: DeliveryRow) -> None:
        """Say what is new to all of somebody's browsers, or to one that did not take it before."""
        wait = self._seconds_until_away(task.person)
        if wait > 0.0:
            # Whoever looks at our page needs no push; if they go without having read it, they do.
            await self._write(lambda c: rows.put_off(c, [task.id], clock.now(c) + wait))
            return
        message = await asyncio.to_thread(self._database.read, lambda c: news(c, task, is_open=self._is_open))
        await self._deliver(task, message)

    def _seconds_until_away(self, person: str) -> float:
        if self._is_active(person):
            return QUIET_SECONDS
        return self._left.get(person, -QUIET_SECONDS) + QUIET_SECONDS - time.monotonic()

    async def close(self, task: DeliveryRow) -> None:
        """Take what was said from the screens again."""
        await self._deliver(task, await asyncio.to_thread(self._database.read, lambda c: farewell(c, task)))

    async def _deliver(self, task: DeliveryRow, message: PushMessage | None) -> None:
        if message is None or time.time() - task.created_at > KEPT_SECONDS:
            await self._write(lambda c: rows.done(c, [task.id]))
            return
        await asyncio.gather(*(self._send(part, message) for part in await self._parts(task)))

    async def _parts(self, task: DeliveryRow) -> list[DeliveryRow]:
        """A task for each browser in the place of one for all of them: each is tried again by itself."""
        if task.subscription is not None:
            return [task]

        def write(connection: Connection) -> list[DeliveryRow]:
            if not rows.remains(connection, task.id):
                return []  # withdrawn meanwhile
            now = clock.now(connection)
            found = rows.subscriptions(connection, task.person, now, now - IDLE_SECONDS)
            parts = [_part(task, each, now) for each in found if not _is_spared(task, each)]
            for part in parts:
                rows.queue(connection, part)
            rows.done(connection, [task.id])
            return parts

        return await self._write(write)

    async def _send(self, task: DeliveryRow, message: PushMessage) -> None:
        to = await asyncio.to_thread(self._database.read, lambda c: rows.subscription(c, task.subscription or ""))
        if to is None or to.person != task.person:
            await self._write(lambda c: rows.done(c, [task.id]))
            return
        headers, body = await self._sealed(task, to, message)
        try:
            answer = await self._postman.post(to.endpoint, headers, body)
        except Unreachable as problem:
            _log.info("A push message waits: %s", problem)
            answer = Answer(0, None)
        result = result_of(answer.status)
        self.results[result] += 1
        if result == "refused":
            _log.warning("A push service answered %d: the message is given up", answer.status)
        await self._write(lambda c: self._settle(c, task, to, answer))

    async def _sealed(
        self, task: DeliveryRow, to: PushSubscriptionRow, message: PushMessage
    ) -> tuple[dict[str, str], bytes]:
        from quillroom.services import web_push  # loads 8 MB that most servers do without

        signature, now = await self._subscriptions.signature(), time.time()
        headers = {
            "Host": urlsplit(to.endpoint).netloc,
            "Authorization": signature.authorization(to.endpoint, self._contact, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, round(task.created_at + KEPT_SECONDS - now))),
            "Topic": web_push.topic(task.person, message.document),
            "Urgency": "high" if message.is_urgent else "normal",
        }
        payload = message.payload | {"must_show": _is_of_apple(to)}
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        return headers, web_push.encrypt(text, web_push.Browser(to.endpoint, to.p256dh, to.auth))

    def _settle(self, connection: Connection, task: DeliveryRow, to: PushSubscriptionRow, answer: Answer) -> None:
        """What follows from the answer, inside a writer's job."""
        now, result = time.time(), result_of(answer.status)
        is_withdrawn = not rows.remains(connection, task.id)
        if result == "later":
            wait = wait_seconds(task.attempts, answer.retry_after, now, random.random())
            rows.try_again(connection, task.id, clock.now(connection) + wait)
            return
        if result == "gone":
            rows.unsubscribe(connection, [to.id])
        rows.done(connection, [task.id])
        if result != "sent" or task.channel != "push":
            return
        if is_withdrawn:  # while it was on its way: it must go from the screen to which it just came
            is_there = bool(notifications.by_ids(connection, [task.notification]))
            document = str(json.loads(task.data)["document"])
            close(connection, task.person, task.notification, document, "read" if is_there else "recalled")
        else:
            notifications.mark_pushed(connection, task.notification, now)

    async def _write(self, job: Callable[[Connection], T]) -> T:
        return await committed(self._writer.execute(job))


def _part(task: DeliveryRow, to: PushSubscriptionRow, now: float) -> DeliveryRow:
    """Claimed from the start; due again when this process dies while it sends it."""
    mine = {"id": new_id(), "subscription": to.id, "due_at": now + LEASE_SECONDS}
    return DeliveryRow(**task.model_dump() | mine)


def _is_of_apple(to: PushSubscriptionRow) -> bool:
    """Its browsers end a subscription whose messages show nothing."""
    return (urlsplit(to.endpoint).hostname or "").endswith(_APPLE)


def _is_spared(task: DeliveryRow, to: PushSubscriptionRow) -> bool:
    """What was only read elsewhere stays on a screen where something would have to be shown for it to go."""
    return task.channel == "close" and json.loads(task.data)["why"] == "read" and _is_of_apple(to)
