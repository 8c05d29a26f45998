"""Who is here, as others see it: connections, devices, people, and the time that passes."""

import random

import pytest

from quillroom.core.deadlines import Deadlines
from quillroom.core.presence import MANY, TELL_MANY_SECONDS, TELL_SECONDS, TOP, Presence
from quillroom.core.whereabouts import ACTIVE_SECONDS, EDITING_SECONDS, GRACE_SECONDS, Key, Someone, State


class World:
    """A workspace whose clock is moved by hand; `told` is how often each document's people were told."""

    def __init__(self) -> None:
        self.presence = Presence()
        self.now = 1000.0
        self.told: dict[str, int] = {}
        self._connections = 0

    def opens(self, user: str, document: str | None = None, device: str = "laptop") -> Key:
        """A tab of our page, on a document."""
        key = self.connects(user, device)
        self.presence.say(key, self.now, is_active=True, document=document, is_editing=False)
        return key

    def connects(self, user: str, device: str = "laptop") -> Key:
        """A tab that has said nothing yet."""
        return self._enters(user, device, speaks=True)

    def opens_text(self, user: str, document: str, device: str = "laptop") -> Key:
        """The text of a document in our page."""
        return self._enters(user, device, document=document)

    def syncs(self, user: str, document: str, device: str = "laptop") -> Key:
        """A stock Yjs client."""
        return self._enters(user, device, document=document, is_ours=False)

    def says(
        self,
        key: Key,
        document: str | None,
        *,
        is_active: bool = True,
        is_editing: bool = False,
        at: float | None = None,
    ) -> None:
        self.presence.say(key, at or self.now, is_active=is_active, document=document, is_editing=is_editing)

    def closes(self, *keys: Key) -> None:
        for key in keys:
            self.presence.leave(key, self.now)

    def waits(self, seconds: float) -> None:
        """As the server does it: look whenever something may be due, and once at the end."""
        until = self.now + seconds
        while (soon := self.presence.next()) is not None and soon < until:
            self.now = max(self.now, soon)
            self._tells()
        self.now = until
        self._tells()

    def sees(self, document: str) -> dict[str, tuple[bool, bool, int]]:
        """Who is seen at a document: (active, editing, devices)."""
        return {p.user: (p.is_active, p.is_editing, p.devices) for p in self.presence.here(document).people}

    def _enters(self, user: str, device: str, **more: object) -> Key:
        self._connections += 1
        key = Key(user, device, self._connections, "here")
        if self.presence.enter(key, self.now, **more):  # type: ignore[arg-type]
            self.presence.show(user, self.now, is_shown=True)
        return key

    def _tells(self) -> None:
        self.presence.advance(self.now)
        for document, _ in self.presence.due(self.now):
            self.told[document] = self.told.get(document, 0) + 1


@pytest.fixture
def world() -> World:
    return World()


def nothing_is_left(presence: Presence) -> bool:
    """Not one entry in any index."""
    return (
        all(not len(held) for held in vars(presence).values() if held is not None)
        and not vars(presence.__dict__["_deadlines"])["_slots"]
    )


def test_somebody_is_there_at_once_and_gone_when_the_grace_is_over(world: World) -> None:
    ann = world.opens("ann", "d")
    assert world.sees("d") == {"ann": (True, False, 1)}
    assert world.presence.state("ann") is State.ACTIVE
    world.closes(ann, ann)
    world.waits(GRACE_SECONDS - 0.5)
    assert "ann" in world.sees("d")
    world.waits(1.5)
    assert world.sees("d") == {}
    assert world.presence.state("ann") is State.OFFLINE
    assert world.told == {"d": 2}


def test_a_reload_is_no_farewell(world: World) -> None:
    ann, text = world.opens("ann", "d"), world.opens_text("ann", "d")
    world.waits(5)
    before = dict(world.told)
    world.closes(ann, text)
    world.waits(GRACE_SECONDS / 2)
    world.opens("ann", "d")
    world.syncs("ann", "d")
    world.waits(30)
    assert world.sees("d") == {"ann": (True, False, 1)}
    assert world.presence.take_transitions()[-1].after is State.ACTIVE
    assert world.told == before


def test_signing_out_is_told_at_once(world: World) -> None:
    laptop, text = world.opens("ann", "d"), world.opens_text("ann", "d")
    world.opens("ann", "d", "phone")
    world.presence.sign_out("ann", ["laptop"], world.now)
    world.closes(laptop, text)
    assert world.sees("d") == {"ann": (True, False, 1)}
    world.presence.sign_out("ann", None, world.now)
    world.presence.sign_out("ann", None, world.now)
    assert world.sees("d") == {}
    assert world.presence.state("ann") is State.OFFLINE


