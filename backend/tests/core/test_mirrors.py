"""Several servers tell each other who is here, over a way that loses, doubles and disorders what is told."""

import random
from dataclasses import replace

import pytest

from quillroom.core.member import anonymous_id
from quillroom.core.mirrors import EARLY, SERVERS, SILENT_SECONDS, Mirrors
from quillroom.core.presence import Presence
from quillroom.core.report import Report
from quillroom.core.whereabouts import ACTIVE_SECONDS, EDITING_SECONDS, GRACE_SECONDS, Key, State
from quillroom.protocol.presence import ROWS, Changes, Part, Row, decode, encode

DOCUMENTS = ("d", "e")
USERS = ("ann", "bob", "cem")


class Clock:
    now = 1000.0


class Server:
    """One of several; what it would tell is asked of it, and what the others told is given to it."""

    def __init__(self, name: str, clock: Clock) -> None:
        changed: set[Key] = set()
        self.name = name
        self.presence = Presence(changed)
        self.report = Report(self.presence, changed)
        self.mirrors = Mirrors(self.presence)
        self._clock = clock
        self._connections = 0

    def numbers_from(self, first: int) -> None:
        """As servers do that are not alone, each from somewhere else."""
        self._connections = first - 1

    def opens(self, user: str, document: str | None, device: str = "laptop") -> Key:
        """A tab that listens and says where it is."""
        key = self.enters(user, None, device, speaks=True)
        self.says(key, document)
        return key

    def enters(
        self, user: str, document: str | None, device: str = "laptop", *, speaks: bool = False, is_ours: bool = True
    ) -> Key:
        self._connections += 1
        key = Key(user, device, self._connections, self.name)
        self.presence.enter(key, self._clock.now, document=document, speaks=speaks, is_ours=is_ours)
        self.presence.show(user, self._clock.now, is_shown=True)
        return key

    def says(self, key: Key, document: str | None, *, is_active: bool = True, is_editing: bool = False) -> None:
        now = self._clock.now
        self.presence.say(key, now, is_active=is_active, document=document, is_editing=is_editing)

    def closes(self, key: Key) -> None:
        self.presence.leave(key, self._clock.now)

    def tells(self) -> list[Changes]:
        return self.report.changes(self._clock.now)

    def tells_everything(self) -> list[Part]:
        return self.report.everything(self._clock.now)

    def hears(self, name: str, *said: Changes | Part) -> "Server":
        for each in said:
            over_the_bus = decode(encode(each))
            assert over_the_bus == each
            assert isinstance(over_the_bus, Changes | Part)
            for user in self.mirrors.hear(name, over_the_bus, self._clock.now):
                self.presence.show(user, self._clock.now, is_shown=True)
        return self

    def sees(self, document: str = "d") -> dict[str, tuple[bool, bool, int]]:
        """Who is seen at a document: (active, editing, devices)."""
        return {p.user: (p.is_active, p.is_editing, p.devices) for p in self.presence.here(document).people}


class Cluster:
    def __init__(self, *names: str) -> None:
        self.clock = Clock()
        self.servers = [Server(name, self.clock) for name in names]

    def waits(self, seconds: float) -> None:
        """As the servers do it: look whenever something may be due."""
        until = self.clock.now + seconds
        while (soon := min((at for each in self.servers if (at := each.presence.next())), default=until)) < until:
            self.clock.now = max(self.clock.now, soon)
            self._look()
        self.clock.now = until
        self._look()

    def speaks(self) -> None:
        """Everybody hears what is new, and says what follows of it, until there is nothing new."""
        while told := [(server, said) for server in self.servers for said in server.tells()]:
            for server, said in told:
                self.to_others(server, said)

    def to_others(self, server: Server, *said: Changes | Part) -> None:
        for other in self.servers:
            if other is not server:
                other.hears(server.name, *said)

    def _look(self) -> None:
        for each in self.servers:
            each.presence.advance(self.clock.now)
            each.presence.due(self.clock.now)


@pytest.fixture
def two() -> Cluster:
    return Cluster("one", "two")


