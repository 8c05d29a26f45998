"""One server and Ann, who has a page of her own there, for each file of tests."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from support.members import client
from support.server import Server
from support.servers import a_server
from support.uploader import Uploader, moves_in


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = a_server(tmp_path_factory.mktemp("files"), is_open=False).start()
    yield running
    running.goes()


@pytest.fixture
async def web(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with client(server) as found:
        yield found


@pytest.fixture
async def ann(server: Server, web: httpx.AsyncClient) -> Uploader:
    """With a page of her own."""
    account = moves_in(server, web, "Ann")
    return Uploader(account, await account.makes_page())
