"""HTTP of clients that get to the point: a request has to begin, and its head to end, within bounds."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from quillroom.api.socket import set_user_timeout

HEAD_SECONDS = 5.0
HEAD_BYTES = 64 * 1024


class PromptHttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP; a connection that says nothing, or its head for ever, is ended.

    uvicorn times idle connections only after their first answer, and httptools takes a head of any length.
    """

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        set_user_timeout(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._met()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        is_head = self._deadline is not None
        super().data_received(data)
        if is_head and self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def on_headers_complete(self) -> None:
        self._met()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._met()
        super().send_400_response(msg)

    def _met(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
