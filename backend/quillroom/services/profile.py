"""What a person says of themselves: name, colour, picture, language, time zone."""

import asyncio
import hashlib
import io
import zoneinfo
from collections.abc import Callable

from PIL import Image, ImageOps, UnidentifiedImageError

from quillroom.core.member import Person
from quillroom.services.errors import Invalid, NotFound
from quillroom.services.people import COLOURS, check_name, committed
from quillroom.services.sessions import changed
from quillroom.services.workers import WorkerDied, Workers
from quillroom.store import people as rows
from quillroom.store.database import Connection, Database
from quillroom.store.tables import PersonRow
from quillroom.store.writer import Writer

LANGUAGES = ("en", "zh")
AVATAR_BYTES = 2 * 1024 * 1024
AVATAR_PIXELS = 40_000_000
AVATAR_SIDE = 256
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class Profiles:
    """The use cases around one's own name and face."""

    def __init__(self, database: Database, writer: Writer, workers: Workers) -> None:
        self._database = database
        self._writer = writer
        self._workers = workers

    async def row(self, person: Person) -> PersonRow:
        """All that is known of the person. Raises NotFound."""
        id = person.id or ""
        row = await asyncio.to_thread(self._database.read, lambda c: rows.get_person(c, id))
        if row is None:
            raise NotFound(id)
        return row

    async def change(self, person: Person, wanted: dict[str, object]) -> None:
        """Other name, colour, language or time zone; what is not given stays. Raises Invalid."""
        values: dict[str, object] = {}
        for name, check in _CHECKS.items():
            if name in wanted:
                values[name] = check(wanted[name])
        if not values:
            return
        await self._write(person, lambda c, id: rows.change_person(c, id, **values))

    async def set_avatar(self, person: Person, image: bytes | None) -> None:
        """A picture, made small and square and rid of all that it tells besides; None takes it away. Raises Invalid."""
        packed: bytes | None = None
        if image is not None:
            try:
                packed = await self._workers.run(_square, image)
            except WorkerDied:
                raise Invalid(_NO_IMAGE) from None
        name = None if packed is None else hashlib.sha256(packed).hexdigest()[:16]

        def write(connection: Connection, id: str) -> None:
            rows.keep_avatar(connection, id, packed)
            rows.change_person(connection, id, avatar=name)

        await self._write(person, write)

    async def avatar(self, person: str) -> bytes:
        """A person's picture, as WebP. Raises NotFound."""
        image = await asyncio.to_thread(self._database.read, lambda c: rows.avatar(c, person))
        if image is None:
            raise NotFound(person)
        return image

    async def _write(self, person: Person, change: Callable[[Connection, str], None]) -> None:
        assert person.id is not None
        id = person.id

        def write(connection: Connection) -> None:
            change(connection, id)
            changed(connection, id, "profile")

        await committed(self._writer.execute(write))


def check_language(value: object) -> str | None:
    """One that we have, or None for the browser's. Raises Invalid."""
    if value is not None and value not in LANGUAGES:
        raise Invalid(f"A language of {', '.join(LANGUAGES)} was expected.")
    return value if isinstance(value, str) else None


def check_time_zone(value: object) -> str | None:
    """A name of the IANA list, or None for the browser's. Raises Invalid."""
    if value is None:
        return None
    if not isinstance(value, str) or value not in zoneinfo.available_timezones():
        raise Invalid("A time zone like Europe/Berlin was expected.")
    return value


def _check_colour(value: object) -> str | None:
    if value is not None and value not in COLOURS:
        raise Invalid(f"One of the colours {', '.join(COLOURS)} was expected.")
    return value if isinstance(value, str) else None


_CHECKS = {"name": check_name, "colour": _check_colour, "language": check_language, "time_zone": check_time_zone}
_NO_IMAGE = "A picture was expected: PNG, JPEG, WebP or GIF."


def _square(image: bytes) -> bytes:
    """Runs in a process of its own: image decoders have a history."""
    Image.MAX_IMAGE_PIXELS = None  # the size is looked at below, before a pixel is decoded
    try:
        with Image.open(io.BytesIO(image), formats=FORMATS) as found:
            if found.width * found.height > AVATAR_PIXELS:
                raise Invalid("The picture has more than 40 million pixels.")
            upright = ImageOps.exif_transpose(found).convert("RGBA")
            small = ImageOps.fit(upright, (AVATAR_SIDE, AVATAR_SIDE), Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Invalid(_NO_IMAGE) from None
    out = io.BytesIO()
    small.save(out, "WEBP", quality=85)
    return out.getvalue()