def test_somebody_on_another_server_is_seen_with_all_of_their_devices(two: Cluster) -> None:
    one, other = two.servers
    laptop = one.opens("ann", "d")
    other.opens("ann", "d", "phone")
    bob = other.enters("bob", "d", is_ours=False)
    two.speaks()
    assert one.sees() == other.sees() == {"ann": (True, False, 2), "bob": (True, False, 1)}
    other.presence.edit(bob, two.clock.now)
    one.says(laptop, "e")
    two.speaks()
    assert one.sees() == other.sees() == {"ann": (True, False, 1), "bob": (True, True, 1)}
    assert one.sees("e") == other.sees("e") == {"ann": (True, False, 1)}
    assert one.presence.counts() == other.presence.counts() == {State.ACTIVE: 2, State.IDLE: 0}


def test_time_is_the_business_of_the_server_that_holds_the_connection(two: Cluster) -> None:
    one, other = two.servers
    ann = one.opens("ann", "d")
    one.says(ann, "d", is_editing=True)
    two.speaks()
    two.waits(EDITING_SECONDS + 1)
    assert (one.sees()["ann"], other.sees()["ann"]) == ((True, False, 1), (True, True, 1))
    two.speaks()
    assert other.sees()["ann"] == (True, False, 1)
    two.waits(ACTIVE_SECONDS + 30)
    two.speaks()
    assert other.presence.state("ann") is State.IDLE
    idle_at = other.presence.active_at("ann")
    assert idle_at is not None
    assert abs(idle_at - 1000.0) <= 1.0


def test_a_reload_that_lands_on_another_server_is_no_farewell(two: Cluster) -> None:
    one, other = two.servers
    ann = one.opens("ann", "d")
    two.speaks()
    other.presence.take_transitions()
    one.closes(ann)
    two.waits(GRACE_SECONDS / 2)
    two.speaks()
    assert "ann" in other.sees()
    other.opens("ann", "d")
    two.waits(GRACE_SECONDS * 2)
    two.speaks()
    assert one.sees() == other.sees() == {"ann": (True, False, 1)}
    assert other.presence.take_transitions() == []
    assert (len(one.mirrors), len(one.report)) == (1, 0)


def test_who_closes_the_page_is_gone_everywhere_after_the_grace(two: Cluster) -> None:
    one, other = two.servers
    ann = one.opens("ann", "d")
    two.speaks()
    one.closes(ann)
    two.waits(GRACE_SECONDS + 1)
    two.speaks()
    assert other.sees() == {}
    assert [each.instance for each in other.presence.take_transitions()] == ["one", "one"]


def test_a_text_on_one_server_and_what_the_page_says_on_another_are_one_device(two: Cluster) -> None:
    one, other = two.servers
    text = one.enters("ann", "d")
    page = other.opens("ann", "d")
    other.says(page, "d", is_active=False)
    two.speaks()
    assert one.sees() == other.sees() == {"ann": (False, False, 1)}  # the page is believed, wherever it says so
    other.says(page, "e")
    two.speaks()
    one.closes(text)
    two.speaks()
    assert (one.sees(), other.sees()) == ({}, {})  # and it said where it went: no grace
    assert one.sees("e") == {"ann": (True, False, 1)}


def test_removing_and_signing_out_is_for_the_server_that_holds_the_connection(two: Cluster) -> None:
    one, other = two.servers
    one.opens("ann", "d")
    other.opens("ann", "d", "phone")
    two.speaks()
    other.presence.sign_out("ann", None, two.clock.now)
    assert other.sees() == {"ann": (True, False, 1)}
    assert other.presence.users_at("d") == other.presence.active() == []
    one.presence.remove("ann", "d", two.clock.now)
    two.speaks()
    assert (one.sees(), other.sees()) == ({}, {})
    assert one.presence.active() == ["ann"]


def test_people_without_names_are_others_on_each_server(two: Cluster) -> None:
    for server, first in zip(two.servers, (1, 1001), strict=True):
        server.numbers_from(first)
        server.enters(anonymous_id(first), "d", "", is_ours=False)
    two.speaks()
    for server in two.servers:
        assert sorted(server.sees()) == [anonymous_id(1), anonymous_id(1001)]