def test_signing_out_right_after_the_connection_broke_does_not_wait_for_the_grace(world: World) -> None:
    world.closes(world.opens("ann", "d"))
    world.presence.sign_out("ann", ["laptop"], world.now)
    assert world.sees("d") == {}


def test_five_minutes_without_input_make_somebody_idle_and_input_makes_them_active_again(world: World) -> None:
    ann = world.opens("ann", "d")
    world.waits(ACTIVE_SECONDS - 10)
    world.says(ann, "d")
    world.waits(ACTIVE_SECONDS - 10)
    assert world.sees("d")["ann"][0]
    world.waits(11)
    assert not world.sees("d")["ann"][0]
    assert world.presence.state("ann") is State.IDLE
    world.says(ann, "d")
    assert world.sees("d")["ann"][0]
    assert [t.after for t in world.presence.take_transitions()] == [State.IDLE, State.ACTIVE, State.IDLE, State.ACTIVE]


def test_who_is_active_on_one_device_is_active(world: World) -> None:
    laptop = world.opens("ann", "d")
    world.opens("ann", "other", "phone")
    world.says(laptop, "d", is_active=False)
    assert world.presence.state("ann") is State.ACTIVE
    assert world.sees("d") == {"ann": (False, False, 1)}  # away from this page, though not from her phone
    assert world.sees("other") == {"ann": (True, False, 1)}


def test_editing_is_seen_for_ten_seconds(world: World) -> None:
    ann, bob = world.opens("ann", "d"), world.syncs("bob", "d", "script")
    world.says(ann, "d", is_editing=True)
    world.presence.edit(bob, world.now)
    assert world.sees("d") == {"ann": (True, True, 1), "bob": (True, True, 1)}
    world.waits(EDITING_SECONDS - 2)
    world.presence.edit(bob, world.now)
    world.waits(3)
    assert world.sees("d") == {"ann": (True, False, 1), "bob": (True, True, 1)}
    world.waits(EDITING_SECONDS)
    assert world.sees("d") == {"ann": (True, False, 1), "bob": (True, False, 1)}


def test_who_said_that_they_only_look_is_seen_editing_with_their_first_letter(world: World) -> None:
    ann, text = world.opens("ann", "d"), world.opens_text("ann", "d")
    world.says(ann, "d")
    world.presence.edit(text, world.now)
    assert world.sees("d") == {"ann": (True, True, 1)}


def test_three_people_with_three_devices_in_two_documents_are_counted_right(world: World) -> None:
    tabs = {
        (user, device, document): (world.opens(user, document, device), world.syncs(user, document, device))
        for user in ("ann", "bob", "cem")
        for device in ("laptop", "phone", "tablet")
        for document in ("one", "two")
    }
    everybody = dict.fromkeys(("ann", "bob", "cem"), (True, False, 3))
    assert world.sees("one") == world.sees("two") == everybody
    assert world.presence.counts() == {State.ACTIVE: 3, State.IDLE: 0}
    world.closes(*tabs["ann", "phone", "one"])
    world.waits(GRACE_SECONDS + 1)
    assert world.sees("one") == everybody | {"ann": (True, False, 2)}
    assert world.sees("two") == everybody
    for device in ("laptop", "tablet"):
        world.closes(*tabs["ann", device, "one"])
    world.waits(GRACE_SECONDS + 1)
    assert world.sees("one") == {"bob": (True, False, 3), "cem": (True, False, 3)}
    assert world.sees("two") == everybody
    assert world.presence.state("ann") is State.ACTIVE


def test_who_goes_to_another_page_leaves_this_one_at_once(world: World) -> None:
    ann, text = world.opens("ann", "d"), world.opens_text("ann", "d")
    world.says(ann, "e")
    world.closes(text)
    assert (world.sees("d"), world.sees("e")) == ({}, {"ann": (True, False, 1)})


def test_who_goes_to_another_page_leaves_at_once_in_whatever_order_it_is_heard(world: World) -> None:
    ann, text = world.connects("ann"), world.syncs("ann", "d")
    world.closes(text)
    assert "ann" in world.sees("d")  # for all one knows she reloads
    world.says(ann, "d")
    world.says(ann, None)
    assert world.sees("d") == {}


def test_who_has_just_opened_our_page_is_active_until_the_page_says_otherwise(world: World) -> None:
    ann = world.connects("ann")
    world.opens_text("ann", "d")
    assert world.sees("d") == {"ann": (True, False, 1)}
    world.says(ann, "d", is_active=False)
    assert world.sees("d") == {"ann": (False, False, 1)}
    text = world.opens_text("ann", "d")
    assert world.sees("d") == {"ann": (False, False, 1)}
    world.presence.edit(text, world.now)
    world.says(ann, "d", is_active=False)
    assert world.sees("d") == {"ann": (True, True, 1)}  # what was written is no guess
    world.opens_text("bob", "d")
    world.waits(GRACE_SECONDS + 1)
    assert world.sees("d")["bob"] == (False, False, 1)  # its other connection never came: nobody knows


