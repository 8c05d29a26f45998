"""What a network cannot do to Redis' messages but a lost subscription can: lose, double and reorder whole ones.

Works on what Redis sends (RESP 2 and 3); answers to commands pass as they are.
"""

import random
import re
from dataclasses import dataclass, field

HOLD_SECONDS = 0.05  # a message that is to be overtaken waits so long for one that does it
MESSAGE = re.compile(rb"[*>][34]\r\n\$\d+\r\n[ps]?message\r\n")
LINES = b"+-:,#_("
BULKS = b"$=!"
LISTS = {ord("*"): 1, ord(">"): 1, ord("~"): 1, ord("%"): 2, ord("|"): 2}


@dataclass
class Messages:
    """How probable each of it is, and how often it happened."""

    lost: float = 0.0
    doubled: float = 0.0
    reordered: float = 0.0
    counts: dict[str, int] = field(default_factory=lambda: {"passed": 0, "lost": 0, "doubled": 0, "reordered": 0})

    def heals(self) -> None:
        self.lost = self.doubled = self.reordered = 0.0


class Shuffler:
    """The messages of one connection."""

    def __init__(self, messages: Messages, chance: random.Random) -> None:
        self._messages = messages
        self._chance = chance
        self._rest = b""
        self._held: bytes | None = None

    @property
    def holds(self) -> bool:
        return self._held is not None

    def passes(self, data: bytes) -> list[bytes]:
        """What is to be sent on of what came."""
        self._rest += data
        found: list[bytes] = []
        at = 0
        while (end := value_end(self._rest, at)) is not None:
            value, at = self._rest[at:end], end
            found += self._happens(value) if MESSAGE.match(value) else [value]
        self._rest = self._rest[at:]
        return found

    def lets_go(self) -> list[bytes]:
        """Nothing came that would have overtaken it."""
        held, self._held = self._held, None
        return [] if held is None else [held]

    def _happens(self, message: bytes) -> list[bytes]:
        counts, wanted = self._messages.counts, self._messages
        lost, doubled, reordered = (self._chance.random() for _ in range(3))
        if lost < wanted.lost:
            counts["lost"] += 1
            return []
        counts["passed"] += 1
        if reordered < wanted.reordered and self._held is None:
            self._held = message
            return []
        told = [message]
        if doubled < wanted.doubled:
            counts["doubled"] += 1
            told.append(message)
        if self._held is not None:
            counts["reordered"] += 1
            told += self.lets_go()
        return told


def value_end(data: bytes, at: int) -> int | None:
    """Where the RESP value ends that begins there; None while it is not whole."""
    line = data.find(b"\r\n", at)
    if line < 0:
        return None
    kind, end = data[at], line + 2
    if kind in LINES:
        return end
    size = int(data[at + 1 : line])
    if kind in BULKS:
        end += 0 if size < 0 else size + 2
        return end if end <= len(data) else None
    values = max(0, size) * LISTS[kind] + (kind == ord("|"))  # attributes precede the value that they speak of
    for _ in range(values):
        found = value_end(data, end)
        if found is None:
            return None
        end = found
    return end
