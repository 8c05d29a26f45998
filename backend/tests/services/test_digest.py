"""One mail of what waits unread, to a real SMTP server: not of what was seen, and not what was written."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from quillroom.services.digest import Digest
from quillroom.services.errands import READ_SECONDS, Errands
from quillroom.services.leases import Leases
from quillroom.services.mail import Mail
from quillroom.settings import Smtp
from quillroom.store import people
from quillroom.store.database import Database
from quillroom.store.statements import table
from quillroom.store.tables import DeliveryRow, NotificationRow
from services.house import PAGE, House, member
from support.mailbox import Mailbox

BOB = "@[Bob](person:bob)"
_DELIVERY, _NOTIFICATION = table(DeliveryRow), table(NotificationRow)


class Office:
    """The house with a post office."""

    def __init__(self, house: House, mailbox: Mailbox, mail: Mail) -> None:
        self.house = house
        self.mailbox = mailbox
        self.active: set[str] = set()
        digest = Digest(
            house.database,
            house.writer,
            mail,
            "https://docs.example.org",
            False,
            self.active.__contains__,
            Leases(house.database),
        )
        self.errands = Errands(house.database, house.writer)
        self.errands.add("mail", digest.mail)

    async def five_minutes_pass(self) -> None:
        self.house.does(lambda c: c.execute(update(_DELIVERY).values(due_at=0.0)))
        await self.errands.follow([])

    async def is_done(self) -> None:
        async with asyncio.timeout(15):
            while self.house.waiting("mail"):
                await self.errands.follow([])
                await asyncio.sleep(0.02)

    async def brings(self, count: int) -> list[EmailMessage]:
        return await asyncio.to_thread(self.mailbox.waits_for, count)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    opened = Mailbox().opens()
    yield opened
    opened.closes()


@pytest.fixture
async def office(sqlite: Database, mailbox: Mailbox) -> AsyncIterator[Office]:
    mail = Mail(Smtp("127.0.0.1", mailbox.port, "none", "quill@example.org", "Quillroom"))
    mail.start()
    with House(sqlite) as house:
        opened = Office(house, mailbox, mail)
        running = asyncio.create_task(opened.errands.run())
        yield opened
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    mail.stop()


def text_of(letter: EmailMessage, kind: str = "plain") -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())


async def test_all_that_waits_comes_in_one_mail_that_says_not_what_was_written(office: Office) -> None:
    first = office.house.says("ann", f"{BOB} the secret word")
    office.house.says("cem", "I agree with the secret", reply_to=office.house.says("bob", "hm"))
    assert office.mailbox.letters == []
    await office.five_minutes_pass()
    (letter,) = await office.brings(1)
    await office.is_done()
    assert letter["To"] == "bob@example.org"
    assert letter["Subject"] == "Cem answered you in Harbour, and 1 more"
    for kind in ("plain", "html"):
        said = text_of(letter, kind)
        assert "Ann mentioned you in Harbour" in said
        assert f"https://docs.example.org/d/{PAGE}?message={first}" in said
        assert "https://docs.example.org/settings/notifications" in said
        assert "secret" not in said
    assert len(office.mailbox.letters) == 1


async def test_who_wants_that_reads_the_words_in_the_mail_and_in_chinese(office: Office) -> None:
    await office.house.choices.choose_notifications(member("bob"), {"shows_preview": True})
    office.house.does(lambda c: people.change_person(c, "bob", language="zh"))
    office.house.says("ann", f"{BOB} <b>the boat</b>")
    await office.five_minutes_pass()
    (letter,) = await office.brings(1)
    assert letter["Subject"] == "Ann 在 Harbour 中提到了您"
    assert "@Bob <b>the boat</b>" in text_of(letter)
    assert "@Bob &lt;b&gt;the boat&lt;/b&gt;" in text_of(letter, "html")


@pytest.mark.parametrize("what", ["read", "recalled", "hidden", "muted", "turned off", "suspended"])
async def test_what_does_not_wait_any_more_is_in_no_mail(office: Office, what: str) -> None:
    said = office.house.says("ann", BOB)
    if what == "read":
        office.house.reads_chat("bob", said)
    elif what == "recalled":
        office.house.recalls(said)
    elif what == "hidden":
        office.house.hides_page("cem")
    elif what == "muted":
        office.house.watches("bob", "mute")
    elif what == "turned off":
        await office.house.choices.choose_notifications(member("bob"), {"events": {"mention": {"mail": False}}})
    else:
        office.house.does(lambda c: people.change_person(c, "bob", suspended_at=2.0))
    office.house.says("ann", "@[Cem](person:cem)")
    await office.five_minutes_pass()
    (letter,) = await office.brings(1)
    await office.is_done()
    assert [each["To"] for each in office.mailbox.letters] == [letter["To"]] == ["cem@example.org"]


async def test_who_is_here_gets_no_mail_until_they_have_gone_without_reading(office: Office) -> None:
    office.active.add("bob")
    office.house.says("ann", BOB)
    office.house.says("ann", "@[Cem](person:cem)")
    await office.five_minutes_pass()
    await office.brings(1)
    assert office.house.waiting("mail") == ["bob"]
    office.active.clear()
    await office.five_minutes_pass()
    assert [each["To"] for each in await office.brings(2)] == ["cem@example.org", "bob@example.org"]


async def test_what_was_read_long_ago_goes_by_itself(office: Office) -> None:
    old, new = (office.house.says("ann", f"{BOB} {words}") for words in ("old", "new"))
    office.house.reads_chat("bob", new)
    long_ago = time.time() - READ_SECONDS - 1
    row = update(_NOTIFICATION).where(_NOTIFICATION.c.message == old).values(read_at=long_ago)
    office.house.does(lambda c: c.execute(row))
    running = asyncio.create_task(Errands(office.house.database, office.house.writer).run())
    async with asyncio.timeout(15):
        while office.house.heard_by(old):
            await office.errands.follow([])
            await asyncio.sleep(0.02)
    running.cancel()
    assert office.house.heard_by(new) == {"bob": "mention"}
