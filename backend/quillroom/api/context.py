"""What every endpoint needs: the services, who is asking, and from where."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from quillroom.api.turn import Lag, Turn
from quillroom.core.member import Person
from quillroom.core.meters import SocketCounters
from quillroom.services.access import Access
from quillroom.services.documents import Documents
from quillroom.services.people import People
from quillroom.services.revocation import Revocation
from quillroom.services.rooms import Rooms
from quillroom.services.sessions import Sessions
from quillroom.services.upkeep import Upkeep
from quillroom.settings import Settings

COOKIE = "quillroom_session"
SECURE_COOKIE = "__Host-quillroom_session"


@dataclass(slots=True)
class Context:
    """Wired once, in `main`."""

    settings: Settings
    people: People
    rooms: Rooms
    documents: Documents
    sessions: Sessions
    access: Access
    revocation: Revocation
    upkeep: Upkeep
    turn: Turn
    lag: Lag
    sockets: SocketCounters = field(default_factory=SocketCounters)
    is_draining: bool = False


def token_of(connection: HTTPConnection) -> str | None:
    """The session token a request carries, as a cookie or as `Authorization: Bearer`."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return connection.cookies.get(SECURE_COOKIE) or connection.cookies.get(COOKIE)


async def session_of(connection: HTTPConnection, context: Context) -> Person | None:
    """Who is asking."""
    return await context.people.find(token_of(connection))


def is_same_origin(headers: Headers, is_open: bool) -> bool:
    """Whether this does not come from a browser page of another site.

    Scripts send no Origin; a browser's standing session (a cookie) without one is refused.
    """
    origin = headers.get("origin")
    if origin is None:
        is_script = "authorization" in headers or "cookie" not in headers
        return is_open or is_script or headers.get("sec-fetch-site") == "same-origin"
    if origin == "null":
        return False
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
