"""Which browsers of a person can be reached by push messages, and the key by which push services know this server."""

import time
from typing import TYPE_CHECKING

from quillroom.core.member import Person
from quillroom.services.errors import Invalid, NotFound
from quillroom.services.people import committed, new_id
from quillroom.services.push_hosts import PushHosts
from quillroom.store import deliveries as rows
from quillroom.store import settings
from quillroom.store.database import Connection
from quillroom.store.locks import take_turns
from quillroom.store.tables import PushSubscriptionRow
from quillroom.store.writer import Writer

if TYPE_CHECKING:  # it loads 8 MB that most servers do without
    from quillroom.services.web_push import Signature

OF_A_PERSON = 20
_SECRET = "push_secret"
KEY_LENGTH = 200


class Subscriptions:
    """A subscription ends with the session in which it was made."""

    def __init__(self, writer: Writer, hosts: PushHosts) -> None:
        self._writer = writer
        self._hosts = hosts
        self._signature: Signature | None = None

    async def key(self) -> str:
        """The public key, for browsers that subscribe; made when it is first asked for."""
        return (await self.signature()).public

    async def signature(self) -> "Signature":
        """The key itself."""
        from quillroom.services.web_push import Signature

        if self._signature is None:
            self._signature = Signature(await committed(self._writer.execute(_secret)))
        return self._signature

    async def add(self, person: Person, endpoint: object, keys: object) -> str:
        """Reach this browser from now on; again for the same endpoint is the same browser. Raises Invalid."""
        from quillroom.services.web_push import Browser, check

        where = self._hosts.check(endpoint)
        if not isinstance(keys, dict) or set(keys) != {"p256dh", "auth"}:
            raise Invalid("`keys` must be an object with p256dh and auth.")
        browser = Browser(where, str(keys["p256dh"]), str(keys["auth"]))
        try:
            check(browser)
        except ValueError:
            raise Invalid("`keys` must be those of a push subscription: a P-256 point and 16 bytes.") from None
        row = PushSubscriptionRow(
            id=new_id(), person=person.id or "", session=person.session, endpoint=where,
            p256dh=browser.p256dh, auth=browser.auth, created_at=time.time(),
        )  # fmt: skip
        await committed(self._writer.execute(lambda c: rows.subscribe(c, row, OF_A_PERSON)))
        return row.id

    async def remove(self, person: Person, id: str) -> None:
        """One of one's own. Raises NotFound."""
        if not await committed(self._writer.execute(lambda c: rows.unsubscribe(c, [id], person.id))):
            raise NotFound(id)


def _secret(connection: Connection) -> str:
    """The kept one; another one would end every subscription there is."""
    from quillroom.services.web_push import Signature

    take_turns(connection, _SECRET)
    kept = settings.read_all(connection).get(_SECRET)
    if isinstance(kept, str):
        return kept
    made = Signature().secret
    settings.write(connection, _SECRET, made)
    return made
