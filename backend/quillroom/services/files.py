"""Files of a chat: announced, described, sent with a message, fetched. How they come in: `uploads.py`."""

import asyncio
import json
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.services.access import Access
from quillroom.services.documents import check_name as check_document
from quillroom.services.errors import Conflict, Invalid, NotFound, NotSignedIn, TooLarge, TryLater
from quillroom.services.limits import told, voice_too_long
from quillroom.services.people import committed, new_id
from quillroom.settings import FileLimits
from quillroom.store import files as rows
from quillroom.store.blobs import Blobs
from quillroom.store.database import Connection, Database
from quillroom.store.tables import FileRow
from quillroom.store.writer import Writer

FILES_OF_MESSAGE = 20
NAME_LENGTH = 200
ALT_LENGTH = 500
BARS = 128


@dataclass(frozen=True, slots=True)
class Bytes:
    """What somebody may fetch now: the row, and which bytes of it."""

    file: FileRow
    hash: str
    size: int


class Files:
    """The use cases around one file."""

    def __init__(self, database: Database, writer: Writer, access: Access, blobs: Blobs, limits: FileLimits) -> None:
        self._database = database
        self._writer = writer
        self._access = access
        self._blobs = blobs
        self._limits = limits
        self.voice_seconds = limits.voice_seconds
        self.on_removed: Callable[[], None] = lambda: None

    async def begin(self, person: Person | None, document: str, wanted: Mapping[str, object]) -> FileRow:
        """Announce an upload. Raises Invalid, TooLarge (also of all that a person has), Conflict (too many unsent)."""
        check_document(document)
        await self._access.demand(person, Action.COMMENT, document)
        if person is None or person.id is None:
            raise NotSignedIn
        row = _announced(wanted, self._limits)
        row.document, row.uploader = document, person.id

        def write(connection: Connection) -> None:
            self._access.check(connection, person, Action.COMMENT, document)
            count, size = rows.unsent(connection, row.uploader)
            if count >= self._limits.unsent or size + row.size > self._limits.unsent_bytes:
                raise Conflict("too_many_unsent", "Send or remove the files that you uploaded before.")
            self._demand_room(connection, row)
            rows.add(connection, row)

        await committed(self._writer.execute(write))
        return row

    async def own(self, person: Person | None, id: str) -> FileRow:
        """A file that its uploader did not send yet. Raises NotFound for everybody else."""
        return await asyncio.to_thread(self._database.read, lambda c: self._own(c, person, id))

    async def describe(self, person: Person | None, id: str, alt: object) -> FileRow:
        """Say what can be seen, before it is sent. Raises Invalid, NotFound."""

        def write(connection: Connection) -> FileRow:
            row = self._own(connection, person, id)
            row.alt = check_alt(alt)
            rows.change(connection, id, alt=row.alt)
            return row

        return await committed(self._writer.execute(write))

    async def remove(self, person: Person | None, id: str) -> None:
        """Take it back before it is sent, also in the middle of the upload. Raises NotFound."""

        def write(connection: Connection) -> None:
            self._own(connection, person, id)
            rows.erase_one(connection, id)

        await committed(self._writer.execute(write))
        self.on_removed()

    async def find(self, person: Person | None, id: str, *, thumbnail: bool = False) -> Bytes:
        """What a person may fetch: all of a page whose readers they are; what is not sent, its uploader. Raises
        NotFound."""
        return await asyncio.to_thread(self._database.read, lambda c: self._find(c, person, id, thumbnail))

    def read(self, what: Bytes, start: int, end: int) -> Iterator[bytes]:
        """For a thread. Raises OSError."""
        return self._blobs.read(what.hash, start, end)

    def _demand_room(self, connection: Connection, row: FileRow) -> None:
        used = rows.uploaded_bytes(connection, row.uploader)
        if used + row.size > self._limits.quota_bytes:
            raise TooLarge(
                f"You have uploaded {told(used)} of {told(self._limits.quota_bytes)}, and {told(row.size)} more do "
                "not fit. Recall messages with large files to make room.",
                "quota_full",
                self._limits.quota_bytes,
            )

    def _own(self, connection: Connection, person: Person | None, id: str) -> FileRow:
        self._access.identify(person)
        row = rows.get(connection, id)
        if row is None or person is None or row.uploader != person.id or row.message is not None:
            raise NotFound(id)
        self._access.check(connection, person, Action.COMMENT, row.document)
        return row

    def _find(self, connection: Connection, person: Person | None, id: str, thumbnail: bool) -> Bytes:
        self._access.identify(person)
        row = rows.get(connection, id)
        if row is None or row.state != rows.READY:
            raise NotFound(id)
        if row.message is None and (person is None or person.id != row.uploader):
            raise NotFound(id)
        self._access.check(connection, person, Action.READ, row.document)
        hash = row.thumbnail if thumbnail else row.hash
        try:
            size = None if hash is None else self._blobs.size(hash)
        except OSError as error:
            raise TryLater("The files cannot be reached right now.") from error
        if hash is None or size is None:
            raise NotFound(id)
        return Bytes(row, hash, size)


