"""What every endpoint needs: the services, who is asking, and from where."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from quillroom.api.turn import Lag, Turn
from quillroom.core.access import Action
from quillroom.core.member import Person
from quillroom.core.meters import SocketCounters
from quillroom.services.access import Access
from quillroom.services.accounts import Accounts, Guest
from quillroom.services.administration import Administration
from quillroom.services.api_tokens import ApiTokens
from quillroom.services.chat import Chat
from quillroom.services.directory import Directory
from quillroom.services.documents import Documents
from quillroom.services.duplicate import Duplicates
from quillroom.services.favourites import Favourites, Recents
from quillroom.services.files import Files
from quillroom.services.instances import Instances
from quillroom.services.invitations import Invitations
from quillroom.services.links import Links
from quillroom.services.live import Live
from quillroom.services.mail import Mail
from quillroom.services.message_search import MessageSearch
from quillroom.services.notifications import Notifications
from quillroom.services.pages import Pages
from quillroom.services.people import People
from quillroom.services.preferences import Choices
from quillroom.services.presence import Presences
from quillroom.services.profile import Profiles
from quillroom.services.push import Push
from quillroom.services.receipts import Receipts
from quillroom.services.relay import Relay
from quillroom.services.resets import Resets
from quillroom.services.revocation import Revocation
from quillroom.services.rooms import Rooms
from quillroom.services.second_factor import SecondFactor
from quillroom.services.sessions import Sessions
from quillroom.services.sharing import Shares
from quillroom.services.single_sign_on import SingleSignOn
from quillroom.services.subscriptions import Subscriptions
from quillroom.services.transcript import Transcript
from quillroom.services.trash import Trash
from quillroom.services.tree import Tree
from quillroom.services.unread import Unreads
from quillroom.services.upkeep import Upkeep
from quillroom.services.uploads import Uploads
from quillroom.settings import Settings
from quillroom.store.database import Database

COOKIE = "quillroom_session"
SECURE_COOKIE = "__Host-quillroom_session"


@dataclass(slots=True)
class Context:
    """Wired once, in `main`."""

    settings: Settings
    database: Database
    people: People
    rooms: Rooms
    documents: Documents
    sessions: Sessions
    access: Access
    revocation: Revocation
    upkeep: Upkeep
    accounts: Accounts
    profiles: Profiles
    second_factor: SecondFactor
    api_tokens: ApiTokens
    shares: Shares
    links: Links
    tree: Tree
    pages: Pages
    duplicates: Duplicates
    trash: Trash
    favourites: Favourites
    recents: Recents
    mail: Mail
    live: Live
    presences: Presences
    directory: Directory
    invitations: Invitations
    resets: Resets
    administration: Administration
    notifications: Notifications
    choices: Choices
    subscriptions: Subscriptions
    push: Push
    chat: Chat
    receipts: Receipts
    unreads: Unreads
    transcript: Transcript
    message_search: MessageSearch
    single_sign_on: SingleSignOn | None
    files: Files
    uploads: Uploads
    turn: Turn
    lag: Lag
    instances: Instances
    relay: Relay = field(kw_only=True)
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


def public_url(connection: HTTPConnection, context: Context) -> str:
    """How people reach this server: as its operator says, else as whoever asks does (a name that `hosts.py` knows)."""
    if context.settings.url is not None:
        return context.settings.url
    return f"{connection.url.scheme}://{connection.headers.get('host', '')}"


async def guest_of(connection: HTTPConnection, context: Context) -> Guest:
    """Who asks to come in: the browser's present session, what it calls itself, where it comes from."""
    token = connection.cookies.get(SECURE_COOKIE) or connection.cookies.get(COOKIE)
    agent = "".join(c for c in connection.headers.get("user-agent", "")[:200] if c.isprintable())
    return Guest(await context.people.find(token), token, agent, address_of(connection))


def address_of(connection: HTTPConnection) -> str | None:
    """Where a request comes from, for throttles."""
    return None if connection.client is None else connection.client.host


async def account_of(connection: HTTPConnection, context: Context) -> Person:
    """Who asks about themselves: by a session, never by an API token. Raises NotSignedIn, NotAllowed."""
    return context.access.demand_in_workspace(await session_of(connection, context), Action.ACCOUNT)


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
