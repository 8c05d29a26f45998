"""Someone with a Yjs replica and a network that may fail, who remembers what the server said was saved."""

import json
from random import Random
from typing import Any

from pycrdt import Doc

from histories import edits
from histories.wire import Wire
from quillroom.core.known import Known, News
from quillroom.core.member import Person
from quillroom.protocol import frames
from quillroom.protocol.inspector import Inspection, inspect
from quillroom.protocol.lib0 import read_var_bytes, read_var_string, read_var_uint


class Typist:
    """Mirrors the page's sync client (`is_ours`), or a stock provider, to whom the echo is the acknowledgement."""

    def __init__(self, number: int, *, is_ours: bool) -> None:
        self.is_ours = is_ours
        self.person = Person(f"person-{number}", f"device-{number}", f"Person {number}", "#5A616C")
        self.doc: Doc[Any] = Doc(client_id=number + 1)
        self.edits: list[Inspection] = []
        self.said: list[str] = []
        self.journal: list[bytes] = []  # own edits and what came, in the order in which this replica took them
        self.saved = 0  # of `edits`, the first so many were acknowledged
        self.refused: list[str] = []
        self.wire: Wire | None = None
        self._number = number
        self._answered = False
        self._is_mangled = False
        self._sent: list[int] = []  # for each message of this connection, the edits made until then
        self._heard = Known()

    # -- writing

    def says(self, chance: Random) -> None:
        """A word that nobody else says."""
        word = f"⟨{self._number}:{len(self.said)}⟩"
        self.said.append(word)
        self._does(edits.say(word), chance)

    def edits_as(self, edit: edits.Edit, chance: Random) -> None:
        """One edit, sent at once when there is a connection."""
        self._does(edit, chance)

    def _does(self, edit: edits.Edit, chance: Random) -> None:
        update = edits.do(self.doc, edit, chance)
        if update is None:
            return
        self.edits.append(inspect(update))
        self.journal.append(update)
        if self.wire is not None and (self._answered or not self.is_ours):
            self._send_edit(frames.update(update))

    def _send_edit(self, message: bytes) -> None:
        assert self.wire is not None
        self._sent.append(len(self.edits))
        self.wire.up.append(message)

    # -- the network

    @property
    def is_connected(self) -> bool:
        return self.wire is not None and not self.wire.is_lost

    @property
    def is_honest(self) -> bool:
        """Nothing was reordered or doubled on this connection, so that counting its messages means something."""
        return not self._is_mangled

    def meets(self, wire: Wire) -> None:
        """A new connection."""
        self.wire = wire
        self._answered = self._is_mangled = False
        self._sent = []
        wire.up.append(frames.step1(self.doc.get_state()))

    def loses_network(self) -> None:
        """Both sides notice; what was in flight is lost."""
        wire, self.wire = self.wire, None
        if wire is not None:
            wire.lose()

    def walks_away(self) -> Wire | None:
        """Only this side knows that the connection is dead; returns what the server still believes in."""
        wire, self.wire = self.wire, None
        return wire

    def swaps(self, chance: Random) -> None:
        """Two frames to the server change places."""
        if self.wire is not None and len(self.wire.up) > 1:
            up, at = self.wire.up, chance.randrange(len(self.wire.up) - 1)
            up[at], up[at + 1] = up[at + 1], up[at]
            self._is_mangled = True

    def doubles(self, chance: Random) -> None:
        """A frame to the server comes twice."""
        if self.wire is not None and self.wire.up:
            up, at = self.wire.up, chance.randrange(len(self.wire.up))
            up.insert(chance.randint(at, len(up)), up[at])
            self._is_mangled = True

    def reads(self) -> None:
        """Take one frame of the server."""
        if self.wire is None:
            return
        payload = self.wire.deliver_down()
        if self.wire.is_lost:
            self.wire = None
        elif payload is not None:
            self._take(payload)

    def _take(self, frame: bytes) -> None:
        kind, at = read_var_uint(frame, 0)
        if kind == frames.SYNC:
            step, at = read_var_uint(frame, at)
            payload, at = read_var_bytes(frame, at)
            if step == frames.STEP1:
                self._answered = True
                self._send_edit(frames.step2(self.doc.get_update(payload)))
            else:
                self.doc.apply_update(payload)
                self.journal.append(payload)
                self._hears(inspect(payload))
        elif kind == frames.SAVED:
            count, at = read_var_uint(frame, at)
            if self.is_honest:
                assert count <= len(self._sent), f"{count} messages acknowledged, {len(self._sent)} sent"
                self.saved = max(self.saved, self._sent[count - 1])
        elif kind == frames.CONTROL:
            event = json.loads(read_var_string(frame, at)[0])
            if event["event"] == "refused" and self.is_honest:
                self.refused.append(event["data"]["message"])
            return
        elif kind == frames.AUTH:
            if self.is_honest:
                self.refused.append(repr(frame))
            return
        assert kind != frames.SYNC or at == len(frame), "a frame of the server holds one message"

    def _hears(self, inspection: Inspection) -> None:
        self._heard.add(inspection)
        if not self.is_ours:
            while self.saved < len(self.edits) and holds(self._heard, self.edits[self.saved]):
                self.saved += 1


def holds(known: Known, edit: Inspection) -> bool:
    """Whether every character and every deletion of an edit is there."""
    return known.judge(edit) is News.NOTHING


def follows(known: Known, row: Inspection) -> None:
    """A row of a log continues what stands before it: no gap, no repeat, nothing that is not there yet."""
    clocks = dict(known.clocks)
    for client, start, end in row.ranges:
        assert start == clocks.get(client, 0), "a row leaves a gap or repeats what another holds"
        clocks[client] = end
    for client, clock in row.needs:
        assert clock < clocks.get(client, 0), "a row builds on what is not there"
    for client, _, end in row.deletes:
        assert end <= clocks.get(client, 0), "a row deletes what is not there"
