"""Bytes by their SHA-256 in a bucket that speaks S3: the five requests that it takes, signed (Signature Version 4)."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from quillroom.settings import Bucket
from quillroom.store.blobs import READ_BYTES

EMPTY = hashlib.sha256(b"").hexdigest()
TIMEOUT_SECONDS = 20.0
TRIES = 3
PIECES = "uploads/"
_HASH = re.compile(r"[0-9a-f]{64}")
_PIECE = re.compile(r"uploads/[A-Za-z0-9_-]{1,64}/[0-9]{1,16}-[0-9]{1,16}-[0-9a-f]{16}")


class S3:
    """See Blobs. Addresses are `endpoint/bucket/key`: every implementation understands these."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        # An answer that is lost is asked for again: every request here may be made twice.
        self._web = httpx.Client(timeout=TIMEOUT_SECONDS, transport=httpx.HTTPTransport(retries=TRIES))

    def put(self, source: Path, hash: str) -> None:
        """See Blobs. The store compares what came with the hash that is signed along."""
        if self.size(hash) is not None:
            return
        size = source.stat().st_size
        with source.open("rb") as file:
            pieces = iter(lambda: file.read(READ_BYTES), b"")
            self._ask("PUT", self._key(hash), payload=hash, content=pieces, size=size)

    def size(self, hash: str) -> int | None:
        """See Blobs."""
        answer = self._ask("HEAD", self._key(hash), missing=True)
        return None if answer.status_code == 404 else int(answer.headers["content-length"])

    def read(self, hash: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """See Blobs."""
        if end is not None and end <= start:
            return
        range = f"bytes={start}-{'' if end is None else end - 1}"
        whole = start == 0 and end is None
        with self._stream(self._key(hash), {} if whole else {"Range": range}) as answer:
            yield from answer.iter_raw(READ_BYTES)

    def remove(self, hash: str) -> None:
        """See Blobs."""
        self._ask("DELETE", self._key(hash), missing=True)

    def every(self) -> Iterator[str]:
        """See Blobs."""
        return filter(_HASH.fullmatch, self._every(""))

    def put_piece(self, name: str, data: bytes) -> None:
        """See Pieces."""
        payload = hashlib.sha256(data).hexdigest()
        self._ask("PUT", self._piece(name), payload=payload, content=iter([data]), size=len(data))

    def read_piece(self, name: str) -> Iterator[bytes]:
        """See Pieces."""
        with self._stream(self._piece(name), {}) as answer:
            yield from answer.iter_raw(READ_BYTES)

    def remove_piece(self, name: str) -> None:
        """See Pieces."""
        self._ask("DELETE", self._piece(name), missing=True)

    def every_piece(self) -> Iterator[str]:
        """See Pieces."""
        return (name.removeprefix(PIECES) for name in self._every(PIECES) if _PIECE.fullmatch(name))

    def _every(self, folder: str) -> Iterator[str]:
        query = {"list-type": "2", "prefix": self._bucket.prefix + folder}
        while True:
            found = self._ask("GET", "", query=query).text
            for key in re.findall(r"<Key>([^<]+)</Key>", found):
                yield unescape(key).removeprefix(self._bucket.prefix)
            more = re.search(r"<NextContinuationToken>([^<]+)</NextContinuationToken>", found)
            if more is None:
                return
            query["continuation-token"] = unescape(more.group(1))

    def close(self) -> None:
        """See Blobs."""
        self._web.close()

    def _key(self, hash: str) -> str:
        assert _HASH.fullmatch(hash), "only hashes are keys"
        return self._bucket.prefix + hash

    def _piece(self, name: str) -> str:
        assert _PIECE.fullmatch(PIECES + name), "only names of pieces are keys"
        return self._bucket.prefix + PIECES + name

    def _ask(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        payload: str = EMPTY,
        missing: bool = False,
        content: Iterator[bytes] | None = None,
        size: int | None = None,
    ) -> httpx.Response:
        headers = {} if size is None else {"Content-Length": str(size)}
        url, signed = self._signed(method, key, query or {}, payload)
        try:
            answer = self._web.request(method, url, headers={**signed, **headers}, content=content)
        except httpx.HTTPError as error:
            raise OSError(f"The store of files does not answer: {error}") from error
        if answer.is_success or (missing and answer.status_code == 404):
            return answer
        raise _failure(answer)

    @contextmanager
    def _stream(self, key: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        url, signed = self._signed("GET", key, {}, EMPTY)
        try:
            with self._web.stream("GET", url, headers={**signed, **headers}) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _failure(answer)
                yield answer
        except httpx.HTTPError as error:
            raise OSError(f"The store of files does not answer: {error}") from error

    def _signed(self, method: str, key: str, query: Mapping[str, str], payload: str) -> tuple[str, dict[str, str]]:
        path = quote(f"/{self._bucket.name}/{key}" if key else f"/{self._bucket.name}", safe="/-_.~")
        text = "&".join(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in sorted(query.items()))
        url = f"{self._bucket.endpoint}{path}" + (f"?{text}" if text else "")
        headers = {"host": urlsplit(url).netloc, "x-amz-content-sha256": payload}
        return url, sign(self._bucket, method, path, text, headers, payload, datetime.now(UTC))


def sign(
    bucket: Bucket, method: str, path: str, query: str, headers: Mapping[str, str], payload: str, now: datetime
) -> dict[str, str]:
    """The headers of a request with those that sign it. `path` and `query` as they are sent, `headers` all signed."""
    time, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    all = {name.lower(): value.strip() for name, value in headers.items()} | {"x-amz-date": time}
    names = ";".join(sorted(all))
    listed = "".join(f"{name}:{all[name]}\n" for name in sorted(all))
    request = "\n".join((method, path, query, listed, names, payload))
    scope = f"{day}/{bucket.region}/s3/aws4_request"
    to_sign = "\n".join(("AWS4-HMAC-SHA256", time, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{bucket.secret}".encode()
    for part in (day, bucket.region, "s3", "aws4_request"):
        key = _hmac(key, part).digest()
    signature = _hmac(key, to_sign).hexdigest()
    credential = f"Credential={bucket.key}/{scope}"
    return all | {"authorization": f"AWS4-HMAC-SHA256 {credential},SignedHeaders={names},Signature={signature}"}


def _hmac(key: bytes, text: str) -> hmac.HMAC:
    return hmac.new(key, text.encode(), hashlib.sha256)


def _failure(answer: httpx.Response) -> OSError:
    if answer.status_code == 404 and "NoSuchBucket" not in answer.text:
        return FileNotFoundError(answer.request.url.path)
    code = re.search(r"<Code>(\w+)</Code>", answer.text)
    return OSError(f"The store of files answered {answer.status_code} {code.group(1) if code else ''}".rstrip())