def test_a_second_tab_stays_when_the_first_one_goes_elsewhere(world: World) -> None:
    first, text = world.opens("ann", "d"), world.opens_text("ann", "d")
    world.opens("ann", "d")
    world.says(first, "e")
    world.closes(text)
    assert world.sees("d") == {"ann": (True, False, 1)}


def test_a_lost_text_connection_is_not_leaving_while_the_page_says_that_it_is_there(world: World) -> None:
    world.opens("ann", "d")
    text = world.syncs("ann", "d")
    world.closes(text)
    world.waits(GRACE_SECONDS * 3)
    assert world.sees("d") == {"ann": (True, False, 1)}


def test_a_stock_client_comes_goes_and_has_its_grace(world: World) -> None:
    bob = world.syncs("bob", "d", "script")
    assert world.sees("d") == {"bob": (True, False, 1)}
    world.waits(ACTIVE_SECONDS + 1)
    assert world.sees("d") == {"bob": (False, False, 1)}
    world.closes(bob)
    world.waits(GRACE_SECONDS - 1)
    assert world.sees("d") == {"bob": (False, False, 1)}
    world.waits(2)
    assert world.sees("d") == {}


def test_nobody_is_shown_before_it_is_known_that_they_want_to_be(world: World) -> None:
    key = Key("ann", "laptop", 99, "here")
    assert world.presence.enter(key, world.now, document="d", speaks=True)
    world.waits(5)
    assert (world.sees("d"), world.told) == ({}, {})
    assert world.presence.state("ann") is State.IDLE  # she is not offline to us: no push is needed
    world.presence.show("ann", world.now, is_shown=True)
    world.waits(1)
    assert (list(world.sees("d")), world.told) == (["ann"], {"d": 1})


def test_who_becomes_invisible_is_gone_for_others_and_comes_back_when_they_like(world: World) -> None:
    ann = world.opens("ann", "d")
    world.opens("bob", "d")
    world.waits(2)
    world.presence.show("ann", world.now, is_shown=False)
    world.waits(2)
    assert (list(world.sees("d")), world.told) == (["bob"], {"d": 2})
    world.says(ann, "d", is_editing=True)
    world.waits(EDITING_SECONDS * 2)
    assert world.told == {"d": 2}  # not even that something happened
    assert world.presence.state("ann") is State.ACTIVE
    world.presence.show("ann", world.now, is_shown=True)
    world.waits(2)
    assert (sorted(world.sees("d")), world.told) == (["ann", "bob"], {"d": 3})


def test_who_is_alone_and_becomes_invisible_is_told_to_be_gone(world: World) -> None:
    world.opens("ann", "d")
    world.waits(2)
    world.presence.touch("ann", world.now)  # she is called Anna now
    world.waits(2)
    assert world.told == {"d": 2}
    world.presence.show("ann", world.now, is_shown=False)
    world.waits(2)
    assert (world.sees("d"), world.told) == ({}, {"d": 3})


def test_of_more_than_fifty_only_a_count_and_the_busiest_are_told(world: World) -> None:
    keys = [world.opens(f"person {n:03}", "d", "laptop") for n in range(MANY)]
    assert len(world.presence.here("d").people) == MANY
    for n in range(MANY, 200):
        keys.append(world.opens(f"person {n:03}", "d"))
    for key in keys[:100]:
        world.says(key, "d", is_active=False)
    world.says(keys[150], "d", is_editing=True)
    found = world.presence.here("d")
    assert (found.count, len(found.people)) == (200, TOP)
    assert [p.user for p in found.people] == [f"person {n:03}" for n in (*range(100, 119), 150)]


def test_a_thousand_who_come_at_once_are_told_once_a_second_at_most(world: World) -> None:
    for n in range(1000):
        world.opens(f"person {n}", "d")
        world.waits(0.003)
    assert world.told["d"] <= 1 + 3.0 / TELL_SECONDS
    world.waits(TELL_MANY_SECONDS)
    before = dict(world.told)
    world.waits(60)
    assert world.told == before  # and nothing while nothing happens


def test_where_there_are_many_they_are_told_less_often(world: World) -> None:
    keys = [world.opens(f"person {n}", "d") for n in range(MANY + 1)]
    world.waits(TELL_MANY_SECONDS * 2)
    before = world.told["d"]
    for n in range(100):
        world.says(keys[n % 10], "d", is_editing=n % 20 < 10)
        world.waits(0.2)
    assert world.told["d"] - before in (20 / TELL_MANY_SECONDS, 20 / TELL_MANY_SECONDS + 1)


