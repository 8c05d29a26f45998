"""What came for the chat over HTTP or `/live`, checked: from any JSON to values of `core/chat.py`."""

from collections.abc import Mapping

from quillroom.core import chat
from quillroom.core.chat import Draft, Quote
from quillroom.services.errors import Invalid
from quillroom.services.people import new_id

OF_A_DRAFT = ("client_id", "text", "quote", "reply_to", "files")
ID_LENGTH = 128
SEQ_AT_MOST = 2**53


def read_draft(said: Mapping[str, object]) -> Draft:
    """A new message; one without `client_id` gets one. Raises Invalid."""
    files = _files(said.get("files"))
    return Draft(
        _client_id(said.get("client_id")),
        read_text(said.get("text"), may_be_empty=bool(files)),
        _quote(said.get("quote")),
        None if said.get("reply_to") is None else read_id(said["reply_to"], "reply_to"),
        files,
    )


def read_text(value: object, *, may_be_empty: bool) -> str | None:
    """What a message says; None where it says nothing and need not. Raises Invalid."""
    if value is not None and not isinstance(value, str):
        raise Invalid("`text` must be a text.")
    text = _clean(value or "", "text")
    if len(text) > chat.TEXT_LENGTH:
        raise Invalid(f"A message of at most {chat.TEXT_LENGTH} characters was expected, {len(text)} came.")
    if not text and not may_be_empty:
        raise Invalid("A message needs a text or a file.")
    return text or None


def read_emoji(value: object) -> str:
    """One emoji. Raises Invalid."""
    found = chat.emoji(value) if isinstance(value, str) else None
    if found is None:
        raise Invalid(f"`emoji` must be one emoji, {value!r:.60} came.")
    return found


def read_number(value: object, name: str, smallest: int = 0) -> int:
    """A whole number. Raises Invalid."""
    if isinstance(value, bool) or not isinstance(value, int) or not smallest <= value <= SEQ_AT_MOST:
        raise Invalid(f"`{name}` must be a whole number from {smallest}.")
    return value


def read_flag(value: object, name: str) -> bool:
    """True or false. Raises Invalid."""
    if not isinstance(value, bool):
        raise Invalid(f"`{name}` must be true or false.")
    return value


def read_id(value: object, name: str) -> str:
    """The id of something. Raises Invalid."""
    if not isinstance(value, str) or not 1 <= len(value) <= ID_LENGTH or not _is_plain(value):
        raise Invalid(f"`{name}` must be an id.")
    return value


def _client_id(value: object) -> str:
    if value is None:
        return new_id()
    if not isinstance(value, str) or not chat.is_client_id(value):
        raise Invalid("`client_id` must be 8 to 64 letters, digits, `_` or `-`.")
    return value


def _quote(value: object) -> Quote | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not set(value) <= {"text", "anchor"}:
        raise Invalid('`quote` must be {"text": …, "anchor": …}.')
    text, anchor = value.get("text"), value.get("anchor", "")
    if not isinstance(text, str) or not 1 <= len(clean := _clean(text, "quote.text")) <= chat.QUOTE_LENGTH:
        raise Invalid(f"`quote.text` must be 1 to {chat.QUOTE_LENGTH} characters.")
    if not isinstance(anchor, str) or len(anchor) > chat.ANCHOR_LENGTH or not (anchor == "" or _is_plain(anchor)):
        raise Invalid(f"`quote.anchor` must be at most {chat.ANCHOR_LENGTH} characters of ASCII.")
    return Quote(clean, anchor)


def _files(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > chat.FILES_AT_MOST:
        raise Invalid(f"`files` must be at most {chat.FILES_AT_MOST} ids of files.")
    files = tuple(read_id(each, "files") for each in value)
    if len(set(files)) < len(files):
        raise Invalid("`files` must name each file once.")
    return files


def _clean(text: str, name: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid(f"`{name}` holds half a character.") from None
    return chat.clean(text)


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable()
