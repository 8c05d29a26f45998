"""A message between servers, sealed: who can write to Redis cannot thereby write into documents.

    1 byte version · 12 bytes instance · 1 byte kind · payload · 16 bytes HMAC-SHA256 over channel and all of it

A message that is repeated, late or under another order is genuine; that the bus may do so is part of what it promises.
"""

from dataclasses import dataclass
from hmac import compare_digest, digest

VERSION = 1
INSTANCE_BYTES = 12
SEAL_BYTES = 16
_PAYLOAD = 1 + INSTANCE_BYTES + 1
_HEAD = bytes([VERSION])


@dataclass(frozen=True, slots=True)
class Seal:
    """What the servers of one installation know, and nobody else."""

    key: bytes

    def close(self, channel: bytes, instance: bytes, kind: int, payload: bytes) -> bytes:
        """The bytes to publish on a channel."""
        body = b"%b%b%c%b" % (_HEAD, instance, kind, payload)
        return body + self._mark(channel, body)

    def open(self, channel: bytes, sealed: bytes) -> tuple[bytes, int, bytes] | str:
        """Instance, kind and payload; or in a word what is wrong with it: damaged, version, forged."""
        if len(sealed) < _PAYLOAD + SEAL_BYTES:
            return "damaged"
        if sealed[0] != VERSION:
            return "version"
        body = sealed[:-SEAL_BYTES]
        if not compare_digest(self._mark(channel, body), sealed[-SEAL_BYTES:]):
            return "forged"
        return body[1 : _PAYLOAD - 1], body[_PAYLOAD - 1], body[_PAYLOAD:]

    def sign(self, place: bytes, item: bytes) -> bytes:
        """An item to be kept in a place that others can write to; the same item, the same bytes."""
        return self._mark(place, item) + item

    def verify(self, place: bytes, signed: bytes) -> bytes | None:
        """The item; None for what none of us put there."""
        item = signed[SEAL_BYTES:]
        return item if compare_digest(self._mark(place, item), signed[:SEAL_BYTES]) else None

    def _mark(self, place: bytes, body: bytes) -> bytes:
        # The length first: else a byte could move between the two.
        return digest(self.key, b"%d:%b%b" % (len(place), place, body), "sha256")[:SEAL_BYTES]