def claim(connection: Connection, *, document: str, person: str, ids: Sequence[str], message: str) -> None:
    """They belong to this message from here on, in this order; in the transaction that wrote it. Raises Invalid."""
    if len(ids) > FILES_OF_MESSAGE or len(set(ids)) < len(ids):
        raise Invalid(f"At most {FILES_OF_MESSAGE} different files were expected.")
    for position, id in enumerate(ids):
        file = rows.get(connection, id)
        # One sentence for what is missing, somebody else's or of another page: nothing is learned from it.
        if file is None or file.uploader != person or file.document != document or file.message is not None:
            raise Invalid(f"{id!r:.40} is no file that you uploaded to this page and did not send yet.")
        if file.state != rows.READY:
            raise Invalid(f"{id!r:.40} is not uploaded yet.")
        rows.change(connection, id, message=message, position=position)


# -- what is announced


def _announced(wanted: Mapping[str, object], limits: FileLimits) -> FileRow:
    kind, size = wanted.get("kind"), wanted.get("size")
    if kind not in (None, "voice"):
        raise Invalid('`kind` must be "voice", or left out: what a file is, its bytes say.')
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise Invalid("`size` was expected: how many bytes will come, at least 1.")
    if size > limits.file_bytes:
        raise TooLarge(f"A file may have at most {told(limits.file_bytes)}.", "file_too_large", limits.file_bytes)
    seconds = _check_seconds(wanted.get("duration"))
    if kind == "voice" and seconds is not None and seconds > limits.voice_seconds + 2:
        raise voice_too_long(limits.voice_seconds)
    bars = _check_waveform(wanted.get("waveform"))
    is_voice = kind == "voice"
    return FileRow(
        id=new_id(),
        document="",
        uploader="",
        name=check_file_name(wanted.get("name")),
        kind="voice" if is_voice else "file",
        type="application/octet-stream",
        size=size,
        state=rows.UPLOADING,
        duration=seconds if is_voice else None,
        waveform=json.dumps(bars) if is_voice and bars else None,
        alt=check_alt(wanted.get("alt")),
        created_at=time.time(),
    )


def check_file_name(name: object) -> str:
    """The last part of a path, without anything invisible or misleading. Raises Invalid."""
    if not isinstance(name, str):
        raise Invalid("`name` was expected: what the file is called.")
    last = unicodedata.normalize("NFC", name[-4096:]).replace("\\", "/").rpartition("/")[2]
    # Control characters, and those that turn the direction: they make "exe.gpj" read "jpg.exe" the other way round.
    seen = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    clean = " ".join(seen.split()).strip(". ")
    if not clean:
        return "file"
    stem, dot, ending = clean.rpartition(".")
    if len(clean) > NAME_LENGTH and dot and len(ending) <= 16:
        return stem[: NAME_LENGTH - len(ending) - 1] + dot + ending
    return clean[:NAME_LENGTH]


def check_alt(alt: object) -> str | None:
    """What can be seen, in words. Raises Invalid."""
    if alt is None:
        return None
    if not isinstance(alt, str) or len(alt) > ALT_LENGTH:
        raise Invalid(f"`alt` must be a text of at most {ALT_LENGTH} characters.")
    return " ".join("".join(each for each in alt if each == "\n" or each.isprintable()).split()) or None


def _check_seconds(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e6:
        raise Invalid("`duration` must be a number of seconds.")
    return round(float(value), 2)


def _check_waveform(value: object) -> list[int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > BARS or not all(_is_level(each) for each in value):
        raise Invalid(f"`waveform` must be at most {BARS} whole numbers from 0 to 100.")
    return value


def _is_level(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100
