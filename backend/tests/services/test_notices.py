"""Who hears of what: exactly those whom it concerns, who may know of it, and who want to."""

from collections.abc import Iterator

import pytest

from quillroom.services.notices import AT_ONCE
from quillroom.services.people import begin_session
from quillroom.services.projections import Projections
from quillroom.services.sessions import end_sessions
from quillroom.store import deliveries, people
from quillroom.store.database import Database
from services.house import PAGE, House, member
from store.scribe import Scribe

BOB, CEM = "@[Bob](person:bob)", "@[Cem](person:cem)"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with House(database) as opened:
        yield opened


def test_who_is_named_answered_or_watches_hears_of_a_message_once_and_its_author_never(house: House) -> None:
    first = house.says("bob", "Who takes the boat?")
    house.watches("cem", "watch")
    house.watches("ann", "watch")
    second = house.says("ann", f"{BOB} you do, {BOB}", reply_to=first)
    assert house.heard_by(first) == {}
    assert house.heard_by(second) == {"bob": "mention", "cem": "message"}
    third = house.says("ann", "And the nets", reply_to=first)
    assert house.heard_by(third) == {"bob": "reply", "cem": "message"}
    assert house.heard_by(house.says("ann", "note to @[Ann](person:ann) myself", reply_to=third)) == {"cem": "message"}


def test_nobody_hears_of_a_page_that_they_may_not_see(house: House) -> None:
    house.watches("cem", "watch")
    assert house.heard_by(house.says("ann", f"{BOB} @[Gus](person:gus) @[No](person:nobody)")) == {
        "bob": "mention",
        "cem": "message",
    }
    house.hides_page("bob")
    assert house.heard_by(house.says("ann", f"{BOB} {CEM}")) == {"bob": "mention"}


def test_who_muted_a_page_hears_nothing_of_what_is_said_there(house: House) -> None:
    house.watches("bob", "mute")
    assert house.heard_by(house.says("ann", f"{BOB} {CEM}")) == {"cem": "mention"}
    house.watches("bob", None)
    assert house.heard_by(house.says("ann", BOB)) == {"bob": "mention"}


def test_whom_an_edit_names_for_the_first_time_hears_of_it(house: House) -> None:
    house.watches("cem", "watch")
    said = house.says("ann", f"{BOB} come")
    house.edits(said, f"{BOB} and {CEM} come")
    assert house.heard_by(said) == {"bob": "mention", "cem": "mention"}
    assert [event.name for event in house.told("bob")] == ["notification.added"]
    assert [event.name for event in house.told("cem")] == [
        "notification.added",  # of a message on a page that he watches
        "notification.withdrawn",
        "notification.added",
    ]
    house.edits(said, f"{BOB} and {CEM} come, please")
    assert (len(house.told("bob")), len(house.told("cem"))) == (1, 3)


def test_what_is_told_says_all_that_the_inbox_shows_and_the_log_keeps_none_of_it(house: House) -> None:
    said = house.says("ann", f"{BOB} the   **secret**\n[word](https://example.org) " + "x" * 500)
    (event,) = house.told("bob")
    assert event.told is not None
    line = event.told["notification"]
    assert isinstance(line, dict)
    assert (line["kind"], line["actor"]["name"], line["document"]) == (
        "mention",
        "Ann",
        {"id": PAGE, "title": "Harbour"},
    )
    assert line["message"]["id"] == said
    assert line["message"]["preview"].startswith("@Bob the secret word xxx")
    assert len(line["message"]["preview"]) == 200
    assert event.data == {"notification": line["id"]}
    assert house.asks(lambda c: house.notifications.told(c, [event])) == [event.told]


def test_a_recall_leaves_nothing_of_the_message_in_any_inbox(house: House) -> None:
    house.has_browser("bob")
    said, other = house.says("ann", f"{BOB} {CEM} the secret"), house.says("ann", BOB)
    assert (house.waiting("push"), house.waiting("mail")) == (["bob", "bob"], ["bob", "bob", "cem"])
    added = house.told("cem")[0]
    house.recalls(said)
    assert (house.heard_by(said), house.unread("cem")) == ({}, 0)
    assert (house.waiting("push"), house.waiting("mail")) == (["bob"], ["bob"])
    assert [event.name for event in house.told("cem")] == ["notification.added", "notification.withdrawn"]
    assert house.told("cem")[1].told == {"ids": [added.data["notification"]], "unread": 0}
    assert house.asks(lambda c: house.notifications.told(c, [added])) == [None]
    assert house.heard_by(other) == {"bob": "mention"}