def test_who_joins_is_told_of_within_a_moment(world: World) -> None:
    world.opens("ann", "d")
    world.waits(0.2)
    assert world.told == {"d": 1}
    world.waits(0.3)
    world.opens("bob", "d")
    world.waits(TELL_SECONDS)
    assert world.told == {"d": 2}


def test_ten_thousand_visits_leave_nothing_behind(world: World) -> None:
    assert nothing_is_left(world.presence)
    for visit in range(10_000):
        user, document, device = f"person {visit % 700}", f"document {visit % 90}", f"device {visit % 11}"
        tab, text = world.opens(user, document, device), world.syncs(user, document, device)
        world.presence.edit(text, world.now)
        if visit % 7 == 0:
            world.says(tab, None)
        if visit % 50 == 0:
            world.presence.sign_out(user, [device], world.now)
        world.closes(text, tab)
        if visit % 100 == 0:
            world.waits(1)
    assert not nothing_is_left(world.presence)
    world.waits(GRACE_SECONDS + TELL_SECONDS + 1)
    world.presence.take_transitions()
    world.waits(1)
    assert nothing_is_left(world.presence)
    assert world.presence.next() is None


def test_last_seen_is_when_somebody_was_last_active(world: World) -> None:
    ann = world.opens("ann", "d")
    world.waits(100)
    world.says(ann, "d")
    active_at = world.now
    world.waits(ACTIVE_SECONDS * 2)  # lunch, with the laptop open
    assert world.presence.active_at("ann") == active_at
    world.closes(ann)
    world.waits(GRACE_SECONDS + 1)
    assert [t.active_at for t in world.presence.take_transitions()][-2:] == [active_at, active_at]
    bob = world.opens("bob", "d")
    world.waits(60)
    left_at = world.now
    world.closes(bob)
    world.waits(GRACE_SECONDS + 1)
    assert world.presence.take_transitions()[-1].active_at == left_at


@pytest.mark.parametrize("seed", range(20))
def test_whatever_people_do_the_index_says_what_a_plain_look_at_their_connections_says(seed: int) -> None:
    print("seed", seed)
    dice, world = random.Random(seed), World()
    tabs: dict[Key, tuple[str | None, float | None, float | None]] = {}  # document, active since, editing since
    for _ in range(400):
        if not tabs or dice.random() < 0.2:
            user, device = dice.choice("abc"), dice.choice(["laptop", "phone"])
            key = world.connects(user, device)
            tabs[key] = (None, None, None)
        key = dice.choice(list(tabs))
        deed = dice.random()
        if deed < 0.5:
            is_active, is_editing, document = dice.random() < 0.7, dice.random() < 0.3, dice.choice(["d", "e", None])
            world.says(key, document, is_active=is_active, is_editing=is_editing)
            tabs[key] = (document, world.now if is_active else None, world.now if is_editing else None)
        elif deed < 0.6:
            world.presence.sign_out(key.user, [key.device], world.now)
            tabs = {k: v for k, v in tabs.items() if (k.user, k.device) != (key.user, key.device)}
        world.waits(dice.choice([0.0, 1.0, 4.0, 100.0]))
        for document in ("d", "e"):
            assert {p.user: p for p in _without_time(world, document)} == _plain(world, tabs, document)


def _without_time(world: World, document: str) -> list[Someone]:
    people = world.presence.here(document).people
    return [Someone(p.user, p.is_active, p.is_editing, p.devices, 0.0) for p in people]


def _plain(
    world: World, tabs: dict[Key, tuple[str | None, float | None, float | None]], document: str
) -> dict[str, Someone]:
    found: dict[str, Someone] = {}
    for user in "abc":
        there = {key: tab for key, tab in tabs.items() if key.user == user and tab[0] == document}
        if there:
            is_active = any(at is not None and world.now - at < ACTIVE_SECONDS for _, at, _ in there.values())
            is_editing = any(at is not None and world.now - at < EDITING_SECONDS for _, _, at in there.values())
            found[user] = Someone(user, is_active, is_editing, len({key.device for key in there}), 0.0)
    return found


def test_a_deadline_is_kept_once_and_forgotten_with_its_key() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("a", 10.2)
    deadlines.set("a", 20.0)
    deadlines.set("b", 10.2)
    deadlines.drop("c")
    assert (deadlines.next(), len(deadlines)) == (11, 2)
    assert deadlines.take(10.9) == []
    assert deadlines.take(11.0) == ["b"]
    deadlines.drop("a")
    assert (deadlines.take(99.0), deadlines.next(), len(deadlines)) == ([], None, 0)
