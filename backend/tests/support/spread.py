"""Requests of one browser that reach another server each time, as a proxy without sticky sessions sends them."""

from collections.abc import Sequence
from itertools import cycle

import httpx

from support.server import Server


class Spread(httpx.AsyncHTTPTransport):
    """The name and the cookies stay those of one house; who answers is each server in its turn."""

    def __init__(self, servers: Sequence[Server]) -> None:
        super().__init__()
        self._next = cycle([each.port for each in servers])
        self._ports = {each.port for each in servers}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """To the next one, if it is asked of this house at all."""
        if request.url.port in self._ports:
            request.url = request.url.copy_with(port=next(self._next))
        return await super().handle_async_request(request)


def browser(servers: Sequence[Server], **more: str) -> httpx.AsyncClient:
    """Our page is open in it, and has no cookies yet."""
    url = servers[0].url
    return httpx.AsyncClient(transport=Spread(servers), base_url=url, timeout=30, headers={"Origin": url, **more})
