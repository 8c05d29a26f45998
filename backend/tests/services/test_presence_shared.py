"""Who is here, on several servers whose way to each other loses, doubles, delays, breaks and comes back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection

import pytest

from quillroom.core.member import anonymous_id
from quillroom.core.whereabouts import GRACE_SECONDS, Key
from quillroom.protocol.bus import Kind
from quillroom.protocol.presence import LARGEST_BYTES
from quillroom.services import presence_shared
from quillroom.services.presence_shared import CHANNEL, LASTS_SECONDS, SharedPresence
from quillroom.services.relay import Relay
from support.wire import Medium, Wire

pytestmark = pytest.mark.asyncio
WITHIN_SECONDS = 5.0


class Shelf:
    """What all servers have in common, as Redis keeps it; `None` while one's way there is broken."""

    def __init__(self) -> None:
        self.ends: dict[str, float] = {}


class Reach:
    """One server's way to it."""

    def __init__(self, shelf: Shelf, wire: Wire) -> None:
        self._shelf = shelf
        self._wire = wire

    async def renew(self, items: Collection[str], seconds: float) -> None:
        if self._wire.is_connected:
            self._shelf.ends |= dict.fromkeys(items, time.monotonic() + seconds)

    async def remove(self, items: Collection[str]) -> None:
        for item in items if self._wire.is_connected else ():
            self._shelf.ends.pop(item, None)

    async def read(self) -> list[str] | None:
        now = time.monotonic()
        return [each for each, end in self._shelf.ends.items() if end > now] if self._wire.is_connected else None


class Site:
    """A server, as far as presence goes."""

    def __init__(self, medium: Medium, shelf: Shelf) -> None:
        self.shelf = shelf
        self.wire = Wire(medium)
        self.relay = Relay(self.wire)
        self.shared = SharedPresence(self.relay, Reach(shelf, self.wire))
        self.shared.on_heard = self._heard
        self.shared.on_partial = lambda: self.said.append(self.shared.is_partial)
        self.said: list[bool] = []
        self.farewells = 0
        self._connections = 1000 * len(medium.ends)
        self._task = asyncio.get_running_loop().create_task(self.shared.run())

    def comes(self, user: str, document: str = "d", device: str = "laptop") -> Key:
        self._connections += 1
        key = Key(user, device, self._connections, self.wire.instance)
        self.shared.presence.enter(key, time.monotonic(), speaks=True)
        self.shared.presence.show(user, time.monotonic(), is_shown=True)
        self.goes_to(key, document)
        return key

    def goes_to(self, key: Key, document: str | None) -> None:
        self.shared.presence.say(key, time.monotonic(), is_active=True, document=document, is_editing=False)
        self.shared.note()

    def sends_away(self, user: str) -> None:
        self.shared.presence.sign_out(user, None, time.monotonic())
        self.shared.note()

    def sees(self) -> list[str]:
        return sorted(each.user for each in self.shared.presence.here("d").people)

    async def dies(self) -> None:
        """Without a word."""
        self.wire.is_connected = False
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _heard(self, met: list[str]) -> None:
        for user in met:
            self.shared.presence.show(user, time.monotonic(), is_shown=True)
        self.shared.note()


@pytest.fixture
def medium() -> Medium:
    return Medium()


@pytest.fixture
async def sites(medium: Medium, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Site]]:
    """Three servers on which time goes a little faster."""
    monkeypatch.setattr(presence_shared, "RENEW_SECONDS", 1.0)
    monkeypatch.setattr(presence_shared, "ASK_SECONDS", 0.3)
    shelf = Shelf()
    made = [Site(medium, shelf) for _ in range(3)]
    yield made
    for site in made:
        await site.dies()


async def happens(what: Callable[[], bool], seconds: float = WITHIN_SECONDS) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen"
        await asyncio.sleep(0.01)


def all_see(sites: Collection[Site], *users: str) -> Callable[[], bool]:
    return lambda: all(site.sees() == sorted(users) for site in sites)


async def test_whoever_comes_and_goes_is_seen_on_all_servers(sites: list[Site], medium: Medium) -> None:
    keys = [site.comes(user) for site, user in zip(sites, ("ann", "bob", "cem"), strict=True)]
    await happens(all_see(sites, "ann", "bob", "cem"))
    sites[0].goes_to(keys[0], "elsewhere")
    await happens(all_see(sites, "bob", "cem"))
    sites[1].sends_away("bob")
    await happens(all_see(sites, "cem"))
    assert medium.told[Kind.PRESENCE] < 30
    assert all(not site.shared.is_partial for site in sites)


async def test_what_comes_together_is_told_together(sites: list[Site], medium: Medium) -> None:
    await happens(lambda: not any(site.shared.is_partial for site in sites))
    before = medium.told[Kind.PRESENCE]
    for n in range(300):
        sites[0].comes(f"person {n}")
    await happens(lambda: sites[2].shared.presence.here("d").count == 300)
    assert medium.told[Kind.PRESENCE] == before + 1


async def test_nothing_is_told_while_nothing_changes(sites: list[Site], medium: Medium) -> None:
    sites[0].comes("ann")
    await happens(all_see(sites, "ann"))
    await happens(lambda: not any(site.shared.is_partial for site in sites))
    before = medium.told[Kind.PRESENCE]
    await asyncio.sleep(2.5)
    assert medium.told[Kind.PRESENCE] == before


async def test_who_starts_later_is_told_of_everybody(sites: list[Site], medium: Medium) -> None:
    for n in range(700):
        sites[0].comes(f"person {n}")
    await happens(lambda: sites[1].shared.presence.here("d").count == 700)
    late = Site(medium, sites[0].shelf)
    sites.append(late)
    assert late.shared.is_partial
    await happens(lambda: not late.shared.is_partial)
    assert late.shared.presence.here("d").count == 700


