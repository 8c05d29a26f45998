"""The way of a message, cut at each of its nine points: the same copy, once, for everyone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.chat_device import Device
from support import mortal_server
from support.server import Server
from support.team import Mate

MORTAL = Path(mortal_server.__file__)
TEXT = f"a {mortal_server.WORD} message"


@dataclass
class Scene:
    """Ann sends from one device, has another, and Bob is there too."""

    server: Server
    ann: Mate
    sender: Device
    others: list[Device]

    async def everyone_has_it_once(self) -> None:
        """After everybody came back, and what was not acknowledged was sent again."""
        for device in (self.sender, *self.others):
            await device.closes()
            await device.opens()
        for device in (self.sender, *self.others):
            await device.has_heard_all()
            assert [message["text"] for message in device.messages] == ["before", TEXT], device
            assert device.messages == self.sender.messages
        assert self.sender.unanswered == {}
        found = await self.ann.gets(f"/api/documents/{self.sender.page}/messages")
        assert found["messages"] == self.sender.messages
        assert found["seq"] == 2

    async def ends(self) -> None:
        for device in (self.sender, *self.others):
            await device.closes()
            await device.mate.leaves()


async def begins(server: Server) -> Scene:
    ann, bob = await Mate(server, "Ann").comes(), await Mate(server, "Bob").comes()
    page = await ann.makes("Page")
    sender, other, his = Device(ann, page), Device(ann, page), Device(bob, page)
    for device in (sender, other, his):
        await device.opens()
    await sender.says("before")
    return Scene(server, ann, sender, [other, his])


@pytest.fixture
async def scene(server: Server) -> AsyncIterator[Scene]:
    found = await begins(server)
    yield found
    await found.ends()


@pytest.mark.parametrize("point", mortal_server.POINTS)
async def test_a_server_that_dies_on_the_way_loses_nothing_and_sends_nothing_twice(
    tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MORTAL_POINT", point)
    server = Server(tmp_path)
    server.script = MORTAL
    server.start()
    scene = await begins(server)
    sender = scene.sender.listener
    assert sender is not None
    client_id = scene.sender.will_say(TEXT)
    await sender.says(sender.command("message.send", document=scene.sender.page, client_id=client_id, text=TEXT))
    await sender.waits(lambda: sender.close_code is not None)
    server.has_died()
    server.script = None
    server.start()
    await scene.everyone_has_it_once()
    await scene.ends()
    server.stop()


async def test_a_message_that_never_left_is_sent_when_its_device_is_back(scene: Scene) -> None:
    assert scene.sender.listener is not None
    scene.sender.will_say(TEXT)
    await scene.everyone_has_it_once()


async def test_half_a_message_is_none_until_it_is_sent_again(scene: Scene) -> None:
    client_id = scene.sender.will_say(TEXT)
    assert scene.sender.listener is not None
    said = scene.sender.listener.command("message.send", document=scene.sender.page, client_id=client_id, text=TEXT)
    scene.sender.listener.tears_off(said)
    await scene.everyone_has_it_once()


async def test_an_answer_that_was_never_read_comes_again(scene: Scene) -> None:
    await scene.sender.says_and_is_cut(TEXT)
    for device in scene.others:
        assert device.listener is not None
        await device.listener.hears("message.sent", 2)
    assert list(scene.sender.unanswered.values()) == [{"text": TEXT}]
    await scene.everyone_has_it_once()