def test_reading_the_chat_reads_what_it_brought_up_to_there(house: House) -> None:
    house.has_browser("bob")
    messages = [house.says("ann", f"{BOB} {n}") for n in range(3)]
    house.reads_chat("bob", messages[1])
    assert house.unread("bob") == 1
    assert len(house.waiting("push")) == len(house.waiting("mail")) == 1
    (event,) = [event for event in house.told("bob") if event.name == "notification.changed"]
    assert event.told is not None
    assert len(event.data["ids"]) == 2  # type: ignore[arg-type]
    house.reads_chat("bob", messages[1])
    assert len(house.told("bob")) == 4  # nothing new is told
    assert house.unread("cem") == 0


async def test_each_channel_of_each_event_can_be_turned_off(house: House) -> None:
    house.has_browser("bob")
    off = {"in_app": False, "mail": False, "push": False}
    await house.choices.choose_notifications(member("bob"), {"events": {"mention": off}})
    assert house.heard_by(house.says("ann", BOB)) == {}
    await house.choices.choose_notifications(member("bob"), {"events": {"mention": {"push": True}}})
    said = house.says("ann", BOB)
    assert (house.heard_by(said), house.waiting("push"), house.waiting("mail")) == ({"bob": "mention"}, ["bob"], [])
    assert (house.inbox("bob"), house.unread("bob"), house.told("bob")) == ([], 0, [])
    chosen = await house.choices.choose_notifications(member("bob"), {"events": {"mention": {"in_app": True}}})
    assert chosen["events"]["mention"] == {"in_app": True, "mail": False, "push": True}  # type: ignore[index]
    house.says("ann", BOB)
    assert house.inbox("bob") == [("mention", "ann")]


def test_push_and_mail_wait_only_for_those_whom_they_can_reach(house: House) -> None:
    house.watches("cem", "watch")
    house.has_browser("cem")
    house.says("ann", f"{BOB} now")
    assert (house.waiting("push"), house.waiting("mail")) == (["cem"], ["bob"])  # a mail is for what is about oneself


def test_without_a_server_for_it_no_mail_waits(database: Database) -> None:
    with House(database, has_mail=False) as house:
        house.says("ann", BOB)
        assert house.waiting("mail") == []


async def test_who_manages_a_page_hears_who_asks_for_it_and_no_more_once_that_is_settled(house: House) -> None:
    house.hides_page("bob")
    await house.shares.ask(member("cem"), PAGE, "please")
    await house.shares.ask(member("cem"), PAGE, "please!")
    assert house.inbox("ann") == [("access_requested", "cem")]
    assert house.inbox("bob") == []  # who may only see it
    await house.shares.add(member("ann"), PAGE, ["cem"], "edit")
    assert house.unread("ann") == 0
    assert house.inbox("cem") == [("access_given", "ann")]
    await house.shares.change_role(member("ann"), PAGE, "cem", "comment")
    assert house.inbox("cem") == [("access_given", "ann")]
    assert house.unread("cem") == 1
    await house.shares.remove(member("ann"), PAGE, "cem")
    listed = await house.notifications.look(member("cem"), "all", None, 10)
    assert [(line["kind"], line["document"]) for line in listed.lines] == [("access_given", None)]


async def test_a_request_that_one_manager_declined_waits_for_no_other(house: House) -> None:
    house.hides_page()
    await house.shares.add(member("ann"), PAGE, ["bob"], "manage")
    await house.shares.ask(member("cem"), PAGE, "please")
    before = house.unread("bob")
    assert house.unread("ann") == 1
    await house.shares.decline(member("ann"), PAGE, "cem")
    assert (house.unread("ann"), house.unread("bob")) == (0, before - 1)
    assert house.inbox("ann") == [("access_requested", "cem")]  # it is read, not gone
    assert house.inbox("cem") == []


