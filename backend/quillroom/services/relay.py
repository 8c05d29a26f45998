"""What is told to other servers, and what comes from them: by kind, to whoever registered for it in `main`.

A server that nothing was heard of for GONE_SECONDS is gone: whom it had shown here is shown no more.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection

from quillroom.bus.carrier import Carrier
from quillroom.core.meters import Histogram
from quillroom.protocol.bus import EVERYONE, Kind
from quillroom.protocol.lib0 import Malformed

GONE_SECONDS = 15.0
LOOK_SECONDS = 1.0
_log = logging.getLogger(__name__)
Take = Callable[[str, str, bytes], None]


class Relay:
    """Used from the event loop's thread only."""

    def __init__(self, carrier: Carrier) -> None:
        self.instance = carrier.instance
        self.is_shared = carrier.is_shared
        self.counters: dict[str, Counter[str]] = {
            "published": Counter(),
            "received": Counter(),
            "rejected": Counter(),
            "gaps": Counter(),  # by plane: found in what came, or by a look at the log
        }
        self._carrier = carrier
        self._takes: dict[Kind, Take] = {}
        self._on_joined: list[tuple[str, Callable[[str], None]]] = []
        self._on_gone: list[Callable[[str], None]] = []
        self._on_mode: list[Callable[[bool], None]] = []
        self._heard: dict[str, float] = {}
        self.ping_seconds = Histogram()
        carrier.on_ping = self.ping_seconds.observe
        carrier.on_message, carrier.on_joined, carrier.on_mode = self._take, self._joined, self._mode

    @property
    def is_connected(self) -> bool:
        """Whether what is told now reaches the others."""
        return self._carrier.is_connected

    @property
    def why(self) -> str | None:
        """What is wrong where it does not, as a sentence for an operator."""
        return self._carrier.why

    @property
    def dropped(self) -> Counter[str]:
        """Messages that the carrier did not carry, by why."""
        return self._carrier.dropped

    @property
    def reconnects(self) -> int:
        """How often the way to the others was found again."""
        return self._carrier.reconnects

    def siblings(self) -> Collection[str]:
        """The other servers that are there."""
        return self._heard.keys()

    # -- what others add, in `main`

    def on(self, kind: Kind, take: Take) -> None:
        """`take(channel, instance, payload)` gets what others tell of this kind; it may raise Malformed."""
        assert kind not in self._takes, kind
        self._takes[kind] = take

    def on_joined(self, prefix: str, call: Callable[[str], None]) -> None:
        """After a channel of this prefix was joined, and after each time that the way to the others was lost."""
        self._on_joined.append((prefix, call))

    def on_gone(self, call: Callable[[str], None]) -> None:
        """After another server was not heard of for long."""
        self._on_gone.append(call)

    def on_mode(self, call: Callable[[bool], None]) -> None:
        """After the way to the others was lost or found."""
        self._on_mode.append(call)

    # -- telling

    def publish(self, channel: str, kind: Kind, payload: bytes) -> None:
        """To the others who have joined; lost where there is no way to them."""
        if self.is_shared:
            self.counters["published"][kind.name] += 1
            self._carrier.publish(channel, kind, payload)

    def join(self, channel: str) -> None:
        """Hear what is told there. Idempotent."""
        if self.is_shared:
            self._carrier.join(channel)

    def leave(self, channel: str) -> None:
        """Hear nothing more of it. Idempotent."""
        if self.is_shared:
            self._carrier.leave(channel)

    async def watch(self) -> None:
        """Notice for ever who is gone."""
        if not self.is_shared:
            return
        self.join(EVERYONE)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        """Who was not heard of for long is gone."""
        for instance in [each for each, at in self._heard.items() if now - at > GONE_SECONDS]:
            del self._heard[instance]
            for call in self._on_gone:
                call(instance)

    # -- hearing

    def _take(self, channel: str, instance: str, kind: int, payload: bytes) -> None:
        self._heard[instance] = time.monotonic()
        if kind == Kind.BEAT:
            return
        try:
            known = Kind(kind)
            self.counters["received"][known.name] += 1
            take = self._takes.get(known)
            if take is not None:
                take(channel, instance, payload)
        except (Malformed, ValueError):  # a newer version, say: what lasts is read from the log
            self.counters["rejected"][str(kind)] += 1
            _log.warning("What %s told on %s cannot be read", instance, channel, exc_info=True)
        except Exception:  # a fault in one must not stop what else is told
            self.counters["rejected"][str(kind)] += 1
            _log.exception("What %s told on %s was not taken", instance, channel)

    def _joined(self, channel: str) -> None:
        for prefix, call in self._on_joined:
            if channel.startswith(prefix):
                call(channel.removeprefix(prefix))

    def _mode(self, is_connected: bool) -> None:
        for call in self._on_mode:
            call(is_connected)
