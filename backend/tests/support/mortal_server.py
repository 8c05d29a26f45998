"""A server that dies at one point of a message's way: `MORTAL_POINT=… python mortal_server.py serve …`.

Only a message that says "mortal" kills it, as a power failure would.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from quillroom.__main__ import main
from quillroom.services import chat_input
from quillroom.services.inbox import Inbox
from quillroom.services.live import Live
from quillroom.store import events, messages
from quillroom.store.events import Event

WORD = "mortal"


def dies_if(is_meant: bool) -> None:
    if is_meant:
        os.kill(os.getpid(), signal.SIGKILL)


def is_mortal(told: Iterable[Event]) -> bool:
    return any(WORD in str(event.told) for event in told)


def when_read() -> None:
    """It came, and nothing happened to it yet."""
    read = chat_input.read_draft

    def reads(said: Any) -> Any:
        dies_if(WORD in str(said))
        return read(said)

    chat_input.read_draft = reads


def before_it_is_written() -> None:
    """In the transaction, before its row."""
    add_all = messages.add_all

    def adds(connection: Any, said: Any) -> None:
        dies_if(any(WORD in (message.text or "") for message, _ in said))
        add_all(connection, said)

    messages.add_all = adds


def before_the_commit() -> None:
    """Row and event are written, and not committed."""
    append_all = events.append_all

    def appends(connection: Any, events: Sequence[Event]) -> None:
        append_all(connection, events)
        dies_if(is_mortal(events))

    events.append_all = appends


def after_the_commit() -> None:
    """It is committed, and nobody was told."""
    put = Inbox.put

    def puts(self: Inbox, round: Any) -> None:
        dies_if(is_mortal(round.events))
        put(self, round)

    Inbox.put = puts  # type: ignore[method-assign]


def after_it_was_told() -> None:
    """Everybody was told, and the sender has no answer."""
    on_round = Live.on_round

    def tells(self: Live, round: Any) -> None:
        on_round(self, round)
        dies_if(is_mortal(round.events))

    Live.on_round = tells  # type: ignore[method-assign]


def after_the_answer() -> None:
    """The answer is on its way."""
    ack = Live._ack

    def acks(self: Live, member: Any, command: Any, data: Any) -> None:
        ack(self, member, command, data)
        dies_if(WORD in str(data))

    Live._ack = acks  # type: ignore[method-assign]


POINTS: dict[str, Callable[[], None]] = {
    point.__name__: point
    for point in (
        when_read,
        before_it_is_written,
        before_the_commit,
        after_the_commit,
        after_it_was_told,
        after_the_answer,
    )
}

if __name__ == "__main__":
    POINTS[os.environ["MORTAL_POINT"]]()
    sys.exit(main())