def test_a_server_that_is_gone_takes_its_people_along_and_only_those(two: Cluster) -> None:
    one, other = two.servers
    one.opens("ann", "d")
    one.opens("bob", "d")
    other.opens("bob", "d", "phone")
    two.speaks()
    assert other.sees() == {"ann": (True, False, 1), "bob": (True, False, 2)}
    two.clock.now += SILENT_SECONDS - 1
    assert other.mirrors.silent(two.clock.now) == []
    two.clock.now += 1
    assert other.mirrors.silent(two.clock.now) == ["one"]
    other.mirrors.forget(["one", "one", "three"], two.clock.now)
    assert other.sees() == {"bob": (True, False, 1)}
    assert (len(other.mirrors), other.mirrors.behind()) == (0, [])
    one.opens("cem", "d")
    other.hears("one", *one.tells())
    assert other.mirrors.behind() == ["one"]  # it was only frozen
    other.hears("one", *one.tells_everything())
    assert sorted(other.sees()) == ["ann", "bob", "cem"]


def test_what_was_lost_is_noticed_with_the_next_word_or_the_next_look(two: Cluster) -> None:
    one, other = two.servers
    one.opens("ann", "d")
    (lost,) = one.tells()
    assert other.mirrors.behind() == []
    other.mirrors.expect("one", lost.version, two.clock.now)
    assert (other.mirrors.behind(), other.sees()) == (["one"], {})
    one.opens("bob", "d")
    other.hears("one", *one.tells())
    assert (other.mirrors.behind(), other.sees()) == (["one"], {})
    other.hears("one", lost)  # it was only late
    assert (other.mirrors.behind(), sorted(other.sees())) == ([], ["ann", "bob"])


def test_a_whole_of_many_parts_is_only_true_when_the_last_of_them_is_there() -> None:
    cluster = Cluster("one", "two")
    one, other = cluster.servers
    keys = [one.opens(f"person {n}", "d") for n in range(3 * ROWS)]
    cluster.speaks()
    assert other.presence.here("d").count == len(keys)
    for key in keys[::2]:
        one.presence.sign_out(key.user, None, cluster.clock.now)
    assert len(one.tells()) == 2  # lost
    first, second = one.tells_everything()
    one.opens("late", "d")
    (late,) = one.tells()
    other.hears("one", late, second, second, late)
    assert other.presence.here("d").count == len(keys)
    assert other.mirrors.behind() == ["one"]
    other.hears("one", first)
    assert other.mirrors.behind() == []
    assert other.presence.here("d").count == len(keys) // 2 + 1
    other.hears("one", first, second, *one.tells_everything())
    assert other.presence.here("d").count == len(keys) // 2 + 1


def test_what_is_older_than_what_is_known_changes_nothing(two: Cluster) -> None:
    one, other = two.servers
    ann = one.opens("ann", "d")
    (at_d,), (was_at_d,) = one.tells(), one.tells_everything()
    one.says(ann, "e")
    one.tells()  # lost
    (at_e,) = one.tells_everything()
    other.hears("one", replace(at_e, parts=2), at_d, Part(at_e.version, 1, 2, ()))
    other.hears("one", was_at_d, at_d)
    assert (other.sees("d"), list(other.sees("e")), other.mirrors.behind()) == ({}, ["ann"], [])


def test_what_makes_no_sense_is_asked_for_again_and_harms_nobody(two: Cluster) -> None:
    one, other = two.servers
    one.opens("ann", "d")
    two.speaks()
    for row in (
        Row(7, 1, 0, "d"),  # of a connection that was never told
        Row(1, 1, 0, "d", ("bob", "laptop")),  # of one that is somebody else's
        Row(8, 1, 0, "d", (anonymous_id(1), "")),  # of nobody, as if it were somebody
    ):
        other.hears("one", Changes(one.report.version + 1, (row,), (99,)))
        assert other.mirrors.behind() == ["one"]
        assert other.sees() == {"ann": (True, False, 1)}
        one.report.version += 1
        other.hears("one", *one.tells_everything())
        assert other.mirrors.behind() == []
        assert other.sees() == {"ann": (True, False, 1)}


