"""What this server tells the others of its own connections: what changed, numbered without gaps, or everything."""

from quillroom.core.member import is_anonymous
from quillroom.core.presence import Presence
from quillroom.core.whereabouts import Key, Word
from quillroom.protocol.presence import ACTIVE, EDITING, HAS_SPOKEN, ROWS, SPEAKS, Changes, Part, Row


class Report:
    """`now` as `Presence` has it."""

    def __init__(self, presence: Presence, changed: set[Key]) -> None:
        """`changed` is what `presence` fills."""
        self.version = 0
        self._presence = presence
        self._changed = changed
        self._told: dict[Key, Word] = {}

    def __len__(self) -> int:
        return len(self._told)

    @property
    def is_due(self) -> bool:
        """Whether something may have changed."""
        return len(self._changed) > 0

    def changes(self, now: float) -> list[Changes]:
        """What became of connections since this was last asked; at most ROWS a message."""
        rows, gone = [], []
        for key in sorted(self._changed, key=lambda each: each.connection):
            told, word = self._told.get(key), self._presence.word(key)
            if word is None:
                if self._told.pop(key, None) is not None:
                    gone.append(key.connection)
            elif told is None or told[:-1] != word[:-1]:
                rows.append(_row(key, word, now, is_new=told is None))
                self._told[key] = word
        self._changed.clear()
        found = []
        for at in range(0, max(len(rows), len(gone)), ROWS):
            self.version += 1
            found.append(Changes(self.version, tuple(rows[at : at + ROWS]), tuple(gone[at : at + ROWS])))
        return found

    def everything(self, now: float) -> list[Part]:
        """All that was told so far, for those who missed something of it."""
        rows = [_row(key, word, now, is_new=True) for key, word in self._told.items()]
        parts = max(1, -(-len(rows) // ROWS))
        return [Part(self.version, n, parts, tuple(rows[n * ROWS : (n + 1) * ROWS])) for n in range(parts)]


def _row(key: Key, word: Word, now: float, *, is_new: bool) -> Row:
    flags = ACTIVE * word.is_active + EDITING * word.is_editing + SPEAKS * word.speaks + HAS_SPOKEN * word.has_spoken
    age = 0 if word.is_active else max(0, round(now - word.active_at))
    user = None if is_anonymous(key.user) else key.user
    return Row(key.connection, flags, age, word.document, (user, key.device) if is_new else None)