async def test_who_starts_while_one_stands_still_does_not_know_of_everybody(sites: list[Site], medium: Medium) -> None:
    sites[0].comes("ann")
    await happens(all_see(sites, "ann"))
    await happens(lambda: len(sites[0].shelf.ends) == 3)
    sites[0].wire.joined.clear()  # it hears nothing
    late = Site(medium, sites[0].shelf)
    sites.append(late)
    await asyncio.sleep(1.5)
    assert late.shared.is_partial
    late.shared._gone(sites[0].wire.instance)
    await happens(lambda: not late.shared.is_partial)


async def test_a_server_that_stops_takes_its_word_out_of_redis(sites: list[Site]) -> None:
    await happens(lambda: len(sites[0].shelf.ends) == 3)
    await sites[0].shared.close()
    assert len(sites[0].shelf.ends) == 2


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_is_lost_doubled_and_disordered_is_made_up_for(seed: int, sites: list[Site], medium: Medium) -> None:
    print("seed", seed)
    medium.chance.seed(seed)
    medium.loss, medium.doubling, medium.lateness = 0.2, 0.2, 0.3
    here: dict[str, tuple[Site, Key]] = {}
    for n in range(60):
        site = medium.chance.choice(sites)
        here[f"person {n}"] = (site, site.comes(f"person {n}"))
        if n % 3 == 0:
            user = medium.chance.choice(sorted(here))
            here.pop(user)[0].sends_away(user)
        await asyncio.sleep(medium.chance.random() * 0.05)
    await happens(all_see(sites, *here), seconds=15.0)


async def test_without_a_way_to_the_others_one_knows_of_ones_own_people_and_says_so(
    sites: list[Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quillroom.core.mirrors.SILENT_SECONDS", 1.5)
    cut, *others = sites
    cut.comes("ann")
    others[0].comes("bob")
    await happens(all_see(sites, "ann", "bob"))
    await happens(lambda: not cut.shared.is_partial)
    cut.wire.connects(False)
    assert (cut.shared.is_partial, cut.said[-1]) == (True, True)
    await happens(all_see([cut], "ann"))  # whether Bob is still there, nobody can tell here
    cut.comes("cem")
    cut.wire.connects(True)
    await happens(all_see(sites, "ann", "bob", "cem"))
    await happens(lambda: not cut.shared.is_partial)
    assert cut.said[-2:] == [True, False]


async def test_a_moment_without_a_way_is_no_farewell(sites: list[Site]) -> None:
    one, other, _ = sites
    one.comes("ann")
    await happens(all_see(sites, "ann"))
    other.shared.presence.take_transitions()
    for wire in (one.wire, other.wire):
        wire.connects(False)
    one.comes("bob")
    await asyncio.sleep(0.3)
    for wire in (one.wire, other.wire):
        wire.connects(True)
    await happens(all_see(sites, "ann", "bob"))
    assert [each.user for each in other.shared.presence.take_transitions()] == ["bob"]


async def test_when_redis_forgot_everything_it_is_put_there_again(sites: list[Site]) -> None:
    sites[0].comes("ann")
    await happens(all_see(sites, "ann"))
    sites[0].shelf.ends.clear()
    await happens(lambda: len(sites[0].shelf.ends) == 3)
    assert all_see(sites, "ann")()


async def test_the_people_of_a_server_that_is_gone_are_gone_and_who_went_elsewhere_is_not(sites: list[Site]) -> None:
    dead, one, other = sites
    dead.comes("ann")
    dead.comes("bob")
    await happens(all_see(sites, "ann", "bob"))
    await dead.dies()
    one.comes("bob")
    for site in (one, other):
        site.relay.look(time.monotonic() + LASTS_SECONDS + 1)  # as it does once a second
        site.shared._gone(dead.wire.instance)
    await happens(all_see([one, other], "bob"))


async def test_a_server_that_stood_still_does_not_bring_back_who_left_meanwhile(sites: list[Site]) -> None:
    frozen, one, other = sites
    left, stays = frozen.comes("ann"), frozen.comes("bob")
    assert stays
    await happens(all_see(sites, "ann", "bob"))
    for site in (one, other):
        site.shared._gone(frozen.wire.instance)
    await happens(all_see([one, other]))
    frozen.shared._awake_at -= 30  # so long it stood still
    frozen.shared.presence.leave(left, time.monotonic())  # its connection had ended long before it is noticed
    frozen.comes("cem")
    seen: set[str] = set()
    await happens(lambda: seen.update(one.sees()) or "cem" in seen)  # type: ignore[func-returns-value]
    await happens(all_see(sites, "bob", "cem"))
    assert "ann" not in seen
    assert GRACE_SECONDS > WITHIN_SECONDS  # else it would show nothing


async def test_rubbish_is_dropped_and_counted(sites: list[Site], medium: Medium) -> None:
    one, other, _ = sites
    one.comes("ann")
    await happens(all_see(sites, "ann"))
    for payload in (
        b"",
        b"{}",
        b"[1]",
        b'{"head":"x"}',
        b'{"at":1,"rows":[[1]],"gone":[]}',
        b" " * (LARGEST_BYTES + 1),
    ):
        one.relay.publish(CHANNEL, Kind.PRESENCE, payload)
    await happens(lambda: other.relay.counters["rejected"][str(int(Kind.PRESENCE))] == 6)
    assert all_see(sites, "ann")()


async def test_people_without_a_name_are_who_they_are_on_every_server(sites: list[Site]) -> None:
    one = sites[0]
    number = one._connections + 1
    one.comes(anonymous_id(number), device="")
    await happens(all_see(sites, anonymous_id(number)))
