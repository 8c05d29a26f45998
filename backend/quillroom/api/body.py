"""Request bodies: bounded while they stream in, then JSON or text."""

import asyncio
import json

from starlette.requests import Request

from quillroom.services.errors import Invalid, TooLarge

BODY_BYTES = 8 * 1024 * 1024
BODY_SECONDS = 60.0


class TooSlow(Exception):
    """The body did not arrive in time."""


async def read_body(request: Request, limit_bytes: int = BODY_BYTES) -> bytes:
    """The whole body; TooLarge as soon as it is, with or without Content-Length. Raises TooSlow."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > limit_bytes:
                    raise TooLarge(f"A body of at most {limit_bytes} bytes was expected.")
                parts.append(part)
    except TimeoutError:
        raise TooSlow from None
    return b"".join(parts)


async def json_object(request: Request) -> dict[str, object]:
    """The body as a JSON object. Raises Invalid."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Invalid(f"Content-Type application/json was expected, {kind[:80] or 'none'} came.")
    body = await read_body(request)
    try:
        value = json.loads(body)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
            if _has_nul(value):  # and PostgreSQL keeps no NUL
                raise ValueError
    except (ValueError, RecursionError):
        raise Invalid("A JSON object was expected.") from None
    if not isinstance(value, dict):
        raise Invalid("A JSON object was expected.")
    return value


def _has_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value


def only(body: dict[str, object], *allowed: str) -> dict[str, object]:
    """The body, if it holds nothing else. Raises Invalid."""
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise Invalid(f"Only {', '.join(sorted(allowed)) or 'an empty object'} were expected, {unknown[0]!r:.60} came.")
    return body


async def text(request: Request) -> str:
    """The body as UTF-8 text. Raises Invalid."""
    try:
        return (await read_body(request)).decode()
    except UnicodeDecodeError:
        raise Invalid("UTF-8 text was expected.") from None
