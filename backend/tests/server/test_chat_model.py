"""Whatever people do with the chat of a page on several devices, cut off or not: every acknowledged message is there
exactly once, in the same order, on every device (G3), and each device has what anybody would fetch.

`QUILLROOM_CHAT_STEPS` says how many steps are tried: few by default, 100,000 at night.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from server.chat_device import Device
from support.server import Server
from support.servers import a_server
from support.team import Mate

T = TypeVar("T")
STEPS = int(os.environ.get("QUILLROOM_CHAT_STEPS", "120"))
STEPS_OF_ONE = 40
PEOPLE, DEVICES = 3, 2
WORDS = st.text("ab 文\n🙂", min_size=1, max_size=8).filter(lambda text: text.strip() != "")


@pytest.fixture
def open_server(tmp_path: Path) -> Iterator[Server]:
    """Nobody waits because they say too much."""
    running = a_server(tmp_path).start()
    yield running
    running.goes()


class Chat(RuleBasedStateMachine):
    """Three people with two devices each, on a page of their own."""

    server: Server

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.acknowledged: dict[str, str] = {}  # client id of what was acknowledged: its message
        self.steps = 0
        self.does(self._begin())

    async def _begin(self) -> None:
        self.mates = [await Mate(self.server, f"Person {n}").comes() for n in range(PEOPLE)]
        page = await self.mates[0].makes("Chat")
        self.devices = [Device(mate, page) for mate in self.mates for _ in range(DEVICES)]
        for device in self.devices:
            await device.opens()

    def does(self, what: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(what)

    # -- what may happen

    @rule(who=st.integers(0, PEOPLE * DEVICES - 1), words=WORDS)
    def somebody_says_something(self, who: int, words: str) -> None:
        device = self._here(who)
        message = self.does(device.says(words))
        assert message["text"] == words.strip()
        assert message["author"]["id"] == device.mate.id
        self.acknowledged[message["client_id"]] = message["id"]

    @rule(who=st.integers(0, PEOPLE * DEVICES - 1), words=WORDS)
    def somebody_is_cut_off_while_they_say_something(self, who: int, words: str) -> None:
        self.does(self._here(who).says_and_is_cut(words))

    @rule(who=st.integers(0, PEOPLE * DEVICES - 1), which=st.integers(0, 100), words=WORDS, is_answer=st.booleans())
    @precondition(lambda self: self.acknowledged)
    def somebody_edits_or_answers(self, who: int, which: int, words: str, is_answer: bool) -> None:
        device = self._here(who)
        message = self._one(device, which)
        if message is None:
            return
        if is_answer:
            sent = self.does(device.says(words, reply_to=message["id"]))
            self.acknowledged[sent["client_id"]] = sent["id"]
            return
        answer = self.does(device.does("message.edit", message=message["id"], revision=message["revision"], text=words))
        allowed = {"ack", "changed", "recalled"} if message["author"]["id"] == device.mate.id else {"not_allowed"}
        assert answer in allowed

    @rule(who=st.integers(0, PEOPLE * DEVICES - 1), which=st.integers(0, 100))
    @precondition(lambda self: self.acknowledged)
    def somebody_recalls(self, who: int, which: int) -> None:
        device = self._here(who)
        message = self._one(device, which)
        if message is not None:
            assert self.does(device.does("message.recall", message=message["id"])) in ("ack", "not_allowed")

    @rule(
        who=st.integers(0, PEOPLE * DEVICES - 1),
        which=st.integers(0, 100),
        what=st.sampled_from(["message.react", "message.pin"]),
        is_on=st.booleans(),
    )
    @precondition(lambda self: self.acknowledged)
    def somebody_reacts_or_pins(self, who: int, which: int, what: str, is_on: bool) -> None:
        device = self._here(who)
        message = self._one(device, which)
        if message is not None:
            more = {"emoji": "👍"} if what == "message.react" else {}
            answer = self.does(device.does(what, message=message["id"], on=is_on, **more))
            assert answer in ("ack", "recalled", "not_allowed")

    @rule(who=st.integers(0, PEOPLE * DEVICES - 1), what=st.sampled_from(["chat.read", "chat.delivered"]))
    def somebody_has_read(self, who: int, what: str) -> None:
        device = self._here(who)
        assert self.does(device.does(what, document=device.page, seq=device.seq)) == "ack"

    @rule(who=st.integers(0, PEOPLE * DEVICES - 1))
    def somebody_loses_their_network(self, who: int) -> None:
        self.does(self.devices[who].closes())

    @rule(who=st.integers(0, PEOPLE * DEVICES - 1))
    def somebody_comes_back(self, who: int) -> None:
        self._here(who)

    # -- what must hold

    @invariant()
    def whoever_is_here_has_what_there_is(self) -> None:
        self.steps += 1
        if self.steps % 8 == 0:
            self.does(self._compare())

    def teardown(self) -> None:
        try:
            for n in range(len(self.devices)):
                self._here(n)
            self.does(self._compare())
            self.does(self._all_once())
        finally:
            self.does(self._end())
            self.runner.close()

    async def _compare(self) -> None:
        """What was sent before a cut may still arrive while this looks: then it looks again."""
        here = [device for device in self.devices if device.listener is not None]
        while True:
            head, there = await self._fetched()
            for device in here:
                await device.comes_to(head)  # what is committed can be fetched a moment before it is told
            if all(device.seq == head for device in here):
                break
        for device in here:
            assert device.messages == there

    async def _all_once(self) -> None:
        """All that anybody ever said, cut off or not: by now everything is acknowledged."""
        _, there = await self._fetched()
        said = sorted(client_id for device in self.devices for client_id in device.said)
        assert sorted(message["client_id"] for message in there) == said
        ids = {message["client_id"]: message["id"] for message in there}
        assert self.acknowledged.items() <= ids.items()
        assert all(not device.unanswered for device in self.devices)

    async def _fetched(self) -> tuple[int, list[dict[str, Any]]]:
        """The head of the log, and all messages as they were when it was that."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            path = f"/api/documents/{self.devices[0].page}/messages?limit=100&after={after}"
            some = await self.mates[0].gets(path)
            found += some["messages"]
            if not some["has_after"]:
                return some["seq"], found

    async def _end(self) -> None:
        for device in self.devices:
            await device.closes()
        for mate in self.mates:
            await mate.leaves()

    def _here(self, who: int) -> Device:
        """A device with a connection; what it said before is acknowledged then."""
        device = self.devices[who]
        if device.listener is None:
            self.does(device.opens())
        return device

    def _one(self, device: Device, which: int) -> dict[str, Any] | None:
        """A message as this device knows it: somebody may have changed it meanwhile."""
        messages = device.messages
        return messages[which % len(messages)] if messages else None


def test_whatever_happens_every_message_is_there_once_and_in_order_on_every_device(open_server: Server) -> None:
    Chat.server = open_server
    chosen = settings(
        max_examples=max(1, STEPS // STEPS_OF_ONE),
        stateful_step_count=STEPS_OF_ONE,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Chat, settings=chosen)
