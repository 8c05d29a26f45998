"""What reaches a phone while nobody looks at our page: sent, tried again, given up, and taken back."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text, update

from quillroom.core.push import KEPT_SECONDS, LAST_RETRY_SECONDS, result_of, wait_seconds
from quillroom.services.errands import NAMES, Errands
from quillroom.services.people import begin_session
from quillroom.services.push import Push
from quillroom.services.push_hosts import Postman, PushHosts
from quillroom.services.sessions import end_sessions
from quillroom.services.subscriptions import Subscriptions
from quillroom.store import people
from quillroom.store.database import Database
from quillroom.store.statements import table
from quillroom.store.tables import DeliveryRow
from quillroom.store.writer import Round
from services.house import PAGE, House, member
from support.push_service import Came, Phone, PushService

BOB = "@[Bob](person:bob)"
_DELIVERY = table(DeliveryRow)


class Street:
    """The house, with a postman who goes to a real push service, and phones."""

    def __init__(self, house: House, service: PushService) -> None:
        self.house = house
        self.service = service
        self.active: set[str] = set()
        hosts = PushHosts((service.url,))
        self.postman = Postman(hosts)
        self.subscriptions = Subscriptions(house.writer, hosts)
        self.push = Push(
            house.database, house.writer, self.subscriptions, self.postman,
            contact="mailto:ops@example.org", is_open=False, is_active=self.active.__contains__,
        )  # fmt: skip
        self.errands = Errands(house.database, house.writer)
        self.errands.add("push", self.push.push)
        self.errands.add("close", self.push.close)
        self._loop = asyncio.get_running_loop()
        house.tells(self._hears)

    def _hears(self, round: Round) -> None:
        if any(event.name in NAMES for event in round.events):
            self._wakes()

    async def has_phone(self, person: str, name: str) -> Phone:
        """In a session of its own."""
        phone = self.service.phone(name)
        self.house.does(lambda c: begin_session(c, person, "browser"))
        session = self.house.asks(lambda c: people.sessions_of(c, person, 0.0, 0.0))[0]
        who, said = replace(member(person), session=session.id), phone.subscription
        await self.subscriptions.add(who, said["endpoint"], said["keys"])
        return phone

    async def waits(self, condition: Callable[[], bool]) -> None:
        await asyncio.to_thread(self.service.waits, condition)

    async def comes(self, count: int) -> list[Came]:
        """Wait until so many messages were opened by phones."""
        await self.waits(lambda: len(self.service.came) >= count)
        return self.service.came

    async def is_idle(self) -> None:
        """Wait until nothing is queued to leave the house."""
        async with asyncio.timeout(15):
            while self.house.waiting("push") or self.house.waiting("close"):
                await self.errands.follow([])
                await asyncio.sleep(0.02)

    def hurries(self) -> None:
        """Time passes: what was put off is due."""
        self.house.does(lambda c: c.execute(update(_DELIVERY).values(due_at=0.0)))
        self._wakes()

    def _wakes(self) -> None:
        asyncio.run_coroutine_threadsafe(self.errands.follow([]), self._loop)


@pytest.fixture
def service() -> Iterator[PushService]:
    running = PushService().opens()
    yield running
    running.closes()


@pytest.fixture
async def street(sqlite: Database, service: PushService) -> AsyncIterator[Street]:
    with House(sqlite) as house:
        opened = Street(house, service)
        running = asyncio.create_task(opened.errands.run())
        yield opened
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await opened.postman.close()


async def test_a_phone_hears_who_wrote_where_but_not_what(street: Street) -> None:
    await street.has_phone("bob", "phone")
    said = street.house.says("ann", f"{BOB} the secret word")
    (came,) = await street.comes(1)
    assert came.payload == {
        "kind": "mention",
        "id": came.payload["id"],
        "actor": "Ann",
        "document": PAGE,
        "title": "Harbour",
        "message": said,
        "preview": None,
        "tag": f"page:{PAGE}",
        "language": None,
        "unread": 1,
        "must_show": False,
    }
    assert came.headers["Urgency"] == "high"
    assert b"secret" not in str(came).encode()
    await street.house.choices.choose_notifications(member("bob"), {"shows_preview": True})
    street.house.says("ann", f"{BOB} the public word")
    assert (await street.comes(2))[1].payload["preview"] == "@Bob the public word"
    assert street.service.came[0].headers["Topic"] == street.service.came[1].headers["Topic"]


async def test_all_phones_of_a_person_hear_and_nobody_elses(street: Street) -> None:
    for person, name in (("bob", "one"), ("bob", "two"), ("cem", "three")):
        await street.has_phone(person, name)
    street.house.says("ann", BOB)
    assert sorted(came.path for came in await street.comes(2)) == ["/one", "/two"]
    await street.is_idle()
    assert len(street.service.came) == 2


async def test_who_looks_at_our_page_gets_no_push_until_they_have_gone_without_reading(street: Street) -> None:
    await street.has_phone("bob", "phone")
    street.active.add("bob")
    street.house.says("ann", BOB)
    street.house.says("ann", f"{BOB} again")
    read = street.house.says("ann", f"{BOB} third")
    soonest = text("SELECT min(due_at) FROM delivery WHERE channel = 'push'")
    async with asyncio.timeout(10):
        while street.house.asks(lambda c: c.execute(soonest).scalar_one()) < time.time() + 20:
            await street.errands.follow([])
            await asyncio.sleep(0.02)
    assert street.service.tries == []
    street.house.reads_chat("bob", read)
    street.house.says("ann", f"{BOB} unread")
    street.active.clear()
    street.hurries()
    await street.comes(1)
    await street.is_idle()
    assert len(street.service.tries) == 1


async def test_who_closed_our_page_a_moment_ago_is_given_half_a_minute_to_come_back(street: Street) -> None:
    await street.has_phone("bob", "phone")
    await street.has_phone("cem", "other")
    street.push.left("bob")
    street.house.says("ann", BOB)
    street.house.says("ann", "@[Cem](person:cem)")
    await street.comes(1)
    soonest = text("SELECT min(due_at) FROM delivery WHERE channel = 'push' AND person = 'bob'")
    async with asyncio.timeout(10):
        while (due := street.house.asks(lambda c: c.execute(soonest).scalar_one())) < time.time():
            await street.errands.follow([])
            await asyncio.sleep(0.02)
    assert time.time() + 20 < due <= time.time() + 30
    assert [came.path for came in street.service.came] == ["/other"]


@pytest.mark.parametrize("what", ["hidden", "muted", "turned off", "suspended", "signed out", "read"])
async def test_what_changed_before_it_left_is_asked_again(street: Street, what: str) -> None:
    await street.has_phone("bob", "phone")
    house = street.house
    street.active.add("bob")
    said = house.says("ann", BOB)
    await street.has_phone("cem", "other")
    if what == "hidden":
        house.hides_page("cem")
    elif what == "muted":
        house.watches("bob", "mute")
    elif what == "turned off":
        await house.choices.choose_notifications(member("bob"), {"events": {"mention": {"push": False}}})
    elif what == "suspended":
        house.does(lambda c: people.change_person(c, "bob", suspended_at=2.0))
    elif what == "signed out":
        house.does(lambda c: end_sessions(c, "signed_out", person="bob"))
    else:
        house.reads_chat("bob", said)
    street.active.clear()
    street.hurries()
    house.says("ann", "@[Cem](person:cem)")
    await street.comes(1)
    await street.is_idle()
    assert [came.path for came in street.service.came] == ["/other"]


async def test_a_recall_before_it_left_leaves_nothing_to_send(street: Street) -> None:
    await street.has_phone("bob", "phone")
    street.active.add("bob")
    said = street.house.says("ann", BOB)
    street.house.recalls(said)
    assert street.house.waiting("push") == street.house.waiting("close") == []
    street.active.clear()
    street.house.says("ann", f"{BOB} other")
    assert (await street.comes(1))[0].payload["message"] != said


async def test_a_recall_after_it_left_takes_it_from_the_screen(street: Street) -> None:
    await street.has_phone("bob", "phone")
    said = street.house.says("ann", BOB)
    first = (await street.comes(1))[0]
    await street.is_idle()
    street.house.recalls(said)
    closing = (await street.comes(2))[1]
    assert closing.payload == {
        "kind": "close",
        "id": first.payload["id"],
        "why": "recalled",
        "tag": first.payload["tag"],
        "language": None,
        "unread": 0,
        "must_show": False,
    }
    assert closing.headers["Topic"] == first.headers["Topic"]  # one that was not delivered yet never will be


async def test_what_was_read_elsewhere_goes_from_the_screen_once(street: Street) -> None:
    await street.has_phone("bob", "phone")
    street.house.says("ann", BOB)
    last = street.house.says("ann", f"{BOB} again")
    await street.comes(2)
    await street.is_idle()
    street.house.reads_chat("bob", last)
    closing = (await street.comes(3))[2].payload
    assert (closing["kind"], closing["why"], closing["id"]) == ("close", "read", street.service.came[1].payload["id"])
    await street.is_idle()
    assert len(street.service.came) == 3


async def test_a_recall_of_what_was_replaced_on_the_screen_leaves_the_newer_one_there(street: Street) -> None:
    await street.has_phone("bob", "phone")
    first = street.house.says("ann", BOB)
    street.house.says("ann", f"{BOB} newer")
    await street.comes(2)
    await street.is_idle()
    street.house.recalls(first)
    assert street.house.waiting("close") == []


async def test_a_recall_while_it_is_on_its_way_takes_it_back_at_once(street: Street) -> None:
    await street.has_phone("bob", "phone")
    recalled: list[str] = []
    said: list[str] = []

    def recall() -> None:
        if not recalled and said:
            recalled.append(said[0])
            street.house.recalls(said[0])

    street.service.before = recall
    street.active.add("bob")
    said.append(street.house.says("ann", BOB))
    street.active.clear()
    street.hurries()
    came = await street.comes(2)
    assert [each.payload["kind"] for each in came] == ["mention", "close"]
    assert came[1].payload["why"] == "recalled"


async def test_a_browser_that_is_gone_is_forgotten(street: Street) -> None:
    await street.has_phone("bob", "phone")
    for status in (404, 410):
        street.service.answers = [(status, {})]
        street.house.says("ann", BOB)
        await street.waits(lambda: not street.service.answers)
        await street.is_idle()
        assert street.house.asks(lambda c: list(c.execute(text("SELECT id FROM push_subscription")))) == []
        await street.has_phone("bob", "phone")


async def test_a_busy_service_is_asked_again_when_it_says(street: Street) -> None:
    await street.has_phone("bob", "phone")
    street.service.answers = [(503, {}), (429, {"Retry-After": "3600"})]
    street.house.says("ann", BOB)
    for tries in (1, 2):
        await street.waits(lambda tries=tries: len(street.service.tries) >= tries)  # type: ignore[misc]
        due = await _due_of_attempt(street, tries)
        assert (1.0 < due - time.time() < 8.0) if tries == 1 else (3590 < due - time.time() < 3610)
        street.hurries()
    await street.comes(1)
    await street.is_idle()


async def _due_of_attempt(street: Street, attempts: int) -> float:
    query = text("SELECT due_at FROM delivery WHERE attempts = :n")
    async with asyncio.timeout(10):
        while True:
            found = street.house.asks(lambda c: list(c.execute(query, {"n": attempts}).scalars()))
            if found:
                return float(found[0])
            await asyncio.sleep(0.01)


async def test_after_a_day_it_is_no_news(street: Street) -> None:
    await street.has_phone("bob", "phone")
    street.active.add("bob")
    street.house.says("ann", BOB)
    old = time.time() - KEPT_SECONDS - 1
    street.house.does(lambda c: c.execute(update(_DELIVERY).values(created_at=old, due_at=0.0)))
    street.active.clear()
    await street.is_idle()
    assert street.service.tries == []


async def test_one_service_that_hangs_keeps_nobody_elses_message(street: Street) -> None:
    await street.has_phone("bob", "slow")
    await street.has_phone("cem", "quick")
    waiting = asyncio.Event()
    loop = asyncio.get_running_loop()
    held = street.service

    def hang() -> None:
        if not held.tries and not waiting.is_set():
            loop.call_soon_threadsafe(waiting.set)
            time.sleep(2.0)

    held.before = hang
    street.house.says("ann", BOB)
    await waiting.wait()
    street.house.says("ann", "@[Cem](person:cem)")
    came = await street.comes(1)
    assert came[0].path == "/quick"
    await street.comes(2)


async def test_who_signs_in_at_the_same_browser_takes_its_subscription_over(street: Street) -> None:
    phone = await street.has_phone("bob", "shared")
    await street.has_phone("cem", "shared")
    assert phone.endpoint.endswith("shared")
    street.house.says("ann", f"{BOB} @[Cem](person:cem)")
    await street.comes(1)
    await street.is_idle()
    assert len(street.service.came) == 1
    query = text("SELECT person FROM push_subscription")
    assert street.house.asks(lambda c: list(c.execute(query).scalars())) == ["cem"]


def test_how_long_to_wait_and_what_answers_mean() -> None:
    assert [result_of(status) for status in (200, 201, 204, 404, 410, 0, 429, 500, 503, 400, 403, 413, 301)] == [
        "sent", "sent", "sent", "gone", "gone", "later", "later", "later", "later",
        "refused", "refused", "refused", "refused",
    ]  # fmt: skip
    assert [wait_seconds(n, None, 0.0, 0.5) for n in (0, 1, 2, 50)] == [4.0, 8.0, 16.0, LAST_RETRY_SECONDS]
    assert wait_seconds(0, None, 0.0, 0.0) == 2.0
    assert wait_seconds(9, "120", 0.0, 0.0) == 120.0
    assert wait_seconds(0, "Thu, 01 Jan 1970 00:01:40 GMT", 40.0, 0.0) == 60.0
    assert wait_seconds(0, "Thu, 01 Jan 1970 00:00:00 GMT", 40.0, 0.0) == 0.0
    assert wait_seconds(0, "99999999999", 0.0, 0.0) == KEPT_SECONDS
    assert wait_seconds(0, "soon", 0.0, 0.5) == 4.0