def test_what_others_say_is_bounded(two: Cluster) -> None:
    one, other = two.servers
    for n in range(SERVERS + 5):
        other.hears(f"server {n}", Changes(1, (), ()))
    assert len(other.mirrors) == SERVERS
    other.mirrors.forget([f"server {n}" for n in range(SERVERS)], two.clock.now)
    one.opens("ann", "d")
    (said,) = one.tells()
    for n in range(EARLY * 3):
        other.hears("one", replace(said, version=2 + n))
    assert other.sees() == {}  # the first word never came
    other.hears("one", *(replace(part, version=500) for part in one.tells_everything()))
    assert (other.mirrors.behind(), list(other.sees())) == ([], ["ann"])


@pytest.mark.parametrize("seed", range(40))
def test_servers_that_heard_everything_say_what_one_that_saw_everything_says(seed: int) -> None:
    print("seed", seed)
    dice = random.Random(seed)
    cluster = Cluster("one", "two", "three")
    whole = Server("whole", cluster.clock)
    here: list[tuple[Server, Key, Key]] = []
    way: list[tuple[Server, Server, Changes | Part]] = []
    for _ in range(150):
        _somebody_does_something(dice, cluster, whole, here)
        for server in cluster.servers:
            told: list[Changes | Part] = [*server.tells()]
            if dice.random() < 0.05:
                told += server.tells_everything()
            way += [(server, other, said) for said in told for other in cluster.servers if other is not server]
        dice.shuffle(way)
        for _ in range(dice.randrange(len(way) + 1)):
            server, other, said = way.pop()
            if dice.random() > 0.1:  # else it is lost
                other.hears(server.name, *[said] * dice.choice([1, 1, 2]))
        cluster.waits(dice.choice([0.0, 0.0, 0.5, 3.0, 40.0]))
        whole.presence.advance(cluster.clock.now)
    _everything_is_told(cluster, dice)
    for server in cluster.servers:
        for key in (whole_key for _, _, whole_key in here):
            word = whole.presence.word(key)  # who has left is waited for, and not by everybody to the same moment
            assert word is None or word.document is None or key.user in server.sees(word.document)
    cluster.waits(GRACE_SECONDS + 1)
    whole.presence.advance(cluster.clock.now)
    _everything_is_told(cluster, dice)
    for server in cluster.servers:
        assert {d: server.sees(d) for d in DOCUMENTS} == {d: whole.sees(d) for d in DOCUMENTS}
        assert [server.presence.state(user) for user in USERS] == [whole.presence.state(user) for user in USERS]


def _everything_is_told(cluster: Cluster, dice: random.Random) -> None:
    for _ in range(3):  # what is heard may change what one says oneself
        for server in cluster.servers:
            server.tells()
            parts = server.tells_everything() * 2
            dice.shuffle(parts)
            cluster.to_others(server, *parts)


def _somebody_does_something(
    dice: random.Random, cluster: Cluster, whole: Server, here: list[tuple[Server, Key, Key]]
) -> None:
    """On one of the servers, and on the one that sees everything."""
    now = cluster.clock.now
    if not here or dice.random() < 0.25:
        server, user, device = dice.choice(cluster.servers), dice.choice(USERS), dice.choice(["laptop", "phone"])
        speaks, document = dice.random() < 0.6, dice.choice(DOCUMENTS)
        is_ours = dice.random() < 0.7
        where: str | None = None if speaks else document
        keys = [each.enters(user, where, device, speaks=speaks, is_ours=is_ours) for each in (server, whole)]
        here.append((server, keys[0], keys[1]))
    server, key, mirrored = dice.choice(here)
    deed, both = dice.random(), ((server, key), (whole, mirrored))
    if deed < 0.55:
        where, is_active, is_editing = dice.choice([*DOCUMENTS, None]), dice.random() < 0.6, dice.random() < 0.3
        for each, its in both:
            if (word := each.presence.word(its)) is not None and word.speaks:
                each.says(its, where, is_active=is_active, is_editing=is_editing)
    elif deed < 0.75:
        for each, its in both:
            each.presence.edit(its, now)
    elif deed < 0.9:
        here.remove((server, key, mirrored))
        for each, its in both:
            each.closes(its)
    elif deed < 0.95:
        for each in (*cluster.servers, whole):
            each.presence.sign_out(key.user, [key.device], now)
