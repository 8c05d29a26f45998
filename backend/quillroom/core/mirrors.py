"""What other servers say of their connections, kept beside one's own: each in the order in which it said it.

Changes are numbered without gaps. What was missed is not guessed: the server that said it is asked for everything,
and what it says meanwhile waits. So messages may be lost, doubled, or come in any order.
"""

from collections.abc import Iterable

from quillroom.core.member import anonymous_id, is_anonymous
from quillroom.core.presence import Presence
from quillroom.core.whereabouts import Key, Word
from quillroom.protocol.presence import ACTIVE, EDITING, HAS_SPOKEN, SPEAKS, Changes, Part, Row

SILENT_SECONDS = 15.0
EARLY = 64  # messages of one server that wait for an earlier one
SERVERS = 64
CONNECTIONS = 100_000  # of one server


class Mirrors:
    """All servers but this one, as far as they are known. `now` as `Presence` has it."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._servers: dict[str, _Server] = {}

    def __len__(self) -> int:
        return len(self._servers)

    def hear(self, instance: str, said: Changes | Part, now: float) -> list[str]:
        """What a server said. Who was offline before it."""
        server = self._find(instance, now)
        if server is None:
            return []
        server.head = max(server.head, said.version)
        if isinstance(said, Part):
            return self._hear_part(server, said, now)
        server.early[said.version] = said
        return self._go_on(server, now)

    def expect(self, instance: str, head: int, now: float) -> None:
        """So far a server has come, wherever that was read: what is known of it may be behind that."""
        server = self._find(instance, now)
        if server is not None:
            server.head = max(server.head, head)

    def behind(self) -> list[str]:
        """The servers that must be asked for everything."""
        return [instance for instance, server in self._servers.items() if server.is_behind()]

    def silent(self, now: float) -> list[str]:
        """The servers of which nothing was heard or read for so long that they are taken to be gone."""
        return [id for id, server in self._servers.items() if now - server.heard_at >= SILENT_SECONDS]

    def excuse(self, now: float) -> None:
        """It was this server that heard nothing."""
        for server in self._servers.values():
            server.heard_at = now

    def forget(self, instances: Iterable[str], now: float) -> None:
        """They are gone, and with them whoever was connected there. Idempotent."""
        for instance in instances:
            server = self._servers.pop(instance, None)
            for key in server.keys.values() if server is not None else ():
                self._presence.unmirror(key, now)

    # -- details

    def _find(self, instance: str, now: float) -> "_Server | None":
        server = self._servers.get(instance)
        if server is None and len(self._servers) < SERVERS:
            server = self._servers[instance] = _Server(instance)
        if server is not None:
            server.heard_at = now
        return server

    def _hear_part(self, server: "_Server", said: Part, now: float) -> list[str]:
        if said.version < server.version or (said.version == server.version and not server.is_lost):
            return []
        whole = (said.version, said.parts)
        if server.whole is None or server.whole < whole:
            server.whole, server.parts, server.listed = whole, set(), set()
        elif server.whole != whole:
            return []
        met = self._take(server, said.rows, now)
        server.parts.add(said.part)
        server.listed.update(row.connection for row in said.rows)
        if len(server.parts) < said.parts:
            return met
        self._drop(server, [each for each in server.keys if each not in server.listed], now)
        server.version, server.is_lost, server.whole, server.listed = said.version, False, None, set()
        return met + self._go_on(server, now)

    def _go_on(self, server: "_Server", now: float) -> list[str]:
        """Whatever comes next of what was said; not into the middle of hearing everything."""
        met: list[str] = []
        while server.whole is None and (said := server.early.pop(server.version + 1, None)) is not None:
            server.version = said.version
            met += self._take(server, said.rows, now)
            self._drop(server, said.gone, now)
        server.early = {version: said for version, said in server.early.items() if version > server.version}
        if len(server.early) > EARLY:
            server.early = {}
        return met

    def _take(self, server: "_Server", rows: Iterable[Row], now: float) -> list[str]:
        met = []
        for row in rows:
            key = server.key(row)
            if key is None:  # never told, or told as somebody else
                server.is_lost = True
            elif self._presence.mirror(key, _word(row, now), now):
                met.append(key.user)
        return met

    def _drop(self, server: "_Server", connections: Iterable[int], now: float) -> None:
        for connection in connections:
            if (key := server.keys.pop(connection, None)) is not None:
                self._presence.unmirror(key, now)


class _Server:
    __slots__ = ("early", "head", "heard_at", "instance", "is_lost", "keys", "listed", "parts", "version", "whole")

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.keys: dict[int, Key] = {}
        self.version = 0  # up to here everything is known
        self.head = 0  # so far it has come
        self.heard_at = 0.0
        self.is_lost = False  # something it said made no sense
        self.early: dict[int, Changes] = {}
        self.whole: tuple[int, int] | None = None  # while everything is being heard: (version, parts)
        self.parts: set[int] = set()
        self.listed: set[int] = set()

    def is_behind(self) -> bool:
        return self.is_lost or self.head > self.version

    def key(self, row: Row) -> Key | None:
        known = self.keys.get(row.connection)
        if row.who is None:
            return known
        user, device = row.who
        key = Key(user or anonymous_id(row.connection), device, row.connection, self.instance)
        if known is None and len(self.keys) < CONNECTIONS and (user is None or not is_anonymous(user)):
            known = self.keys[row.connection] = key
        return known if known == key else None


def _word(row: Row, now: float) -> Word:
    flags = row.flags
    return Word(
        row.document,
        bool(flags & ACTIVE),
        bool(flags & EDITING),
        bool(flags & SPEAKS),
        bool(flags & HAS_SPOKEN),
        now - row.age,
    )