def test_somebody_who_is_suspended_hears_nothing(house: House) -> None:
    house.watches("bob", "watch")
    house.does(lambda c: people.change_person(c, "bob", suspended_at=2.0))
    assert house.heard_by(house.says("ann", f"{BOB} {CEM}")) == {"cem": "mention"}


async def test_an_inbox_is_read_page_by_page(house: House) -> None:
    house.watches("bob", "watch")
    for n in range(7):
        house.says("ann", f"{BOB} {n}" if n % 2 else f"{n}")
    seen, before = [], None
    while True:
        part = await house.notifications.look(member("bob"), "all", before, 3)
        seen += [line["message"]["preview"] for line in part.lines]  # type: ignore[index]
        before = part.next
        if before is None:
            break
    assert seen == ["6", "@Bob 5", "4", "@Bob 3", "2", "@Bob 1", "0"]
    direct = await house.notifications.look(member("bob"), "direct", None, 10)
    assert (len(direct.lines), direct.unread) == (3, 7)
    await house.notifications.read(member("bob"), [direct.lines[0]["id"]], None, None)
    assert house.unread("bob") == 6
    await house.notifications.read(member("cem"), [direct.lines[1]["id"]], None, None)  # not his to read
    assert house.unread("bob") == 6
    await house.notifications.read(member("bob"), None, True, None)
    assert house.unread("bob") == 0


def test_a_message_to_many_who_watch_reaches_each_once_in_bounded_steps(house: House) -> None:
    many = house.has_people(2 * AT_ONCE + 20)
    for person in many:
        house.watches(person, "watch")
    house.watches("ann", "watch")
    said = house.says("ann", f"@[One](person:{many[7]}) hello all")
    assert house.heard_by(said) == {many[7]: "mention"}
    steps = []
    while house.waiting("inbox"):
        (task,) = house.does(lambda c: deliveries.claim(c, ["inbox"], 30.0, 1))
        before = house.lines()
        house.does(lambda c: house.notices.spread(c, task))  # noqa: B023
        house.does(lambda c: deliveries.put_off(c, [task.id], 0.0))  # noqa: B023
        steps.append(house.lines() - before)
    heard = house.heard_by(said)
    assert set(heard) == set(many)
    assert list(heard.values()).count("mention") == 1
    assert max(steps) <= AT_ONCE


def test_two_servers_that_tell_the_same_people_tell_each_once(database: Database) -> None:
    with House(database) as house:
        many = house.has_people(AT_ONCE + 30)
        for person in many:
            house.watches(person, "watch")
        said = house.says("ann", "hello all")
        (task,) = house.does(lambda c: deliveries.claim(c, ["inbox"], 0.0, 1))
        projections = Projections()
        projections.add(house.notices.names, house.notices.project)
        with Scribe(database, project=projections.run) as other:
            # Both begin at the first of them, as if a lease had run out while the first server was still at it.
            both = [writer.execute(lambda c: house.notices.spread(c, task)) for writer in (house.writer, other.writer)]
            for each in both:
                each.result(20)
        assert list(house.heard_by(said)) == many[:AT_ONCE]
        events = "SELECT count(*) FROM event WHERE name = 'notification.added'"
        assert house.asks(lambda c: c.exec_driver_sql(events).scalar_one()) == AT_ONCE == house.lines()


def test_what_is_recalled_is_not_told_to_the_rest_of_the_many(house: House) -> None:
    for person in house.has_people(AT_ONCE + 1):
        house.watches(person, "watch")
    said = house.says("ann", "oops")
    assert house.waiting("inbox") == ["ann"]
    house.recalls(said)
    assert (house.waiting("inbox"), house.lines()) == ([], 0)


def test_subscriptions_end_with_their_sessions(house: House) -> None:
    def session(person: str) -> str:
        house.does(lambda c: begin_session(c, person, "browser"))
        return str(house.asks(lambda c: people.sessions_of(c, person, 0.0, 0.0))[-1].id)

    for person in ("bob", "cem"):
        house.has_browser(person, session=session(person))
    assert house.asks(lambda c: deliveries.reached(c, ["bob", "cem"])) == {"bob", "cem"}
    house.does(lambda c: end_sessions(c, "signed_out", person="bob"))
    assert house.asks(lambda c: deliveries.reached(c, ["bob", "cem"])) == {"cem"}
