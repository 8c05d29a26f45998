"""Files of a chat: announced, uploaded piece by piece, looked at, sent with a message, fetched."""

from collections.abc import Sequence

from quillroom.services.errors import Invalid
from quillroom.store import files as rows
from quillroom.store.database import Connection

FILES_OF_MESSAGE = 20


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
